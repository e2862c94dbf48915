"""The data of the bench at a tiny scale: what a load takes down is up again, and services work on what it made."""

import json
import re

import pytest
from django.core.management import call_command
from django.db import connection

from rdv.bench.definitions import read_definitions
from rdv.bench.loading import load
from rdv.bench.measuring import Question, Yardstick, line, measure, percentile
from rdv.bench.report import growth, table
from rdv.bench.scales import NOW, SCALES, Scale
from rdv.bench.searches import SELECT_1, searches
from rdv.bench.world import World
from rdv.bench.writes import USAGER, free_hours
from rdv.models import Occupation, Origin, Ouverture, Participation, Rdv, RdvAgent
from rdv.services import availability
from rdv.services.booking import Booking, book_option
from rdv.services.errors import CreneauUnavailable
from rdv.services.holding import hold_creneau
from rdv.services.questions import EVERYBODY
from usagers.models import Usager

TINY = Scale("tiny", {"62": 2, "974": 1})
KEYS = {"name", "scale", "p50_ms", "p95_ms", "p99_ms", "n", "yardstick", "ratio"}
BIG = ("rdv_ouverture", "rdv_occupation", "rdv_rdv")


def constraints():
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated, conenforced
               FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"""
        )
        found = cursor.fetchall()
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")
        found += cursor.fetchall()
        cursor.execute("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1")
        found += cursor.fetchall()
    return [tuple(_plain(part) for part in row) for row in found]


def _plain(part):
    """PostgreSQL writes `status IN (...)` with its casts elsewhere once it has read itself; the rest is exact."""
    return re.sub(r"::character varying|::text|\[\]|[()]", "", part) if isinstance(part, str) else part


@pytest.fixture
def loaded(db):
    said = []
    load(TINY, say=said.append)
    return said


def test_what_was_taken_down_is_up_again_as_it_was(db):
    before = constraints()
    assert read_definitions().constraints
    load(TINY, say=lambda _: None)
    assert constraints() == before


def test_the_counts_and_the_numbers_that_triggers_keep(loaded):
    assert Ouverture.objects.count() == TINY.agents * 26 * 8
    assert Rdv.objects.count() == Occupation.objects.count() == Participation.objects.count()
    assert RdvAgent.objects.count() == Rdv.objects.count()
    assert Usager.objects.count() == TINY.agents * 40
    full = TINY.agents * 6 * 4 * 13
    assert 0.9 * full < Rdv.objects.count() < full
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM rdv_ouverture WHERE longest_free_min <> rdv_longest_free(agent_id, site_id, local_on)"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute(
            """SELECT count(*) FROM rdv_rdv r JOIN rdv_participation p ON p.rdv_id = r.id
               WHERE (p.starts_at, p.ends_at) <> (r.starts_at, r.ends_at) OR r.seats_taken <> 1"""
        )
        assert cursor.fetchone() == (0,)
    call_command("check")


def test_the_counts_of_the_country():
    scale = SCALES["national"]
    assert (len(scale.sites), sum(scale.sites.values()), scale.agents) == (101, 2020, 20200)


@pytest.mark.django_db(transaction=True)
def test_a_booking_takes_an_hour_of_the_empty_weeks_once():
    load(TINY, say=lambda _: None)
    world = World(TINY)
    motif, site, start = next(free_hours(world))
    window = availability.usager_window(motif, NOW)
    free = availability.public_creneaux(motif, site=site, window=window, now=NOW)
    assert start in free
    usager = world.an_usager(motif.departement, start=start, end=start + motif.duration)
    hold = {"motif": motif, "site": site, "starts_at": start, "author": USAGER, "opened_at": NOW, "now": NOW}
    option = hold_creneau(agents=EVERYBODY, **hold)
    rdv = book_option(token=option.token, booking=Booking(usager=usager, origin=Origin.WEB), author=USAGER, now=NOW)
    taken = rdv.rdv_agents.get().agent_id
    with pytest.raises(CreneauUnavailable):
        hold_creneau(agents=[taken], **hold)


def test_six_full_weeks_are_skipped_by_the_long_motifs(loaded):
    world = World(TINY)
    departement = world.departements[0]
    for motif in world.motifs(departement, longer_than=30):
        window = availability.usager_window(motif, NOW)
        asked = {"sites": world.sites(departement), "agents": EVERYBODY, "window": window, "now": NOW}
        first = availability.first_creneaux(motif, **asked)
        assert {start.date().isoformat() for start in first.values()} <= {"2027-02-22", "2027-02-23"}
        assert first == {
            site.pk: min(one.starts_at for one in availability.creneaux_of(motif, **asked) if one.site_id == site.pk)
            for site in asked["sites"]
        }


# Lines and tables.


def test_a_line_says_what_was_measured_and_its_yardstick(db):
    asked = []
    question = Question("one", lambda: lambda: asked.append(1), SELECT_1, times=20, target_ms=5, extra={"agents": 3})
    told = json.loads(json.dumps(measure(question, "tiny")))
    assert set(told) >= KEYS | {"target_ms", "agents", "queries"}
    assert (told["name"], told["scale"], told["n"], told["yardstick"]) == ("one", "tiny", 20, "select_1")
    assert len(asked) == 20 + 5 + 1  # asked, warmed up, counted
    assert told["queries"] == 0


def test_percentiles_are_values_that_were_seen():
    values = [float(n) for n in range(1, 201)]
    assert [percentile(values, p) for p in (50, 95, 99)] == [100, 190, 198]
    assert percentile([7.0], 99) == 7


def test_the_table_says_what_is_reached_and_the_growth():
    question = Question("one", lambda: lambda: None, Yardstick("y", lambda: None), target_ms=5)
    near, far = line(question, "departement", [4.0], [2.0]), line(question, "national", [6.0], [2.0])
    assert near["ratio"] == 2
    shown = table([near, far]).splitlines()
    assert shown[1].rstrip().endswith("  reached")
    assert shown[2].rstrip().endswith("NOT reached")
    assert "x 1.50" in growth({"departement": [near], "national": [far]})


# Plans of the hot questions.


def nodes(plan):
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def big_scans(sql):
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql)
        return big_scans_in(cursor.fetchone()[0])


def big_scans_in(found):
    plans = found if isinstance(found, list) else json.loads(found)
    return [
        node["Relation Name"]
        for node in nodes(plans[0]["Plan"])
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG
    ]


@pytest.fixture
def hot_questions(db):
    scale = Scale("plans", {"62": 6, "59": 4})
    load(scale, say=lambda _: None)
    return list(searches(World(scale)))


@pytest.mark.slow
def test_no_hot_question_reads_a_big_table_from_end_to_end(
    hot_questions, without_prepared_statements, django_assert_max_num_queries
):
    seen = 0
    for question in hot_questions:
        for _ in range(5):
            asked = question.prepare()
            with django_assert_max_num_queries(4) as captured:
                asked()
            for query in captured:
                if any(table in query["sql"] for table in BIG):
                    assert big_scans(query["sql"]) == [], question.name
                    seen += 1
    assert seen >= 25
    # The control: a question without an index is seen.
    assert big_scans("SELECT count(*) FROM rdv_ouverture WHERE is_modified") == ["rdv_ouverture"]


@pytest.mark.slow
def test_nor_does_the_plan_that_is_kept_for_good(hot_questions, monkeypatch):
    """After a few askings PostgreSQL may keep one plan for any values: that one is looked at too."""
    monkeypatch.setattr(connection.connection, "prepare_threshold", 0)
    for question in hot_questions:
        question.prepare()()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, statement, parameter_types FROM pg_prepared_statements")
        kept = [(name, types) for name, sql, types in cursor.fetchall() if any(table in sql for table in BIG)]
        assert len(kept) >= 2
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        for name, types in kept:
            values = ", ".join(f"NULL::{kind}" for kind in types)
            cursor.execute(f"EXPLAIN (FORMAT JSON) EXECUTE {name}({values})")
            assert big_scans_in(cursor.fetchone()[0]) == []
