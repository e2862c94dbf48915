"""An agent is away: who takes which Rdv at the same hour, and which other hours are proposed. Room: domain (pure).

Called by rdv/services/absent_plan. Everything is decided for all the Rdv together: nobody is given two at once, no hour
is proposed to two people.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from rdv.domain.intervals import Interval

# How many hours a person chooses among: one is an order, five are a timetable.
PROPOSED = 3


@dataclass(frozen=True, slots=True)
class Need:
    """An Rdv that needs somebody else. `span`: its time with the minutes around it; `candidates`: who is free then."""

    key: int
    span: Interval
    candidates: Sequence[int]


@dataclass(frozen=True, slots=True)
class Load:
    """How busy somebody is over the weeks around: seconds booked, of the seconds they receive."""

    booked: float
    working: float

    def with_more(self, length: timedelta) -> "Load":
        return Load(self.booked + length.total_seconds(), self.working)

    @property
    def ratio(self) -> float:
        # No opening known: those who have some come first.
        return self.booked / self.working if self.working else float("inf")


@dataclass(frozen=True, slots=True)
class Hour:
    """A start that can be held: who receives, where."""

    starts_at: datetime
    ends_at: datetime
    site_id: int
    agent_ids: tuple[int, ...]

    @property
    def code(self) -> str:
        """How a form carries it: seconds_site_agent-agent (the spelling of the console's own radios)."""
        agents = "-".join(str(agent_id) for agent_id in self.agent_ids)
        return f"{int(self.starts_at.timestamp())}_{self.site_id}_{agents}"


def share_out(needs: Sequence[Need], loads: Mapping[int, Load]) -> dict[int, int]:
    """Rdv -> colleague. Those with fewest candidates are served first; the least busy takes each, and is busier then.

    An Rdv that is not in the answer has nobody.
    """
    given: dict[int, int] = {}
    taken: dict[int, list[Interval]] = {}
    load = dict(loads)
    for need in sorted(needs, key=lambda one: (len(one.candidates), one.span.start, one.key)):
        free = [pk for pk in need.candidates if not _meets(need.span, taken.get(pk, ()))]
        if not free:
            continue
        chosen = min(free, key=lambda pk: (load.get(pk, Load(0, 0)).ratio, pk))
        given[need.key] = chosen
        taken.setdefault(chosen, []).append(need.span)
        load[chosen] = load.get(chosen, Load(0, 0)).with_more(need.span.end - need.span.start)
    return given


def _meets(span: Interval, others: Iterable[Interval]) -> bool:
    return any(span.start < other.end and other.start < span.end for other in others)


def three_of(
    hours: Iterable[Hour], *, like: datetime, zone: ZoneInfo, taken: Collection[tuple[int, Interval]] = ()
) -> list[Hour]:
    """A few real choices, in order of time: different days, each at the hour of the day closest to the old one.

    `taken`: (agent, time) proposed to somebody else already. When there are fewer days than choices, the days are used
    again, other hours of them.
    """
    free = [
        hour for hour in sorted(hours, key=lambda one: (one.starts_at, one.agent_ids)) if not _is_taken(hour, taken)
    ]
    wall = _minute_of_day(like, zone)
    chosen: list[Hour] = []
    while len(chosen) < PROPOSED:
        best = _best_by_day(free, chosen, wall, zone)
        if not best:
            break
        chosen += best[: PROPOSED - len(chosen)]
    return sorted(chosen, key=lambda one: one.starts_at)


def _best_by_day(free: Sequence[Hour], chosen: Sequence[Hour], wall: int, zone: ZoneInfo) -> list[Hour]:
    """The closest hour of each day, among those that are not chosen yet and meet none that is."""
    by_day: dict[date, Hour] = {}
    for hour in free:
        if any(_overlap(hour, other) for other in chosen):
            continue
        day = hour.starts_at.astimezone(zone).date()
        known = by_day.get(day)
        if known is None or _distance(hour, wall, zone) < _distance(known, wall, zone):
            by_day[day] = hour
    return [by_day[day] for day in sorted(by_day)]


def _is_taken(hour: Hour, taken: Collection[tuple[int, Interval]]) -> bool:
    span = Interval(hour.starts_at, hour.ends_at)
    return any(agent_id in hour.agent_ids and _meets(span, [other]) for agent_id, other in taken)


def _overlap(one: Hour, other: Hour) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _distance(hour: Hour, wall: int, zone: ZoneInfo) -> int:
    return abs(_minute_of_day(hour.starts_at, zone) - wall)


def _minute_of_day(instant: datetime, zone: ZoneInfo) -> int:
    local = instant.astimezone(zone)
    return local.hour * 60 + local.minute


def read_hour(code: str) -> tuple[int, int, tuple[int, ...]] | None:
    """What `Hour.code` wrote: (seconds, site, agents). None for anything else."""
    parts = code.split("_")
    if len(parts) != 3 or len(code) > 80:
        return None
    numbers = [*parts[:2], *parts[2].split("-")]
    if not all(one.isascii() and one.isdigit() and len(one) < 11 for one in numbers):
        return None
    seconds, site_id, *agents = (int(one) for one in numbers)
    return (seconds, site_id, tuple(agents)) if seconds < 2**34 else None
