"""Yes, no, no answer, stop. Each answer is one transaction: the place is won and the old one given back, or passed on.

Room: services. Called by the link of the offer, the SMS replies, the call list and the simulation. A yes is a booking
through the one booking function; a second yes to the same offer gives the same Rdv.
"""

from contextlib import suppress
from datetime import datetime

from django.db import transaction

from rdv.core import journal
from rdv.core.errors import DomainError
from rdv.core.journal import SYSTEM, Author
from rdv.models import (
    Inscription,
    InscriptionState,
    Offre,
    OffreState,
    Origin,
    Participation,
    Rdv,
    SourceKind,
)
from rdv.services import waitlist_notices, waitlist_sources
from rdv.services.booking import Booking, book_held
from rdv.services.cancelling import give_back, lock_rdv
from rdv.services.errors import ChangedMeanwhile, CreneauUnavailable, NotBookable, OptionExpired, WorkshopFull
from rdv.services.waitlist_hold import (
    close,
    freed_rdv,
    journal_offre,
    lock_for,
    lock_inscription,
    release_to_public,
    set_state,
)
from rdv.services.waitlist_match import given_back
from rdv.services.waitlist_offer import pass_on, pass_unanswered
from rdv.services.waitlist_rules import policy_of
from rdv.services.waitlist_withdraw import is_still_open, withdraw_group

# How often something may change between our look and our lock: a place offered, the Rdv to exchange moved.
TRIES = 5
WRONG_NUMBER = "wrong_number"
# Why a wait was stopped: the person answered STOP.
BY_SMS = "sms"
GONE = (CreneauUnavailable, NotBookable, OptionExpired, WorkshopFull)
OVER = {
    OffreState.REFUSED: "Vous avez répondu non à cette proposition.",
    OffreState.LAPSED: "L’heure pour répondre est passée. La place a été proposée à une autre personne.",
    OffreState.WITHDRAWN: "Le service a dû reprendre cette place. Vous gardez votre rang sur la liste d’attente.",
    OffreState.LOST: "Une autre personne a répondu avant vous. Vous gardez votre rang sur la liste d’attente.",
    OffreState.ACCEPTED: "Vous avez déjà accepté cette place.",
}


class OffreOver(DomainError):  # noqa: N818 - named like the other refusals
    """The offer no longer stands; `state` says what became of it."""

    code = "offre_over"

    def __init__(self, offre: Offre) -> None:
        self.state = OffreState(offre.state)
        super().__init__(OVER.get(self.state))


def accept(*, offre: Offre, author: Author, now: datetime) -> Rdv:
    """Book the held place, and give the old Rdv back if this was an exchange. A replay gives the same Rdv.

    Raises OffreOver, UsagerBusy (nothing has changed then), AlreadyRegistered.
    """
    rdv = None
    with suppress(*GONE):
        rdv = _accept_again(offre, author=author, now=now)
    if rdv is not None:
        return rdv
    # The place went meanwhile (workers away, day closed): the others are told, the rank is kept.
    with transaction.atomic(durable=True):
        locked = lock_for(offre)
        if locked.is_live:
            withdraw_group(locked, reason="", author=SYSTEM, now=now)
    raise OffreOver(Offre.objects.get(pk=offre.pk))


def _accept_again(offre: Offre, *, author: Author, now: datetime) -> Rdv | None:
    """The Rdv to exchange may change between our look and our lock."""
    for _ in range(TRIES):
        with suppress(ChangedMeanwhile):
            return _accept(offre, author=author, now=now)
    raise ChangedMeanwhile


@transaction.atomic(durable=True)
def _accept(offre: Offre, *, author: Author, now: datetime) -> Rdv | None:
    old = given_back(offre.inscription, now)
    old_agents = list(old.rdv.rdv_agents.values_list("agent_id", flat=True)) if old else []
    if old is not None:
        # Both agendas at once, in id order; then the old Rdv's row, before the list.
        lock_rdv(old.rdv, with_agents=offre.agent_ids)
    locked = lock_for(offre, agent_ids=old_agents)
    _require_same(old, given_back(offre.inscription, now), old_agents)
    if locked.state == OffreState.ACCEPTED and locked.rdv is not None:
        return locked.rdv
    if not locked.is_live or locked.option is None:
        raise OffreOver(locked)
    if locked.starts_at <= now or (locked.atelier_id is None and not is_still_open(locked, now=now)):
        return None
    return _book(locked, old, old_agents, author=author, now=now)


def _require_same(seen: Participation | None, locked: Participation | None, agent_ids: list[int]) -> None:
    """The Rdv to exchange, looked at again under its locks: cancelled, moved or given to a colleague in between, its
    hour is not ours to offer. Raises ChangedMeanwhile: `accept` looks again."""
    if (seen is None) != (locked is None):
        raise ChangedMeanwhile
    if seen is None or locked is None:
        return
    is_same = (seen.pk, seen.rdv.schedule_version) == (locked.pk, locked.rdv.schedule_version)
    if not is_same or set(locked.rdv.rdv_agents.values_list("agent_id", flat=True)) != set(agent_ids):
        raise ChangedMeanwhile


