"""Laying créneaux on free time, and saying whether a start fits.

Room: domain (pure). Called by availability (search) and booking (re-check under lock).

Openings and busy stretches are those of **one** agent. A créneau [s, e) of a motif with buffers must

    opening   [----------------------------------)     contain [s, e); the buffers may spill outside
    créneau        bb [s ======== e) ba                [s - bb, e + ba) meets no busy stretch
    busy      [---)                    [--------)      (busy rows already hold their own buffers)

Moving the buffers from the créneau to the busy stretches gives the same answer with one subtraction:

    s - bb < busy.end  and  e + ba > busy.start   <=>   s < busy.end + bb  and  e > busy.start - ba

so free time = openings - busy widened by `ba` before and `bb` after, and a créneau is any [s, e) inside it.

What is *shown* is a grid (first start rounded up to 5 minutes of the clock, then every duration + buffers). What is
*valid* is whatever fits: the grid of two searches a minute apart may differ, the shown start stays bookable.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import NamedTuple

from rdv.domain.intervals import Interval, Span, intersect, subtract
from rdv.domain.windows import Window

STEP = timedelta(minutes=5)
ZERO = timedelta(0)
# Every French zone is a whole number of half-hours from UTC: 5 minutes of UTC are 5 minutes of any of their clocks.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Agenda(NamedTuple):
    """What one agent opened and what takes them."""

    openings: Sequence[Interval]
    busy: Sequence[Interval]


def round_up(instant: datetime) -> datetime:
    """The first 5 minutes of the clock at or after the instant."""
    return instant + (EPOCH - instant) % STEP


def free_time(
    openings: Iterable[Interval],
    busy: Iterable[Interval],
    *,
    buffer_before: timedelta = ZERO,
    buffer_after: timedelta = ZERO,
) -> list[Interval]:
    """The stretches in which a whole créneau may lie, the motif's buffers being already kept from its neighbours."""
    return subtract(openings, [taken.widened(buffer_after, buffer_before) for taken in busy])


def lay_creneaux(
    free: Iterable[Interval],
    *,
    duration: timedelta,
    buffer_before: timedelta = ZERO,
    buffer_after: timedelta = ZERO,
    window: Window,
) -> list[datetime]:
    """The starts to show on free time that comes from `free_time` (or from the same subtraction in SQL).

    The window cuts a free stretch *before* rounding: at 09:07 an agent sees 09:10 first, not the 09:45 of the grid
    that began at 09:00.
    """
    _require_sound(duration, buffer_before, buffer_after)
    pace = duration + buffer_before + buffer_after
    starts: set[datetime] = set()
    for stretch in free:
        starts.update(_starts_in(stretch, duration, pace, window))
    return sorted(starts)


def _starts_in(stretch: Interval, duration: timedelta, pace: timedelta, window: Window) -> Iterator[datetime]:
    start = round_up(max(stretch.start, window.earliest))
    while start + duration <= stretch.end and start <= window.latest:
        yield start
        start += pace


def lay_spans(spans: Iterable[Span], *, duration: timedelta, buffers: timedelta = ZERO, window: Window) -> list[range]:
    """`lay_creneaux` on stretches that are apart, in whole seconds: the starts in each, still to be made instants.

    `buffers`: before and after together. Thousands of stretches are laid for one page: numbers, not objects.
    """
    _require_sound(duration, buffers, ZERO)
    long, pace, step = _seconds(duration), _seconds(duration + buffers), _seconds(STEP)
    earliest, latest = span_of_window(window)
    laid = []
    for start, end in spans:
        first = max(start, earliest)
        laid.append(range(first + -first % step, min(end - long, latest) + 1, pace))
    return laid


def span_of_window(window: Window) -> Span:
    """Both ends belong to a window: the first and the last whole second in it."""
    return math.ceil(window.earliest.timestamp()), math.floor(window.latest.timestamp())


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def creneaux(
    openings: Iterable[Interval],
    busy: Iterable[Interval],
    *,
    duration: timedelta,
    buffer_before: timedelta = ZERO,
    buffer_after: timedelta = ZERO,
    window: Window,
) -> list[datetime]:
    """The starts to show for one agent, sorted."""
    free = free_time(openings, busy, buffer_before=buffer_before, buffer_after=buffer_after)
    return lay_creneaux(free, duration=duration, buffer_before=buffer_before, buffer_after=buffer_after, window=window)


