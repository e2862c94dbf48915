"""From joining to the place: offered at once, accepted, refused, left without an answer, passed on, made public."""

from datetime import timedelta

import pytest

from notifications.models import Message, State
from rdv.core.journal import Evenement
from rdv.models import InscriptionState, Occupation, OffreState, Option, Origin, Purpose, Rdv
from rdv.services import availability as av
from rdv.services.cancelling import cancel_participation
from rdv.services.errors import UsagerBusy
from rdv.services.moving import Move, move_rdv
from rdv.services.waitlist_answer import OffreOver, accept, no_answer, refuse, stop
from rdv.services.waitlist_join import AlreadyWaiting, wake
from rdv.services.waitlist_offer import lapse_due
from rdv.services.waitlist_rules import set_policy
from tests.factories import NOW, make_motif, make_rdv, make_usager, utc
from tests.waiting_core.conftest import AGENT, TEN, USAGER, cancel, live, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def public_hours(world, now=NOW):
    window = av.usager_window(world.motif, now)
    return av.public_creneaux(world.motif, site=world.site, window=window, now=now)


def kinds_about(offre):
    return sorted(Message.objects.filter(subject_id=str(offre.uuid)).values_list("kind", "channel"))


def test_a_cancelled_hour_is_offered_to_the_first_in_the_same_transaction(world):
    first = wait_for(world)
    wait_for(world, now=NOW + timedelta(minutes=1))
    cancel(world, now=NOW + timedelta(hours=1))
    (offre,) = live()
    assert offre.inscription == first
    assert (offre.starts_at, offre.agent_ids, offre.site) == (TEN, [world.agent.pk], world.site)
    assert offre.option.purpose == Purpose.OFFRE
    assert Occupation.objects.filter(option=offre.option, agent=world.agent, is_blocking=True).count() == 1
    assert TEN not in public_hours(world, NOW + timedelta(hours=1))
    assert kinds_about(offre) == [("waitlist.offer", "email"), ("waitlist.offer", "sms")]
    assert Evenement.objects.filter(kind="offre.sent", subject_id=str(offre.uuid)).exists()
    first.refresh_from_db()
    assert first.state == InscriptionState.OFFERED


def test_yes_books_through_the_one_booking_function_and_twice_gives_the_same(world):
    inscription = wait_for(world)
    cancel(world)
    (offre,) = live()
    rdv = accept(offre=offre, author=USAGER, now=NOW)
    assert (rdv.starts_at, rdv.origin) == (TEN, Origin.WAITLIST)
    assert rdv.participations.get().usager == inscription.usager
    assert accept(offre=offre, author=USAGER, now=NOW) == rdv
    inscription.refresh_from_db()
    offre.refresh_from_db()
    assert (inscription.state, offre.state, offre.rdv) == (InscriptionState.SERVED, OffreState.ACCEPTED, rdv)
    assert Occupation.objects.filter(starts_at=TEN).count() == 1
    assert Evenement.objects.filter(kind="offre.accepted").count() == 1


def test_no_gives_the_hour_to_the_next_at_that_instant(world):
    first, second = wait_for(world), wait_for(world, now=NOW + timedelta(minutes=1))
    cancel(world, NOW + timedelta(minutes=2))
    (offre,) = live()
    refuse(offre=offre, author=USAGER, now=NOW + timedelta(minutes=5))
    (following,) = live()
    assert following.inscription == second
    assert following.freed_at == offre.freed_at
    first.refresh_from_db()
    assert (first.state, first.unanswered) == (InscriptionState.WAITING, 0)
    assert Option.objects.filter(purpose=Purpose.OFFRE).count() == 1
    with pytest.raises(OffreOver, match="répondu non"):
        accept(offre=offre, author=USAGER, now=NOW + timedelta(minutes=6))


def test_no_answer_in_time_passes_on_and_when_nobody_is_left_the_public_comes_later(world):
    first = wait_for(world)
    cancel(world)
    (offre,) = live()
    assert lapse_due(offre.answer_by - timedelta(seconds=1)) == 0
    at = offre.answer_by
    assert lapse_due(at) == 1
    assert lapse_due(at) == 0
    first.refresh_from_db()
    assert (first.state, first.unanswered) == (InscriptionState.WAITING, 1)
    assert not live()
    assert TEN not in public_hours(world, at)
    agents_see = av.creneaux_of(
        world.motif, sites=[world.site], agents=av.EVERYBODY, window=av.agent_window(world.motif, at), now=at
    )
    assert TEN in {one.starts_at for one in agents_see}
    assert TEN in public_hours(world, at + timedelta(minutes=8))


