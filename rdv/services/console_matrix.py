"""The free hours of a motif as a table: one line per professional, one column per day, grouped by site; nine numbered.

Room: services, reads only. Called by the console and by the page where an Rdv is moved.

    days       the next four that have a free hour ("Jours suivants" goes on after the last one)
    cells      the first hours of that day, then how many others; all of them once one professional is asked for
    numbers    the nine best in the order asked, two at the most in a cell, so that they are nine real choices
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from agents.models import Agent, Site
from rdv.core.clock import midnight
from rdv.domain.travel import Point, distance_km
from rdv.domain.windows import Window
from rdv.models import Motif, Occupation, OccupationKind
from rdv.services.availability import agent_window, agents_asked, free_stretches, lay
from rdv.services.console_hole import Hole, hour_in
from rdv.services.questions import EVERYBODY, Agents, Creneau, Question
from rdv.services.visits import site_point
from usagers.models import Usager

DAYS = 4
NUMBERED = 9
NUMBERED_IN_CELL = 2
SHOWN_IN_CELL = 4
AFTERNOON = 12  # local hour
# Looked at first; the whole horizon only when nothing is free so soon.
SOON = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the secretary filters and sorts by."""

    order: str = "tot"  # tot, site, referent
    moment: str = "journee"  # matin, apres-midi, journee
    agents: Agents = EVERYBODY
    from_day: date | None = None
    shows_all: bool = False  # every hour of each cell
    first_site_id: int | None = None  # one's own site, before the others
    referent_ids: frozenset[int] = frozenset()
    # After a refusal: these starts come first.
    preferred: tuple[datetime, ...] = ()
    without: Creneau | None = None  # the hour that an Rdv being moved has already
    home: Point | None = None  # where the person lives, to sort the sites by distance
    hole: Hole | None = None  # the hour pointed at in an agenda: the first choice, when it fits


@dataclass(frozen=True, slots=True)
class Held:
    """The créneau that the secretary holds: it is shown among the free ones, unless the hold died and it was taken."""

    option_id: int
    creneau: Creneau
    is_alive: bool


@dataclass(frozen=True, slots=True)
class Slot:
    creneau: Creneau
    number: int | None = None
    is_chosen: bool = False

    @property
    def value(self) -> str:
        """What the form posts: start, site, agents."""
        agents = "-".join(str(agent_id) for agent_id in self.creneau.agent_ids)
        return f"{int(self.creneau.starts_at.timestamp())}_{self.creneau.site_id}_{agents}"


@dataclass(frozen=True, slots=True)
class Cell:
    day: date
    slots: tuple[Slot, ...]
    others: int  # free hours that are not shown
    is_absent: bool


@dataclass(frozen=True, slots=True)
class Line:
    agents: tuple[Agent, ...]
    is_referent: bool
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        return " et ".join(agent.full_name for agent in self.agents)

    @property
    def detail(self) -> str:
        return ", ".join(dict.fromkeys(agent.profession for agent in self.agents if agent.profession))


@dataclass(frozen=True, slots=True)
class Block:
    site: Site
    distance_km: float | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    days: tuple[date, ...]
    blocks: tuple[Block, ...]
    count: int
    next_day: date | None
    is_first: bool
    # Why there may be none: a follow-up motif asks for a person, and for their référent.
    lacks_referent: bool = False

    @property
    def slots(self) -> list[Slot]:
        return [slot for block in self.blocks for line in block.lines for cell in line.cells for slot in cell.slots]

    @property
    def best(self) -> Slot | None:
        """Where the focus goes: the chosen one, else number 1."""
        chosen = next((slot for slot in self.slots if slot.is_chosen), None)
        return chosen or next((slot for slot in self.slots if slot.number == 1), None)


