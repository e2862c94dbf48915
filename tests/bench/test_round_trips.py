"""What a booking costs the database, and the tool that makes it so: rows that belong together in one statement."""

import runpy

import pytest
from django.db import IntegrityError, connection, transaction

from notifications.models import Message
from rdv.config.settings import base
from rdv.core.db import prepared_cursor
from rdv.core.journal import Author
from rdv.core.together import Also, Tail, insert_together
from rdv.models import Occupation, OccupationKind, Option, OptionAgent, Origin
from rdv.services.booking import Booking, book_option
from rdv.services.holding import hold_creneau
from rdv.services.questions import EVERYBODY
from tests.factories import NOW, make_agent, make_departement, make_motif, make_ouverture, make_site, make_usager, utc

TEN = utc(2027, 1, 11, 9)
USAGER = Author("usager", None, "Usager")


@pytest.fixture
def place(db):
    departement = make_departement("62")
    site = make_site(departement)
    motif = make_motif(departement, sites=[site])
    agents = [make_agent(departement, site=site) for _ in range(2)]
    for agent in agents:
        make_ouverture(agent, [motif], utc(2027, 1, 11, 8), utc(2027, 1, 11, 11), site=site)
    return departement, site, motif, agents


def option_of(motif, site):
    return Option(
        departement_id=motif.departement_id,
        motif=motif,
        site=site,
        starts_at=TEN,
        ends_at=TEN + motif.duration,
        expires_at=utc(2027, 1, 4, 9).replace(microsecond=123456),
        author_kind="usager",
        opened_at=NOW,
    )


def links(departement, agents):
    return Tail("option_id", [OptionAgent(departement_id=departement.code, agent_id=agent.pk) for agent in agents])


def test_head_and_tails_are_one_statement_and_read_back_as_written(place, django_assert_num_queries):
    departement, site, motif, agents = place
    option = option_of(motif, site)
    with django_assert_num_queries(1):
        insert_together(option, links(departement, agents))
    read = Option.objects.with_agent_ids().get()
    assert read == option
    assert (read.token, read.expires_at, read.purpose) == (option.token, option.expires_at, option.purpose)
    assert read.agent_ids == sorted(agent.pk for agent in agents)


def test_the_other_change_reads_the_new_id(place):
    departement, site, motif, agents = place
    first, second = option_of(motif, site), option_of(motif, site)
    insert_together(first, links(departement, agents))
    also = Also("UPDATE rdv_option SET author_id = head.id FROM head WHERE rdv_option.id = %s", [first.pk])
    insert_together(second, also=also)
    first.refresh_from_db()
    assert first.author_id == second.pk


def test_a_tail_of_another_departement_is_refused_and_nothing_is_written(place):
    _, site, motif, _ = place
    stranger = make_agent(make_departement("59"))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_together(option_of(motif, site), links(motif.departement, [stranger]))
    assert not Option.objects.exists()


def test_a_booking_asks_at_most_21_times_and_writes_its_letters_in_one(place, django_assert_max_num_queries):
    departement, site, motif, _ = place
    usager = make_usager(departement, phone="+33639981240", email="samira@example.net")
    with django_assert_max_num_queries(21) as captured:
        option = hold_creneau(
            motif=motif, site=site, starts_at=TEN, agents=EVERYBODY, author=USAGER, opened_at=NOW, now=NOW
        )
        book_option(token=option.token, booking=Booking(usager=usager, origin=Origin.WEB), author=USAGER, now=NOW)
    letters = [query for query in captured if "notifications_message" in query["sql"]]
    assert len(letters) == 1
    # Two confirmations, a reminder, the second SMS.
    assert Message.objects.filter(recipient=f"usager:{usager.pk}", stands_in_for=None).count() == 4
    assert Message.objects.exclude(stands_in_for=None).count() == 1
    assert [row.kind for row in Occupation.objects.all()] == [OccupationKind.RDV]


def prepared():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        return cursor.fetchone()[0]


def ask_ten_times():
    for number in range(10):
        with prepared_cursor() as cursor:
            cursor.execute("SELECT %(number)s::int + 1", {"number": number})
            assert cursor.fetchone() == (number + 1,)


def test_a_search_is_planned_once_for_a_connection(db, django_assert_num_queries):
    connection.ensure_connection()
    before = prepared()
    with django_assert_num_queries(10):  # counted like any other
        ask_ten_times()
    assert prepared() == before + 1


def test_behind_pgbouncer_nothing_stays_in_the_session(db, without_prepared_statements):
    """In transaction mode it gives each transaction another session: no statement is prepared in one."""
    before = prepared()
    ask_ten_times()
    assert prepared() == before


@pytest.mark.parametrize(("pgbouncer", "threshold"), [("true", None), ("false", 3)])
def test_the_setting_says_whether_a_session_may_keep_statements(monkeypatch, pgbouncer, threshold):
    monkeypatch.setenv("PGBOUNCER", pgbouncer)
    settings = runpy.run_path(base.__file__)
    assert settings["DATABASES"]["default"]["OPTIONS"]["prepare_threshold"] == threshold
    assert settings["DATABASES"]["default"]["DISABLE_SERVER_SIDE_CURSORS"] is (pgbouncer == "true")
