"""The doors to openings and absences: whose planning a signed-in agent may write (Scope.may_plan_for). Room: services.

Called by the planning screens only. Nothing found and nothing allowed look the same: 404.
"""

import uuid as uuids
from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Min, Q, QuerySet
from django.http import Http404

from agents.access import Scope
from agents.models import AGENDA_ROLES, Affectation, Agent, Role, Site
from rdv.access import site_ids_in_sight, site_ids_of
from rdv.models import Absence, Motif, Ouverture, PlageOuverture


def agents_to_plan(scope: Scope, *, today: date) -> list[Agent]:
    """Oneself, and everybody with an agenda on the sites where one is responsable."""
    led = [site_id for site_id, role in scope.roles.items() if role == Role.RESPONSABLE]
    rows = Affectation.objects.current(today).filter(site__in=led, role__in=AGENDA_ROLES)
    ids = set(rows.values_list("agent_id", flat=True))
    if scope.has_agenda:
        ids.add(scope.agent_id)
    return list(Agent.objects.active().filter(pk__in=ids).select_related("departement").order_by("search_key", "id"))


def agent_to_plan(scope: Scope, agent_id: int, *, today: date) -> Agent:
    """Whose openings and absences this agent may change: those of somebody who left too, as long as some are ahead."""
    found = _agent_of(scope, agent_id)
    return _planned(scope, found, site_ids_in_sight(found, today=today))


def agent_to_open(scope: Scope, agent_id: int, *, today: date) -> Agent:
    """For whom new openings are made: somebody who has an agenda today."""
    found = _agent_of(scope, agent_id)
    if not found.is_active:
        raise Http404
    return _planned(scope, found, site_ids_of(found, today=today))


def _agent_of(scope: Scope, agent_id: int) -> Agent:
    rows = Agent.objects.filter(pk=agent_id, departement=scope.departement_code).select_related("departement")
    found: Agent | None = rows.first()
    if found is None:
        raise Http404
    return found


def _planned(scope: Scope, found: Agent, its_site_ids: Sequence[int]) -> Agent:
    # Somebody without an agenda (a secretary) has nothing to plan, for themselves either.
    if not its_site_ids or not scope.may_plan_for(found.pk, its_site_ids):
        raise Http404
    return found


def plage_to_plan(scope: Scope, uuid: uuids.UUID, *, today: date) -> PlageOuverture:
    rows = PlageOuverture.objects.filter(departement=scope.departement_code, uuid=uuid)
    found = rows.select_related("departement", "agent__departement", "site").prefetch_related("motifs").first()
    if found is None:
        raise Http404
    agent_to_plan(scope, found.agent_id, today=today)
    return found


def occurrence_to_plan(scope: Scope, uuid: uuids.UUID, day: date, *, today: date) -> Ouverture:
    """`day` is the one it has in the series."""
    plage = plage_to_plan(scope, uuid, today=today)
    found = plage.ouvertures.filter(occurrence_on=day).select_related("departement", "site", "plage").first()
    if found is None:
        raise Http404
    found.plage = plage
    return found


def absence_to_plan(scope: Scope, uuid: uuids.UUID, *, today: date) -> Absence:
    rows = Absence.objects.filter(departement=scope.departement_code, uuid=uuid, is_ended=False)
    found = rows.select_related("departement", "agent__departement").first()
    if found is None:
        raise Http404
    agent_to_plan(scope, found.agent_id, today=today)
    return found


def sites_to_open(agent: Agent, *, today: date) -> "QuerySet[Site]":
    """Where this agent has an agenda, now or from a date to come."""
    rows = Affectation.objects.filter(agent=agent, role__in=AGENDA_ROLES)
    ids = rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today)).values("site_id")
    return Site.objects.active().filter(pk__in=ids).order_by("search_key", "id")


def motifs_to_open(agent: Agent, *, kept: Sequence[int] = ()) -> "QuerySet[Motif]":
    """The motifs of the agent's services; `kept`: those that the opening has already, archived since perhaps."""
    of_services = Q(service__in=agent.agent_services.values("service_id"), is_archived=False)
    found = Motif.objects.filter(of_services | Q(pk__in=kept), departement=agent.departement_id)
    return found.select_related("service").order_by("service__position", "position", "name", "id")


def plages_ahead(agent: Agent, *, now: datetime) -> "QuerySet[PlageOuverture]":
    """The rules with an occurrence to come, by their next one (`next_at`, `next_on`)."""
    ahead = Q(ouvertures__ends_at__gt=now, ouvertures__is_cancelled=False)
    return (
        PlageOuverture.objects.filter(agent=agent)
        .annotate(
            next_at=Min("ouvertures__starts_at", filter=ahead), next_on=Min("ouvertures__occurrence_on", filter=ahead)
        )
        .filter(next_at__isnull=False)
        .select_related("site", "departement")
        .prefetch_related("motifs")
        .order_by("next_at", "id")
    )


def occurrences_ahead(plage: PlageOuverture, *, now: datetime) -> "QuerySet[Ouverture]":
    """Those that are not over, cancelled ones too."""
    return plage.ouvertures.filter(ends_at__gt=now).select_related("site", "departement").order_by("starts_at", "id")


def absences_ahead(agent: Agent, *, now: datetime) -> "QuerySet[Absence]":
    """Those with time to come."""
    return (
        Absence.objects.filter(agent=agent, is_ended=False)
        .annotate(next_at=Min("occupations__starts_at", filter=Q(occupations__ends_at__gt=now)))
        .filter(next_at__isnull=False)
        .select_related("departement")
        .order_by("next_at", "id")
    )
