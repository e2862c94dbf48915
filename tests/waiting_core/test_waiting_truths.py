"""What an audit of the list found untrue, held true here: each of these failed once."""

import pytest

from rdv.core.journal import Evenement
from rdv.models import (
    InscriptionState,
    Liberation,
    OffreState,
    Participation,
    SourceKind,
)
from rdv.services import holding, waitlist_offer
from rdv.services.absences import AbsenceRule, create_absence
from rdv.services.cancelling import cancel_participation
from rdv.services.errors import ChangedMeanwhile, WorkshopFull
from rdv.services.moving import Move, move_rdv
from rdv.services.seats import change_capacity, create_workshop
from rdv.services.waitlist_expiry import expire_past
from rdv.services.waitlist_join import Wishes
from rdv.services.waitlist_noted import offer_noted
from tests.factories import NOW, make_motif, make_ouverture, make_participation, make_rdv, make_usager, utc
from tests.waiting_core.conftest import AGENT, MINUTE, TEN, USAGER, H, cancel, give_up_a_seat, live, state_of, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


# --- Registered by themselves since they asked to be


@pytest.mark.parametrize("after_min", [30, 7 * 24 * 60], ids=["overlapping", "next_week"])
def test_no_second_seat_without_being_asked(world, atelier, after_min):
    """Whoever has taken a seat since is asked whether they want this one instead, and nobody's cancellation fails."""
    waiting = wait_for(world, motif=atelier.motif, wishes=Wishes(auto_accept=True))
    other = make_rdv(atelier.motif, world.site, [], atelier.starts_at + after_min * MINUTE, capacity=2)
    make_participation(other, waiting.usager, created_at=NOW + MINUTE)
    given_up = give_up_a_seat(atelier)
    assert not given_up.is_live
    assert Participation.objects.live().filter(usager=waiting.usager).count() == 1
    assert [(one.inscription, one.state) for one in live()] == [(waiting, OffreState.LIVE)]


def test_a_seat_to_exchange_that_was_cancelled_hinders_nobody(world, atelier):
    """The Rdv named when joining no longer stands: there is nothing to give back, the seat is theirs."""
    usager = make_usager(world.departement)
    other = make_rdv(atelier.motif, world.site, [], utc(2027, 1, 27, 8), usagers=[usager], capacity=2)
    kept = other.participations.get()
    waiting = wait_for(world, usager=usager, motif=atelier.motif, participation=kept, wishes=Wishes(auto_accept=True))
    cancel_participation(participation=kept, by_service=False, author=USAGER, now=NOW + MINUTE)
    give_up_a_seat(atelier)
    waiting.refresh_from_db()
    assert waiting.state == InscriptionState.SERVED


# --- An Rdv of their own since


def rdv_taken_since(world, waiting, start=TEN + H):
    return make_rdv(world.motif, world.site, [world.agent], start, usagers=[waiting.usager], created_at=NOW + MINUTE)


def test_who_took_an_rdv_elsewhere_waits_for_an_earlier_one_then_no_more(world):
    waiting = wait_for(world)
    taken = rdv_taken_since(world, waiting)
    assert expire_past(taken.starts_at - MINUTE) == 0
    assert expire_past(taken.starts_at) == 1
    assert state_of(waiting) == InscriptionState.EXPIRED
    assert Evenement.objects.get(kind="inscription.state").data["reason"] == "kept_rdv_past"


def test_an_rdv_taken_and_given_up_ends_no_wait(world):
    waiting = wait_for(world)
    taken = rdv_taken_since(world, waiting)
    cancel_participation(participation=taken.participations.get(), by_service=False, author=USAGER, now=NOW + H)
    assert expire_past(taken.starts_at + H) == 0
    assert state_of(waiting) in ("waiting", "offered")