def fits(
    start: datetime,
    openings: Iterable[Interval],
    busy: Iterable[Interval],
    *,
    duration: timedelta,
    buffer_before: timedelta = ZERO,
    buffer_after: timedelta = ZERO,
) -> bool:
    """Whether one agent can take this very start, on today's grid or not (the window is asked apart)."""
    _require_sound(duration, buffer_before, buffer_after)
    wanted = Interval(start, start + duration)
    free = free_time(openings, busy, buffer_before=buffer_before, buffer_after=buffer_after)
    return any(stretch.contains(wanted) for stretch in free)


def merge_public(per_agent: Mapping[int, Sequence[datetime]]) -> dict[datetime, list[int]]:
    """One entry per start, in order of time, with the agents who can take it, by id: the public sees the hour once."""
    agents_at: dict[datetime, list[int]] = {}
    for agent_id in sorted(per_agent):
        for start in per_agent[agent_id]:
            agents_at.setdefault(start, []).append(agent_id)
    return dict(sorted(agents_at.items()))


def common_free_time(frees: Iterable[Sequence[Interval]]) -> list[Interval]:
    """The stretches in which everybody is free; nobody given means no time at all, never "no filter"."""
    common: list[Interval] | None = None
    for free in frees:
        common = list(free) if common is None else intersect(common, free)
    return common or []


def binome(
    agendas: Mapping[int, Agenda],
    *,
    duration: timedelta,
    buffer_before: timedelta = ZERO,
    buffer_after: timedelta = ZERO,
    window: Window,
) -> list[datetime]:
    """The starts at which **all** the given agents can receive together.

    A Ressource is one more participant: its busy stretches are added to those of any one of the agents.
    """
    frees = _frees(agendas, buffer_before, buffer_after).values()
    return lay_creneaux(
        common_free_time(frees),
        duration=duration,
        buffer_before=buffer_before,
        buffer_after=buffer_after,
        window=window,
    )


def binome_among(
    agendas: Mapping[int, Agenda],
    *,
    needed: int,
    duration: timedelta,
    buffer_before: timedelta = ZERO,
    buffer_after: timedelta = ZERO,
    window: Window,
) -> dict[datetime, list[int]]:
    """The starts at which at least `needed` of the given agents are free together, with all who are, by id.

    Every team of `needed` agents is intersected; stretches found by several teams are laid once. Meant for 2 or 3
    out of the agents of a place, not for choosing 5 out of a département.
    """
    if needed < 1:
        raise ValueError("at least one agent is needed")
    frees = {agent_id: free for agent_id, free in _frees(agendas, buffer_before, buffer_after).items() if free}
    stretches = {
        stretch for team in combinations(frees, needed) for stretch in common_free_time(frees[one] for one in team)
    }
    starts = lay_creneaux(
        stretches, duration=duration, buffer_before=buffer_before, buffer_after=buffer_after, window=window
    )
    return {start: _free_agents(frees, Interval(start, start + duration)) for start in starts}


def _free_agents(frees: Mapping[int, Sequence[Interval]], wanted: Interval) -> list[int]:
    return sorted(one for one, free in frees.items() if any(stretch.contains(wanted) for stretch in free))


def _frees(
    agendas: Mapping[int, Agenda], buffer_before: timedelta, buffer_after: timedelta
) -> dict[int, list[Interval]]:
    return {
        agent_id: free_time(agenda.openings, agenda.busy, buffer_before=buffer_before, buffer_after=buffer_after)
        for agent_id, agenda in agendas.items()
    }


def _require_sound(duration: timedelta, buffer_before: timedelta, buffer_after: timedelta) -> None:
    if duration <= ZERO or buffer_before < ZERO or buffer_after < ZERO:
        raise ValueError("a créneau lasts some time and its buffers are never negative")
