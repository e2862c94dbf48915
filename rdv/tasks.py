"""Celery tasks of `rdv`: thin adapters. Each finds by itself what is due; run twice or late, the result is the same."""

from collections.abc import Callable
from datetime import datetime

from celery import shared_task

from rdv.core import clock
from rdv.core.sweeps import each_alone
from rdv.services import (
    absent,
    calls,
    calls_again,
    confirming_calls,
    export_run,
    holding,
    operations,
    propositions,
    retention,
    waitlist_expiry,
    waitlist_noted,
    waitlist_offer,
    waitlist_withdraw,
)
from rdv.services.expansion import expand_all
from usagers.services import pairs


@shared_task
def drop_dead_options() -> int:
    return holding.drop_dead_options(clock.now())


@shared_task
def expand_openings() -> None:
    now = clock.now()
    expand_all(now=now)


@shared_task
def note_reach() -> int:
    """Days that come within reach. Often: most askings find nothing, and a restart must not wait for hours."""
    return waitlist_noted.note_reach(clock.now())


@shared_task
def heartbeat() -> None:
    operations.beat(now=clock.now())


@shared_task
def forget() -> None:
    """What has been kept long enough goes (domain.md, "Keeping and forgetting")."""
    retention.forget_all(now=clock.now())


@shared_task
def compare_files() -> int:
    """Likely pairs of files that nobody compared when they were written (imported, or a process that died)."""
    return pairs.compare_due(now=clock.now())


@shared_task
def waitlist_minute() -> None:
    """Answers that did not come, hours noted as freed, offers that no longer stand, wishes whose day has gone by."""
    _one_by_one(
        waitlist_offer.lapse_due,
        waitlist_withdraw.withdraw_unfit,
        waitlist_noted.note_reopened,
        waitlist_noted.offer_noted,
        waitlist_expiry.expire_past,
    )


@shared_task
def offer_noted() -> int:
    """Hours noted a moment ago: the list is asked in the next second, the minute is for when the broker is away."""
    return waitlist_noted.offer_noted(clock.now())


@shared_task
def make_export(export_id: int) -> None:
    """On a queue of its own: the longest work there is stands in nobody's way."""
    export_run.run_export(export_id, now=clock.now())


@shared_task
def exports_minute() -> None:
    """Files that nobody is making: asked while the broker was away, or left by a worker that was killed."""
    for pk in export_run.exports_left():
        make_export.delay(pk)


@shared_task
def calls_to_come() -> int:
    """Those who did not say whether they come are on the call list from the morning of the working day before."""
    return confirming_calls.open_calls(clock.now())


@shared_task
def followups_minute() -> None:
    """Dates proposed without an answer, absences left half done, messages that reached nobody, calls without object."""
    _one_by_one(propositions.lapse_due, absent.resume, calls.note_unreached, calls_again.settle_booked_again)


def _one_by_one(*sweeps: Callable[[datetime], object]) -> None:
    """One that fails is logged, the next ones run."""
    now = clock.now()
    for sweep in sweeps:
        with each_alone("sweep_failed", sweep=sweep.__name__):
            sweep(now)
