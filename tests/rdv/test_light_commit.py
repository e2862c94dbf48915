"""Only a hold is committed before the disk has it; a booking never is (docs/decisions/0022)."""

import pytest
from django.db import connection

from rdv.models import Origin
from rdv.services import booking, holding
from rdv.services.questions import EVERYBODY
from tests.factories import NOW, utc
from tests.rdv.conftest import USAGER

TEN = utc(2027, 1, 11, 9)


def how_it_commits():
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_hold_does_not_wait_for_the_disk_and_a_booking_does(world, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO on")  # the servers of the tests wait for no disk at all
    seen = {}
    inserted = {module: module.insert_together for module in (holding, booking)}

    def watch(module):
        def insert(*rows, **more):
            seen.setdefault(module.__name__, how_it_commits())
            return inserted[module](*rows, **more)

        monkeypatch.setattr(module, "insert_together", insert)

    watch(holding)
    watch(booking)
    option = holding.hold_creneau(
        motif=world.motif,
        site=world.site,
        starts_at=TEN,
        agents=EVERYBODY,
        author=USAGER,
        opened_at=NOW,
        now=NOW,
    )
    wanted = booking.Booking(usager=world.usager, origin=Origin.WEB)
    booking.book_option(token=option.token, booking=wanted, author=USAGER, now=NOW)
    assert seen == {"rdv.services.holding": "off", "rdv.services.booking": "on"}
    assert how_it_commits() == "on"
    connection.close()
