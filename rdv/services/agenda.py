"""What an agent's days hold, as facts: for the grid, the list and the day. Reads only, in a bounded number of queries.

What the reader may not see is already taken out here: a masked Rdv has a time and nothing else.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery

from agents.access import Scope
from agents.models import AGENDA_ROLES, Affectation, Agent, Departement, Fermeture, Site
from rdv.access import may_read_rdv
from rdv.core.clock import day_bounds
from rdv.domain.holidays import holiday_name
from rdv.domain.intervals import Interval, merge, subtract
from rdv.domain.travel import Point, travel_time
from rdv.models import (
    Absence,
    Modality,
    Occupation,
    OccupationKind,
    Offre,
    Option,
    Ouverture,
    Participation,
    Purpose,
    Rdv,
    RdvAgent,
)

# A hole shorter than this is not worth a line.
SHORTEST_HOLE = timedelta(minutes=15)
# Two visits further apart than this are two rounds: the road is not drawn.
SAME_ROUND = timedelta(hours=4)
UTC = ZoneInfo("UTC")


class Kind(StrEnum):
    RDV = "rdv"
    MASKED = "masked"
    ABSENCE = "absence"
    HELD = "held"
    TRIP = "trip"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Item:
    """Something on a day. `rdv` and `trip` only when they may be read.

    `waitlist`: the token of an hour held for the waiting list, when this reader may take it back; `offre`: its offer.
    `on_absence`: this Rdv falls on an absence. `doubles`: the Rdv at the same time that may be read, and
    `has_double` when there is one at all. `meets_rdvs`: how many Rdv an absence leaves to be looked at.
    """

    kind: Kind
    starts_at: datetime
    ends_at: datetime
    rdv: Rdv | None = None
    absence: Absence | None = None
    trip: tuple[Rdv, Rdv] | None = None
    expires_at: datetime | None = None
    waitlist: UUID | None = None
    offre: UUID | None = None
    on_absence: bool = False
    has_double: bool = False
    doubles: tuple[Rdv, ...] = ()
    meets_rdvs: int = 0

    def meets(self, other: "Item") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(slots=True)
class Day:
    """One local day. `openings` are merged stretches, `note` a holiday or a closure."""

    on: date
    starts_at: datetime
    ends_at: datetime
    openings: list[Interval] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    note: str = ""

    def touches(self, starts_at: datetime, ends_at: datetime) -> bool:
        return starts_at < self.ends_at and self.starts_at < ends_at


def read_days(agent: Agent, days: Sequence[date], *, scope: Scope, now: datetime) -> list[Day]:
    """The days asked for, in order. Seven queries, whatever they hold."""
    departement = agent.departement
    assert departement is not None  # noqa: S101 - operators have no agenda: the door refused before
    found = [Day(on, *day_bounds(on, departement.zone)) for on in days]
    if not found:
        return []
    start, end = min(day.starts_at for day in found), max(day.ends_at for day in found)
    closed = _notes(agent, departement, found, now)
    _openings(agent, found, closed, start, end)
    rdvs = _rdvs(agent, departement, start, end)
    taken = _occupations(agent, start, end, now)
    items = _with_review([*_rdv_items(rdvs, scope), *_taken_items(taken, scope)])
    trips = _trips(rdvs, scope, departement.unknown_travel_min)
    busy = [Interval(row.starts_at, row.ends_at) for row in taken]
    busy += [Interval(item.starts_at, item.ends_at) for item in [*trips, *items]]
    for day in found:
        day.items = [item for item in [*items, *trips] if day.touches(item.starts_at, item.ends_at)]
        day.items += _holes(day, busy, now)
        day.items.sort(key=lambda item: (item.starts_at, item.ends_at, item.kind))
    return found


def _openings(
    agent: Agent, days: list[Day], closed: set[tuple[date, int | None]], start: datetime, end: datetime
) -> None:
    """A closed site opens nothing, whatever the rule says."""
    rows = Ouverture.objects.standing().filter(
        agent=agent, starts_at__gt=start - timedelta(days=1), starts_at__lt=end, ends_at__gt=start
    )
    for local_on, site_id, starts_at, ends_at in rows.values_list("local_on", "site_id", "starts_at", "ends_at"):
        if (local_on, None) in closed or (local_on, site_id) in closed:
            continue
        for day in days:
            if day.touches(starts_at, ends_at):
                day.openings.append(Interval(max(starts_at, day.starts_at), min(ends_at, day.ends_at)))
    for day in days:
        day.openings = merge(day.openings)


def _rdvs(agent: Agent, departement: Departement, start: datetime, end: datetime) -> list[Rdv]:
    """What a page of agenda shows of its Rdv: one object per motif and per site, people by name and needs alone."""
    # By what they take of the agent's time: RdvAgent alone would walk all the years that this agent has received.
    taken = Occupation.objects.meeting(start, end).filter(agent=agent, rdv__isnull=False).values("rdv")
    rows = Rdv.objects.live().filter(departement=departement, pk__in=taken, starts_at__lt=end, ends_at__gt=start)
    found = list(rows.order_by("starts_at", "id").prefetch_related("motif", "site"))
    links = RdvAgent.objects.filter(rdv__in=found).order_by("agent_id")
    _keep(found, "rdv_agents", links.prefetch_related(Prefetch("agent", Agent.objects.only(*_AGENT))))
    people = Participation.objects.filter(rdv__in=found).select_related("usager").only(*_PARTICIPATION, *_USAGER)
    _keep(found, "participations", people.order_by("created_at", "id"))
    return found


def _keep(rdvs: list[Rdv], name: str, rows: "QuerySet[Any]") -> None:
    """What prefetch_related leaves on each Rdv; its own way filters a queryset again for each of the fifty."""
    by_rdv: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_rdv[row.rdv_id].append(row)
    for rdv in rdvs:
        read: QuerySet[Any] = QuerySet(rows.model)
        read._result_cache, read._prefetch_done = by_rdv[rdv.pk], True  # type: ignore[attr-defined]  # noqa: SLF001 - as prefetch_related does
        rdv.__dict__.setdefault("_prefetched_objects_cache", {})[name] = read


# A person's number is read again from its text by each row: a week has fifty.
_AGENT = ("first_name", "last_name", "departement")
_PARTICIPATION = (
    *("rdv", "uuid", "status", "late_minutes", "arrived_at", "confirmed_at", "created_at", "companion"),
    *("starts_at", "ends_at"),
)
_USAGER = tuple(
    f"usager__{name}"
    for name in ("uuid", "first_name", "last_name", "needs_interpreter", "needs_step_free", "needs_sign_language")
)


def _rdv_items(rdvs: Iterable[Rdv], scope: Scope) -> list[Item]:
    items = []
    for rdv in rdvs:
        if may_read_rdv(scope, rdv):
            items.append(Item(Kind.RDV, rdv.starts_at, rdv.ends_at, rdv=rdv))
        else:
            items.append(Item(Kind.MASKED, rdv.starts_at, rdv.ends_at))
    return items


def _occupations(agent: Agent, start: datetime, end: datetime, now: datetime) -> list[Occupation]:
    asked = Offre.objects.live().filter(option=OuterRef("option")).order_by("id").values("uuid")[:1]
    rows = Occupation.objects.meeting(start, end).standing(now).filter(agent=agent).annotate(offre=Subquery(asked))
    return list(rows.select_related("absence", "option__motif").order_by("starts_at", "id"))


def _taken_items(taken: Iterable[Occupation], scope: Scope) -> list[Item]:
    """Absences and holds. For whom something is held is said to nobody here."""
    items = []
    for row in taken:
        if row.kind == OccupationKind.ABSENCE:
            items.append(Item(Kind.ABSENCE, row.starts_at, row.ends_at, absence=row.absence))
        elif row.kind == OccupationKind.OPTION:
            token = _waitlist_token(row.option, row.agent_id, scope)
            offre = getattr(row, "offre", None) if token else None
            held = Item(Kind.HELD, row.starts_at, row.ends_at, expires_at=row.expires_at, waitlist=token, offre=offre)
            items.append(held)
    return items


def _waitlist_token(option: Option | None, agent_id: int, scope: Scope) -> UUID | None:
    if option is None or option.purpose != Purpose.OFFRE:
        return None
    may_take = scope.may_write(site_id=option.site_id, service_id=option.motif.service_id, agent_ids=[agent_id])
    return option.token if may_take else None


def _with_review(items: list[Item]) -> list[Item]:
    """An Rdv over an absence, or over another Rdv, is to be looked at: both sides say so."""
    return [_reviewed(item, items) if item.kind in (Kind.RDV, Kind.ABSENCE) else item for item in items]


def _reviewed(item: Item, items: Sequence[Item]) -> Item:
    others = [other for other in items if other is not item and other.meets(item)]
    doubles = [other for other in others if other.kind in (Kind.RDV, Kind.MASKED)]
    if item.kind is Kind.ABSENCE:
        return replace(item, meets_rdvs=len(doubles)) if doubles else item
    return replace(
        item,
        on_absence=any(other.kind is Kind.ABSENCE for other in others),
        has_double=bool(doubles),
        doubles=tuple(other.rdv for other in doubles if other.rdv is not None),
    )


def _trips(rdvs: Sequence[Rdv], scope: Scope, unknown_min: int) -> list[Item]:
    """The road between two places in a row, when one of them is a home visit. To or from a masked one, it is masked."""
    trips = []
    placed = [rdv for rdv in rdvs if rdv.modality in (Modality.HOME, Modality.PUBLIC_OFFICE)]
    for before, after in pairwise(placed):
        is_by_road = Modality.HOME in (before.modality, after.modality)
        if not is_by_road or after.starts_at - before.ends_at > SAME_ROUND or before.ends_at >= after.starts_at:
            continue
        road = travel_time(_place(before), _place(after), fallback=timedelta(minutes=unknown_min))
        if not road:
            continue
        # One leaves just in time: what comes before stays free.
        start = max(before.ends_at, after.starts_at - road)
        if may_read_rdv(scope, before) and may_read_rdv(scope, after):
            trips.append(Item(Kind.TRIP, start, after.starts_at, trip=(before, after)))
        else:
            trips.append(Item(Kind.MASKED, start, after.starts_at))
    return trips


def _place(rdv: Rdv) -> Point | None:
    latitude, longitude = rdv.latitude, rdv.longitude
    if rdv.modality == Modality.PUBLIC_OFFICE:
        latitude, longitude = rdv.site.latitude, rdv.site.longitude
    return None if latitude is None or longitude is None else Point(latitude, longitude)


def _notes(agent: Agent, departement: Departement, days: list[Day], now: datetime) -> set[tuple[date, int | None]]:
    """Write holidays and closures on the days; what is closed when, by site (None: everywhere)."""
    today = now.astimezone(departement.zone).date()
    works_there = Affectation.objects.current(today).filter(agent=agent, role__in=AGENDA_ROLES, site=OuterRef("site"))
    first, last = min(day.on for day in days), max(day.on for day in days)
    said: dict[date, list[str]] = defaultdict(list)
    closed = set()
    closures = Fermeture.objects.meeting(departement, first, last).annotate(is_own=Exists(works_there))
    for closure in closures.select_related("site"):
        for day in days:
            if not closure.starts_on <= day.on <= closure.ends_on:
                continue
            closed.add((day.on, closure.site_id))
            if closure.site_id is None or closure.is_own:  # type: ignore[attr-defined]  # annotated above
                said[day.on].append(_closed_words(closure.site, closure.label))
    for day in days:
        holiday = holiday_name(day.on, departement.code)
        day.note = " · ".join([*([f"férié, {holiday}"] if holiday else []), *said[day.on]])
    return closed


def _closed_words(site: Site | None, label: str) -> str:
    return f"{site.name} fermé : {label}" if site else f"fermé : {label}"


def _holes(day: Day, busy: Sequence[Interval], now: datetime) -> list[Item]:
    """What is open, not taken (with the minutes around each Rdv), and still to come."""
    found = []
    for hole in subtract(day.openings, busy):
        start = max(hole.start, _next_five(now))
        if hole.end - start >= SHORTEST_HOLE:
            found.append(Item(Kind.FREE, start, hole.end))
    return found


def _next_five(now: datetime) -> datetime:
    return now + (datetime.min.replace(tzinfo=now.tzinfo) - now) % timedelta(minutes=5)
