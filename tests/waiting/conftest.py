"""A site on Monday 4 January 2027 at 8:00 in Paris: Claire's Rdv at 10:00 two weeks later, and people who wait."""

import datetime as dt

import pytest
import time_machine

from rdv.core.journal import Author
from rdv.models import Offre
from rdv.services.cancelling import cancel_participation
from rdv.services.waitlist_join import Wish, Wishes, join
from tests.factories import (
    NOW,
    make_agent,
    make_ouverture,
    make_rdv,
    make_usager,
    utc,
)
from tests.signing import signed_in
from tests.small_mds import make_small_mds

HOUR = dt.timedelta(hours=1)
TEN = utc(2027, 1, 18, 9)  # Monday, 10:00 in Paris
USAGER = Author("usager", None, "Usager")
SECRETARY = Author("agent", 1, "Isabelle Fontaine", "secretaire")


@pytest.fixture
def desk(db):
    with time_machine.travel(NOW, tick=False):
        yield build()


def build(now=NOW, ten=TEN):
    """Claire's Rdv at `ten`, an hour after her morning begins."""
    desk = make_small_mds(name="Pesée", has_waitlist=True)
    claire = make_agent(site=desk.site, services=[desk.pmi], last_name="Vasseur")
    make_ouverture(claire, [desk.motif], ten - HOUR, ten + 2 * HOUR, site=desk.site)
    leaving = make_usager(desk.departement, first_name="Lina", last_name="Partie")
    desk.rdv = make_rdv(desk.motif, desk.site, [claire], ten, usagers=[leaving], created_at=now)
    desk.claire = desk.people["claire"] = claire
    desk.now = now
    return desk


def wait(desk, *, first="Samira", last="Benali", author=SECRETARY, now=None, wishes=None, **fields):
    """Somebody on the list; `phone` and `email` go to the file, the rest to the wish."""
    contact = {name: fields.pop(name) for name in ("phone", "email") if name in fields}
    usager = fields.pop("usager", None) or make_usager(desk.departement, first_name=first, last_name=last, **contact)
    wish = Wish(usager=usager, motif=fields.pop("motif", desk.motif), wishes=wishes or Wishes(), **fields)
    return join(wish=wish, author=author, now=now or desk.now)


def free_the_hour(desk, now=None):
    """Claire's Rdv is cancelled: the hour goes to the list."""
    cancel_participation(
        participation=desk.rdv.participations.get(), by_service=False, author=USAGER, now=now or desk.now
    )
    return Offre.objects.live().whole().order_by("id").first()


@pytest.fixture
def client_of(desk):
    return lambda name, **options: signed_in(desk.people[name], **options)
