"""Planning under several hands at once: two nights, an absence against a booking. Real threads, real commits."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, connection

from rdv.models import Absence, Occupation, Ouverture
from rdv.services import absence_pieces, absences, expansion
from rdv.services.errors import CreneauUnavailable
from rdv.services.holding import hold_creneau
from rdv.services.planning import AbsenceRule, create_absence, create_plage, edit_plage, expand_all, rule_of
from rdv.services.questions import EVERYBODY
from tests.factories import NOW, utc
from tests.rdv.conftest import AGENT, USAGER

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
MONDAY = date(2027, 1, 11)
LATER = NOW + timedelta(days=28)


def together(*actions):
    """Run them at the same time; what each answered, or its refusal."""
    start = threading.Barrier(len(actions))

    def run(action):
        try:
            start.wait(timeout=10)
            return action()
        except CreneauUnavailable as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def weekly(world, **fields):
    rule = {
        "site": world.site,
        "motifs": [world.motif],
        "first_day": MONDAY,
        "starts_time": time(14),
        "ends_time": time(17),
    }
    return create_plage(
        departement=world.departement, agent=world.agent, author=AGENT, now=NOW, rhythm="weekly", **rule | fields
    )


@pytest.mark.parametrize("is_locked", [True, False])
def test_two_nights_at_once_write_each_piece_once(world, monkeypatch, is_locked):
    """Without the lock both read the same rule before either writes, and every new piece is there twice."""
    rule = AbsenceRule(first_day=MONDAY, starts_time=time(12), ends_time=time(13), rhythm="weekly")
    absence, _ = create_absence(agent=world.agent, rule=rule, author=AGENT, now=NOW)
    meeting = threading.Barrier(2)
    expand = expansion.expand_absence

    def expand_when_both_have_read(rule, *, now):
        with suppress(threading.BrokenBarrierError):  # the other one is kept out by the lock
            meeting.wait(timeout=1.5)
        return expand(rule, now=now)

    monkeypatch.setattr(expansion, "expand_absence", expand_when_both_have_read)
    if not is_locked:
        monkeypatch.setattr(expansion, "lock_agents", lambda ids: None)
        # Two equal pieces would also be refused by the database: the net is taken away as well.
        Occupation.objects.filter(absence=absence).update(is_blocking=False)
        monkeypatch.setattr("rdv.services.absence_pieces._blocking_rows", _everything_is_taken)
    reports = together(lambda: expand_all(now=LATER), lambda: expand_all(now=LATER))
    starts = list(Occupation.objects.filter(absence=absence).values_list("starts_at", flat=True))
    assert (len(starts) == len(set(starts))) is is_locked
    assert sum(report.rules for report in reports) == (1 if is_locked else 2)


def _everything_is_taken(agent_id, pieces):
    return pieces


def test_two_nights_at_once_write_each_opening_once(world):
    plage = weekly(world)
    reports = together(lambda: expand_all(now=LATER), lambda: expand_all(now=LATER))
    assert sorted(report.failed for report in reports) == [0, 0]
    assert Ouverture.objects.filter(plage=plage).latest("starts_at").local_on == date(2028, 2, 28)


def test_a_night_and_an_edit_leave_one_series(world):
    plage = weekly(world)
    rule = rule_of(plage)
    new_rule = type(rule)(
        site=rule.site,
        motifs=rule.motifs,
        first_day=date(2027, 1, 12),
        starts_time=time(8),
        ends_time=time(9),
        rhythm="weekly",
    )
    together(
        lambda: expand_all(now=LATER),
        lambda: edit_plage(plage=plage, scope="all", day=MONDAY, rule=new_rule, author=AGENT, now=NOW),
    )
    expand_all(now=LATER)
    weekdays = {day.weekday() for day in Ouverture.objects.filter(plage=plage).values_list("local_on", flat=True)}
    assert weekdays == {1}


@pytest.mark.parametrize("_round", range(6))
def test_an_absence_against_a_booking_of_the_same_hour(world, _round):
    """Either the booking came first and the absence lies over it without blocking, or the absence keeps it out."""
    start = utc(2027, 1, 11, 9)

    def book():
        return hold_creneau(
            motif=world.motif, site=world.site, starts_at=start, agents=EVERYBODY, author=USAGER, opened_at=NOW, now=NOW
        )

    def leave():
        rule = AbsenceRule(first_day=MONDAY, starts_time=time(9), ends_time=time(12))
        return create_absence(agent=world.agent, rule=rule, author=AGENT, now=NOW)

    booked, _ = together(book, leave)
    piece = Occupation.objects.get(kind="absence")
    if isinstance(booked, CreneauUnavailable):
        assert piece.is_blocking
        assert not Occupation.objects.filter(kind="option").exists()
    else:
        assert not piece.is_blocking
        assert Occupation.objects.filter(kind="option", starts_at=start).count() == 1
    assert Absence.objects.count() == 1


def test_without_the_lock_an_absence_meets_the_net_of_the_database(world, monkeypatch):
    """Negative control: what keeps the two apart is the agent's lock; the constraint would refuse the absence."""
    read = threading.Event()
    held = threading.Event()
    look = absence_pieces._blocking_rows

    def look_then_wait(agent_id, pieces):
        found = look(agent_id, pieces)
        read.set()
        held.wait(timeout=10)
        return found

    monkeypatch.setattr("rdv.services.absence_pieces._blocking_rows", look_then_wait)
    monkeypatch.setattr(absences, "lock_agents", lambda ids: None)

    def book():
        read.wait(timeout=10)
        try:
            return hold_creneau(
                motif=world.motif,
                site=world.site,
                starts_at=utc(2027, 1, 11, 9),
                agents=EVERYBODY,
                author=USAGER,
                opened_at=NOW,
                now=NOW,
            )
        finally:
            held.set()

    def leave():
        with pytest.raises(IntegrityError, match="occupation_no_overlap"):
            create_absence(agent=world.agent, rule=AbsenceRule(first_day=MONDAY), author=AGENT, now=NOW)

    together(book, leave)
    assert list(Occupation.objects.values_list("kind", flat=True)) == ["option"]