def test_twice_without_an_answer_sleeps_where_the_rules_say_so_and_wakes_with_its_age(world):
    set_policy(owner=world.departement, settings={"unanswered_limit": 2}, author=AGENT, now=NOW)
    inscription = wait_for(world)
    other = make_rdv(world.motif, world.site, [world.agent], TEN + timedelta(minutes=30), usagers=[world.usager])
    cancel(world)
    (offre,) = live()
    lapse_due(offre.answer_by)
    at = offre.answer_by + timedelta(days=1)
    cancel_participation(participation=other.participations.get(), by_service=True, author=AGENT, now=at)
    (second,) = live()
    lapse_due(second.answer_by)
    inscription.refresh_from_db()
    assert inscription.state == InscriptionState.ASLEEP
    assert Message.objects.filter(kind="waitlist.sleeping").count() == 2
    opened_at = inscription.opened_at
    woken = wake(inscription=inscription, author=USAGER, now=at + timedelta(days=2))
    assert (woken.state, woken.unanswered, woken.opened_at) == (InscriptionState.WAITING, 0, opened_at)


def test_stop_leaves_the_list_and_gives_the_place_to_the_next(world):
    first, second = wait_for(world), wait_for(world, now=NOW + timedelta(minutes=1))
    cancel(world, NOW + timedelta(minutes=2))
    stop(inscription=first, author=USAGER, now=NOW + timedelta(minutes=3))
    first.refresh_from_db()
    assert first.state == InscriptionState.LEFT
    (offre,) = live()
    assert offre.inscription == second


def test_a_move_frees_the_old_hour(world):
    wait_for(world)
    move_rdv(rdv=world.rdv, move=Move(starts_at=TEN + timedelta(minutes=30)), author=AGENT, now=NOW)
    (offre,) = live()
    assert offre.starts_at == TEN


def test_the_person_who_cancels_is_not_asked(world):
    wait_for(world, usager=world.usager)
    cancel(world)
    assert not live()


def test_the_person_who_gave_the_hour_up_is_not_asked_when_others_have_said_no(world):
    wait_for(world, usager=world.usager)
    wait_for(world, now=NOW + timedelta(minutes=1))
    cancel(world, NOW + timedelta(minutes=2))
    (offre,) = live()
    refuse(offre=offre, author=USAGER, now=NOW + timedelta(minutes=3))
    assert not live()


def test_an_exchange_gives_the_old_hour_back_in_the_same_transaction(world):
    later = utc(2027, 1, 18, 10)
    usager = make_usager(world.departement)
    old = make_rdv(world.motif, world.site, [world.agent], later, usagers=[usager])
    wait_for(world, usager=usager, participation=old.participations.get())
    third = wait_for(world, now=NOW + timedelta(minutes=1))
    cancel(world, NOW + timedelta(minutes=2))
    (offre,) = live()
    accept(offre=offre, author=USAGER, now=NOW + timedelta(minutes=3))
    old.refresh_from_db()
    assert old.cancelled_at is not None
    (following,) = live()
    assert (following.inscription, following.starts_at, following.chain) == (third, later, 1)


def test_somebody_busy_at_that_hour_keeps_the_offer_and_loses_nothing(world):
    usager = make_usager(world.departement)
    wait_for(world, usager=usager)
    cancel(world)
    (offre,) = live()
    other = make_motif(world.departement, sites=[world.site])
    make_rdv(other, world.site, [], TEN, usagers=[usager])
    with pytest.raises(UsagerBusy):
        accept(offre=offre, author=USAGER, now=NOW)
    assert live() == [offre]
    assert Rdv.objects.filter(origin=Origin.WAITLIST).count() == 0


def test_a_call_without_an_answer_counts(world):
    usager = make_usager(world.departement, phone="", email="")
    wait_for(world, usager=usager)
    cancel(world)
    (offre,) = live()
    assert offre.by_call
    assert not Message.objects.filter(subject_id=str(offre.uuid)).exists()
    no_answer(offre=offre, author=AGENT, now=NOW)
    assert not live()


def test_waiting_twice_for_the_same_motif_is_one_turn(world):
    usager = make_usager(world.departement)
    wait_for(world, usager=usager)
    with pytest.raises(AlreadyWaiting):
        wait_for(world, usager=usager)


def test_a_motif_without_a_list_is_public_at_once(world):
    wait_for(world)
    world.motif.has_waitlist = False
    world.motif.save()
    cancel(world)
    assert not live()
    assert TEN in public_hours(world)


def test_messages_of_an_answered_offer_do_not_leave(world):
    wait_for(world)
    cancel(world)
    (offre,) = live()
    refuse(offre=offre, author=USAGER, now=NOW)
    assert set(Message.objects.filter(subject_id=str(offre.uuid)).values_list("state", flat=True)) == {State.OBSOLETE}
