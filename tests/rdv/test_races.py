"""Two people on one hour: real threads, real PostgreSQL, and for each race a negative control.

A control switches one guard off and must *see* the overlap: a race test that cannot fail proves nothing.
"""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from rdv.models import Evenement, Occupation, Option, Origin, Participation, Rdv
from rdv.services import booking as booking_module
from rdv.services import cancelling, holding
from rdv.services import undo_move as undo_module
from rdv.services.booking import Booking, book_option
from rdv.services.cancelling import cancel_participation, restore_participation
from rdv.services.errors import CreneauUnavailable, StatusRefused, WorkshopFull
from rdv.services.moving import Move, move_rdv
from rdv.services.questions import EVERYBODY
from rdv.services.seats import create_workshop
from rdv.services.undo_move import OldHourTaken, undo_move
from tests.factories import NOW, make_agent, make_motif, make_ouverture, make_rdv, make_usager, utc
from tests.racing import kinds, together
from tests.rdv.conftest import AGENT, USAGER

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TEN = utc(2027, 1, 11, 9)
NO_OVERLAP = "occupation_no_overlap"


def hold_and_book(world, usager, start=TEN):
    def job():
        option = holding.hold_creneau(
            motif=world.motif, site=world.site, starts_at=start, agents=EVERYBODY, author=USAGER, opened_at=NOW, now=NOW
        )
        return book_option(
            token=option.token, booking=Booking(usager=usager, origin=Origin.WEB), author=USAGER, now=NOW
        )

    return job


