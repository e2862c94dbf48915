"""Whoever could not hear of an offer is not counted silent; nothing of the list rings at night; no hour is lost."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError

from notifications.models import Message, MessageChannel, State
from rdv.models import (
    NEVER_CALLED,
    NEVER_SENT,
    UNDONE,
    InscriptionState,
    Liberation,
    Offre,
    OffreState,
    Origin,
)
from rdv.services.booking import Booking, overbook
from rdv.services.calls import note_unreached
from rdv.services.cancelling import cancel_participation, restore_participation
from rdv.services.waitlist_answer import accept, no_answer
from rdv.services.waitlist_expiry import expire_past
from rdv.services.waitlist_join import Wishes
from rdv.services.waitlist_match import given_back
from rdv.services.waitlist_noted import offer_noted
from rdv.services.waitlist_notices import ENDED, OFFER
from rdv.services.waitlist_offer import lapse_due
from rdv.services.waitlist_rules import PolicyRefused, open_waitlist, set_policy
from rdv.services.waitlist_withdraw import withdraw_unfit
from tests.factories import NOW, make_agent, make_motif, make_rdv, make_usager, utc
from tests.waiting_core.conftest import AGENT, TEN, USAGER, H, cancel, live, state_of, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.unsent]
MINUTE = timedelta(minutes=1)


def letters_of(offre):
    return Message.objects.filter(subject_type="offre", subject_id=str(offre.uuid), kind=OFFER)


def become(rows, state, at):
    assert rows.update(state=state, sent_at=at, settled_at=at) > 0


def asked(world, people=2):
    waiting = [wait_for(world, now=NOW + number * MINUTE) for number in range(people)]
    cancel(world, NOW + H)
    return waiting, live()[0]


def test_an_offer_whose_message_left_and_got_no_answer_is_a_silence(world):
    (first, second), offre = asked(world)
    become(letters_of(offre), State.DELIVERED, NOW + H)
    lapse_due(offre.answer_by)
    first.refresh_from_db()
    assert (first.unanswered, first.state) == (1, InscriptionState.WAITING)
    assert [one.inscription_id for one in live()] == [second.pk]


@pytest.mark.parametrize("state", [State.PLANNED, State.EXPIRED])
def test_a_message_that_never_left_is_no_silence_and_the_same_person_is_asked_again_once(world, state):
    """The worker was away for longer than the answer's time."""
    (first, second), offre = asked(world)
    letters_of(offre).update(state=state)
    lapse_due(offre.answer_by)
    first.refresh_from_db()
    assert first.unanswered == 0
    assert not Message.objects.filter(kind="waitlist.lapsed").exists()
    assert Offre.objects.get(pk=offre.pk).reason == NEVER_SENT
    again = live()[0]
    assert (again.inscription_id, again.starts_at) == (first.pk, offre.starts_at)
    assert again.answer_by > offre.answer_by
    letters_of(again).update(state=state)
    lapse_due(again.answer_by)
    assert [one.inscription_id for one in live()] == [second.pk], "not for ever: the hour is not lost for the others"


def test_who_was_to_be_phoned_and_was_not_is_not_silent(world):
    person = make_usager(world.departement, phone="", email="")
    waiting = wait_for(world, usager=person, author=AGENT)
    other = wait_for(world, now=NOW + MINUTE)
    cancel(world, NOW + H)
    offre = live()[0]
    assert offre.by_call
    lapse_due(offre.answer_by)
    waiting.refresh_from_db()
    assert (waiting.unanswered, Offre.objects.get(pk=offre.pk).reason) == (0, NEVER_CALLED)
    assert [one.inscription_id for one in live()] == [other.pk]


def test_phoned_in_vain_is_a_silence(world):
    waiting = wait_for(world, usager=make_usager(world.departement, phone="", email=""), author=AGENT)
    cancel(world, NOW + H)
    no_answer(offre=live()[0], author=AGENT, now=NOW + 2 * H)
    waiting.refresh_from_db()
    assert waiting.unanswered == 1


def test_an_offer_whose_messages_failed_comes_to_the_list_of_calls(world):
    (first, _), offre = asked(world)
    become(letters_of(offre), State.FAILED, NOW + H)
    assert note_unreached(NOW + H + MINUTE) == 1
    assert note_unreached(NOW + H + MINUTE) == 0, "noted once"
    assert Offre.objects.get(pk=offre.pk).by_call
    lapse_due(offre.answer_by)
    first.refresh_from_db()
    assert first.unanswered == 0


def test_one_channel_that_arrives_is_enough(world):
    _, offre = asked(world)
    rows = letters_of(offre)
    rows.filter(channel=MessageChannel.SMS).update(state=State.FAILED, settled_at=NOW + H)
    rows.filter(channel=MessageChannel.EMAIL).update(state=State.DELIVERED)
    assert note_unreached(NOW + H + MINUTE) == 0
    assert not Offre.objects.get(pk=offre.pk).by_call


# --- Taken back at once


