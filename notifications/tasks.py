"""Tasks of the post office: an id in, delivery called. The queue is only speed: each can run 0, 1 or 5 times.

Called by Celery: woken by notifications/services after a commit, and by the beat every minute.
"""

from datetime import timedelta

from celery import shared_task

from notifications import delivery
from rdv.core import clock
from rdv.core.commit import after_commit

# A sweep gives its place to the next one before the beat comes again.
SWEEP_FOR = timedelta(seconds=50)
# One more pair of hands for each hundred messages that wait, up to eight.
PER_HELPER = 100
HELPERS = 8


@shared_task
def deliver(*message_ids: int) -> None:
    """The letters of one fact, one after the other. What a failure leaves is found by the sweep."""
    for message_id in message_ids:
        delivery.deliver(message_id, now=clock.now())


@shared_task
def deliver_urgent(*message_ids: int) -> None:
    """The same on the queue of the codes, where nothing waits behind a thousand reminders."""
    for message_id in message_ids:
        delivery.deliver(message_id, now=clock.now())


@shared_task
def sweep() -> None:
    """Every minute: what no task was queued for, what waited for its hour, what a dead worker left."""
    now = clock.now()
    delivery.expire(now=now)
    waiting = delivery.count_due(now=now, at_most=PER_HELPER * HELPERS)
    for _ in range(waiting // PER_HELPER):
        after_commit(drain)
    drain()


@shared_task
def drain() -> None:
    """Send what is due, one row after the other, for less than a minute."""
    until = clock.now() + SWEEP_FOR
    while (now := clock.now()) < until and delivery.deliver_next(now=now):
        pass
