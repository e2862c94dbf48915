"""Whoever changes what an agent opens, or what takes their time, holds that agent's lock: the stored longest free
stretch is measured without looking at what another transaction has not committed yet.

The database itself watches: for the length of a test, a row written without the lock is an error.
"""

from datetime import date, time, timedelta

import pytest
from django.db import DatabaseError, connection

from rdv.core.db import LOCK_AGENT
from rdv.core.journal import Author
from rdv.models import Occupation, Origin, Ouverture
from rdv.services import planning
from rdv.services.absences import AbsenceRule, create_absence, delete_absence, edit_absence
from rdv.services.booking import Booking, book_option, overbook
from rdv.services.cancelling import cancel_participation, cancel_rdv, restore_participation
from rdv.services.expansion import expand_all
from rdv.services.holding import drop_dead_options, hold_creneau, release_option
from rdv.services.moving import Move, move_rdv
from rdv.services.plages import end_plage
from rdv.services.questions import EVERYBODY
from rdv.services.seats import create_workshop
from tests.factories import NOW, make_agent, make_departement, make_motif, make_ouverture, make_site, make_usager, utc

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
AGENT = Author("agent", 1, "Claire Vasseur", "agent")
TEN = utc(2027, 1, 11, 9)
WATCH = f"""
CREATE FUNCTION rdv_watch_lock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    agent bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.agent_id ELSE NEW.agent_id END;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
                   AND classid = {LOCK_AGENT} AND objid = agent AND objsubid = 2) THEN
        RAISE EXCEPTION 'agent % written without its lock', agent;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rdv_watch AFTER INSERT OR UPDATE OR DELETE ON rdv_occupation
    FOR EACH ROW EXECUTE FUNCTION rdv_watch_lock();
CREATE TRIGGER rdv_watch AFTER INSERT OR UPDATE OR DELETE ON rdv_ouverture
    FOR EACH ROW EXECUTE FUNCTION rdv_watch_lock();
"""
UNWATCH = """
DROP TRIGGER rdv_watch ON rdv_occupation;
DROP TRIGGER rdv_watch ON rdv_ouverture;
DROP FUNCTION rdv_watch_lock();
"""


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def place():
    departement = make_departement("62")
    site = make_site(departement)
    motif = make_motif(departement, sites=[site])
    group = make_motif(departement, sites=[site], is_collective=True)
    agents = [make_agent(departement, site=site, services=[motif.service]) for _ in range(2)]
    for agent in agents:
        make_ouverture(agent, [motif], utc(2027, 1, 11, 8), utc(2027, 1, 11, 11), site=site)
    execute(WATCH)
    try:
        yield departement, site, motif, group, agents
    finally:
        execute(UNWATCH)


def test_control_a_writer_without_the_lock_is_seen(place):
    with pytest.raises(DatabaseError, match="without its lock"):
        Ouverture.objects.update(is_cancelled=True)


def test_everything_that_takes_time_holds_the_lock(place):
    departement, site, motif, group, agents = place
    asked = {"motif": motif, "site": site, "agents": EVERYBODY, "author": AGENT, "opened_at": NOW, "now": NOW}

    def booked(start):
        option = hold_creneau(starts_at=start, **asked)
        booking = Booking(usager=make_usager(departement), origin=Origin.PHONE)
        return book_option(token=option.token, booking=booking, author=AGENT, now=NOW)

    release_option(option=hold_creneau(starts_at=TEN, **asked), now=NOW)
    hold_creneau(starts_at=TEN, **asked)
    assert drop_dead_options(NOW + timedelta(hours=1)) == 1
    rdv = booked(TEN)
    move_rdv(rdv=rdv, move=Move(starts_at=TEN + timedelta(minutes=30), agents=EVERYBODY), author=AGENT, now=NOW)
    participation = rdv.participations.get()
    cancel_participation(participation=participation, by_service=False, author=AGENT, now=NOW)
    restore_participation(participation=participation, author=AGENT, now=NOW)
    cancel_rdv(rdv=booked(TEN), author=AGENT, now=NOW)
    overbook(
        motif=motif,
        site=site,
        agent_ids=[agents[0].pk],
        starts_at=TEN,
        booking=Booking(usager=make_usager(departement), origin=Origin.PHONE),
        reason="Urgence",
        author=AGENT,
        now=NOW,
    )
    create_workshop(
        motif=group,
        site=site,
        agent_ids=[agents[1].pk],
        starts_at=utc(2027, 1, 11, 13),
        ends_at=utc(2027, 1, 11, 15),
        title="Cuisine",
        capacity=6,
        author=AGENT,
        now=NOW,
    )
    assert Occupation.objects.count() == 3


def test_everything_that_plans_holds_the_lock(place):
    departement, site, motif, _, agents = place
    fields = {"site": site, "motifs": [motif], "starts_time": time(14), "ends_time": time(16)}
    plage = planning.create_plage(
        departement=departement,
        agent=agents[0],
        author=AGENT,
        now=NOW,
        first_day=date(2027, 1, 12),
        rhythm="weekly",
        weekdays=[1],
        **fields,
    )
    row = plage.ouvertures.select_related("plage", "departement").order_by("occurrence_on")[1]
    planning.edit_occurrence(ouverture=row, author=AGENT, now=NOW, ends_time=time(15))
    planning.cancel_occurrence(ouverture=row, author=AGENT, now=NOW)
    planning.restore_occurrence(ouverture=row, author=AGENT, now=NOW)
    rule = AbsenceRule(first_day=date(2027, 1, 13), rhythm="weekly", weekdays=[2])
    absence, _ = create_absence(agent=agents[0], rule=rule, author=AGENT, now=NOW)
    assert expand_all(now=NOW + timedelta(days=30)).rows > 0
    edit_absence(absence=absence, rule=AbsenceRule(first_day=date(2027, 1, 14)), author=AGENT, now=NOW)
    delete_absence(absence=absence, author=AGENT, now=NOW)
    end_plage(plage=plage, last_day=date(2027, 2, 1), author=AGENT, now=NOW)
    assert plage.ouvertures.count() == 3