def test_after_an_undo_the_first_of_the_list_is_asked_again(world):
    (first, _), offre = asked(world)
    restore_participation(participation=world.participation, author=USAGER, now=NOW + H + MINUTE)
    assert Offre.objects.get(pk=offre.pk).reason == UNDONE
    cancel(world, NOW + 5 * H)
    assert [one.inscription_id for one in live()] == [first.pk]


def test_the_database_still_refuses_the_same_hour_twice(world):
    _, offre = asked(world)
    Offre.objects.filter(pk=offre.pk).update(state=OffreState.REFUSED, option=None)
    twin = Offre.objects.get(pk=offre.pk)
    twin.pk, twin.uuid, twin.link_hash = None, uuid4(), "x" * 64
    twin._state.adding = True
    with pytest.raises(IntegrityError, match="offre_never_the_same_hour_twice"):
        twin.save(force_insert=True)


# --- Motifs that do as well, and motifs that are no more


def test_who_waits_for_either_and_has_booked_one_of_them_is_offered_something_earlier_in_exchange(world):
    other = make_motif(world.departement, sites=[world.site], has_waitlist=True)
    person = make_usager(world.departement)
    waiting = wait_for(world, usager=person, wishes=Wishes(equivalents=[other]))
    late = make_rdv(other, world.site, [make_agent(world.departement, site=world.site)], TEN + 48 * H, usagers=[person])
    late.participations.update(created_at=NOW + MINUTE)
    assert given_back(waiting, NOW + H) == late.participations.get()
    cancel(world, NOW + H)
    accept(offre=live()[0], author=USAGER, now=NOW + 2 * H)
    assert not late.participations.get().is_live


def test_who_has_been_received_for_the_other_motif_waits_no_more(world):
    other = make_motif(world.departement, sites=[world.site], has_waitlist=True)
    person = make_usager(world.departement)
    waiting = wait_for(world, usager=person, wishes=Wishes(equivalents=[other]))
    seen = make_rdv(other, world.site, [make_agent(world.departement, site=world.site)], NOW + 24 * H, usagers=[person])
    seen.participations.update(created_at=NOW + MINUTE)
    assert expire_past(NOW + 23 * H) == 0
    assert expire_past(NOW + 25 * H) == 1
    assert state_of(waiting) == InscriptionState.EXPIRED


def test_a_motif_that_is_archived_takes_its_offers_back(world):
    _, offre = asked(world)
    assert withdraw_unfit(NOW + H) == 0
    type(world.motif).objects.filter(pk=world.motif.pk).update(is_archived=True)
    assert withdraw_unfit(NOW + H) == 1
    assert Offre.objects.get(pk=offre.pk).state == OffreState.WITHDRAWN


# --- Rules that would make the list silent


def test_a_warning_as_long_as_the_horizon_is_refused(world):
    minutes = world.motif.horizon_days * 24 * 60
    with pytest.raises(PolicyRefused, match="aucune heure ne serait jamais proposée"):
        open_waitlist(motif=world.motif, is_open=True, notice_min=minutes, author=AGENT, now=NOW)
    open_waitlist(motif=world.motif, is_open=True, notice_min=minutes - 1, author=AGENT, now=NOW)


@pytest.mark.parametrize("name", ["offers_a_day", "unanswered_limit"])
def test_ten_at_most_may_be_written(world, name):
    with pytest.raises(PolicyRefused, match="Pas plus de 10"):
        set_policy(owner=world.motif, settings={name: 11}, author=AGENT, now=NOW)
    set_policy(owner=world.motif, settings={name: 10}, author=AGENT, now=NOW)


# --- At night


def test_our_news_waits_for_the_morning_on_the_phone(world):
    """Written at half past midnight: the e-mail at once, the SMS when phones may ring."""
    waiting = wait_for(world, wishes=Wishes(until_day=NOW.date()))
    night = utc(2027, 1, 5, 0).replace(minute=30)
    expire_past(night)
    assert state_of(waiting) == InscriptionState.EXPIRED
    told = {one.channel: one.send_not_before for one in Message.objects.filter(kind=ENDED)}
    assert told[MessageChannel.EMAIL] == night
    assert told[MessageChannel.SMS].astimezone(world.departement.zone).hour == 8


# --- Overbooked


def test_the_hour_of_the_overbooked_one_is_looked_at_when_it_goes_last(world):
    over = overbook(
        motif=world.motif,
        site=world.site,
        agent_ids=[world.agent.pk],
        starts_at=TEN,
        booking=Booking(usager=make_usager(world.departement), origin=Origin.PHONE),
        reason="Urgence",
        author=AGENT,
        now=NOW,
    )
    waiting = wait_for(world)
    cancel(world, NOW + H)
    offer_noted(NOW + H)
    assert live() == [], "somebody is still received then"
    cancel_participation(participation=over.participations.get(), by_service=False, author=USAGER, now=NOW + 2 * H)
    offer_noted(NOW + 2 * H)
    assert [(one.inscription_id, one.starts_at) for one in live()] == [(waiting.pk, TEN)]
    assert not Liberation.objects.exists()
