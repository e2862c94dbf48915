"""What an audit of the list found untrue, held true here: each of these failed once."""

from datetime import timedelta

import pytest

from rdv.models import (
    InscriptionState,
    Offre,
    OffreState,
    Participation,
)
from rdv.services.cancelling import cancel_participation
from rdv.services.waitlist_join import Wishes
from tests.factories import NOW, make_motif, make_participation, make_rdv, make_usager, utc
from tests.waiting_core.conftest import USAGER, wait_for

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
    waiting = wait_for(
        world, usager=usager, motif=atelier.motif, participation=kept, wishes=Wishes(auto_accept=True)
    )
    cancel_participation(participation=kept, by_service=False, author=USAGER, now=NOW + MINUTE)
    give_up_a_seat(atelier)
    waiting.refresh_from_db()
    assert waiting.state == InscriptionState.SERVED
