"""Two people who take a series on the same agent at the same instant: real threads, and controls with the guards off.

one       Tue 12   Tue 19   Tue 26
another   Tue 12   Tue 19   Tue 26       one of them has all the hours, the other one none
"""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from rdv.core.db import LOCK_AGENT
from rdv.models import Occupation, Option, Participation, Rdv, Serie
from rdv.services import all_or_none, series
from rdv.services.questions import Creneau
from rdv.services.series import Asked, book_series
from tests.factories import NOW, make_agent, make_ouverture, make_rdv, make_usager, utc
from tests.racing import kinds, together
from tests.rdv.conftest import AGENT
from tests.rdv.test_races import meet_before_the_insert, overlaps, with_guards, without_guards

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
FIRST = utc(2027, 1, 11, 8)
WEEK, HALF_HOUR = timedelta(weeks=1), timedelta(minutes=30)
WEEKS = (1, 2, 3)


@pytest.fixture
def agents(world):
    """The agent of the world and a colleague, both every Monday morning for six weeks."""
    found = [world.agent, make_agent(world.departement, site=world.site, services=[world.motif.service])]
    for agent in found:
        for week in range(1, 7):
            start = FIRST + week * WEEK
            make_ouverture(agent, [world.motif], start, start + timedelta(hours=3), site=world.site)
    return found


def follows(world, agent, *, number):
    """An Rdv of somebody on the first Monday; whoever comes back starts from it."""
    start = FIRST + number * HALF_HOUR
    rdv = make_rdv(world.motif, world.site, [agent], start, usagers=[make_usager(world.departement)])
    whole = Participation.objects.select_related("usager", "responsable", "rdv__motif__departement", "rdv__site")
    return whole.get(rdv=rdv)


def taking(participation, agent_ids, weeks=WEEKS):
    """`agent_ids`: one for each week."""
    site_id = participation.rdv.site_id
    creneaux = [
        Creneau(FIRST + week * WEEK, site_id, (agent_id,)) for week, agent_id in zip(weeks, agent_ids, strict=True)
    ]
    asked = Asked(participation, creneaux, "toutes les semaines", uuid.uuid4())
    return lambda: book_series(asked=asked, author=AGENT, now=NOW)


def members():
    return sorted(serie.rdvs.filter(origin="series").count() for serie in Serie.objects.all())


def nothing_is_left_held():
    return not Option.objects.filter(rdv=None).exists() and not Occupation.objects.filter(kind="option").exists()


def test_the_same_hours_of_one_agent_go_to_one_series_whole(world, agents):
    people = [follows(world, agents[0], number=number) for number in range(4)]
    answers = together([taking(one, [agents[0].pk] * 3) for one in people])
    assert kinds(answers) == {"Serie": 1, "NotAllTaken": 3}
    assert members() == [3]
    assert overlaps() == 0
    assert nothing_is_left_held()


def test_hours_in_common_are_never_shared_and_the_loser_takes_none(world, agents):
    """Weeks 1 to 3 against 3 to 5: only the third meets."""
    first, second = (follows(world, agents[0], number=number) for number in range(2))
    ids = [agents[0].pk] * 3
    answers = together([taking(first, ids), taking(second, ids, weeks=(3, 4, 5))])
    assert kinds(answers) == {"Serie": 1, "NotAllTaken": 1}
    assert members() == [3]
    assert overlaps() == 0


def test_two_agents_in_opposite_order_never_wait_for_each_other_in_a_ring(world, agents):
    """No hour in common: all of them win, whatever the order of their dates and agents."""
    one, other = agents[0].pk, agents[1].pk
    people = [follows(world, agents[number % 2], number=number) for number in range(4)]
    wanted = [
        ([one, other], (1, 2)),
        ([other, one], (1, 2)),
        ([one, other], (3, 4)),
        ([other, one], (3, 4)),
    ]
    answers = together([taking(who, ids, weeks) for who, (ids, weeks) in zip(people, wanted, strict=True)])
    assert kinds(answers) == {"Serie": 4}
    assert members() == [2, 2, 2, 2]
    assert overlaps() == 0


def test_one_form_sent_by_many_hands_gives_one_series(world, agents):
    job = taking(follows(world, agents[0], number=0), [agents[0].pk] * 3)
    answers = together([job] * 6)
    assert kinds(answers) == {"Serie": 6}
    assert len({answer.pk for answer in answers}) == 1
    assert Rdv.objects.count() == 4


def test_control_without_locks_and_constraint_both_have_the_same_hours(world, agents, monkeypatch):
    without_guards(monkeypatch)
    monkeypatch.setattr(series, "lock_agents", lambda ids: None)
    monkeypatch.setattr(all_or_none, "lock_agents", lambda ids: None)
    people = [follows(world, agents[0], number=number) for number in range(2)]
    try:
        meet_before_the_insert(monkeypatch, 2)
        answers = together([taking(one, [agents[0].pk] * 3) for one in people])
        assert kinds(answers) == {"Serie": 2}
        assert overlaps() == 3
    finally:
        with_guards()


def test_control_with_locks_taken_as_the_dates_come_a_ring_is_seen(world, agents, monkeypatch):
    """One agent after the other in the order of the form, both forms in the middle of it: PostgreSQL ends one."""
    half_way = threading.Barrier(2)

    def as_they_come(ids):
        wanted = list(dict.fromkeys(ids))
        for position, agent_id in enumerate(wanted):
            if position == 1:
                half_way.wait(timeout=30)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_AGENT, agent_id])

    monkeypatch.setattr(series, "lock_agents", as_they_come)
    one, other = agents[0].pk, agents[1].pk
    jobs = [
        taking(follows(world, agents[0], number=0), [one, other], weeks=(1, 2)),
        taking(follows(world, agents[1], number=1), [other, one], weeks=(1, 2)),
    ]
    answers = together(jobs)
    assert kinds(answers) == {"Serie": 1, "OperationalError": 1}
    assert "deadlock" in str(next(one for one in answers if isinstance(one, OperationalError)))
