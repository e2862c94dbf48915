"""An administrator of one site on Monday 4 January 2027 at 9:00 in Paris, and an agent of that site."""

import datetime as dt

import pytest
import time_machine

from agents.models import Role
from tests.agents.sign_in_helpers import sign_in
from tests.factories import make_agent, make_departement, make_site

NOW = dt.datetime(2027, 1, 4, 8, 0, tzinfo=dt.UTC)
TODAY = NOW.date()


@pytest.fixture
def travelling():
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def site():
    return make_site(make_departement("62"))


@pytest.fixture
def admin(site):
    return make_agent(site.departement, role=Role.ADMIN)


@pytest.fixture
def agent(site):
    return make_agent(site=site)


@pytest.fixture
def browser(client, admin):
    return sign_in(client, admin)
