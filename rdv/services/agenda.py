"""What an agent's days hold, as facts: for the grid, the list and the day. Reads only, in a bounded number of queries.

What the reader may not see is already taken out here: a masked Rdv has a time and nothing else.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from agents.access import Scope
from agents.models import Agent, Fermeture
from rdv.access import may_read_rdv, whole_rdvs
from rdv.core.clock import local_date
from rdv.domain.holidays import holiday_name
from rdv.domain.intervals import Interval, subtract
from rdv.domain.travel import Point, travel_time
from rdv.models import Absence, Modality, Occupation, OccupationKind, Ouverture, Rdv

# A hole shorter than this is not worth a line.
SHORTEST_HOLE = timedelta(minutes=15)
# Two visits further apart than this are two rounds: the road is not drawn.
SAME_ROUND = timedelta(hours=4)


class Kind(StrEnum):
    RDV = "rdv"
    MASKED = "masked"
    ABSENCE = "absence"
    HELD = "held"
    TRIP = "trip"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Item:
    """Something on a day. `rdv` only when it may be read; `needs_review`: it meets an absence or another Rdv."""

    kind: Kind
    starts_at: datetime
    ends_at: datetime
    rdv: Rdv | None = None
    absence: Absence | None = None
    needs_review: bool = False


@dataclass(slots=True)
class Day:
    """One local day. `openings` are merged stretches, `note` a holiday or a closure."""

    on: date
    starts_at: datetime
    ends_at: datetime
    openings: list[Interval] = field(default_factory=list)
    absences: list[Item] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    note: str = ""


def read_days(agent: Agent, days: Sequence[date], *, scope: Scope, now: datetime) -> list[Day]:
    """The days asked for, in order. Six queries, whatever they hold."""
    departement = agent.departement
    assert departement is not None  # noqa: S101 - operators have no agenda: the door refused before
    zone = departement.zone
    found = {day: Day(day, *_bounds(day, zone)) for day in days}
    if not found:
        return []
    start, end = min(d.starts_at for d in found.values()), max(d.ends_at for d in found.values())
    _openings(agent, found, start, end, zone)
    rdvs = _rdvs(agent, start, end)
    absences = _absences(agent, start, end)
    items = _with_review([*_rdv_items(rdvs, scope), *absences, *_held(agent, start, end, now)])
    items += _trips(rdvs, departement.unknown_travel_min)
    _spread(items, found, zone)
    _notes(agent, found)
    for day in found.values():
        day.items += _holes(day, now)
        day.items.sort(key=lambda item: (item.starts_at, item.ends_at))
    return list(found.values())


def _bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Midnight to midnight on the wall: 23 or 25 hours on the days when the clock changes."""
    utc = ZoneInfo("UTC")
    first = datetime.combine(day, time(), zone).astimezone(utc)
    return first, datetime.combine(day + timedelta(days=1), time(), zone).astimezone(utc)


def _openings(agent: Agent, days: dict[date, Day], start: datetime, end: datetime, zone: ZoneInfo) -> None:
    rows = Ouverture.objects.standing().filter(
        agent=agent, starts_at__gt=start - timedelta(days=1), starts_at__lt=end, ends_at__gt=start
    )
    for starts_at, ends_at in rows.order_by("starts_at").values_list("starts_at", "ends_at"):
        day = days.get(local_date(starts_at, zone))
        if day is not None:
            day.openings.append(Interval(starts_at, ends_at))


def _rdvs(agent: Agent, start: datetime, end: datetime) -> list[Rdv]:
    rows = whole_rdvs().filter(cancelled_at=None, starts_at__lt=end, ends_at__gt=start, rdv_agents__agent=agent)
    return list(rows.order_by("starts_at", "id"))


def _rdv_items(rdvs: Iterable[Rdv], scope: Scope) -> list[Item]:
    items = []
    for rdv in rdvs:
        if may_read_rdv(scope, rdv):
            items.append(Item(Kind.RDV, rdv.starts_at, rdv.ends_at, rdv=rdv))
        else:
            items.append(Item(Kind.MASKED, rdv.starts_at, rdv.ends_at))
    return items


