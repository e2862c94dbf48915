"""The one way to book: public form, secretary, drag and drop, workshop, series, import (engine.md, "Booking").

    holding.hold_creneau -> Option (10 min) -> book_option -> Rdv
                                the option's token is the idempotency key: a replay finds the same Rdv

Each entry owns its transaction: agents' locks in id order, dead options dropped, fit asked again, insert under the
exclusion constraint, journal and messages in the same transaction, workers woken after the commit.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import prefetch_related_objects

from agents.models import Site
from rdv.core import journal
from rdv.core.db import constraint_errors, lock_agents
from rdv.core.journal import Author
from rdv.core.links import hash_token, make_token
from rdv.core.together import Also, Tail, insert_together
from rdv.domain.travel import Point
from rdv.domain.windows import Window
from rdv.models import Modality, Motif, OccupationKind, Option, Origin, Participation, Rdv, RdvAgent, Serie
from rdv.services import notices
from rdv.services.able import require_able
from rdv.services.availability import agent_window, usager_window
from rdv.services.errors import AlreadyRegistered, NotBookable, OptionExpired, ReasonMissing, UsagerBusy, WorkshopFull
from rdv.services.holding import lock_workshop
from rdv.services.occupying import (
    occupations,
    place_of,
    release_option_rows,
    require_fit,
    taking_errors,
)
from rdv.services.questions import Question
from rdv.services.too_far import require_near
from usagers.models import Usager
from usagers.services.files import contact_noted, current_file, lock_files


@dataclass(frozen=True, slots=True)
class Booking:
    """Who comes, and what is said about it."""

    usager: Usager
    origin: Origin
    responsable: Usager | None = None
    context: str = ""
    companion: str = ""
    wants_sms: bool = True
    wants_email: bool = True
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    may_overlap: bool = False
    # One of several taken together: told in one message, by whoever takes them (rdv/services/series).
    serie: Serie | None = None


@transaction.atomic(durable=True)
def book_option(*, token: uuid.UUID, booking: Booking, author: Author, now: datetime) -> Rdv:
    """Turn a held créneau (or seat) into an Rdv. A replay of the same token gives the same Rdv.

    A hold that died is still honoured when the time is still free. Raises CreneauUnavailable, UsagerBusy,
    AlreadyRegistered, WorkshopFull, OptionExpired (unknown token).
    """
    return book_held(token=token, booking=booking, author=author, now=now)


def book_held(*, token: uuid.UUID, booking: Booking, author: Author, now: datetime) -> Rdv:
    """The same in the transaction of the caller: the waiting list gives back the old Rdv in it.

    A refusal ends that transaction: nothing catches it inside.
    """
    option = Option.objects.with_agent_ids().select_related("motif__departement", "site").filter(token=token).first()
    if option is None:
        raise OptionExpired
    # Locks first, in the one order (holding.py); then look again at what they protect.
    agent_ids: list[int] = option.agent_ids  # type: ignore[attr-defined]  # with_agent_ids: stubs lose it in a chain
    lock_agents(agent_ids)
    if option.atelier_id is not None:
        lock_workshop(option.atelier_id)
    locked = Option.objects.select_for_update(of=("self",), no_key=True).filter(pk=option.pk)
    option.rdv_id, option.expires_at = locked.values_list("rdv_id", "expires_at").get()
    if option.rdv is not None:
        return option.rdv
    if option.atelier_id is not None:
        return _book_seat(option, booking, author=author, now=now)
    return _book_creneau(option, agent_ids, booking, author=author, now=now)


def _book_creneau(option: Option, agent_ids: Sequence[int], booking: Booking, *, author: Author, now: datetime) -> Rdv:
    motif, site = option.motif, option.site
    assert site is not None  # noqa: S101 - an individual option always has its site (hold_creneau)
    place = _place_held(option) or _visit_place(booking)
    _require_still_free(option, agent_ids, author=author, now=now, place=place)
    release_option_rows(option, agent_ids, now)
    rdv = create_rdv(
        motif=motif,
        site=site,
        agent_ids=agent_ids,
        starts_at=option.starts_at,
        ends_at=option.ends_at,
        booking=booking,
        author=author,
        now=now,
        # One gesture for many: no figure of the time that a booking takes.
        booking_seconds=None if booking.serie else round((now - option.opened_at).total_seconds()),
        place=place,
        option=option,
    )
    participation = register(rdv, booking, author=author, now=now)
    data: dict[str, object] = {"agents": list(agent_ids), "choice": option.choice_reason}
    if booking.serie is not None:
        data["serie"] = booking.serie.uuid
    _tell(rdv, participation, author=author, now=now, data=data)
    return rdv


def _place_held(option: Option) -> Point | None:
    if option.latitude is None or option.longitude is None:
        return None
    return Point(option.latitude, option.longitude)


def _visit_place(booking: Booking) -> Point | None:
    if booking.latitude is None or booking.longitude is None:
        return None
    return Point(booking.latitude, booking.longitude)


def _require_still_free(
    option: Option, agent_ids: Sequence[int], *, author: Author, now: datetime, place: Point | None
) -> None:
    """An option that lives holds its time by itself; a dead one must fit again, and lie in the future."""
    assert option.site is not None  # noqa: S101 - see _book_creneau
    is_home = option.motif.modality == Modality.HOME
    if option.expires_at > now and not (is_home and place is not None and option.latitude is None):
        return
    is_public = option.author_kind != "agent"
    window = (usager_window if is_public else agent_window)(option.motif, option.opened_at)
    question = Question(
        motif=option.motif,
        sites=(option.site,),
        agents=agent_ids,
        window=Window(now, window.latest),
        now=now,
        place=place,
        ignore_option=option.pk,
    )
    require_fit(question, option.starts_at, agent_ids)


def _consume(option: Option, rdv: Rdv) -> None:
    Option.objects.filter(pk=option.pk).update(rdv=rdv)


def _book_seat(option: Option, booking: Booking, *, author: Author, now: datetime) -> Rdv:
    assert option.atelier_id is not None  # noqa: S101 - only called for a seat
    atelier = lock_workshop(option.atelier_id)
    if not atelier.is_live or atelier.starts_at <= now:
        raise NotBookable
    Option.objects.dead(now).filter(atelier=atelier).exclude(pk=option.pk).delete()
    # The held seat becomes the participation's: consumed first, so that the last seat is not counted twice.
    _consume(option, atelier)
    participation = register(atelier, booking, author=author, now=now)
    _tell(atelier, participation, author=author, now=now, data={})
    return atelier


def create_rdv(
    *,
    motif: Motif,
    site: Site,
    agent_ids: Sequence[int],
    starts_at: datetime,
    ends_at: datetime,
    author: Author,
    now: datetime,
    booking: Booking | None = None,
    booking_seconds: int | None = None,
    title: str = "",
    capacity: int = 1,
    is_overbooked: bool = False,
    place: Point | None = None,
    option: Option | None = None,
    key: uuid.UUID | None = None,
) -> Rdv:
    """The Rdv, its agents and what it takes of their time, in one statement; `option`: the hold that it came from;
    `key`: of the form that made it."""
    rdv = Rdv(
        uuid=key or uuid.uuid4(),
        departement_id=motif.departement_id,
        motif=motif,
        site=site,
        modality=motif.modality,
        address=booking.address if booking else "",
        latitude=booking.latitude if booking else None,
        longitude=booking.longitude if booking else None,
        starts_at=starts_at,
        ends_at=ends_at,
        title=title,
        capacity=capacity,
        context=booking.context if booking else "",
        origin=booking.origin if booking else Origin.AGENT,
        created_at=now,
        created_by_kind=author.kind,
        created_by_id=author.id,
        booking_seconds=booking_seconds,
        is_overbooked=is_overbooked,
        serie=booking.serie if booking else None,
    )
    links = [RdvAgent(departement_id=motif.departement_id, agent_id=agent_id) for agent_id in agent_ids]
    taken = occupations(
        motif=motif,
        agent_ids=agent_ids,
        starts_at=starts_at,
        ends_at=ends_at,
        place=place_of(motif, site, place),
        kind=OccupationKind.RDV,
        is_blocking=not is_overbooked,
    )
    consumed = (
        Also("UPDATE rdv_option SET rdv_id = head.id FROM head WHERE rdv_option.id = %s", [option.pk])
        if option
        else None
    )
    with taking_errors(ends_all=True):
        insert_together(rdv, Tail("rdv_id", links), Tail("rdv_id", taken), also=consumed)
    return rdv


def register(rdv: Rdv, booking: Booking, *, author: Author, now: datetime) -> Participation:
    """Write one participation. The database refuses a second one, a busy person, a full workshop.

    A file made one with another a moment ago: the Rdv is for the one that was kept.
    """
    booking = _for_current_files(booking)
    key = uuid.uuid4()
    errors = {
        "participation_live_once": AlreadyRegistered,
        "participation_no_two_at_once": UsagerBusy,
        "rdv_capacity": WorkshopFull,
    }
    people = [booking.usager.pk, *([booking.responsable.pk] if booking.responsable else [])]
    with constraint_errors(errors, ends_all=True):
        participation = Participation(
            departement_id=rdv.departement_id,
            uuid=key,
            rdv=rdv,
            usager=booking.usager,
            responsable=booking.responsable,
            starts_at=rdv.starts_at,
            ends_at=rdv.ends_at,
            origin=booking.origin,
            created_at=now,
            created_by_kind=author.kind,
            created_by_id=author.id,
            companion=booking.companion,
            wants_sms=booking.wants_sms,
            wants_email=booking.wants_email,
            link_hash=hash_token(make_token("rdv", str(key))),
            may_overlap=booking.may_overlap and author.is_agent,
        )
        insert_together(participation, also=contact_noted(usager_ids=people, now=now))
    return participation


def _for_current_files(booking: Booking) -> Booking:
    """Locked: no merge happens from here to the end of the transaction."""
    ids = [booking.usager.pk, *([booking.responsable.pk] if booking.responsable else [])]
    while any(lock_files(ids).values()):
        usager = current_file(Usager.objects.get(pk=booking.usager.pk))
        responsable = booking.responsable and current_file(Usager.objects.get(pk=booking.responsable.pk))
        booking = replace(booking, usager=usager, responsable=None if responsable == usager else responsable)
        ids = [booking.usager.pk, *([booking.responsable.pk] if booking.responsable else [])]
    return booking


def _tell(rdv: Rdv, participation: Participation, *, author: Author, now: datetime, data: dict[str, object]) -> None:
    journal.write(
        "rdv.booked",
        subject=("rdv", rdv.uuid),
        departement_code=rdv.departement_id,
        author=author,
        now=now,
        data={
            "starts_at": rdv.starts_at,
            "site": rdv.site_id,
            "motif": rdv.motif_id,
            "participation": participation.uuid,
            "origin": participation.origin,
            "may_overlap": participation.may_overlap,
        }
        | data,
    )
    prefetch_related_objects([rdv], "agents")  # for both the person's letters and the agents'
    if rdv.serie_id is not None:
        notices.reminded(participation, now=now)
    else:
        notices.booked(participation, now=now, author=author)


@transaction.atomic(durable=True)
def overbook(
    *,
    motif: Motif,
    site: Site,
    agent_ids: Sequence[int],
    starts_at: datetime,
    booking: Booking,
    reason: str,
    author: Author,
    now: datetime,
) -> Rdv:
    """An agent books over taken or closed time, knowingly: not blocking, journalled with the reason, red in the agenda.

    The public can never. Raises NotBookable, ReasonMissing, UsagerBusy, NotTheirService, TooFar.
    """
    if not author.is_agent or not agent_ids or starts_at <= now:
        raise NotBookable
    if not reason.strip():
        raise ReasonMissing
    require_near(starts_at, now=now, zone=motif.departement.zone)
    require_able(motif, agent_ids)
    lock_agents(agent_ids)
    ends_at = starts_at + motif.duration
    rdv = create_rdv(
        motif=motif,
        site=site,
        agent_ids=agent_ids,
        starts_at=starts_at,
        ends_at=ends_at,
        booking=booking,
        author=author,
        now=now,
        is_overbooked=True,
        place=_visit_place(booking),
    )
    participation = register(rdv, booking, author=author, now=now)
    _tell(rdv, participation, author=author, now=now, data={"agents": list(agent_ids), "overbooked": reason.strip()})
    return rdv
