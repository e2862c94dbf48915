"""A freed hour, to the first who waits: held for them before anybody else can see it (waitlist.md, "The offer").

Room: services. Called by waitlist_sources in the transaction that frees, by waitlist_answer after a no, and by tasks.

    freed -> who is first, over every motif that fits -> tier -> people -> Option -> Offres, Messages, journal
                |                                          |
                +-- nobody: public in 0-15 min             +-- too late to answer: public, or agents only
"""

import uuid
from datetime import datetime

import structlog
from django.db import transaction

from rdv.core.db import lock_waitlist
from rdv.core.errors import DomainError
from rdv.core.journal import SYSTEM, Author
from rdv.core.links import hash_token, make_token
from rdv.core.sweeps import each_alone
from rdv.domain.waiting import Tier, effective_class
from rdv.models import (
    Inscription,
    InscriptionState,
    Offre,
    OffreState,
    Option,
    Origin,
)
from rdv.services import waitlist_notices
from rdv.services.booking import Booking, book_held
from rdv.services.waitlist_choice import Chosen, choices_of, in_order
from rdv.services.waitlist_hold import (
    close,
    drop_hold,
    freed_again,
    hold,
    journal_offre,
    lock_for,
    new_group,
    place_for,
    release_to_public,
    set_state,
)
from rdv.services.waitlist_match import Freed, ahead_of, failing, given_back
from rdv.services.waitlist_rules import policy_of

# How many groups one sweep passes on; the next comes a minute later.
SWEEP = 500
# How many of those who stood before are named in the journal, with why the hour did not suit them.
PASSED_OVER = 10
log = structlog.get_logger(__name__)


def offer_freed(*, freed: Freed, now: datetime) -> list[Offre]:
    """In the running transaction, under the agents' locks (and the workshop's row). []: it goes on without the list."""
    if freed.starts_at <= now:
        return []
    choices = choices_of(freed, now)
    if not choices and not freed.motif.has_waitlist:
        return []
    lock_waitlist(freed.motif.departement_id)
    chosen_first = in_order(choices, now)
    for chosen in chosen_first:
        offres = _offer(chosen, now)
        if offres:
            return offres
    if freed.atelier_id is None or not chosen_first:  # a seat that could not be held is no seat
        release_to_public(freed, now=now)
    return []


def _offer(chosen: Chosen, now: datetime) -> list[Offre]:
    freed, first = chosen.freed, chosen.people[0]
    place = place_for(freed, first.usager)
    option = hold(freed, answer_by=chosen.answer_by, place=place, now=now)
    if option is None:
        return []
    if freed.atelier_id is not None and first.auto_accept and given_back(first, now) is None:
        promoted = _promote(chosen, option, first, now)
        if promoted is not None:
            return [promoted]
    group = new_group()
    passed_over = _passed_over(freed, first, now)
    offres = []
    for rank, person in enumerate(chosen.people, start=1):
        offre = _insert(chosen, option, person, group, now)
        policy = policy_of(freed.motif)
        journal_offre(
            offre,
            author=SYSTEM,
            now=now,
            data={
                "motif": freed.motif.pk,
                "site": freed.site.pk,
                "agents": list(freed.agent_ids),
                "tier": chosen.tier.value,
                "answer_by": chosen.answer_by,
                "rank": rank,
                "asked": len(chosen.people),
                "class": effective_class(person.priority, person.opened_at, now, policy.ageing_days),
                "opened_at": person.opened_at,
                "passed_over": passed_over if rank == 1 else [],
                "source": [freed.source_kind.value, freed.source_uuid],
            },
        )
        set_state(person, InscriptionState.OFFERED, author=SYSTEM, now=now)
        offres.append(offre)
    for offre in offres:
        waitlist_notices.offered(offre, now=now)
    return offres


def _insert(chosen: Chosen, option: Option, person: Inscription, group: uuid.UUID, now: datetime) -> Offre:
    freed, key = chosen.freed, uuid.uuid4()
    offre = Offre.objects.create(
        departement_id=freed.motif.departement_id,
        uuid=key,
        inscription=person,
        option=option,
        motif=freed.motif,
        site=freed.site,
        atelier_id=freed.atelier_id,
        starts_at=freed.starts_at,
        ends_at=freed.ends_at,
        agent_ids=list(freed.agent_ids),
        first_agent=freed.first_agent,
        group=group,
        sent_at=now,
        answer_by=chosen.answer_by,
        by_call=chosen.tier is Tier.SHORT or not waitlist_notices.can_be_written_to(person),
        source_kind=freed.source_kind,
        source_uuid=freed.source_uuid,
        freed_at=freed.freed_at,
        left_by=list(freed.left_by),
        chain=freed.chain,
        link_hash=hash_token(make_token("offre", str(key))),
    )
    offre.inscription = person
    return offre


