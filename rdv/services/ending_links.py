"""A link between a person and their responsable ends: from this instant the responsable hears of nothing, and no old
message opens what is to come (domain.md, "What ends stops at once").

Room: services. Called by the page of a file that ends a link, in place of usagers.services.links.end_proche.

    Rdv to come            told to somebody else, as they stand, with a new link    the messages that waited: obsolete
    dates proposed         taken back, the person is phoned                         their links open nothing
    the waiting list       the rank is kept, with a new link                        a place proposed goes on to the next

    order of locks: agents (by id)  ->  Rdv (by id)  ->  the list  ->  rows
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from notifications import services as post_office
from rdv.access import CLOSED_LINK_GRACE, LINK_GRACE
from rdv.core import journal
from rdv.core.clock import local_date
from rdv.core.db import lock_agents, lock_waitlist
from rdv.core.journal import Author
from rdv.core.links import hash_token, make_token
from rdv.models import (
    Inscription,
    Offre,
    OffreState,
    Participation,
    Proposition,
    PropositionState,
    Rdv,
    SourceKind,
)
from rdv.models.inscription import InscriptionQuerySet
from rdv.models.rdv import ParticipationQuerySet
from rdv.services import notices, waitlist_notices
from rdv.services.followups import close_proposition
from rdv.services.propositions import call_instead
from rdv.services.waitlist_hold import close, drop_hold
from rdv.services.waitlist_queue import note_freed, note_seats
from usagers.models import Proche, Usager
from usagers.services.links import end_proche

WHY = "Le lien avec cette personne est terminé."


@dataclass(frozen=True, slots=True)
class Ahead:
    """What this responsable is told of about this person, and that is still to come."""

    participations: tuple[Participation, ...]
    waits: int

    def __bool__(self) -> bool:
        return bool(self.participations or self.waits)


def ahead_of(link: Proche, *, now: datetime) -> Ahead:
    coming = _participations(link, now).live().filter(starts_at__gt=now, rdv__cancelled_at=None)
    return Ahead(tuple(coming.order_by("starts_at", "id")), _waits(link, now).open().count())


def others_told(link: Proche, *, now: datetime) -> list[Usager]:
    """Who else answers for this person and gets the messages, the oldest link first."""
    current = Proche.objects.current(local_date(now, link.departement.zone))
    rows = current.filter(person=link.person_id, gets_messages=True).exclude(pk=link.pk)
    return [row.responsable for row in rows.select_related("responsable").order_by("starts_on", "pk")]


@transaction.atomic(durable=True)
def end_link(*, link: Proche, told: Usager, author: Author, now: datetime) -> None:
    """`told`: who hears of it from now on, one of `others_told` or the person themselves. Asked twice, done once."""
    _lock(link, now)
    end_proche(proche=link, author=author, now=now)
    responsable = None if told.pk == link.person_id else told
    for participation in _participations(link, now).order_by("id"):
        _hand_rdv_over(participation, responsable, author, now)
    for inscription in _waits(link, now).order_by("id"):
        _hand_wait_over(inscription, responsable, author, now)


def _participations(link: Proche, now: datetime) -> ParticipationQuerySet:
    """Every one whose link still opens: the cancelled ones too, they may be put back."""
    rows = Participation.objects.filter(
        usager=link.person_id, responsable=link.responsable_id, ends_at__gt=now - LINK_GRACE
    )
    return rows.select_related("rdv__motif__departement", "rdv__motif__service", "rdv__site", "usager", "responsable")


def _waits(link: Proche, now: datetime) -> InscriptionQuerySet:
    still_opens = Q(closed_at=None) | Q(closed_at__gt=now - CLOSED_LINK_GRACE)
    rows = Inscription.objects.filter(still_opens, usager=link.person_id, responsable=link.responsable_id)
    return rows.whole()


def _lock(link: Proche, now: datetime) -> None:
    rdvs = set(_participations(link, now).values_list("rdv_id", flat=True))
    offres = list(Offre.objects.live().filter(inscription__in=_waits(link, now)).values("agent_ids", "atelier_id"))
    proposed = Proposition.objects.live().filter(participation__in=_participations(link, now))
    held = proposed.values_list("horaires__agent_ids", flat=True)
    agents = set(Rdv.objects.filter(pk__in=rdvs).values_list("rdv_agents__agent_id", flat=True)) - {None}
    agents |= {pk for ids in held for pk in ids or ()} | {pk for one in offres for pk in one["agent_ids"]}
    lock_agents(agents)
    sessions = rdvs | {one["atelier_id"] for one in offres if one["atelier_id"]}
    list(Rdv.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=sessions).order_by("pk"))
    lock_waitlist(link.departement_id)


def _hand_rdv_over(participation: Participation, responsable: Usager | None, author: Author, now: datetime) -> None:
    before = participation.responsable_id
    participation.responsable, participation.link_key = responsable, uuid.uuid4()
    participation.link_hash = hash_token(make_token("rdv", participation.link_subject))
    participation.save(update_fields=["responsable", "link_key", "link_hash"])
    for proposition in participation.propositions.whole().order_by("id"):
        _end_proposition(proposition, author, now)
    notices.readdressed(participation, now=now)
    journal.write(
        "participation.readdressed",
        subject=("rdv", participation.rdv.uuid),
        departement_code=participation.departement_id,
        author=author,
        now=now,
        data={"participation": participation.uuid, "before": before, "after": responsable and responsable.pk},
    )


def _end_proposition(proposition: Proposition, author: Author, now: datetime) -> None:
    """Answered or not, its page showed where and when the Rdv is."""
    if proposition.is_live:
        close_proposition(proposition, PropositionState.WITHDRAWN, author=author, now=now)
        call_instead(proposition, now=now)
    proposition.link_hash = _dead_link("choix")
    proposition.save(update_fields=["link_hash"])


def _hand_wait_over(inscription: Inscription, responsable: Usager | None, author: Author, now: datetime) -> None:
    for offre in Offre.objects.whole().filter(inscription=inscription).order_by("id"):
        _end_offre(offre, author, now)
    post_office.make_obsolete(("inscription", str(inscription.uuid)), now=now)
    inscription.refresh_from_db(fields=["state", "version"])
    inscription.responsable, inscription.link_key = responsable, uuid.uuid4()
    inscription.link_hash = hash_token(make_token("attente", inscription.link_subject))
    inscription.version += 1
    inscription.save(update_fields=["responsable", "link_key", "link_hash", "version"])
    if inscription.is_open:
        waitlist_notices.joined(inscription, now=now)


def _end_offre(offre: Offre, author: Author, now: datetime) -> None:
    """A place that waited for their answer goes on to somebody else; the rank is kept."""
    held = offre.option_id if offre.is_live else None
    if held is not None:
        waitlist_notices.settled(offre, now=now)
        close(offre, OffreState.WITHDRAWN, author=author, now=now, reason=WHY)
    offre.link_hash = _dead_link("offre")
    offre.save(update_fields=["link_hash"])
    if held is not None and drop_hold(held):
        _pass_on(offre, now)


def _pass_on(offre: Offre, now: datetime) -> None:
    if offre.atelier_id is not None:
        note_seats(
            departement_code=offre.departement_id,
            atelier_id=offre.atelier_id,
            starts_at=offre.starts_at,
            ends_at=offre.ends_at,
            source_kind=SourceKind.SEAT,
            now=now,
        )
        return
    for agent_id in offre.agent_ids:
        note_freed(
            departement_code=offre.departement_id,
            agent_id=agent_id,
            starts_at=offre.starts_at,
            ends_at=offre.ends_at,
            source_kind=SourceKind.OPTION,
            now=now,
        )


def _dead_link(purpose: str) -> str:
    return hash_token(make_token(purpose, str(uuid.uuid4())))
