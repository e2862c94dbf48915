"""One world for a whole module: built once in a transaction, each request undone (tests/rights/world).

The modules carry `pytest.mark.django_db`: pytest-django then makes the database, and undoes each test in a savepoint.
"""

from http.cookies import SimpleCookie

import pytest
import time_machine
from django.test import Client

from tests.factories import utc
from tests.rights import world

NOW = utc(2027, 1, 12, 9, 12)  # Tuesday, 10:12 in Paris


@pytest.fixture(scope="module")
def shared(django_db_setup, django_db_blocker):
    """The house with its browsers. Nobody but `house` uses this one: the clock must stand still."""
    with django_db_blocker.unblock(), world.sandbox():
        with time_machine.travel(NOW, tick=False):
            house = world.build(NOW)
            house.cookies = {role: world.sign_in(house, role) for role in world.ROLES}
            house.before = world.fingerprints()
        yield house


@pytest.fixture
def house(shared):
    """At 10:12 on that Tuesday."""
    with time_machine.travel(NOW, tick=False):
        yield shared


@pytest.fixture
def client_of(house):
    """`client_of("owner")` signed in with both factors; `client_of("anonymous")` not. A new browser each time."""

    def open_client(role, **options):
        client = Client(**options)
        client.cookies = SimpleCookie({name: morsel.value for name, morsel in house.cookies[role].items()})
        return client

    return open_client