def _passed_over(freed: Freed, first: Inscription, now: datetime) -> list[dict[str, object]]:
    """Who stood before on the list, and which wish or rule the hour did not meet: what a replay shows."""
    before = ahead_of(first, freed, now=now, limit=PASSED_OVER)
    if not before:
        return []
    reasons = failing(freed, [one.pk for one in before], now=now)
    return [{"inscription": str(one.uuid), "reasons": reasons[one.pk]} for one in before]


def _promote(chosen: Chosen, option: Option, person: Inscription, now: datetime) -> Offre | None:
    """A workshop's seat, for somebody who asked to be registered without being asked again. None: they cannot be (taken
    elsewhere a moment ago), and are asked like anybody else. Who gave the seat up hears nothing of it."""
    try:
        with transaction.atomic():
            return _registered(chosen, option, person, now)
    except DomainError as refusal:
        log.info("waitlist_not_promoted", inscription=str(person.uuid), why=refusal.code)
        return None


def _registered(chosen: Chosen, option: Option, person: Inscription, now: datetime) -> Offre:
    offre = _insert(chosen, option, person, new_group(), now)
    booking = Booking(usager=person.usager, responsable=person.responsable, origin=Origin.WAITLIST)
    rdv = book_held(token=option.token, booking=booking, author=SYSTEM, now=now)
    offre.state, offre.answered_at, offre.rdv = OffreState.ACCEPTED.value, now, rdv
    offre.save(update_fields=["state", "answered_at", "rdv"])
    journal_offre(offre, author=SYSTEM, now=now, data={"auto": True})
    set_state(person, InscriptionState.SERVED, author=SYSTEM, now=now)
    return offre


# --- What time brings


def lapse_due(now: datetime) -> int:
    """Offers that nobody answered in time: each group in a transaction of its own, and at once to the next people."""
    groups = Offre.objects.due(now).order_by("group").values_list("group", flat=True).distinct()
    lapsed = 0
    for group in list(groups[:SWEEP]):
        with each_alone("offre_not_lapsed", group=str(group)), transaction.atomic(durable=True):
            lapsed += _lapse(group, now)
    return lapsed


def _lapse(group: uuid.UUID, now: datetime) -> int:
    one = Offre.objects.due(now).filter(group=group).first()
    if one is None:
        return 0
    locked = lock_for(one)
    due = list(Offre.objects.whole().due(now).filter(group=group).order_by("id"))
    for offre in due:
        pass_unanswered(offre, author=SYSTEM, now=now)
    if due:
        pass_on(due[0], option_id=one.option_id or locked.option_id, now=now)
    return len(due)


def pass_unanswered(offre: Offre, *, author: Author, now: datetime, was_phoned: bool = False) -> None:
    """No answer: counted; so many in a row (`unanswered_limit`), and the Inscription sleeps: the person is told how to
    wake it. Whoever was never asked (no message left, nobody phoned) has not been silent: nothing is counted nor said.
    """
    inscription = offre.inscription
    unheard = "" if was_phoned else waitlist_notices.why_unheard(offre)
    waitlist_notices.settled(offre, now=now)
    if unheard:
        close(offre, OffreState.LAPSED, author=author, now=now, reason=unheard)
        return
    inscription.unanswered += 1
    close(offre, OffreState.LAPSED, author=author, now=now)
    if inscription.unanswered >= policy_of(inscription.motif).unanswered_limit:
        set_state(inscription, InscriptionState.ASLEEP, author=author, now=now, reason="unanswered")
        waitlist_notices.sleeping(inscription, now=now)
    else:
        waitlist_notices.lapsed(offre, now=now)


def pass_on(offre: Offre, *, option_id: int | None, now: datetime) -> list[Offre]:
    """The offer just closed held this place: to the next people, unless others of the group may still say yes."""
    if option_id is None or not drop_hold(option_id):
        return []
    return offer_freed(freed=freed_again(offre), now=now)