def overlaps():
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM rdv_occupation a JOIN rdv_occupation b
               ON a.agent_id = b.agent_id AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"""
        )
        return cursor.fetchone()[0]


def test_two_hundred_on_the_last_creneau_one_wins_and_the_others_are_told_politely(world):
    people = [make_usager(world.departement) for _ in range(200)]
    answers = together([hold_and_book(world, usager) for usager in people])
    assert kinds(answers) == {"Rdv": 1, "CreneauUnavailable": 199}
    assert all(refusal.nearest for refusal in answers if isinstance(refusal, CreneauUnavailable))
    assert (Rdv.objects.count(), Participation.objects.count(), Occupation.objects.count()) == (1, 1, 1)
    assert overlaps() == 0


def test_control_without_locks_and_constraint_the_hour_goes_to_several(world, monkeypatch):
    """Both guards off: check-then-insert, as most peers do."""
    without_guards(monkeypatch)
    people = [make_usager(world.departement) for _ in range(12)]
    try:
        meet_before_the_insert(monkeypatch, 12)
        answers = together([hold_and_book(world, usager) for usager in people])
        assert kinds(answers)["Rdv"] > 1
        assert overlaps() > 0
    finally:
        with_guards()


def without_guards(monkeypatch):
    monkeypatch.setattr(holding, "lock_agents", lambda ids, **how: None)
    monkeypatch.setattr(booking_module, "lock_agents", lambda ids, **how: None)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE rdv_occupation DROP CONSTRAINT {NO_OVERLAP}")


def with_guards():
    Occupation.objects.all().delete()
    constraint = next(c for c in Occupation._meta.constraints if c.name == NO_OVERLAP)
    with connection.schema_editor() as editor:
        editor.add_constraint(Occupation, constraint)


def meet_before_the_insert(monkeypatch, number):
    """Everybody has looked before anybody writes: the unlucky moment, made certain."""
    barrier, original, met = threading.Barrier(number), holding.insert_together, threading.local()

    def insert(*rows, **asked):
        if not getattr(met, "once", False):
            met.once = True
            barrier.wait(timeout=30)
        return original(*rows, **asked)

    monkeypatch.setattr(holding, "insert_together", insert)


def test_shifted_overlaps_are_refused_like_exact_ones(world):
    starts = [TEN + timedelta(minutes=5 * n) for n in range(6)]
    people = [make_usager(world.departement) for _ in starts]
    jobs = [hold_and_book(world, usager, start) for usager, start in zip(people, starts, strict=True)]
    answers = together(jobs)
    assert kinds(answers) == {"Rdv": 1, "CreneauUnavailable": 5}
    assert overlaps() == 0


def test_one_form_sent_by_many_hands_gives_one_rdv(world):
    option = holding.hold_creneau(
        motif=world.motif, site=world.site, starts_at=TEN, agents=EVERYBODY, author=USAGER, opened_at=NOW, now=NOW
    )
    booking = Booking(usager=world.usager, origin=Origin.WEB)
    job = lambda: book_option(token=option.token, booking=booking, author=USAGER, now=NOW)  # noqa: E731
    answers = together([job] * 10)
    assert kinds(answers) == {"Rdv": 10}
    assert len({answer.pk for answer in answers}) == 1
    assert Participation.objects.count() == 1


def test_two_agents_free_two_winners_among_twenty(world):
    second = make_agent(world.departement, site=world.site, services=[world.motif.service])
    make_ouverture(second, [world.motif], TEN, TEN + timedelta(minutes=30), site=world.site)
    people = [make_usager(world.departement) for _ in range(20)]
    answers = together([hold_and_book(world, usager) for usager in people])
    assert kinds(answers) == {"Rdv": 2, "CreneauUnavailable": 18}
    assert overlaps() == 0


def test_binomes_in_opposite_order_never_wait_for_each_other_in_a_ring(world):
    """Two agents, bookings that need both, asked from both sides: locks in id order, so no deadlock."""
    binome = make_motif(world.departement, sites=[world.site], agents_needed=2)
    agents = [make_agent(world.departement, site=world.site, services=[world.motif.service]) for _ in range(3)]
    for agent in agents:
        make_ouverture(agent, [binome], utc(2027, 1, 12, 8), utc(2027, 1, 12, 12), site=world.site)
    world.motif = binome
    starts = [utc(2027, 1, 12, 8) + timedelta(minutes=30 * n) for n in range(4)] * 3
    jobs = [hold_and_book(world, make_usager(world.departement), start) for start in starts]
    answers = together(jobs)
    assert kinds(answers) == {"Rdv": 4, "CreneauUnavailable": 8}
    assert overlaps() == 0


def test_the_last_seat_of_a_workshop(world):
    motif = make_motif(world.departement, sites=[world.site], is_collective=True, capacity=3, duration_min=60)
    atelier = create_workshop(
        motif=motif, site=world.site, agent_ids=[world.agent.pk], starts_at=utc(2027, 1, 12, 8),
        ends_at=utc(2027, 1, 12, 9), title="", capacity=3, author=AGENT, now=NOW,
    )  # fmt: skip

    def join(usager):
        def job():
            option = holding.hold_seat(atelier=atelier, author=USAGER, opened_at=NOW, now=NOW)
            booking = Booking(usager=usager, origin=Origin.WEB)
            return book_option(token=option.token, booking=booking, author=USAGER, now=NOW)

        return job

    answers = together([join(make_usager(world.departement)) for _ in range(15)])
    assert kinds(answers) == {"Rdv": 3, WorkshopFull.__name__: 12}
    atelier.refresh_from_db()
    assert (atelier.seats_taken, atelier.participations.count()) == (3, 3)


def test_control_without_the_capacity_constraint_the_workshop_overflows(world):
    motif = make_motif(world.departement, sites=[world.site], is_collective=True, capacity=1, duration_min=60)
    atelier = make_rdv(motif, world.site, [world.agent], utc(2027, 1, 12, 8))
    constraint = next(c for c in Rdv._meta.constraints if c.name == "rdv_capacity")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Rdv, constraint)
    try:
        for _ in range(2):
            option = holding.hold_seat(atelier=atelier, author=USAGER, opened_at=NOW, now=NOW)
            booking = Booking(usager=make_usager(world.departement), origin=Origin.WEB)
            book_option(token=option.token, booking=booking, author=USAGER, now=NOW)
        atelier.refresh_from_db()
        assert atelier.seats_taken == 2
    finally:
        Participation.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Rdv, constraint)


def test_a_move_and_a_booking_on_one_hour(world):
    rdv = make_rdv(world.motif, world.site, [world.agent], utc(2027, 1, 11, 8), usagers=[world.usager])
    move = lambda: move_rdv(rdv=rdv, move=Move(starts_at=TEN), author=USAGER, now=NOW)  # noqa: E731
    answers = together([move, *[hold_and_book(world, make_usager(world.departement)) for _ in range(6)]])
    assert kinds(answers) == {"Rdv": 1, "CreneauUnavailable": 6}
    assert overlaps() == 0
    assert Rdv.objects.filter(starts_at=TEN).count() == 1


def test_an_undo_and_a_booking_on_the_freed_hour(world):
    rdv = make_rdv(world.motif, world.site, [world.agent], TEN, usagers=[world.usager])
    participation = rdv.participations.get()
    cancel_participation(participation=participation, by_service=False, author=USAGER, now=NOW)
    undo = lambda: restore_participation(participation=participation, author=USAGER, now=NOW)  # noqa: E731
    answers = together([undo, hold_and_book(world, make_usager(world.departement))])
    assert kinds(answers) in (
        {"Participation": 1, CreneauUnavailable.__name__: 1},
        {StatusRefused.__name__: 1, "Rdv": 1},
    )
    assert Rdv.objects.filter(starts_at=TEN, cancelled_at=None).count() == 1
    assert overlaps() == 0


def test_the_sweep_and_the_confirmations_never_meet_badly(world):
    """Holds that die while they are confirmed: each ends as an Rdv or as nothing, never a booking swept away."""
    starts = [utc(2027, 1, 11, 8) + timedelta(minutes=30 * n) for n in range(6)]
    options = [
        holding.hold_creneau(
            motif=world.motif, site=world.site, starts_at=s, agents=EVERYBODY, author=USAGER, opened_at=NOW, now=NOW
        )
        for s in starts
    ]
    later = NOW + timedelta(minutes=11)

    def confirm(option):
        usager = make_usager(world.departement)
        booking = Booking(usager=usager, origin=Origin.WEB)
        return lambda: book_option(token=option.token, booking=booking, author=USAGER, now=later)

    answers = together([*map(confirm, options), *[lambda: holding.drop_dead_options(later)] * 4])
    assert not [a for a in answers if isinstance(a, OperationalError)]
    booked = [a for a in answers if isinstance(a, Rdv)]
    assert Rdv.objects.count() == len(booked) == Occupation.objects.filter(kind="rdv").count()
    assert not Option.objects.dead(later).exists()
    assert overlaps() == 0


def moved_away(world):
    rdv = make_rdv(world.motif, world.site, [world.agent], TEN, usagers=[world.usager])
    move_rdv(rdv=rdv, move=Move(starts_at=TEN + timedelta(minutes=30)), author=AGENT, now=NOW)
    return lambda: undo_move(rdv=rdv, version=1, author=AGENT, now=NOW)


def test_the_undo_of_a_move_and_a_booking_on_the_old_hour(world):
    undo = moved_away(world)
    answers = together([undo, *[hold_and_book(world, make_usager(world.departement)) for _ in range(4)]])
    won = kinds(answers)
    assert won in (
        {"Undone": 1, CreneauUnavailable.__name__: 4},
        {OldHourTaken.__name__: 1, "Rdv": 1, CreneauUnavailable.__name__: 3},
    )
    assert Rdv.objects.filter(starts_at=TEN, cancelled_at=None).count() == 1
    # Nothing is lost on the way: whoever moved is at one of the two hours.
    assert Participation.objects.live().filter(usager=world.usager).count() == 1
    assert Occupation.objects.filter(rdv__participations__usager=world.usager).count() == 1
    assert overlaps() == 0


def test_control_without_locks_and_constraint_the_undo_of_a_move_lands_on_somebody(world, monkeypatch):
    """Both guards off: the old hour was looked at, found free, and is given twice."""
    undo = moved_away(world)
    without_guards(monkeypatch)
    monkeypatch.setattr(cancelling, "lock_agents", lambda ids, **how: None)
    barrier, insert, take = threading.Barrier(2), holding.insert_together, undo_module.take
    met = threading.local()

    def first_meets(what):
        """Both have looked before either writes: the unlucky moment, made certain."""

        def write(*rows, **asked):
            if not getattr(met, "once", False):
                met.once = True
                barrier.wait(timeout=30)
            return what(*rows, **asked)

        return write

    monkeypatch.setattr(holding, "insert_together", first_meets(insert))
    monkeypatch.setattr(undo_module, "take", first_meets(take))
    try:
        answers = together([undo, hold_and_book(world, make_usager(world.departement))])
        assert kinds(answers) == {"Undone": 1, "Rdv": 1}
        assert overlaps() > 0
    finally:
        with_guards()


def test_the_undo_of_a_move_sent_by_two_hands_is_done_once(world):
    undo = moved_away(world)
    answers = together([undo] * 4)
    assert kinds(answers) == {"Undone": 4}
    assert Evenement.objects.filter(kind="rdv.move_undone").count() == 1
    assert Rdv.objects.get().schedule_version == 2
