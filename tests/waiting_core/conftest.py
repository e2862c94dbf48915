"""A small département with one Rdv on Monday at 10:00 and people who wait for the same motif."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from rdv.core.journal import Author
from rdv.models import Offre
from rdv.services.cancelling import cancel_participation
from rdv.services.waitlist_join import Wish, Wishes, join
from tests.factories import (
    NOW,
    make_agent,
    make_departement,
    make_motif,
    make_ouverture,
    make_participation,
    make_rdv,
    make_site,
    make_usager,
    utc,
)

USAGER = Author("usager", None, "Usager")
AGENT = Author("agent", 1, "Claire Vasseur", "agent")
H = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TEN = utc(2027, 1, 18, 9)  # a Monday, two weeks after NOW: tier "long"


def build_world(departement=None, **motif_fields):
    departement = departement or make_departement("62")
    site = make_site(departement)
    motif = make_motif(departement, sites=[site], has_waitlist=True, **motif_fields)
    agent = make_agent(departement, site=site, services=[motif.service])
    ouverture = make_ouverture(agent, [motif], utc(2027, 1, 18, 8), utc(2027, 1, 18, 11), site=site)
    usager = make_usager(departement)
    rdv = make_rdv(motif, site, [agent], TEN, usagers=[usager])
    return SimpleNamespace(
        departement=departement, site=site, motif=motif, agent=agent, ouverture=ouverture, usager=usager, rdv=rdv,
        participation=rdv.participations.get(), now=NOW,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def letters_leave(request, monkeypatch):
    """No worker sends here: the offers of these tests were heard, but where a test says otherwise (`unsent`)."""
    if request.node.get_closest_marker("unsent") is None:
        monkeypatch.setattr("rdv.services.waitlist_notices.why_unheard", lambda offre: "")


@pytest.fixture
def world(db):
    return build_world()


def wait_for(world, *, usager=None, now=NOW, author=USAGER, motif=None, wishes=None, **fields):
    wish = Wish(
        usager=usager or make_usager(world.departement), motif=motif or world.motif, wishes=wishes or Wishes(), **fields
    )
    return join(wish=wish, author=author, now=now)


def live():
    return list(Offre.objects.live().whole().order_by("id"))


def cancel(world, now=NOW, by_service=False):
    author = AGENT if by_service else USAGER
    return cancel_participation(participation=world.participation, by_service=by_service, author=author, now=now)


# A full workshop of two seats, two days after the Rdv.


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


def give_up_a_seat(atelier, now=NOW + H):
    return cancel_participation(participation=atelier.participations.first(), by_service=False, author=USAGER, now=now)


def state_of(inscription):
    inscription.refresh_from_db()
    return inscription.state
