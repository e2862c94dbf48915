"""What an audit of the list found untrue, held true here: each of these failed once."""

from datetime import timedelta

import pytest

from rdv.core.journal import Evenement
from rdv.models import (
    InscriptionState,
    Offre,
    OffreState,
    Participation,
)
from rdv.services.cancelling import cancel_participation
from rdv.services.waitlist_expiry import expire_past
from rdv.services.waitlist_join import Wishes
from tests.factories import NOW, make_motif, make_participation, make_rdv, make_usager, utc
from tests.waiting_core.conftest import TEN, USAGER, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
H = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def live():
    return list(Offre.objects.live().whole().order_by("id"))


@pytest.fixture
def atelier(world):
    motif = make_motif(
        world.departement, sites=[world.site], is_collective=True, capacity=2, duration_min=60, has_waitlist=True
    )
    atelier = make_rdv(motif, world.site, [], utc(2027, 1, 20, 8), capacity=2)
    for _ in range(2):
        make_participation(atelier, make_usager(world.departement))
    atelier.refresh_from_db()
    return atelier


# --- Registered by themselves since they asked to be


def give_up_a_seat(atelier, now=NOW + H):
    return cancel_participation(participation=atelier.participations.first(), by_service=False, author=USAGER, now=now)


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


def state_of(inscription):
    inscription.refresh_from_db()
    return inscription.state


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
