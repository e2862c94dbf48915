"""Two workers on one row, two SMS for the last place of the day: real threads, and for each guard its control."""

import contextlib
import threading

import pytest
from django.db import connection, connections

from notifications import delivery, services
from notifications.models import Failure, Message, State

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def together(*jobs):
    """Run the jobs at once, each on its own connection; what went wrong comes out here."""
    errors = []

    def run(job):
        try:
            job()
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []


def meet(barrier, seconds=60):
    with contextlib.suppress(threading.BrokenBarrierError):  # under the lock, the other one cannot come
        barrier.wait(timeout=seconds)


def test_two_sweeps_share_the_work(posted, twilio, now):
    for number in range(30):
        posted(kind=f"k{number}", address=f"+3363998{number:04d}")

    def drain():
        while delivery.deliver_next(now=now):
            pass

    together(drain, drain, drain)
    assert len({sent["to"] for sent in twilio.messages}) == 30
    assert twilio.posts == 30
    assert set(Message.objects.values_list("state", "attempts")) == {(State.SENT, 1)}


@pytest.mark.parametrize("is_guarded", [True, False])
def test_one_row_two_workers(posted, twilio, now, monkeypatch, is_guarded):
    """Both look at the same moment. Without the lock on the row, the test must see two SMS."""
    posted()
    barrier = threading.Barrier(2)
    guarded = delivery._locked

    def looking(rows):
        found = guarded(rows) if is_guarded else rows.first()
        meet(barrier)
        return found

    monkeypatch.setattr(delivery, "_locked", looking)
    together(*[lambda: delivery.deliver_next(now=now)] * 2)
    assert len(twilio.messages) == (1 if is_guarded else 2)


@pytest.mark.parametrize("is_guarded", [True, False])
def test_the_fourth_of_the_day_for_two(posted, twilio, now, monkeypatch, is_guarded):
    """Three have left; two more count at the same moment. Without the lock on the number, both leave."""
    for number in range(3):
        posted(kind=f"k{number}")
    while delivery.deliver_next(now=now):
        pass
    pair = [posted(kind="a"), posted(kind="b")]
    barrier = threading.Barrier(2)
    count = delivery._given_today

    def counting(address, at):
        given = count(address, at)
        meet(barrier, seconds=2 if is_guarded else 60)
        return given

    monkeypatch.setattr(delivery, "_given_today", counting)
    if not is_guarded:
        monkeypatch.setattr(delivery, "_lock_phone", lambda address: None)
    together(*[lambda one=one: delivery.deliver(one.pk, now=now) for one in pair])
    assert len(twilio.messages) == (4 if is_guarded else 5)
    assert Message.objects.filter(failure=Failure.CAP).count() == (1 if is_guarded else 0)


KEY = "subject_type, subject_id, kind, recipient, channel, version"


@pytest.fixture
def without_the_key(db):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_message DROP CONSTRAINT message_once")
    yield
    Message.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE notifications_message ADD CONSTRAINT message_once UNIQUE ({KEY})")


@pytest.mark.parametrize("is_guarded", [True, False])
def test_one_letter_posted_by_two(letter, now, request, is_guarded):
    """The key of a letter is the database's: without its constraint, two rows are two messages."""
    if not is_guarded:
        request.getfixturevalue("without_the_key")
    together(*[lambda: services.post([letter()], now=now)] * 2)
    assert Message.objects.count() == (1 if is_guarded else 2)


def test_a_cancellation_while_a_worker_opens_its_line(posted, twilio, now, monkeypatch):
    """The last look is after the line is open: a cancellation in between wins."""
    message = posted()
    seen = delivery._is_over_cap

    def cancel_first(row, at):
        together(lambda: services.make_obsolete(("participation", message.subject_id), now=now))
        return seen(row, at)

    monkeypatch.setattr(delivery, "_is_over_cap", cancel_first)
    delivery.deliver_next(now=now)
    monkeypatch.undo()
    delivery.deliver_next(now=now)
    assert (Message.objects.get().state, twilio.posts) == (State.OBSOLETE, 0)
