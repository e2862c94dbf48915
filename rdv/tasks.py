"""Celery tasks of `rdv`: thin adapters. Each finds by itself what is due; run twice or late, the result is the same."""

from celery import shared_task

from rdv.core import clock
from rdv.services import holding, operations, retention
from rdv.services.expansion import expand_all


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
