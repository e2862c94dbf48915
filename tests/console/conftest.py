"""A secretary of two sites, a mother and her baby, hours free from tomorrow on; now is Monday 2027-01-04, 8:00."""

import datetime as dt
import re
from types import SimpleNamespace

import pytest
import time_machine
from django.urls import reverse

from agents.models import Role
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
from tests.small_mds import secretary_of
from usagers.models import Proche, Referent


@pytest.fixture
def now():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def make_desk():
    departement = make_departement("62")
    canal, tilleuls = make_site(departement, name="MDS du Canal"), make_site(departement, name="MDS des Tilleuls")
    pmi, ssl = make_service(departement, "pmi"), make_service(departement, "ssl")
    ase = make_service(departement, "ase", is_confidential=True)
    motif = make_motif(
        departement,
        sites=[canal, tilleuls],
        service=pmi,
        name="Consultation nourrisson (0 à 2 ans)",
        documents=["Le carnet de santé", "la carte Vitale"],
    )
    secret = make_motif(departement, sites=[canal], service=ase, name="Suivi ASE", who_books="agents")
    claire = make_agent(departement, site=canal, services=[pmi], first_name="Claire", last_name="Vasseur")
    paul = make_agent(departement, site=tilleuls, services=[pmi], first_name="Paul", last_name="Lambert")
    secretary = make_agent(
        departement,
        site=canal,
        role=Role.SECRETAIRE,
        services=[pmi, ssl],
        first_name="Isabelle",
        last_name="Fontaine",
    )
    secretary.affectations.create(
        departement=departement, site=tilleuls, role=Role.SECRETAIRE, starts_on=dt.date(2020, 1, 1)
    )
    samira = make_usager(
        departement, first_name="Samira", last_name="Benali", birth_date=dt.date(1994, 3, 14), phone="+33639981240"
    )
    ilyes = make_usager(
        departement, first_name="Ilyes", last_name="Benali", birth_date=dt.date(2026, 11, 2), phone="", email=""
    )
    Proche.objects.create(departement=departement, responsable=samira, person=ilyes, starts_on=dt.date(2026, 11, 2))
    Referent.objects.create(departement=departement, usager=samira, agent=claire, starts_on=dt.date(2026, 11, 2))
    return SimpleNamespace(
        departement=departement,
        canal=canal,
        tilleuls=tilleuls,
        pmi=pmi,
        ase=ase,
        motif=motif,
        secret=secret,
        claire=claire,
        paul=paul,
        secretary=secretary,
        samira=samira,
        ilyes=ilyes,
    )


@pytest.fixture
def desk(now, db):
    """Claire receives on Tuesday morning (9:00-12:00 in Paris) at the Canal, Paul in the afternoon at the Tilleuls."""
    desk = make_desk()
    make_ouverture(desk.claire, [desk.motif], utc(2027, 1, 5, 8), utc(2027, 1, 5, 11), site=desk.canal)
    make_ouverture(desk.paul, [desk.motif], utc(2027, 1, 5, 13), utc(2027, 1, 5, 15), site=desk.tilleuls)
    desk.client = signed_in(desk.secretary)
    desk.nine = utc(2027, 1, 5, 8)
    return desk


def value_of(starts_at, site, *agents):
    """What a radio of the table posts."""
    return f"{int(starts_at.timestamp())}_{site.pk}_{'-'.join(str(agent.pk) for agent in agents)}"


def seen(response):
    """What the page says, its white space made plain."""
    return re.sub(r"\s+", " ", response.content.decode())


def file_url(usager):
    return reverse("rdv:usager", args=[usager.uuid])


def merge_url(one, other):
    return reverse("rdv:merge", args=[one.uuid, other.uuid])


def rdv_of(desk, usager=None, start=None, *, motif=None, who=None, **fields):
    """With Claire, on Wednesday at 10:00 in Paris, of Samira."""
    start = start or utc(2027, 1, 6, 9)
    agents, usagers = [who or desk.claire], [usager or desk.samira]
    return make_rdv(motif or desk.motif, desk.canal, agents, start, usagers=usagers, **fields)


@pytest.fixture
def twin(desk):
    """Samira again, with the mailbox that her first file has not."""
    desk.samira.email = ""
    desk.samira.save()
    return make_usager(
        desk.departement, first_name="Samira", last_name="Benali", birth_date=desk.samira.birth_date, phone="",
        email="samira@example.org", created_at=NOW, last_contact_at=NOW,
    )  # fmt: skip


@pytest.fixture
def elsewhere(desk):
    """A secretary of another site of the département; Samira is known on the first one."""
    rdv_of(desk)
    site = make_site(desk.departement, name="MDS de la Gare")
    return signed_in(secretary_of(site, desk.pmi))
