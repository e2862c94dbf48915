"""Rdv before they are rows: planned in memory against the diary, then written table by table.

Room: management. Called by filling.py, workshops.py and claire.py, and written by run.py. Writing many rows at once
goes around the services, never around what they guarantee: occupations with buffers, links hashed, a journal line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from agents.models import Agent, Site
from rdv.core.clock import local_date
from rdv.core.journal import KEEP_CHANGES, Author
from rdv.core.links import hash_token, make_token
from rdv.domain.statuses import LIVE, Status
from rdv.domain.travel import Point
from rdv.management.seed.copying import copy_rows
from rdv.management.seed.people import Person
from rdv.management.seed.world import World, new_uuid
from rdv.models import (
    Evenement,
    Modality,
    Motif,
    Occupation,
    OccupationKind,
    Origin,
    Participation,
    Rdv,
    RdvAgent,
)
from rdv.services.occupying import place_of


@dataclass(slots=True)
class Seat:
    person: Person
    status: Status = Status.UNKNOWN
    status_at: datetime | None = None
    late_minutes: int | None = None

    @property
    def is_live(self) -> bool:
        return self.status in LIVE


@dataclass(slots=True, kw_only=True)
class Draft:
    motif: Motif
    site: Site
    agents: Sequence[Agent]
    starts_at: datetime
    ends_at: datetime
    seats: list[Seat]
    created_at: datetime
    origin: Origin = Origin.AGENT
    by: Agent | None = None  # who booked, when it is not the usager
    booking_seconds: int | None = None
    is_overbooked: bool = False
    address: str = ""
    point: Point | None = None
    context: str = ""
    title: str = ""
    capacity: int = 1

    @property
    def is_live(self) -> bool:
        """A workshop stands whoever comes; an individual Rdv stands with its one participation."""
        return self.motif.is_collective or any(seat.is_live for seat in self.seats)

    @property
    def cancelled_at(self) -> datetime | None:
        return None if self.is_live else self.seats[0].status_at

    @property
    def taken(self) -> tuple[datetime, datetime]:
        return self.starts_at - self.motif.buffer_before, self.ends_at + self.motif.buffer_after


@dataclass(slots=True)
class Board:
    """Every Rdv planned so far. The diary refuses what the database would refuse."""

    world: World
    drafts: list[Draft] = field(default_factory=list)

    def are_free(self, agents: Iterable[Agent], motif: Motif, start: datetime, end: datetime) -> bool:
        before, after = start - motif.buffer_before, end + motif.buffer_after
        return all(self.world.diary.is_free(agent.pk, before, after) for agent in agents)

    def may_come(self, person: Person, start: datetime, end: datetime) -> bool:
        return self.world.diary.is_free(person.usager.uuid, start, end)

    def add(self, draft: Draft) -> None:
        if draft.is_live and not draft.is_overbooked:
            for agent in draft.agents:
                self.world.diary.take(agent.pk, *draft.taken)
        for seat in draft.seats:
            if seat.is_live:
                self.world.diary.take(seat.person.usager.uuid, draft.starts_at, draft.ends_at)
                seat.person.comes_on(local_date(draft.starts_at, self.world.zone))
            _had_contact(seat.person, draft.created_at)
            if seat.status is Status.SEEN:
                _had_contact(seat.person, draft.starts_at)
        self.drafts.append(draft)

    def write(self, secretaries: dict[int, Agent]) -> None:
        """All the rows. `secretaries`: by site id, who books at the desk and on the phone."""
        dice = self.world.dice("uuids")
        self.drafts.sort(key=lambda draft: (draft.created_at, draft.starts_at, draft.agents[0].pk))
        for draft in self.drafts:
            if draft.by is None and draft.origin in (Origin.PHONE, Origin.DESK):
                draft.by = secretaries.get(draft.site.pk)
            if draft.by is None and draft.origin is not Origin.WEB:
                draft.by = draft.agents[0]
        rdvs = [_rdv(draft, dice) for draft in self.drafts]
        copy_rows(rdvs)
        pairs = list(zip(self.drafts, rdvs, strict=True))
        copy_rows(row for pair in pairs for row in _rdv_agents(*pair))
        copy_rows(row for pair in pairs for row in _occupations(*pair))
        participations = [row for pair in pairs for row in _participations(*pair, dice)]
        copy_rows(participations)
        copy_rows(_journal(self.world, pairs, participations))


def _had_contact(person: Person, at: datetime) -> None:
    for usager in (person.usager, person.contact):
        usager.last_contact_at = max(usager.last_contact_at, at)


def _created_by(draft: Draft) -> tuple[str, int | None]:
    if draft.by is not None:
        return "agent", draft.by.pk
    return "usager", draft.seats[0].person.contact.pk if draft.seats else None


def _rdv(draft: Draft, dice: Random) -> Rdv:
    kind, author_id = _created_by(draft)
    return Rdv(
        departement_id=draft.motif.departement_id,
        uuid=new_uuid(dice),
        motif=draft.motif,
        site=draft.site,
        modality=draft.motif.modality,
        address=draft.address,
        latitude=draft.point.lat if draft.point else None,
        longitude=draft.point.lon if draft.point else None,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        title=draft.title,
        capacity=draft.capacity,
        context=draft.context,
        origin=draft.origin,
        created_at=draft.created_at,
        created_by_kind=kind,
        created_by_id=author_id,
        booking_seconds=draft.booking_seconds,
        cancelled_at=draft.cancelled_at,
        is_overbooked=draft.is_overbooked,
    )


def _rdv_agents(draft: Draft, rdv: Rdv) -> list[RdvAgent]:
    return [RdvAgent(departement_id=rdv.departement_id, rdv=rdv, agent=agent) for agent in draft.agents]


def _occupations(draft: Draft, rdv: Rdv) -> list[Occupation]:
    if not draft.is_live:
        return []
    place = place_of(draft.motif, draft.site, draft.point)
    starts_at, ends_at = draft.taken
    return [
        Occupation(
            departement_id=rdv.departement_id,
            agent=agent,
            starts_at=starts_at,
            ends_at=ends_at,
            kind=OccupationKind.RDV,
            rdv=rdv,
            is_blocking=not draft.is_overbooked,
            latitude=place.lat if place else None,
            longitude=place.lon if place else None,
            is_home_visit=draft.motif.modality == Modality.HOME,
        )
        for agent in draft.agents
    ]


def _participations(draft: Draft, rdv: Rdv, dice: Random) -> list[Participation]:
    return [_participation(draft, rdv, seat, dice) for seat in draft.seats]


def _participation(draft: Draft, rdv: Rdv, seat: Seat, dice: Random) -> Participation:
    key = new_uuid(dice)
    kind, author_id = _created_by(draft)
    contact = seat.person.contact
    return Participation(
        departement_id=rdv.departement_id,
        uuid=key,
        rdv=rdv,
        usager=seat.person.usager,
        responsable=seat.person.responsable,
        status=seat.status,
        status_at=seat.status_at,
        starts_at=rdv.starts_at,
        ends_at=rdv.ends_at,
        origin=draft.origin,
        created_at=draft.created_at,
        created_by_kind=kind,
        created_by_id=author_id,
        wants_sms=bool(contact.phone),
        wants_email=bool(contact.email),
        late_minutes=seat.late_minutes,
        link_hash=hash_token(make_token("rdv", str(key))),
    )


def _journal(
    world: World, pairs: Sequence[tuple[Draft, Rdv]], participations: Sequence[Participation]
) -> list[Evenement]:
    """A "booked" line for what is to come and for the last two weeks; older lines would say no more."""
    since = world.now - timedelta(weeks=2)
    first: dict[int, Participation] = {}
    for participation in participations:
        first.setdefault(participation.rdv_id, participation)
    return [_booked(draft, rdv, first.get(rdv.pk)) for draft, rdv in pairs if draft.starts_at >= since]


def _booked(draft: Draft, rdv: Rdv, participation: Participation | None) -> Evenement:
    author = _author(draft)
    data = {
        "starts_at": rdv.starts_at,
        "site": rdv.site_id,
        "motif": rdv.motif_id,
        "agents": [agent.pk for agent in draft.agents],
        "origin": draft.origin.value,
    }
    if participation is not None:
        data["participation"] = str(participation.uuid)
    if draft.is_overbooked:
        data["overbooked"] = draft.context
    return Evenement(
        at=draft.created_at,
        departement_code=rdv.departement_id,
        kind="rdv.workshop_created" if draft.motif.is_collective else "rdv.booked",
        subject_type="rdv",
        subject_id=str(rdv.uuid),
        author_kind=author.kind,
        author_id=author.id,
        author_label=author.label,
        author_role=author.role,
        data=data,
        keep_until=draft.created_at + KEEP_CHANGES,
    )


def _author(draft: Draft) -> Author:
    if draft.by is not None:
        return Author("agent", draft.by.pk, draft.by.full_name, "agent")
    contact = draft.seats[0].person.contact
    return Author("usager", contact.pk, contact.full_name)
