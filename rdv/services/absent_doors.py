"""The doors to an agent's absence and what becomes of their Rdv: who may say it, which ones are being dealt with.

Room: services, reads only. Called by rdv/views/absent. Each Rdv keeps its own rights (absent_plan masks it).
"""

import uuid as uuids
from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from agents.access import Scope
from agents.models import Agent, Role
from rdv.access import agents_in_sight, site_ids_in_sight
from rdv.models import Absence, PropositionState, SuiteState

# Those who say it for somebody else: domain.md gives absences to the responsable; the desk is who is phoned.
DESK = (Role.RESPONSABLE, Role.SECRETAIRE)
# How long an absence that is over stays in the list of those being dealt with.
KEPT_IN_SIGHT = timedelta(days=7)


def reportable_agents(scope: Scope, *, today: date) -> list[Agent]:
    """Whose absence this agent may say: oneself, and everybody with an agenda on the sites where one is at the desk or
    at the head; those who left too, as long as people are to be told."""
    return agents_in_sight(scope, today=today, roles=DESK)


def may_report(scope: Scope, agent: Agent, *, today: date) -> bool:
    """The same for one agent."""
    if agent.departement_id != scope.departement_code:
        return False
    sites = site_ids_in_sight(agent, today=today)
    desk = {site_id for site_id, role in scope.roles.items() if role in DESK}
    return bool(sites) and (agent.pk == scope.agent_id or bool(desk & set(sites)))


def absence_to_report(scope: Scope, uuid: uuids.UUID, *, today: date) -> Absence:
    """An absence whose Rdv this agent may see to. Nothing found and nothing allowed look the same: 404."""
    rows = Absence.objects.filter(departement=scope.departement_code, uuid=uuid)
    found = rows.select_related("departement", "agent__departement").first()
    if found is None or not may_report(scope, found.agent, today=today):
        raise Http404
    return found


def running_absences(agents: Sequence[Agent], *, today: date) -> "QuerySet[Absence]":
    """Absences being dealt with: `to_redo`, `waited_for` and `to_call` say how many of each are left."""
    recent = Q(last_day__gte=today - KEPT_IN_SIGHT) | Q(last_day__isnull=True)
    live = Q(propositions__state=PropositionState.LIVE)
    return (
        Absence.objects.filter(recent, agent__in=[one.pk for one in agents], is_ended=False, suites__isnull=False)
        .annotate(
            to_redo=Count("suites", filter=Q(suites__state=SuiteState.FAILED), distinct=True),
            waited_for=Count("propositions", filter=live, distinct=True),
            to_call=Count("appels", filter=Q(appels__closed_at__isnull=True), distinct=True),
        )
        .select_related("agent", "departement")
        .order_by("first_day", "id")
    )
