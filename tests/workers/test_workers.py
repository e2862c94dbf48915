"""Real workers, killed with -9; a broker that goes away; tasks that come twice: nothing lost, nothing sent twice."""

import subprocess
import sys
from datetime import timedelta

import pytest

from notifications import tasks
from notifications.models import Failure, Message, State
from rdv.core import clock
from tests.notifications.twilio_server import HANG, wait_until
from tests.workers.conftest import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def state_of(message):
    return Message.objects.get(pk=message.pk).state


def let_the_lease_run_out():
    """Three minutes, passed."""
    Message.objects.filter(state=State.SENDING).update(lease_until=clock.now() - timedelta(seconds=1))


def test_killed_between_the_providers_yes_and_our_record(start_worker, queue, posted, twilio):
    message = posted()
    twilio.plan = [HANG]
    worker = start_worker()
    queue(tasks.deliver, message.pk)
    wait_until(twilio.hanging.is_set, what="the message at the provider")
    worker.kill()
    twilio.release.set()
    left = Message.objects.get()
    assert (left.state, left.provider_id, len(twilio.messages)) == (State.SENDING, "", 1)
    start_worker()
    queue(tasks.sweep)
    queue(tasks.deliver, message.pk)
    let_the_lease_run_out()
    queue(tasks.sweep)
    wait_until(lambda: state_of(message) == State.SENT, what="the row settled")
    assert Message.objects.get().provider_id == twilio.messages[0]["sid"]
    assert (len(twilio.messages), twilio.posts, len(twilio.asked)) == (1, 1, 1)


def test_killed_while_the_provider_was_refusing(start_worker, queue, posted, twilio):
    """The same death, but the provider did not take it: asked, it says no, and the message leaves."""
    message = posted()
    twilio.plan = [HANG]
    worker = start_worker()
    queue(tasks.deliver, message.pk)
    wait_until(twilio.hanging.is_set, what="the message at the provider")
    worker.kill()
    twilio.release.set()
    twilio.messages.clear()
    start_worker()
    let_the_lease_run_out()
    queue(tasks.sweep)
    wait_until(lambda: state_of(message) == State.SENT, what="the row settled")
    assert (len(twilio.messages), twilio.posts) == (1, 2)


def test_killed_while_the_mail_server_was_thinking(start_worker, queue, posted, mail):
    """Nobody can ask it (decision 0010): one e-mail at most, and the row says that nobody knows."""
    message = posted("email")
    mail.data_plan = ["hang"]
    worker = start_worker()
    queue(tasks.deliver, message.pk)
    wait_until(lambda: mail.messages, what="the message at the server")
    worker.kill()
    mail.release.set()
    start_worker()
    let_the_lease_run_out()
    queue(tasks.sweep)
    wait_until(lambda: state_of(message) == State.FAILED, what="the row settled")
    assert (Message.objects.get().failure, len(mail.messages)) == (Failure.UNSURE, 1)


POST = """
import django
django.setup()
from datetime import timedelta
from django.db import transaction
from notifications.services import Letter, post
from rdv.config import celery
from rdv.core import clock
now = clock.now()
with transaction.atomic():
    post([Letter(subject=("participation", "x"), kind="rdv.booked", recipient="usager:1", channel="sms",
                 address="+33639980101", version=0, departement_code="62", body="Bonjour", send_not_before=now,
                 worthless_after=now + timedelta(days=1))], now=now)
"""


def test_posted_while_the_broker_is_down_and_sent_by_the_sweep(broker, environment, start_worker, queue, twilio):
    broker.kill()
    done = subprocess.run(
        [sys.executable, "-c", POST], env=environment(), cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "task_not_queued" in done.stdout + done.stderr
    message = Message.objects.get()
    assert message.state == State.PLANNED
    broker.start()
    start_worker()
    queue(tasks.sweep)
    wait_until(lambda: state_of(message) == State.SENT, what="the message at the provider")
    assert len(twilio.messages) == 1


def test_the_broker_restarts_under_a_worker(broker, start_worker, queue, posted, twilio):
    start_worker()
    broker.kill()
    broker.start()
    message = posted()
    queue(tasks.sweep)
    wait_until(lambda: state_of(message) == State.SENT, what="the message at the provider")
    assert len(twilio.messages) == 1


def test_tasks_that_come_twice_to_two_workers(start_worker, queue, posted, twilio):
    messages = [posted(kind=f"k{number}", address=f"+3363998{number:04d}") for number in range(8)]
    start_worker(concurrency=2)
    for message in messages:
        for _ in range(3):
            queue(tasks.deliver, message.pk)
    for _ in range(2):
        queue(tasks.sweep)
    wait_until(lambda: not Message.objects.exclude(state=State.SENT).exists(), what="all of them sent")
    assert (len(twilio.messages), twilio.posts) == (8, 8)


def test_a_code_passes_by_its_own_queue(start_worker, queue, posted, twilio):
    message = posted(is_secret=True, is_urgent=True, body="Votre code : 123456")
    worker = start_worker()
    queue(tasks.deliver_urgent, message.pk)
    wait_until(lambda: state_of(message) == State.SENT, what="the code at the provider")
    assert "123456" not in worker.said
    assert "639980101" not in worker.said
