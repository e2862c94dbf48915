"""A site on Tuesday 2027-01-12 at 10:12 in Paris, its people, and Claire's week."""

import datetime as dt
from types import SimpleNamespace

import pytest
import time_machine

from agents.models import Role
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


@pytest.fixture
def clock_stopped():
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def house(db, clock_stopped):
    departement = make_departement("62")
    site, other_site = make_site(departement, name="MDS du Canal"), make_site(departement, name="MDS des Tilleuls")
    pmi, ssl = make_service(departement, "pmi"), make_service(departement, "ssl")
    ase = make_service(departement, "ase", is_confidential=True)
    people = SimpleNamespace(
        claire=make_agent(site=site, services=[pmi], last_name="Vasseur"),
        karim=make_agent(site=site, services=[pmi], first_name="Karim", last_name="Haddad"),
        sonia=make_agent(site=site, services=[ssl], first_name="Sonia", last_name="Petit"),
        secretary=make_agent(
            site=site, role=Role.SECRETAIRE, services=[pmi], first_name="Isabelle", last_name="Fontaine"
        ),
        boss=make_agent(site=site, role=Role.RESPONSABLE, services=[pmi], first_name="Odile", last_name="Marchand"),
        away=make_agent(site=other_site, services=[pmi], first_name="Nadia", last_name="Cherif"),
        admin=make_agent(departement, role=Role.ADMIN, first_name="Ada", last_name="Minard"),
    )
    far = make_departement("974")
    people.stranger = make_agent(site=make_site(far), services=[make_service(far, "pmi")])
    people.far_admin = make_agent(far, role=Role.ADMIN)
    motif = make_motif(departement, sites=[site], service=pmi, name="Pesée")
    return SimpleNamespace(
        departement=departement,
        far=far,
        site=site,
        other_site=other_site,
        pmi=pmi,
        ssl=ssl,
        ase=ase,
        motif=motif,
        home=make_motif(departement, sites=[site], service=pmi, name="Visite", modality="home", duration_min=60),
        phone=make_motif(departement, sites=[site], service=pmi, name="Point", modality="phone"),
        workshop=make_motif(
            departement, sites=[site], service=pmi, name="Massage", is_collective=True, capacity=8, duration_min=60
        ),
        secret=make_motif(departement, sites=[site], service=ase, name="Protection"),
        now=NOW,
        **vars(people),
    )


@pytest.fixture
def person(house):
    def make(first, last, **fields):
        return make_usager(house.departement, first_name=first, last_name=last, **fields)

    return make


@pytest.fixture
def week(house, person):
    """Claire's week: a bit of everything."""
    claire, site = house.claire, house.site
    for day in (11, 12, 14):
        make_ouverture(claire, [house.motif], utc(2027, 1, day, 7, 30), utc(2027, 1, day, 11, 30), site=site)
    seen = make_rdv(house.motif, site, [claire], utc(2027, 1, 11, 7, 30), usagers=[person("Manon", "Lebrun")])
    seen.participations.update(status="seen")
    noshow = make_rdv(house.motif, site, [claire], utc(2027, 1, 11, 8), usagers=[person("Emma", "Roy")])
    noshow.participations.update(status="noshow")
    unknown = make_rdv(house.motif, site, [claire], utc(2027, 1, 11, 8, 30), usagers=[person("Tiago", "Alves")])
    late = make_rdv(house.motif, site, [claire], utc(2027, 1, 12, 9), usagers=[person("Yanis", "Bouzid")])
    late.participations.update(late_minutes=12)
    home = make_rdv(
        house.home,
        site,
        [claire],
        utc(2027, 1, 12, 13),
        usagers=[person("Rosa", "Mendes")],
        address="3 rue des Ormes, 62800 Liévin",
        latitude=50.42,
        longitude=2.77,
    )
    home_next = make_rdv(
        house.home,
        site,
        [claire],
        utc(2027, 1, 12, 14, 30),
        usagers=[person("Awa", "Koné")],
        address="21 rue de la Paix, 62210 Avion",
        latitude=50.40,
        longitude=2.83,
    )
    phone = make_rdv(house.phone, site, [claire], utc(2027, 1, 14, 8), usagers=[person("Gaspard", "Leroy")])
    pair = make_rdv(house.motif, site, [claire, house.karim], utc(2027, 1, 14, 9), usagers=[person("Éva", "Masson")])
    secret = make_rdv(house.secret, site, [claire], utc(2027, 1, 14, 10), usagers=[person("Zélie", "Secretier")])
    atelier = make_rdv(
        house.workshop,
        site,
        [claire],
        utc(2027, 1, 15, 8),
        title="Massage bébé",
        usagers=[person("Aline", "Bertin"), person("Sofia", "Duval")],
    )
    absence = Absence.objects.create(
        departement=house.departement,
        agent=claire,
        kind="training",
        note="note très privée",
        first_day=dt.date(2027, 1, 13),
        last_day=dt.date(2027, 1, 13),
        starts_time=dt.time(8),
        ends_time=dt.time(12),
    )
    Occupation.objects.create(
        departement=house.departement,
        agent=claire,
        kind="absence",
        absence=absence,
        starts_at=utc(2027, 1, 13, 7),
        ends_at=utc(2027, 1, 13, 11),
    )
    on_absence = make_rdv(house.motif, site, [], utc(2027, 1, 13, 9), usagers=[person("Nina", "Costa")])
    add_over(on_absence, claire)
    double_a = make_rdv(house.motif, site, [claire], utc(2027, 1, 15, 13), usagers=[person("Jules", "Adam")])
    double_b = make_rdv(
        house.motif, site, [], utc(2027, 1, 15, 13, 15), usagers=[person("Mila", "Henry")], is_overbooked=True
    )
    add_over(double_b, claire)
    return SimpleNamespace(
        seen=seen,
        noshow=noshow,
        unknown=unknown,
        late=late,
        home=home,
        home_next=home_next,
        phone=phone,
        pair=pair,
        secret=secret,
        atelier=atelier,
        absence=absence,
        on_absence=on_absence,
        double_a=double_a,
        double_b=double_b,
    )


def add_over(rdv, agent):
    """Somebody's Rdv over taken time: a row that does not block."""
    rdv.rdv_agents.create(departement=rdv.departement, agent=agent)
    Occupation.objects.create(
        departement=rdv.departement,
        agent=agent,
        starts_at=rdv.starts_at,
        ends_at=rdv.ends_at,
        kind="rdv",
        rdv=rdv,
        is_blocking=False,
    )


@pytest.fixture
def client_of(house):
    def make(name, **options):
        return signed_in(getattr(house, name), **options)

    return make
