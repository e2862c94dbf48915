"""The rows of a day board: nine queries, as plain values, indexed for rdv/services/board. Reads only.

Rdv are found by two indexed ways at once: those of the site that day, and those that take its professionals elsewhere
(their Occupations), so that a column is whole.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from agents.models import AGENDA_ROLES, Affectation, Agent, AgentService, EquipeMembre, Fermeture, Site
from rdv.domain.holidays import holiday_name
from rdv.domain.intervals import Interval
from rdv.models import AbsenceKind, Modality, NoticeLevel, Occupation, Ouverture, Participation, Purpose, Rdv, RdvAgent

NEEDS = ("needs_interpreter", "needs_sign_language", "needs_step_free")


@dataclass(frozen=True, slots=True)
class Member:
    agent_id: int
    name: str
    profession: str
    search_key: str
    service_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Team:
    name: str
    agent_ids: frozenset[int]


class RdvRow(NamedTuple):
    pk: int
    uuid: UUID
    starts_at: datetime
    ends_at: datetime
    cancelled_at: datetime | None
    title: str
    capacity: int
    seats_taken: int
    is_overbooked: bool
    modality: str
    address: str
    visit_latitude: float | None
    visit_longitude: float | None
    site_id: int
    site_name: str
    city: str
    site_latitude: float | None
    site_longitude: float | None
    motif: str
    service_id: int
    is_collective: bool
    asks_confirmation: bool
    notice_level: str
    email_reminder_days: int | None
    sms_reminder_days: int | None
    moved_at: datetime | None
    schedule_version: int

    @property
    def asks(self) -> bool:
        return self.asks_confirmation and self.notice_level != NoticeLevel.SILENT

    @property
    def reminder_days(self) -> tuple[int | None, int | None]:
        return self.email_reminder_days, self.sms_reminder_days

    @property
    def is_live(self) -> bool:
        return self.cancelled_at is None

    @property
    def is_home(self) -> bool:
        return self.modality == Modality.HOME

    @property
    def is_placed(self) -> bool:
        return self.modality in (Modality.HOME, Modality.PUBLIC_OFFICE)

    @property
    def latitude(self) -> float | None:
        return self.visit_latitude if self.is_home else self.site_latitude

    @property
    def longitude(self) -> float | None:
        return self.visit_longitude if self.is_home else self.site_longitude

    @property
    def town(self) -> str:
        """Where one drives to for a visit: the last words of its address."""
        if not self.is_home:
            return ""
        last = self.address.rpartition(",")[2] or self.address
        found = re.search(r"\b\d{5}\s+(\D+)$", last)
        return found.group(1).strip() if found else last.strip()


RDV_FIELDS = (
    *("pk", "uuid", "starts_at", "ends_at", "cancelled_at", "title", "capacity", "seats_taken", "is_overbooked"),
    *("modality", "address", "latitude", "longitude", "site_id", "site__name", "site__city", "site__latitude"),
    *("site__longitude", "motif__name", "motif__service_id", "motif__is_collective", "motif__asks_confirmation"),
    *("motif__notice_level", "motif__email_reminder_days", "motif__sms_reminder_days", "moved_at", "schedule_version"),
)


class BusyRow(NamedTuple):
    agent_id: int
    kind: str
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime | None
    rdv_id: int | None
    absence_kind: str | None
    purpose: str | None
    token: UUID | None
    site_id: int | None
    option_service_id: int | None

    @property
    def absence(self) -> str:
        kind = AbsenceKind(self.absence_kind) if self.absence_kind else AbsenceKind.OTHER
        return "Absence" if kind is AbsenceKind.OTHER else str(kind.label)

    @property
    def is_waitlist(self) -> bool:
        return self.purpose == Purpose.OFFRE

    @property
    def service_id(self) -> int:
        return self.option_service_id or 0


BUSY_FIELDS = (
    *("agent_id", "kind", "starts_at", "ends_at", "expires_at", "rdv_id", "absence__kind", "option__purpose"),
    *("option__token", "option__site_id", "option__motif__service_id"),
)


class PersonRow(NamedTuple):
    rdv_id: int
    uuid: UUID
    usager: UUID
    first_name: str
    last_name: str
    search_key: str
    status: str
    arrived_at: datetime | None
    late_minutes: int | None
    confirmed_at: datetime | None
    created_at: datetime
    companion: str
    needs_interpreter: bool
    needs_sign_language: bool
    needs_step_free: bool

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(name for name in NEEDS if getattr(self, name))


PERSON_FIELDS = (
    *("rdv_id", "uuid", "usager__uuid", "usager__first_name", "usager__last_name", "usager__search_key"),
    *(
        "status",
        "arrived_at",
        "late_minutes",
        "confirmed_at",
        "created_at",
        "companion",
        *(f"usager__{name}" for name in NEEDS),
    ),
)


@dataclass(slots=True)
class Rows:
    members: list[Member] = field(default_factory=list)
    teams: dict[int, Team] = field(default_factory=dict)
    rdvs: dict[int, RdvRow] = field(default_factory=dict)
    agents_of: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    people_of: dict[int, list[PersonRow]] = field(default_factory=dict)
    busy_of: dict[int, list[BusyRow]] = field(default_factory=dict)
    openings_of: dict[int, list[Interval]] = field(default_factory=dict)
    note: str = ""
    _of_agent: dict[int, list[RdvRow]] = field(default_factory=lambda: defaultdict(list))

    def index(self) -> None:
        for pk, agents in self.agents_of.items():
            for agent_id, _ in agents:
                self._of_agent[agent_id].append(self.rdvs[pk])

    def rdvs_of(self, agent_id: int) -> list[RdvRow]:
        return self._of_agent.get(agent_id, [])


def read_rows(site: Site, on: date, *, start: datetime, end: datetime, now: datetime) -> Rows:
    rows = Rows()
    affected = set(
        Affectation.objects.current(on).filter(site=site, role__in=AGENDA_ROLES).values_list("agent_id", flat=True)
    )
    busy = _busy(affected, start, end, now)
    rows.rdvs = _rdvs(site, busy, start, end)
    rows.agents_of = _agents_of(rows.rdvs)
    rows.index()
    here = {
        agent_id
        for pk, agents in rows.agents_of.items()
        for agent_id, _ in agents
        if rows.rdvs[pk].site_id == site.pk and rows.rdvs[pk].is_live
    }
    rows.members = _members(site, affected, here)
    rows.busy_of = _by(busy, lambda row: row.agent_id)
    rows.people_of = _by(_people(rows.rdvs), lambda row: row.rdv_id)
    rows.teams = _teams(site)
    closed = _closures(site, on, rows)
    if not closed:
        rows.openings_of = _openings([member.agent_id for member in rows.members], site, start, end)
    return rows


def _by(rows: Iterable[Any], key: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _busy(agent_ids: Iterable[int], start: datetime, end: datetime, now: datetime) -> list[BusyRow]:
    found = Occupation.objects.meeting(start, end).standing(now).filter(agent__in=agent_ids)
    # Freed, wanted by nobody, public in a few minutes: agents have it at once.
    found = found.exclude(option__purpose=Purpose.RELEASE)
    return [BusyRow(*row) for row in found.order_by("starts_at", "id").values_list(*BUSY_FIELDS)]


def _rdvs(site: Site, busy: Iterable[BusyRow], start: datetime, end: datetime) -> dict[int, RdvRow]:
    elsewhere = {row.rdv_id for row in busy if row.rdv_id is not None}
    near = Q(site=site, starts_at__gt=start - timedelta(days=1), starts_at__lt=end, ends_at__gt=start)
    found = Rdv.objects.filter(near | Q(pk__in=elsewhere), departement=site.departement_id)
    rows = map(RdvRow._make, found.order_by("starts_at", "id").values_list(*RDV_FIELDS))
    return {row.pk: row for row in rows}


def _agents_of(rdvs: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
    links = RdvAgent.objects.filter(rdv__in=list(rdvs)).order_by("agent_id")
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for pk, agent_id, first, last in links.values_list("rdv_id", "agent_id", "agent__first_name", "agent__last_name"):
        found[pk].append((agent_id, f"{first} {last}".strip()))
    return found


def _people(rdvs: Iterable[int]) -> Iterable[PersonRow]:
    rows = Participation.objects.filter(rdv__in=list(rdvs)).order_by("usager__search_key", "id")
    return map(PersonRow._make, rows.values_list(*PERSON_FIELDS))


def _members(site: Site, affected: set[int], here: set[int]) -> list[Member]:
    """An account that was closed keeps its column as long as people come for it."""
    agent_ids = affected | here
    seen = Q(pk__in=affected, is_active=True) | Q(pk__in=here)
    agents = Agent.objects.filter(seen, departement=site.departement_id)
    services: dict[int, set[int]] = defaultdict(set)
    for agent_id, service_id in AgentService.objects.filter(agent__in=agent_ids).values_list("agent_id", "service_id"):
        services[agent_id].add(service_id)
    rows = agents.order_by("search_key", "id").values_list("pk", "first_name", "last_name", "profession", "search_key")
    return [
        Member(pk, f"{first} {last}".strip(), profession, key, frozenset(services[pk]))
        for pk, first, last, profession, key in rows
    ]


def _teams(site: Site) -> dict[int, Team]:
    """The teams of this site, and those of the whole département."""
    of_site = Q(equipe__site=site) | Q(equipe__site=None)
    rows = EquipeMembre.objects.filter(of_site, departement=site.departement_id).order_by("equipe__name", "equipe_id")
    names: dict[int, str] = {}
    members: dict[int, set[int]] = defaultdict(set)
    for pk, name, agent_id in rows.values_list("equipe_id", "equipe__name", "agent_id"):
        names[pk] = name
        members[pk].add(agent_id)
    return {pk: Team(name, frozenset(members[pk])) for pk, name in names.items()}


def _openings(agent_ids: list[int], site: Site, start: datetime, end: datetime) -> dict[int, list[Interval]]:
    """Here, and by phone or at home (no site): an opening elsewhere is another board's."""
    rows = Ouverture.objects.standing().filter(
        Q(site=site) | Q(site=None),
        agent__in=agent_ids,
        starts_at__gt=start - timedelta(days=1),
        starts_at__lt=end,
        ends_at__gt=start,
    )
    found: dict[int, list[Interval]] = defaultdict(list)
    for agent_id, starts_at, ends_at in rows.values_list("agent_id", "starts_at", "ends_at"):
        found[agent_id].append(Interval(starts_at, ends_at))
    return found


def _closures(site: Site, on: date, rows: Rows) -> bool:
    """Write the holiday or the closure on the rows; True when the site is closed."""
    closures = Fermeture.objects.meeting(site.departement, on, on).filter(Q(site=site) | Q(site=None))
    closed = [f"fermé : {closure.label}" for closure in closures]
    holiday = holiday_name(on, site.departement_id)
    rows.note = " · ".join([*([f"férié, {holiday}"] if holiday else []), *closed])
    return bool(closed)
