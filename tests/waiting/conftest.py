"""A site on Monday 4 January 2027 at 8:00 in Paris: Claire's Rdv at 10:00 two weeks later, and people who wait."""

import datetime as dt
from types import SimpleNamespace

import pytest
import time_machine

from agents.models import Role
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
    make_rdv,
    make_service,
    make_site,
    make_usager,
    utc,
)
from tests.signing import signed_in

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
    departement = make_departement("62")
    site, other_site = make_site(departement, name="MDS du Canal"), make_site(departement, name="MDS des Tilleuls")
    pmi, ssl = make_service(departement, "pmi"), make_service(departement, "ssl")
    motif = make_motif(departement, sites=[site, other_site], service=pmi, name="Pesée", has_waitlist=True)
    claire = make_agent(site=site, services=[pmi], last_name="Vasseur")
    far = make_departement("974")
    people = {
        "claire": claire,
        "secretary": make_agent(site=site, role=Role.SECRETAIRE, services=[pmi], last_name="Fontaine"),
        "other_service": make_agent(site=site, services=[ssl], last_name="Petit"),
        "elsewhere": make_agent(site=other_site, role=Role.SECRETAIRE, services=[pmi], last_name="Cherif"),
        "admin": make_agent(departement, role=Role.ADMIN, last_name="Minard"),
        "stranger": make_agent(
            site=make_site(far), role=Role.SECRETAIRE, services=[make_service(far, "pmi")], last_name="Payet"
        ),
        "far_admin": make_agent(far, role=Role.ADMIN, last_name="Hoarau"),
    }
    make_ouverture(claire, [motif], ten - HOUR, ten + 2 * HOUR, site=site)
    leaving = make_usager(departement, first_name="Lina", last_name="Partie")
    rdv = make_rdv(motif, site, [claire], ten, usagers=[leaving], created_at=now)
    return SimpleNamespace(
        departement=departement,
        site=site,
        other_site=other_site,
        motif=motif,
        claire=claire,
        people=people,
        rdv=rdv,
        now=now,
    )


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