def test_another_session_or_an_older_rdv_ends_no_wait(world, atelier):
    usager = make_usager(world.departement)
    older = make_rdv(world.motif, world.site, [world.agent], NOW - 48 * H, usagers=[usager], created_at=NOW - 72 * H)
    waits = [wait_for(world, usager=usager), wait_for(world, usager=usager, motif=atelier.motif, atelier=atelier)]
    other = make_rdv(atelier.motif, world.site, [], NOW + 48 * H, capacity=2)
    make_participation(other, usager, created_at=NOW + MINUTE)
    assert older.starts_at < NOW
    assert expire_past(NOW + 72 * H) == 0
    assert [state_of(one) for one in waits] == ["waiting", "waiting"]


def test_a_wait_whose_rdv_was_cancelled_is_not_locked_every_minute(world, django_assert_num_queries):
    """What matches for ever is looked at for ever."""
    usager = make_usager(world.departement)
    kept = make_rdv(world.motif, world.site, [world.agent], TEN + H, usagers=[usager]).participations.get()
    wait_for(world, usager=usager, participation=kept)
    cancel_participation(participation=kept, by_service=False, author=USAGER, now=NOW)
    with django_assert_num_queries(1):
        assert expire_past(TEN + 2 * H) == 0


# --- What an Rdv longer than the wait leaves, what a wait longer than the Rdv needs


def lengthen(world, minutes):
    """By hand, as an agent does for somebody who needs more time."""
    move_rdv(rdv=world.rdv, move=Move(TEN, ends_at=TEN + minutes * MINUTE), author=AGENT, now=NOW)
    world.participation.refresh_from_db()


def hours_asked():
    return [(one.inscription, one.starts_at, one.ends_at) for one in live()]


def test_the_rest_of_a_long_rdv_goes_to_the_next(world):
    lengthen(world, 60)
    first, second = (wait_for(world, now=NOW + n * MINUTE) for n in (1, 2))
    cancel(world, NOW + H)
    assert hours_asked() == [(first, TEN, TEN + 30 * MINUTE)]
    offer_noted(NOW + H + MINUTE)
    assert hours_asked()[1:] == [(second, TEN + 30 * MINUTE, TEN + 60 * MINUTE)]
    assert not Liberation.objects.exists()


@pytest.mark.parametrize("is_before", [False, True], ids=["after", "before"])
def test_a_wait_longer_than_the_rdv_has_the_free_time_beside_too(world, is_before):
    """50 minutes wanted, 30 come free, and the time beside them was free all along."""
    long = make_motif(world.departement, sites=[world.site], has_waitlist=True, duration_min=50)
    opens, closes = (TEN - 20 * MINUTE, TEN + 30 * MINUTE) if is_before else (TEN, TEN + 50 * MINUTE)
    make_ouverture(world.agent, [long], opens, closes, site=world.site)
    waiting = wait_for(world, motif=long)
    cancel(world, NOW + H)
    offer_noted(NOW + H + MINUTE)
    assert hours_asked() == [(waiting, opens, closes)]


def test_who_gave_the_hour_up_is_not_asked_for_it_a_minute_later(world):
    lengthen(world, 60)
    wait_for(world, usager=world.usager)
    wait_for(world, wishes=Wishes(half_days=2))  # somebody else waits, for another half-day
    cancel(world, NOW + H)
    offer_noted(NOW + H + MINUTE)
    assert not live()


def released():
    return Evenement.objects.filter(kind="waitlist.released").count()


def test_an_rdv_shortened_or_moved_a_little_frees_no_hour_in_the_figures(world):
    waiting = wait_for(world, wishes=Wishes(half_days=2))
    lengthen(world, 60)
    lengthen(world, 45)
    move_rdv(rdv=world.rdv, move=Move(TEN + 15 * MINUTE), author=AGENT, now=NOW + H)
    offer_noted(NOW + H + MINUTE)
    assert released() == 0
    assert state_of(waiting) == InscriptionState.WAITING


def test_an_rdv_shortened_gives_its_rest_to_who_waits_for_as_long(world):
    lengthen(world, 60)
    waiting = wait_for(world)
    lengthen(world, 30)
    assert not live()
    offer_noted(NOW + MINUTE)
    assert hours_asked() == [(waiting, TEN + 30 * MINUTE, TEN + 60 * MINUTE)]


