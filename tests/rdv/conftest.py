"""A small département with one site, one agent and one opening: what most tests of `rdv` start from."""

from types import SimpleNamespace

import pytest

from rdv.core.journal import Author
from tests.factories import NOW, make_agent, make_departement, make_motif, make_ouverture, make_site, make_usager, utc

USAGER = Author("usager", None, "Usager")
AGENT = Author("agent", 1, "Claire Vasseur", "agent")


@pytest.fixture
def world(db):
    """Monday 2027-01-11, 09:00-12:00 in Paris (08:00-11:00 UTC), motif of 30 minutes; now is a week before."""
    departement = make_departement("62")
    site = make_site(departement)
    motif = make_motif(departement, sites=[site])
    agent = make_agent(departement, site=site, services=[motif.service])
    usager = make_usager(departement)
    ouverture = make_ouverture(agent, [motif], utc(2027, 1, 11, 8), utc(2027, 1, 11, 11), site=site)
    return SimpleNamespace(
        departement=departement, site=site, motif=motif, agent=agent, usager=usager, ouverture=ouverture, now=NOW
    )