def _absences(agent: Agent, start: datetime, end: datetime) -> list[Item]:
    rows = Occupation.objects.meeting(start, end).filter(agent=agent, kind=OccupationKind.ABSENCE)
    return [
        Item(Kind.ABSENCE, row.starts_at, row.ends_at, absence=row.absence)
        for row in rows.select_related("absence").order_by("starts_at", "id")
    ]


def _held(agent: Agent, start: datetime, end: datetime, now: datetime) -> list[Item]:
    rows = Occupation.objects.meeting(start, end).standing(now).filter(agent=agent, kind=OccupationKind.OPTION)
    return [Item(Kind.HELD, row.starts_at, row.ends_at) for row in rows.order_by("starts_at", "id")]


def _with_review(items: list[Item]) -> list[Item]:
    """An Rdv over an absence, or over another Rdv, is to be looked at."""
    busy = [item for item in items if item.kind in (Kind.RDV, Kind.MASKED, Kind.ABSENCE)]
    seen = []
    for item in items:
        meets = item.kind is Kind.RDV and any(
            other is not item and other.starts_at < item.ends_at and item.starts_at < other.ends_at for other in busy
        )
        seen.append(Item(item.kind, item.starts_at, item.ends_at, item.rdv, item.absence, meets) if meets else item)
    return seen


def _trips(rdvs: Sequence[Rdv], unknown_min: int) -> list[Item]:
    """The road between two places in a row, when one of them is a home visit."""
    trips = []
    placed = [rdv for rdv in rdvs if rdv.modality in (Modality.HOME, Modality.PUBLIC_OFFICE)]
    for before, after in pairwise(placed):
        is_by_road = Modality.HOME in (before.modality, after.modality)
        if not is_by_road or after.starts_at - before.ends_at > SAME_ROUND:
            continue
        road = travel_time(_place(before), _place(after), fallback=timedelta(minutes=unknown_min))
        if road and before.ends_at < after.starts_at:
            trips.append(Item(Kind.TRIP, before.ends_at, min(before.ends_at + road, after.starts_at)))
    return trips


def _place(rdv: Rdv) -> Point | None:
    latitude, longitude = rdv.latitude, rdv.longitude
    if rdv.modality == Modality.PUBLIC_OFFICE:
        latitude, longitude = rdv.site.latitude, rdv.site.longitude
    return None if latitude is None or longitude is None else Point(latitude, longitude)


def _spread(items: Iterable[Item], days: dict[date, Day], zone: ZoneInfo) -> None:
    for item in items:
        day = days.get(local_date(item.starts_at, zone))
        if day is not None:
            (day.absences if item.kind is Kind.ABSENCE else day.items).append(item)


def _notes(agent: Agent, days: dict[date, Day]) -> None:
    departement = agent.departement
    assert departement is not None  # noqa: S101 - see read_days
    closures: dict[date, list[str]] = defaultdict(list)
    for closure in Fermeture.objects.meeting(departement, min(days), max(days)).filter(site=None):
        for on in days:
            if closure.starts_on <= on <= closure.ends_on:
                closures[on].append(closure.label)
    for on, day in days.items():
        holiday = holiday_name(on, departement.code)
        day.note = " · ".join([*([holiday] if holiday else []), *closures[on]])


def _holes(day: Day, now: datetime) -> list[Item]:
    """What is open, not taken, and still to come."""
    busy = [Interval(item.starts_at, item.ends_at) for item in [*day.items, *day.absences]]
    found = []
    for hole in subtract(day.openings, busy):
        start = max(hole.start, _next_five(now))
        if hole.end - start >= SHORTEST_HOLE:
            found.append(Item(Kind.FREE, start, hole.end))
    return found


def _next_five(now: datetime) -> datetime:
    return now + (datetime.min.replace(tzinfo=now.tzinfo) - now) % timedelta(minutes=5)
