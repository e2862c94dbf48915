"""What the screens count and list across Rdv, within the rights of an agent. Reads only."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from agents.access import Scope
from agents.models import Role
from rdv.models import Participation, RdvAgent

# What was never filled in for two months is history, not work.
FILL_IN_FOR = timedelta(days=60)


def participations_to_fill_in(scope: Scope, *, now: datetime) -> "QuerySet[Participation]":
    """Past, still unknown, and this agent may say what happened: one's own, or a secretary's sites."""
    own = Exists(RdvAgent.objects.filter(rdv=OuterRef("rdv_id"), agent=scope.agent_id))
    desk = [site_id for site_id, role in scope.roles.items() if role == Role.SECRETAIRE]
    hidden = scope.confidential_ids - scope.service_ids
    at_the_desk = Q(rdv__site__in=desk) & ~Q(rdv__motif__service__in=hidden)
    return (
        Participation.objects.filter(departement=scope.departement_code, ends_at__gt=now - FILL_IN_FOR)
        .to_fill_in(now)
        .filter(Q(own) | at_the_desk)
    )


def count_to_fill_in(scope: Scope, *, now: datetime) -> int:
    return participations_to_fill_in(scope, now=now).count()
