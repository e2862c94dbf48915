"""Rules into rows: Ouvertures and Occupations of absences, 13 months ahead. Room: services.

Called when a rule is saved, and every night for all of them (`expand_all`). Expanding twice changes nothing: an
Ouverture is once per (plage, day of the rule), and `expanded_until` says where the next night goes on.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from rdv.core.db import lock_agents
from rdv.models import Absence, Ouverture, PlageOuverture, RhythmChoice
from rdv.services.absence_pieces import write_pieces
from rdv.services.plage_rules import HORIZON, horizon_of, occurrences, rule_of

log = structlog.get_logger(__name__)
ONE_DAY = timedelta(days=1)
# No wall is further ahead of UTC: on no wall is it later than this date.
FURTHEST_AHEAD = timedelta(hours=14)


@dataclass(slots=True)
class ExpansionReport:
    """What a night did. `failed`: the rules left as they were, each one logged."""

    rules: int = 0
    rows: int = 0
    failed: int = 0


def expand_plage(plage: PlageOuverture, *, now: datetime, skip: Collection[date] = ()) -> int:
    """Write the missing Ouvertures up to the horizon, in one statement; how many days were laid.

    The caller holds the agent's lock. `skip`: days of the rule that already took place under another rule.
    """
    departement = plage.departement
    horizon = horizon_of(departement, now)
    rule = rule_of(plage)
    rows = [
        Ouverture(
            departement=departement,
            plage=plage,
            agent_id=plage.agent_id,
            site_id=plage.site_id,
            occurrence_on=day,
            local_on=day,
            starts_at=instants.start,
            ends_at=instants.end,
            motif_ids=rule.motif_ids,
            public_from=rule.public_from,
        )
        for day, instants in occurrences(
            rule, departement, first=_next_day(plage.expanded_until), last=horizon, now=now
        )
        if day not in skip
    ]
    # A day already there, cancelled or changed by hand, stays as it is: ON CONFLICT DO NOTHING.
    Ouverture.objects.bulk_create(rows, ignore_conflicts=True)
    plage.expanded_until = horizon
    plage.save(update_fields=["expanded_until"])
    return len(rows)


def expand_absence(absence: Absence, *, now: datetime) -> int:
    """The same for the Occupations of an absence. The caller holds the agent's lock."""
    horizon = horizon_of(absence.departement, now)
    pieces = write_pieces(absence, first=_next_day(absence.expanded_until), last=horizon, now=now)
    absence.expanded_until = horizon
    absence.save(update_fields=["expanded_until"])
    return len(pieces)


def _next_day(expanded_until: date | None) -> date | None:
    return expanded_until + ONE_DAY if expanded_until else None


def expand_all(*, now: datetime) -> ExpansionReport:
    """Extend every living rule up to the horizon: one short transaction per agent, one savepoint per rule."""
    report = ExpansionReport()
    agents = {
        *_due_plages(now).values_list("agent_id", flat=True),
        *_due_absences(now).values_list("agent_id", flat=True),
    }
    for agent_id in sorted(agents):
        _expand_agent(agent_id, now=now, report=report)
    log.info("planning_expanded", rules=report.rules, rows=report.rows, failed=report.failed)
    return report


def _expand_agent(agent_id: int, *, now: datetime, report: ExpansionReport) -> None:
    with transaction.atomic(durable=True):
        # Somebody may be saving these rules right now: they are read once the agenda is ours.
        lock_agents([agent_id])
        for plage in _due_plages(now).filter(agent_id=agent_id).select_related("departement", "site"):
            with _one_rule(plage, report):
                report.rows += expand_plage(plage, now=now)
        for absence in _due_absences(now).filter(agent_id=agent_id).select_related("departement"):
            with _one_rule(absence, report):
                report.rows += expand_absence(absence, now=now)


@contextmanager
def _one_rule(rule: PlageOuverture | Absence, report: ExpansionReport) -> Iterator[None]:
    """A savepoint: a bad rule is logged and left as it was, the others go on."""
    try:
        with transaction.atomic():
            yield
    except Exception:
        log.exception("rule_not_expanded", table=type(rule).__name__, rule_id=rule.pk)
        report.failed += 1
    else:
        report.rules += 1


def _due_plages(now: datetime) -> QuerySet[PlageOuverture]:
    return PlageOuverture.objects.alias(once_until=F("first_day")).filter(_due(now)).order_by("id")


def _due_absences(now: datetime) -> QuerySet[Absence]:
    return Absence.objects.alias(once_until=Coalesce("last_day", "first_day")).filter(_due(now)).order_by("id")


def _due(now: datetime) -> Q:
    """Rules that have days between the last one written and the horizon."""
    horizon = (now + FURTHEST_AHEAD).date() + HORIZON
    has_days_after = Q(rhythm=RhythmChoice.ONCE, once_until__gt=F("expanded_until")) | (
        ~Q(rhythm=RhythmChoice.ONCE) & (Q(until__isnull=True) | Q(until__gt=F("expanded_until")))
    )
    return Q(is_ended=False) & (Q(expanded_until__isnull=True) | (Q(expanded_until__lt=horizon) & has_days_after))
