"""The migrations of the longest free stretch go back and come again, with rows there, and leave what was there."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.bench.test_bench_loading import constraints
from tests.bench.test_longest_free import assert_exact, minutes_of
from tests.factories import make_agent, make_departement, make_motif, make_ouverture, make_rdv, make_site, utc

BEFORE = [("rdv", "0003_places")]
STEPS = ([("rdv", "0005_one_index_each")], [("rdv", "0004_longest_free")], BEFORE)


def migrate(target):
    MigrationExecutor(connection).migrate(target)


def indexes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename IN ('rdv_ouverture', 'rdv_occupation')")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_back_step_by_step_and_forth_again():
    departement = make_departement("62")
    site = make_site(departement)
    motif = make_motif(departement, sites=[site])
    agent = make_agent(departement, site=site)
    ouverture = make_ouverture(agent, [motif], utc(2027, 1, 11, 8), utc(2027, 1, 11, 11), site=site)
    make_rdv(motif, site, [agent], utc(2027, 1, 11, 9))
    there, latest = constraints(), MigrationExecutor(connection).loader.graph.leaf_nodes()
    try:
        for step in STEPS:
            migrate(step)
            assert {"ouverture_site", "ouverture_agent", "occupation_agent"} <= indexes()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'rdv_%%_free_%%'")
            assert cursor.fetchone() == (0,)
    finally:
        migrate(latest)
    assert constraints() == there
    assert minutes_of(ouverture) == 90
    assert_exact()