def matrix_of(
    motif: Motif,
    *,
    sites: Sequence[Site],
    wish: Wish,
    now: datetime,
    usager: Usager | None = None,
    place: Point | None = None,
    held: Held | None = None,
    ignore_rdv: int | None = None,
    length: timedelta | None = None,
) -> Matrix:
    """Five queries at the most, whatever the number of professionals. `length`: of an Rdv that moves, where somebody
    gave it another than the motif's."""
    zone = motif.departement.zone
    agents = agents_asked(motif, wish.agents, usager=usager, today=now.astimezone(zone).date())
    question = Question(
        motif,
        tuple(sites),
        agents,
        _window(motif, wish, zone, now),
        now,
        place=place,
        ignore_option=held.option_id if held else None,
        ignore_rdv=ignore_rdv,
        length=length,
    )
    found = _found(question, wish, zone, held)
    days = sorted({_day(one, zone) for one in found})[: DAYS + 1]
    shown_days = tuple(days[:DAYS])
    shown = [one for one in found if _day(one, zone) in shown_days]
    blocks = _blocks(shown, sites=sites, days=shown_days, wish=wish, zone=zone, held=held)
    return Matrix(
        days=shown_days,
        blocks=blocks,
        count=len(shown),
        next_day=days[DAYS] if len(days) > DAYS else None,
        is_first=wish.from_day is None,
        lacks_referent=motif.is_follow_up and agents is not EVERYBODY and not agents,
    )


def _window(motif: Motif, wish: Wish, zone: ZoneInfo, now: datetime) -> Window:
    whole = agent_window(motif, now)
    if wish.from_day is None:
        return whole
    return Window(max(whole.earliest, midnight(wish.from_day, zone)), whole.latest)


def _found(question: Question, wish: Wish, zone: ZoneInfo, held: Held | None) -> list[Creneau]:
    """The free hours of the coming weeks; of the whole horizon when there are fewer days than columns."""
    window = question.window
    soon = Window(window.earliest, min(window.latest, window.earliest + SOON))
    for stretch in (soon, window):
        asked = replace(question, window=stretch)
        found = {one for one in lay(asked, free_stretches(asked)) if _suits(one, wish.moment, zone)}
        if len({_day(one, zone) for one in found}) > DAYS or stretch == window:
            break
    if wish.without is not None:
        found.discard(wish.without)
    if held is not None and held.is_alive:
        found.add(held.creneau)
    if wish.hole is not None and (pointed := hour_in(wish.hole, question)) is not None:
        found.add(pointed)
    return sorted(found)


def _suits(creneau: Creneau, moment: str, zone: ZoneInfo) -> bool:
    if moment == "journee":
        return True
    return (creneau.starts_at.astimezone(zone).hour < AFTERNOON) == (moment == "matin")


def _day(creneau: Creneau, zone: ZoneInfo) -> date:
    return creneau.starts_at.astimezone(zone).date()


Key = tuple[int, tuple[int, ...]]  # a site, and who receives there together


@dataclass(frozen=True, slots=True)
class _Table:
    """The hours by line and day, with what is needed to lay them out."""

    hours: dict[Key, dict[date, list[Creneau]]]
    shown: dict[Key, dict[date, list[Creneau]]]
    numbers: dict[Creneau, int]
    agents: dict[int, Agent]
    absent: set[tuple[int, date]]
    chosen: Creneau | None
    wish: Wish
    days: Sequence[date]

    def lines(self, site: Site) -> tuple[Line, ...]:
        """The référents first, then whoever is free the soonest."""
        keys = [key for key in self.hours if key[0] == site.pk]
        keys.sort(key=lambda key: (not _is_referent(key[1], self.wish), min(min(h) for h in self.hours[key].values())))
        return tuple(
            Line(
                agents=tuple(self.agents[agent_id] for agent_id in key[1]),
                is_referent=_is_referent(key[1], self.wish),
                cells=tuple(self._cell(key, day) for day in self.days),
            )
            for key in keys
        )

    def _cell(self, key: Key, day: date) -> Cell:
        hours, shown = self.hours[key].get(day, []), self.shown[key].get(day, [])
        return Cell(
            day=day,
            slots=tuple(Slot(one, number=self.numbers.get(one), is_chosen=one == self.chosen) for one in shown),
            others=len(hours) - len(shown),
            is_absent=any((agent_id, day) in self.absent for agent_id in key[1]),
        )


