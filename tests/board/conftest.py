"""A site on Tuesday 2027-01-12 at 10:12 in Paris, and its day: who receives, who is expected, who is here."""

import datetime as dt
from types import SimpleNamespace

import pytest
import time_machine

from agents.models import Equipe, EquipeMembre, Role
from rdv.core.journal import Author
from rdv.models import Absence, Occupation
from tests.factories import (
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

NOW = utc(2027, 1, 12, 9, 12)
DESK = Author("agent", 1, "Isabelle Fontaine", "secretaire")


def wall(hour, minute=0, day=12):
    """An hour of Paris in January."""
    return utc(2027, 1, day, hour - 1, minute)


def build():
    departement = make_departement("62")
    site, other_site = make_site(departement, name="MDS du Canal"), make_site(departement, name="MDS des Tilleuls")
    pmi, ssl = make_service(departement, "pmi"), make_service(departement, "ssl")
    ase = make_service(departement, "ase", is_confidential=True)
    house = SimpleNamespace(departement=departement, site=site, other_site=other_site, pmi=pmi, ssl=ssl, ase=ase)
    _people(house)
    house.motif = make_motif(departement, sites=[site, other_site], service=pmi, name="Pesée")
    house.suivi = make_motif(departement, sites=[site], service=ssl, name="Suivi social", duration_min=60)
    house.secret = make_motif(departement, sites=[site], service=ase, name="Protection", notice_level="discreet")
    house.workshop = make_motif(
        departement, sites=[site], service=pmi, name="Massage", is_collective=True, capacity=8, duration_min=60
    )
    house.visit = make_motif(departement, sites=[site], service=pmi, name="Visite", modality="home", duration_min=60)
    _day(house)
    return house


def _people(house):
    site = house.site
    house.claire = make_agent(site=site, services=[house.pmi], last_name="Vasseur")
    house.karim = make_agent(site=site, services=[house.ssl], first_name="Karim", last_name="Haddad")
    house.ines = make_agent(site=site, services=[house.ase], first_name="Inès", last_name="Garnier")
    house.paul = make_agent(site=site, services=[house.pmi], first_name="Paul", last_name="Absent")
    house.secretary = make_agent(
        site=site, role=Role.SECRETAIRE, services=[house.pmi], first_name="Isabelle", last_name="Fontaine"
    )
    house.second = make_agent(site=site, role=Role.SECRETAIRE, first_name="Denis", last_name="Aubry")
    house.away = make_agent(site=house.other_site, services=[house.pmi], first_name="Nadia", last_name="Cherif")
    far = make_departement("974")
    house.stranger = make_agent(site=make_site(far), services=[make_service(far, "pmi")], role=Role.SECRETAIRE)
    house.team = Equipe.objects.create(departement=house.departement, site=site, name="Équipe sociale")
    EquipeMembre.objects.create(departement=house.departement, equipe=house.team, agent=house.karim)


def _day(house):
    """Claire and Karim receive, Inès is masked, Paul is on leave."""

    def rdv(motif, agents, start, people, **fields):
        usagers = [person(house, first, last, **more) for first, last, more in people]
        return make_rdv(motif, house.site, agents, start, usagers=usagers, created_at=NOW, **fields)

    claire, karim = house.claire, house.karim
    for start, end in ((wall(8, 30), wall(12, 30)), (wall(13, 30), wall(17))):
        make_ouverture(claire, [house.motif], start, end, site=house.site)
    make_ouverture(karim, [house.suivi], wall(9), wall(12), site=house.site)
    house.seen = rdv(house.motif, [claire], wall(8, 30), [("Noa", "Lefebvre", {})])
    house.seen.participations.update(status="seen")
    house.noshow = rdv(house.motif, [claire], wall(9), [("Adam", "Cissé", {})])
    house.noshow.participations.update(status="noshow")
    house.late = rdv(house.motif, [claire], wall(10), [("Yanis", "Bouzid", {"needs_interpreter": True})])
    house.next = rdv(house.motif, [claire], wall(10, 30), [("Jade", "Roussel", {"needs_sign_language": True})])
    house.pair = rdv(house.suivi, [karim], wall(10), [("Nora", "Slimani", {})])
    house.later = rdv(house.motif, [claire], wall(14), [("Jade", "Bourdon", {})])
    house.session = rdv(
        house.workshop, [claire], wall(15), [("Aline", "Bertin", {}), ("Sofia", "Duval", {})], title="Massage bébé"
    )
    house.hidden = rdv(house.secret, [house.ines], wall(9), [("Zélie", "Secretier", {})])
    absence = Absence.objects.create(
        departement=house.departement,
        agent=house.paul,
        kind="leave",
        note="note très privée",
        first_day=dt.date(2027, 1, 12),
        last_day=dt.date(2027, 1, 12),
        starts_time=dt.time(8),
        ends_time=dt.time(18),
    )
    Occupation.objects.create(
        departement=house.departement,
        agent=house.paul,
        kind="absence",
        absence=absence,
        starts_at=utc(2027, 1, 11, 23),
        ends_at=utc(2027, 1, 12, 23),
    )


def person(house, first, last, **fields):
    return make_usager(house.departement, first_name=first, last_name=last, **fields)


def people_of(rdv):
    return rdv.participations.get()


@pytest.fixture
def house(db):
    with time_machine.travel(NOW, tick=False):
        yield build()


@pytest.fixture
def client_of(house):
    def make(name, **options):
        return signed_in(getattr(house, name), **options)

    return make
