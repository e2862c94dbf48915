"""A small month under each policy, on the real services: nothing counted twice, and the same seed is the same month."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import connection, transaction
from django.db.models import F

from rdv.models import Offre, OffreState, Option, Participation, Purpose
from rdv.simulation import world as worlds
from rdv.simulation.callers import calls_per_desk_hour
from rdv.simulation.chance import ruled_by
from rdv.simulation.ledger import Taken
from rdv.simulation.month import Month
from rdv.simulation.people import Acceptance, People
from rdv.simulation.policies import SCHEMES
from rdv.simulation.results import result_of
from rdv.simulation.world import NotEmptyError
from tests.factories import make_departement

# More happens in two days when more people cancel.
BUSY = replace(People(), cancel=0.5, no_show=0.2, waiting=1.0, joining=0.2, want_earlier=0.4)
WILLING = Acceptance(0.3, 0.5)


def play(scheme, *, people=BUSY, acceptance=WILLING, seed=1, days=1):
    with ruled_by("test", worlds.FILLED_AT):
        world = worlds.build(agents=1, days=days, people=people)
    with ruled_by(seed, worlds.WALK_FROM) as clock:
        month = Month(world, scheme, people=people, acceptance=acceptance, seed=seed, clock=clock)
        month.run()
    return month


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_what_came_free_was_taken_or_lost(db, scheme):
    month = play(scheme)
    result = result_of(month)  # compares rows and ledger
    ledger = month.ledger
    assert result.capacity == 8
    assert result.freed > 0
    assert result.freed == result.by_list + result.by_caller + result.by_walk_in + result.lost
    assert not ledger.open
    assert all(hole.closed_at >= hole.freed_at for hole in ledger.closed)
    # One day may free no hour early enough for a list; without one, nobody is ever asked.
    assert not result.offers or scheme.has_waitlist
    assert scheme.walk_ins or not ledger.count(Taken.WALK_IN)
    # No hour to two people; nothing held, nothing promised, when the month is over.
    rows = Participation.objects.live().filter(rdv__is_overbooked=False)
    held = Counter(rows.values_list("rdv__rdv_agents__agent", "starts_at"))
    assert set(held.values()) <= {1}
    assert not Offre.objects.filter(state=OffreState.ACCEPTED).exclude(rdv__starts_at=F("starts_at")).exists()
    over = Option.objects.filter(occupations__is_blocking=True).exclude(offres__state=OffreState.LIVE)
    assert not over.filter(purpose=Purpose.OFFRE, rdv__isnull=True).exists()


@contextmanager
def undone():
    """What is written is taken back, the numbers of rows too: people are known by theirs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
        numbers = cursor.fetchall()
    point = transaction.savepoint()
    yield
    transaction.savepoint_rollback(point)
    with connection.cursor() as cursor:
        for name, last in numbers:
            cursor.execute("SELECT setval(%s, %s, %s)", [name, last or 1, last is not None])


@pytest.mark.slow
def test_the_same_seed_is_the_same_month(db):
    scheme = next(one for one in SCHEMES if one.name == "default")
    found = []
    for seed in (1, 1, 2):
        with undone():
            found.append(result_of(play(scheme, seed=seed)))
    assert found[0] == found[1]
    assert replace(found[0], seed=2) != found[2]


@pytest.mark.slow
def test_who_said_yes_on_the_phone_and_answers_the_message_too_takes_the_hour_once(db):
    month = play(next(one for one in SCHEMES if one.name == "default"))
    offre = Offre.objects.filter(state=OffreState.ACCEPTED).first()
    before = len(month.ledger.closed)
    month.list._answer(offre.pk, says_yes=True)
    assert len(month.ledger.closed) == before
    assert result_of(month).by_list == month.ledger.count(Taken.LIST)


def test_a_database_with_somebody_in_it_is_refused(db):
    make_departement("62")
    with pytest.raises(NotEmptyError):
        worlds.build(agents=1, days=1, people=People())


def test_callers_alone_take_the_share_that_the_source_says(db):
    with ruled_by("test", worlds.FILLED_AT):
        world = worlds.build(agents=1, days=2, people=People())
    usual, many = (calls_per_desk_hour(world, replace(People(), desk_refill=share)) for share in (0.28, 0.45))
    assert 0 < usual < many
    assert calls_per_desk_hour(world, replace(People(), desk_refill=0.0)) == pytest.approx(0, abs=1e-6)
