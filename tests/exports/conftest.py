"""Two sites and two services of the Pas-de-Calais, Rdv of each, people who may export and people who may not."""

import datetime as dt
from types import SimpleNamespace

import pytest
import time_machine

from agents.access import scope_of
from agents.models import Role
from rdv.domain.exporting import Filters
from tests.factories import (
    make_agent,
    make_departement,
    make_motif,
    make_rdv,
    make_service,
    make_site,
    make_usager,
    utc,
)

NOW = utc(2027, 2, 3, 9)  # Wednesday, 10:00 in Paris
DAY = dt.timedelta(days=1)
ALL = Filters(dt.date(2027, 1, 1), dt.date(2027, 2, 28), with_people=True)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EXPORT_DIR = str(tmp_path / "exports")
    return tmp_path / "exports"


@pytest.fixture
def house(db):
    with time_machine.travel(NOW, tick=False):
        yield build()


def build():
    here, far = make_departement("62"), make_departement("974")
    canal, tilleuls = make_site(here, name="MDS du Canal"), make_site(here, name="MDS des Tilleuls")
    pmi, ssl = make_service(here, "pmi"), make_service(here, "ssl")
    ase = make_service(here, "ase", is_confidential=True)
    claire = make_agent(site=canal, services=[pmi], last_name="Vasseur")
    house = SimpleNamespace(here=here, far=far, canal=canal, tilleuls=tilleuls, pmi=pmi, ssl=ssl, ase=ase)
    house.pesee = make_motif(here, sites=[canal, tilleuls], service=pmi, name="Pesée")
    house.budget = make_motif(here, sites=[canal], service=ssl, name="Budget")
    house.secret = make_motif(here, sites=[canal], service=ase, name="Protection")
    house.people = {
        "responsable": make_agent(site=canal, role=Role.RESPONSABLE, services=[pmi], last_name="Marchand"),
        "admin": make_agent(here, role=Role.ADMIN, last_name="Minard"),
        "member": make_agent(site=canal, role=Role.RESPONSABLE, services=[pmi, ase], last_name="Garnier"),
        "secretaire": make_agent(site=canal, role=Role.SECRETAIRE, services=[pmi], last_name="Fontaine"),
        "agent": claire,
        "far_admin": make_agent(far, role=Role.ADMIN, last_name="Hoarau"),
    }
    house.claire = claire
    _rdvs(house)
    return house


def _rdvs(house):
    claire, canal = house.claire, house.canal
    nadia = make_usager(
        house.here, first_name="Nadia", last_name="Lemaire", phone="+33639984521", email="n@example.net"
    )
    house.nadia = nadia
    created = utc(2027, 1, 4, 8)

    def make(motif, site, start, usager, **fields):
        return make_rdv(motif, site, [claire], start, usagers=[usager], created_at=created, **fields)

    make(house.pesee, canal, utc(2027, 1, 12, 8), nadia, context="=HYPERLINK(0)")
    make(house.budget, canal, utc(2027, 1, 13, 8), make_usager(house.here, last_name="Dettes"))
    make(house.secret, canal, utc(2027, 1, 14, 8), make_usager(house.here, last_name="Cachette"))
    make(house.pesee, house.tilleuls, utc(2027, 1, 15, 8), make_usager(house.here, last_name="Ailleurs"))
    make(house.pesee, canal, utc(2027, 2, 10, 8), make_usager(house.here, last_name="Demain"))
    far_site = make_site(house.far, name="MDS du Volcan")
    far_motif = make_motif(house.far, sites=[far_site], name="Ailleurs")
    make_rdv(far_motif, far_site, [make_agent(site=far_site)], utc(2027, 1, 12, 8), created_at=created)


def scope(house, name):
    return scope_of(house.people[name], today=NOW.date())