def test_an_hour_of_an_agent_who_is_away_is_not_counted_as_free(world):
    create_absence(agent=world.agent, rule=AbsenceRule(first_day=TEN.date()), author=AGENT, now=NOW)
    cancel(world, NOW + H)
    assert released() == 0


def test_a_place_that_cannot_be_held_for_the_first_motif_goes_to_the_second(world, monkeypatch):
    other = make_motif(world.departement, sites=[world.site], has_waitlist=True)
    make_ouverture(world.agent, [other], TEN - H, TEN + 2 * H, site=world.site)
    wait_for(world)
    second = wait_for(world, motif=other, now=NOW + MINUTE)
    held = waitlist_offer.hold
    monkeypatch.setattr(
        waitlist_offer, "hold", lambda freed, **asked: None if freed.motif == world.motif else held(freed, **asked)
    )
    cancel(world, NOW + H)
    assert [one.inscription for one in live()] == [second]


def test_a_place_that_cannot_be_held_at_all_is_public_all_the_same(world, monkeypatch):
    wait_for(world)
    monkeypatch.setattr(waitlist_offer, "hold", lambda freed, **asked: None)
    cancel(world, NOW + H)
    assert not live()
    assert released() == 1


# --- Sessions: a new one, more seats


def new_session(world, atelier, capacity=2):
    return create_workshop(
        motif=atelier.motif,
        site=world.site,
        agent_ids=[world.agent.pk],
        starts_at=TEN + 24 * H,
        ends_at=TEN + 25 * H,
        title="",
        capacity=capacity,
        author=AGENT,
        now=NOW + H,
    )


def test_a_new_session_is_for_those_who_wait_before_anybody_sees_it(world, atelier):
    auto = wait_for(world, motif=atelier.motif, wishes=Wishes(auto_accept=True))
    asked = wait_for(world, motif=atelier.motif, now=NOW + MINUTE)
    wait_for(world, motif=atelier.motif, atelier=atelier, now=NOW + 2 * MINUTE)  # that one, and no other
    session = new_session(world, atelier)
    assert session.participations.get().usager == auto.usager
    assert [(one.inscription, one.atelier, one.source_kind) for one in live()] == [(asked, session, SourceKind.OPENING)]
    with pytest.raises(WorkshopFull):
        holding.hold_seat(atelier=session, author=USAGER, opened_at=NOW + H, now=NOW + H)


def test_a_new_session_that_nobody_waits_for_is_no_news(world, atelier):
    new_session(world, atelier)
    assert (released(), Liberation.objects.count()) == (0, 0)


def test_more_seats_than_one_gesture_offers_are_looked_at_again(world, atelier, monkeypatch):
    monkeypatch.setattr("rdv.services.waitlist_sources.OFFERS_PER_ROW", 2)
    monkeypatch.setattr("rdv.services.seats.OFFERS_PER_ROW", 2)
    monkeypatch.setattr("rdv.services.waitlist_noted.OFFERS_PER_ROW", 2)
    for n in range(3):
        wait_for(world, motif=atelier.motif, now=NOW + n * MINUTE)
    new_session(world, atelier, capacity=5)
    assert len(live()) == 2
    offer_noted(NOW + H + MINUTE)
    assert len(live()) == 3
    assert not Liberation.objects.exists()


def test_seats_changed_twice_by_the_same_press_are_changed_once(atelier):
    for _ in range(2):
        change_capacity(atelier=atelier, capacity=4, expected=2, author=AGENT, now=NOW)
    assert Evenement.objects.filter(kind="rdv.capacity").count() == 1
    with pytest.raises(ChangedMeanwhile):
        change_capacity(atelier=atelier, capacity=6, expected=2, author=AGENT, now=NOW)
    with pytest.raises(WorkshopFull, match="2 places sont prises"):
        change_capacity(atelier=atelier, capacity=1, expected=4, author=AGENT, now=NOW)
