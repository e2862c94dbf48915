"""A merge against a booking, two merges that cross: real threads, real PostgreSQL, and a control for each guard."""

import threading

import pytest
from django.db import connection

from rdv.models import Origin, Participation
from rdv.services import booking as booking_module
from rdv.services import holding
from rdv.services import merging as merging_module
from rdv.services.booking import Booking, book_option
from rdv.services.merging import merge_files, undo_merge
from rdv.services.questions import EVERYBODY
from tests.factories import NOW, make_usager, utc
from tests.racing import kinds, together
from tests.rdv.conftest import AGENT, USAGER
from usagers.models import Fusion, Usager
from usagers.services import merging as files

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
HOURS = [utc(2027, 1, 11, 8, minute) for minute in (0, 30)] + [utc(2027, 1, 11, 9, minute) for minute in (0, 30)]
KEPT = dict.fromkeys(("last_name", "first_name", "phone", "email"), "kept")


def merging(kept, other):
    return lambda: merge_files(kept=kept, other=other, choices=KEPT, author=AGENT, now=NOW)


def booked_for(world, usager, starts_at):
    option = holding.hold_creneau(
        motif=world.motif, site=world.site, starts_at=starts_at, agents=EVERYBODY, author=USAGER, opened_at=NOW, now=NOW
    )
    booking = Booking(usager=usager, origin=Origin.WEB)
    return lambda: book_option(token=option.token, booking=booking, author=USAGER, now=NOW)


def strays():
    """Rdv of a file that nobody finds any more."""
    return Participation.objects.filter(usager__merged_into__isnull=False).count()


def test_a_merge_and_bookings_for_both_files(world):
    other = make_usager(world.departement)
    people = [world.usager, other, other, other]
    jobs = [booked_for(world, usager, start) for usager, start in zip(people, HOURS, strict=True)]
    answers = together([*jobs, merging(world.usager, other)])
    assert kinds(answers) == {"Rdv": 4, "Fusion": 1}
    assert strays() == 0
    assert Participation.objects.filter(usager=world.usager).count() == 4


def test_control_without_the_guard_a_booking_is_lost_from_sight(world, monkeypatch):
    """Neither lock nor trigger: the merge passes between look and write, and the Rdv is on the file put aside."""
    other = make_usager(world.departement)
    merged, original = threading.Event(), booking_module.register

    def late(*args, **options):
        merged.wait(timeout=30)
        return original(*args, **options)

    monkeypatch.setattr(booking_module, "register", late)
    monkeypatch.setattr(booking_module, "_for_current_files", lambda booking: booking)

    def merge():
        try:
            return merging(world.usager, other)()
        finally:
            merged.set()

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE rdv_participation DISABLE TRIGGER rdv_participation_not_merged")
    try:
        answers = together([booked_for(world, other, HOURS[0]), merge])
        assert kinds(answers) == {"Rdv": 1, "Fusion": 1}
        assert strays() == 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE rdv_participation ENABLE TRIGGER rdv_participation_not_merged")


def test_the_same_unlucky_moment_with_the_guard(world, monkeypatch):
    other = make_usager(world.departement)
    merged, original = threading.Event(), booking_module.register

    def late(*args, **options):
        merged.wait(timeout=30)
        return original(*args, **options)

    monkeypatch.setattr(booking_module, "register", late)

    def merge():
        try:
            return merging(world.usager, other)()
        finally:
            merged.set()

    answers = together([booked_for(world, other, HOURS[0]), merge])
    assert kinds(answers) == {"Rdv": 1, "Fusion": 1}
    assert strays() == 0


def rings():
    return Usager.objects.filter(merged_into__merged_into__isnull=False).count()


def test_two_merges_that_cross(world):
    other = make_usager(world.departement)
    answers = together([merging(world.usager, other), merging(other, world.usager)] * 3)
    done = kinds(answers)
    assert done["AlreadyMerged"] == 3, "the other direction, each time"
    assert done["Fusion"] == 3, "the same asked again gets the same answer"
    assert len({answer.pk for answer in answers if isinstance(answer, Fusion)}) == Fusion.objects.count() == 1
    assert rings() == 0


def test_control_without_the_locks_two_merges_that_cross_make_a_ring(world, monkeypatch):
    other = make_usager(world.departement)
    looked, original = threading.Barrier(2), files.merge_rows

    def meet(*args, **options):
        looked.wait(timeout=30)
        return original(*args, **options)

    monkeypatch.setattr(files, "merge_rows", meet)
    monkeypatch.setattr(merging_module, "lock_waitlist", lambda code: None)
    fresh = lambda one: Usager.objects.get(pk=one.pk)  # noqa: E731
    monkeypatch.setattr(files, "lock_files", lambda one, two: (fresh(one), fresh(two)))
    answers = together([merging(world.usager, other), merging(other, world.usager)])
    assert kinds(answers) == {"Fusion": 2}
    assert rings() == 2


def test_a_merge_is_undone_by_many_hands_once(world):
    other = make_usager(world.departement)
    fusion = merging(world.usager, other)()
    answers = together([lambda: undo_merge(fusion=fusion, author=AGENT, now=NOW)] * 4)
    assert kinds(answers) == {"Undone": 4}
    assert Usager.objects.standing().filter(pk=other.pk).exists()


def test_three_files_into_one_from_three_desks(world):
    others = [make_usager(world.departement) for _ in range(3)]
    answers = together([merging(world.usager, other) for other in others])
    assert kinds(answers) == {"Fusion": 3}
    assert Usager.objects.filter(merged_into=world.usager).count() == 3