def _blocks(
    found: Sequence[Creneau],
    *,
    sites: Sequence[Site],
    days: Sequence[date],
    wish: Wish,
    zone: ZoneInfo,
    held: Held | None,
) -> tuple[Block, ...]:
    chosen = held.creneau if held else None
    away = _distances(sites, wish.home)
    rank = _site_ranks(sites, wish, away)
    hours: dict[Key, dict[date, list[Creneau]]] = {}
    for one in found:
        hours.setdefault((one.site_id, one.agent_ids), {}).setdefault(_day(one, zone), []).append(one)
    shown = {key: {day: _cut(cell, wish, chosen) for day, cell in row.items()} for key, row in hours.items()}
    agents = Agent.objects.in_bulk({agent_id for _, agent_ids in hours for agent_id in agent_ids})
    table = _Table(
        hours=hours,
        shown=shown,
        numbers=_numbers(shown, wish, rank),
        agents=agents,
        absent=_absent_days(agents, days, zone),
        chosen=chosen,
        wish=wish,
        days=days,
    )
    blocks = (Block(site, away.get(site.pk), table.lines(site)) for site in sorted(sites, key=lambda s: rank[s.pk]))
    return tuple(block for block in blocks if block.lines)


def _cut(hours: Sequence[Creneau], wish: Wish, chosen: Creneau | None) -> list[Creneau]:
    """The first hours of the cell; what is chosen or proposed after a refusal is always among them."""
    if wish.shows_all or len(hours) <= SHOWN_IN_CELL:
        return list(hours)
    needed = [one for one in hours if one == chosen or one.starts_at in wish.preferred]
    others = [one for one in hours if one not in needed]
    return sorted([*needed, *others[: max(0, SHOWN_IN_CELL - len(needed))]])


def _numbers(shown: dict[Key, dict[date, list[Creneau]]], wish: Wish, rank: dict[int, int]) -> dict[Creneau, int]:
    candidates: list[Creneau] = []
    for row in shown.values():
        for hours in row.values():
            best = sorted(hours, key=lambda one: (one.starts_at not in wish.preferred, one))
            candidates += best[:NUMBERED_IN_CELL]

    def order(one: Creneau) -> tuple[bool, int, Creneau]:
        is_late = one.starts_at not in wish.preferred
        if wish.order == "referent":
            return is_late, int(not _is_referent(one.agent_ids, wish)), one
        return is_late, rank[one.site_id] if wish.order == "site" else 0, one

    return {one: number for number, one in enumerate(sorted(candidates, key=order)[:NUMBERED], start=1)}


def _is_referent(agent_ids: Iterable[int], wish: Wish) -> bool:
    return not wish.referent_ids.isdisjoint(agent_ids)


def _distances(sites: Sequence[Site], home: Point | None) -> dict[int, float]:
    if home is None:
        return {}
    points = {site.pk: site_point(site) for site in sites}
    return {pk: distance_km(point, home) for pk, point in points.items() if point is not None}


def _site_ranks(sites: Sequence[Site], wish: Wish, away: dict[int, float]) -> dict[int, int]:
    """One's own site first; "le plus près" sorts by distance when we know where the person lives."""

    def order(site: Site) -> tuple[float, bool, str]:
        near = away.get(site.pk, float("inf")) if wish.order == "site" and away else 0.0
        return near, site.pk != wish.first_site_id, site.search_key

    return {site.pk: rank for rank, site in enumerate(sorted(sites, key=order))}


def _absent_days(agents: Collection[int], days: Sequence[date], zone: ZoneInfo) -> set[tuple[int, date]]:
    """Which of them are away on which of these days, for the empty cells."""
    if not agents or not days:
        return set()
    start, end = midnight(days[0], zone), midnight(days[-1] + timedelta(days=1), zone)
    rows = Occupation.objects.meeting(start, end).filter(agent__in=agents, kind=OccupationKind.ABSENCE)
    found = rows.order_by("id").values_list("agent_id", "starts_at")
    return {(agent_id, starts_at.astimezone(zone).date()) for agent_id, starts_at in found}
