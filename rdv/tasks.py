"""Celery tasks of `rdv`: thin adapters. Each finds by itself what is due; run twice or late, the result is the same."""

from celery import shared_task

from rdv.core import clock
from rdv.services import (
    holding,
    operations,
    retention,
    waitlist_join,
    waitlist_offer,
    waitlist_sources,
    waitlist_withdraw,
)
from rdv.services.expansion import expand_all
from usagers.services import pairs


@shared_task
def drop_dead_options() -> int:
    return holding.drop_dead_options(clock.now())


@shared_task
def expand_openings() -> None:
    expand_all(now=clock.now())


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
    now = clock.now()
    waitlist_offer.lapse_due(now)
    waitlist_withdraw.withdraw_unfit(now)
    waitlist_sources.offer_noted(now)
    waitlist_join.expire_past(now)
