"""Offers taken back: the hour is no longer open, or an agent needs it and says why.

Room: services. Called by a task, by waitlist_answer when a yes comes too late, and by the secretary's screens.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from rdv.core.db import lock_waitlist
from rdv.core.errors import DomainError
from rdv.core.journal import SYSTEM, Author
from rdv.core.sweeps import each_alone
from rdv.models import HOLD_FOR, UNDONE, MotifSite, Offre, OffreState, Option, Purpose, Rdv, SourceKind
from rdv.services import waitlist_notices
from rdv.services.errors import NotBookable, ReasonMissing
from rdv.services.waitlist_hold import close, drop_hold, fits, freed_again, lock_for, place_for

# How many live offers are read at once.
SWEEP = 500


class NotOffered(DomainError):  # noqa: N818 - named like the other refusals
    code = "not_offered"
    message = "Cette place n’est plus proposée à la liste d’attente."


def withdraw_unfit(now: datetime) -> int:
    """Live offers whose hour is no longer open (absence, closed day, cancelled session): taken back, politely."""
    withdrawn = 0
    for offre in _live_offres():
        with each_alone("offre_not_looked_at", offre=str(offre.uuid)), transaction.atomic(durable=True):
            if _still_stands(offre, now):
                continue
            locked = lock_for(offre)
            if locked.is_live and not _still_stands(locked, now):
                withdraw_group(locked, reason="", author=SYSTEM, now=now)
                withdrawn += 1
    return withdrawn


def _live_offres() -> Iterator[Offre]:
    """Every one of the country, a few at a time: the youngest is looked at as often as the oldest."""
    last = 0
    while rows := list(Offre.objects.live().whole().filter(pk__gt=last).order_by("id")[:SWEEP]):
        yield from rows
        last = rows[-1].pk


def _still_stands(offre: Offre, now: datetime) -> bool:
    if offre.atelier_id is not None:
        atelier = offre.option.atelier if offre.option else None
        return atelier is not None and atelier.is_live and atelier.starts_at == offre.starts_at
    return is_still_open(offre, now=now)


def is_still_open(offre: Offre, *, now: datetime) -> bool:
    """The place is still open, for this motif, and the hour free for whoever holds it."""
    offered_there = MotifSite.objects.filter(motif=offre.motif_id, site=offre.site_id, site__is_active=True)
    if not offered_there.filter(motif__is_archived=False).exists():
        return False
    freed = freed_again(offre)
    place = place_for(freed, offre.inscription.usager)
    return fits(freed, now=now, place=place, ignore_option=offre.option_id)


def withdraw_group(offre: Offre, *, reason: str, author: Author, now: datetime) -> None:
    """Everybody who was asked for this place is told that the service took it back; they keep their rank."""
    option_id = offre.option_id
    for one in Offre.objects.live().whole().filter(group=offre.group).order_by("id"):
        close(one, OffreState.WITHDRAWN, author=author, now=now, reason=reason)
        waitlist_notices.taken(one, by_service=True, now=now)
    if option_id is not None:
        drop_hold(option_id)


def take_back(*, rdv: Rdv, usager_id: int, since: datetime, now: datetime) -> None:
    """In the running transaction, under the locks of the Rdv: whoever gave it up takes their word back at once. Those
    who were asked since, and have not answered, are told; a yes has been said, and this does nothing about it."""
    lock_waitlist(rdv.departement_id)
    _withdraw_asked(_asked_of(rdv, since).filter(left_by__contains=[usager_id]), now)


def take_back_move(*, rdv: Rdv, since: datetime, now: datetime) -> None:
    """The same for an Rdv that moved at `since` and goes back: every piece of the hour that it had left."""
    lock_waitlist(rdv.departement_id)
    _withdraw_asked(_asked_of(rdv, since).filter(source_kind=SourceKind.MOVE), now)


def _asked_of(rdv: Rdv, since: datetime) -> "QuerySet[Offre]":
    return Offre.objects.live().whole().filter(source_uuid=rdv.uuid, chain=0, sent_at__gte=since)


def _withdraw_asked(offres: "QuerySet[Offre]", now: datetime) -> None:
    for offre in offres.order_by("group", "id").distinct("group"):
        withdraw_group(offre, reason=UNDONE, author=SYSTEM, now=now)


@transaction.atomic(durable=True)
def withdraw_for_agent(*, option: Option, reason: str, author: Author, now: datetime) -> Option:
    """An agent takes the place knowingly: the hold becomes theirs for the time of a form, so that nobody slips between.

    Raises ReasonMissing, NotBookable (not an agent, or no longer offered).
    """
    if not author.is_agent:
        raise NotBookable
    if not reason.strip():
        raise ReasonMissing
    offre = Offre.objects.live().filter(option=option).first()
    if offre is None:
        raise NotOffered
    locked = lock_for(offre)
    if not locked.is_live:
        raise NotOffered
    held = Option.objects.select_for_update(of=("self",), no_key=True).get(pk=option.pk)
    for one in Offre.objects.live().whole().filter(group=locked.group).order_by("id"):
        close(one, OffreState.WITHDRAWN, author=author, now=now, reason=reason.strip())
        waitlist_notices.taken(one, by_service=True, now=now)
    held.purpose, held.author_kind, held.author_id = Purpose.FORM.value, author.kind, author.id
    held.expires_at, held.opened_at = now + HOLD_FOR, now
    held.save(update_fields=["purpose", "author_kind", "author_id", "expires_at", "opened_at"])
    held.occupations.update(expires_at=held.expires_at)
    return held
