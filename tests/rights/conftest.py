"""The people of the rights matrix: every role, on one's own site, on another site, in another département."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.test import Client

from agents.models import Agent, Role
from rdv.core import clock
from rdv.core.links import make_token
from rdv.models import Absence
from tests.factories import (
    make_agent,
    make_departement,
    make_motif,
    make_ouverture,
    make_rdv,
    make_service,
    make_site,
    make_usager,
)
from tests.signing import signed_in


@pytest.fixture
def house(db):
    """Two sites of the 62, one of the 974; an Rdv of Claire's, PMI, on the first site; one of a confidential service."""
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    soon = now + dt.timedelta(days=3)
    here, far = make_departement("62"), make_departement("974")
    own, other, away = make_site(here), make_site(here), make_site(far)
    pmi, ssl = make_service(here, "pmi"), make_service(here, "ssl")
    ase = make_service(here, "ase", is_confidential=True)
    motif = make_motif(here, sites=[own, other], service=pmi)
    secret = make_motif(here, sites=[own], service=ase, who_books="agents", notice_level="discreet")
    workshop = make_motif(here, sites=[own], service=pmi, is_collective=True, capacity=6)
    people = {
        "owner": make_agent(here, site=own, services=[pmi], first_name="Claire", last_name="Vasseur"),
        "colleague": make_agent(here, site=own, services=[pmi]),
        "other_service": make_agent(here, site=own, services=[ssl]),
        "other_site": make_agent(here, site=other, services=[pmi]),
        "secretaire": make_agent(here, site=own, role=Role.SECRETAIRE, services=[pmi]),
        "responsable": make_agent(here, site=own, role=Role.RESPONSABLE, services=[pmi]),
        "admin": make_agent(here, role=Role.ADMIN),
        "intervenant": make_agent(here, site=own, role=Role.INTERVENANT, services=[pmi]),
        "stranger": make_agent(far, site=away, services=[make_service(far, "pmi")]),
        "stranger_admin": make_agent(far, role=Role.ADMIN),
        "operateur": Agent.objects.create_agent(
            email="operateur@example.org",
            password="motdepasse-de-test-1",
            first_name="Ada",
            last_name="Op",
            is_operateur=True,
        ),
    }
    usager = make_usager(here, last_name="Benalizhe")
    ouverture = make_ouverture(people["owner"], [motif], soon, soon + dt.timedelta(hours=3), site=own)
    rdv = make_rdv(motif, own, [people["owner"]], soon, usagers=[usager], created_at=now)
    hidden = make_rdv(secret, own, [people["intervenant"]], soon, usagers=[make_usager(here, last_name="Secretier")])
    past = make_rdv(motif, own, [people["owner"]], now - dt.timedelta(days=1), usagers=[usager])
    session = make_rdv(workshop, own, [people["owner"]], soon + dt.timedelta(days=1))
    absence = Absence.objects.create(
        departement=here,
        agent=people["owner"],
        first_day=soon.date(),
        last_day=soon.date(),
        starts_time=dt.time(8),
        ends_time=dt.time(18),
    )
    participation = rdv.participations.get()
    return SimpleNamespace(
        departement=here,
        site=own,
        motif=motif,
        workshop=workshop,
        people=people,
        usager=usager,
        rdv=rdv,
        hidden=hidden,
        past=past,
        session=session,
        absence=absence,
        ouverture=ouverture,
        participation=participation,
        token=make_token("rdv", str(participation.uuid)),
        now=now,
    )


@pytest.fixture
def client_of(house):
    """`client_of("owner")` signed in with both factors; `client_of("anonymous")` not."""

    def open_client(role):
        return Client() if role == "anonymous" else signed_in(house.people[role])

    return open_client