def _book(offre: Offre, old: Participation | None, old_agents: list[int], *, author: Author, now: datetime) -> Rdv:
    inscription, option = offre.inscription, offre.option
    assert option is not None  # noqa: S101 - asked by _accept
    if old is not None:
        give_back(old, author=author, now=now)
    booking = Booking(
        usager=inscription.usager,
        responsable=inscription.responsable,
        origin=Origin.WAITLIST,
        context=inscription.context,
        address=inscription.usager.address if option.latitude is not None else "",
        latitude=option.latitude,
        longitude=option.longitude,
    )
    rdv = book_held(token=option.token, booking=booking, author=author, now=now)
    offre.state, offre.answered_at, offre.rdv = OffreState.ACCEPTED.value, now, rdv
    offre.save(update_fields=["state", "answered_at", "rdv"])
    waitlist_notices.settled(offre, now=now)
    minutes = round((now - offre.freed_at).total_seconds() / 60)
    journal_offre(offre, author=author, now=now, data={"rdv": rdv.uuid, "minutes_to_fill": minutes})
    inscription.unanswered = 0
    set_state(inscription, InscriptionState.SERVED, author=author, now=now)
    for other in Offre.objects.live().whole().filter(group=offre.group).order_by("id"):
        # What happens to the others names nobody: their own history is read by whoever opens their file.
        close(other, OffreState.LOST, author=SYSTEM, now=now)
        waitlist_notices.taken(other, by_service=False, now=now)
    if old is not None:
        _offer_old(old, old_agents, chain=offre.chain + 1, now=now)
    return rdv


def _offer_old(old: Participation, agent_ids: list[int], *, chain: int, now: datetime) -> None:
    """The hour given back is a freed hour like another, as far as the chain goes."""
    freed = freed_rdv(
        old.rdv,
        agent_ids=agent_ids,
        left_by=[old.usager_id],
        source_kind=SourceKind.EXCHANGE,
        now=now,
        chain=chain,
    )
    if chain > policy_of(old.rdv.motif).chain_limit:
        release_to_public(freed, now=now)
    else:
        waitlist_sources.offer_or_note(old.rdv, freed, until=old.rdv.ends_at, now=now)


@transaction.atomic(durable=True)
def refuse(*, offre: Offre, author: Author, now: datetime) -> Offre:
    """The place is free at that instant, for the next. Twice the same no is one no. Raises OffreOver."""
    locked = lock_for(offre)
    if locked.state == OffreState.REFUSED:
        return locked
    if not locked.is_live:
        raise OffreOver(locked)
    _refuse(locked, author=author, now=now)
    return locked


def _refuse(offre: Offre, *, author: Author, now: datetime) -> None:
    option_id = offre.option_id
    offre.inscription.unanswered = 0
    waitlist_notices.settled(offre, now=now)
    close(offre, OffreState.REFUSED, author=author, now=now)
    pass_on(offre, option_id=option_id, now=now)


@transaction.atomic(durable=True)
def wrong_number(*, offre: Offre, author: Author, now: datetime) -> Offre:
    """The secretary phoned, and it is not their number: no fault of theirs, nothing is counted. The place stays held,
    for the next. Whom nothing else reaches sleeps, at the same rank, until the file has a number. Raises OffreOver."""
    locked = lock_for(offre)
    if locked.state == OffreState.LAPSED and locked.reason == WRONG_NUMBER:
        return locked
    if not locked.is_live:
        raise OffreOver(locked)
    option_id, inscription = locked.option_id, locked.inscription
    waitlist_notices.settled(locked, now=now)
    close(locked, OffreState.LAPSED, author=author, now=now, reason=WRONG_NUMBER)
    told = inscription.person_told
    if not told.email:
        set_state(inscription, InscriptionState.ASLEEP, author=author, now=now, reason=WRONG_NUMBER)
    journal.write(
        "usager.number_wrong",
        subject=("usager", told.pk),
        departement_code=locked.departement_id,
        author=author,
        now=now,
        data={"offre": locked.uuid},
    )
    pass_on(locked, option_id=option_id, now=now)
    return locked


@transaction.atomic(durable=True)
def no_answer(*, offre: Offre, author: Author, now: datetime) -> Offre:
    """The secretary phoned, nobody answered: counted like a message without an answer. Raises OffreOver."""
    locked = lock_for(offre)
    if locked.state == OffreState.LAPSED:
        return locked
    if not locked.is_live:
        raise OffreOver(locked)
    option_id = locked.option_id
    pass_unanswered(locked, author=author, now=now, was_phoned=True)
    pass_on(locked, option_id=option_id, now=now)
    return locked


def stop(*, inscription: Inscription, author: Author, now: datetime, reason: str = "") -> Inscription:
    """No more offers. A live one is given to the next at once. Asked twice, done once."""
    for _ in range(TRIES):
        with transaction.atomic(durable=True):
            stopped = _stop(inscription, author=author, now=now, reason=reason)
        if stopped is not None:
            return stopped
    raise ChangedMeanwhile


def _stop(inscription: Inscription, *, author: Author, now: datetime, reason: str) -> Inscription | None:
    """None when a place was offered between the look and the lock: its agents are not locked, so look again."""
    seen = Offre.objects.live().filter(inscription=inscription).first()
    if seen is not None:
        lock_for(seen)
    locked = lock_inscription(inscription)
    if not locked.is_open:
        return locked
    live = Offre.objects.live().whole().filter(inscription=locked).first()
    if live is not None and (seen is None or live.pk != seen.pk):
        return None
    option_id = live.option_id if live else None
    if live is not None:
        waitlist_notices.settled(live, now=now)
        close(live, OffreState.REFUSED, author=author, now=now)
        locked = lock_inscription(inscription)
    set_state(locked, InscriptionState.LEFT, author=author, now=now, reason=reason)
    waitlist_notices.left(locked, now=now, by_sms=reason == BY_SMS)
    if live is not None:
        pass_on(live, option_id=option_id, now=now)
    return locked
