"""Doors of the agenda, of the statuses to fill in, and of the catalogue. Nothing found and nothing allowed: 404."""

import uuid as uuids
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.db.models.functions import TruncDate
from django.http import Http404

from agents.access import Scope
from agents.models import AGENDA_ROLES, Affectation, Agent, AgentService, Departement, Service, Site
from rdv.access import agents_seen, motifs_for_agent
from rdv.core.clock import day_bounds
from rdv.models import Motif, MotifSite, Occupation, Ouverture, Participation, Rdv, RdvAgent
from rdv.services.away import TAKES_TIME
from rdv.services.reading import participations_to_fill_in


def first_of_site(scope: Scope, site: Site | None, *, today: date, days: Collection[date]) -> Agent | None:
    """Whom somebody without an agenda looks at first: the first agent, by name, of the site they work on who receives
    on one of these days; nobody does: the first one."""
    seen = agents_seen(scope, today=today)
    if site is None:
        return seen[0] if seen else None
    opened = Ouverture.objects.standing().filter(agent=OuterRef("agent"), local_on__in=days)
    affected = Affectation.objects.current(today).filter(site=site, role__in=AGENDA_ROLES)
    receives = dict(affected.annotate(receives=Exists(opened)).values_list("agent_id", "receives"))
    there = [agent for agent in seen if agent.pk in receives] or seen
    return next((agent for agent in there if receives.get(agent.pk)), there[0] if there else None)


def may_book_with(scope: Scope, agent: Agent) -> bool:
    """The console proposes hours of one's own service; a secretary's, of all of them."""
    if agent.pk == scope.agent_id or scope.is_secretaire:
        return True
    return AgentService.objects.filter(agent=agent, service__in=scope.service_ids).exists()


# Statuses to fill in.


def days_to_fill_in(scope: Scope, departement: Departement, *, now: datetime) -> "list[tuple[date, int]]":
    """Each local day with something to fill in and how many, the last day first. One query."""
    rows = participations_to_fill_in(scope, now=now).annotate(on=TruncDate("starts_at", tzinfo=departement.zone))
    return sorted(Counter(rows.values_list("on", flat=True)).items(), reverse=True)


def to_fill_in_on(scope: Scope, departement: Departement, day: date, *, now: datetime) -> "QuerySet[Participation]":
    """What is to be filled in of one local day, in the order of the hours, ready to be shown."""
    start, end = day_bounds(day, departement.zone)
    agents = Prefetch("rdv__rdv_agents", RdvAgent.objects.select_related("agent").order_by("agent_id"))
    return (
        participations_to_fill_in(scope, now=now)
        .filter(starts_at__gte=start, starts_at__lt=end)
        .select_related("usager", "rdv__motif", "rdv__site")
        .prefetch_related(agents)
        .order_by("starts_at", "rdv_id", "usager__last_name", "usager__first_name", "id")
    )


def participations_to_answer(scope: Scope, uuids_asked: Collection[uuids.UUID]) -> list[Participation]:
    """The participations named by a form, filled in meanwhile or not; one that may not be written hides them all."""
    rows = (
        Participation.objects.filter(departement=scope.departement_code, uuid__in=uuids_asked)
        .select_related("usager", "rdv__motif__departement", "rdv__site")
        .prefetch_related(Prefetch("rdv__rdv_agents", RdvAgent.objects.all()))
        .order_by("starts_at", "id")
    )
    found = list(rows)
    if len(found) != len(set(uuids_asked)) or not all(_may_write(scope, one.rdv) for one in found):
        raise Http404
    return found


def _may_write(scope: Scope, rdv: Rdv) -> bool:
    agent_ids = [link.agent_id for link in rdv.rdv_agents.all()]
    return scope.may_write(site_id=rdv.site_id, service_id=rdv.motif.service_id, agent_ids=agent_ids)


# Workshops.


def workshop_motifs(scope: Scope) -> "QuerySet[Motif]":
    return motifs_for_agent(scope).filter(is_collective=True).order_by("service__position", "position", "name")


def sites_worked(scope: Scope) -> "QuerySet[Site]":
    """`rdv.access.sites_of`, as a queryset for a form."""
    return Site.objects.active().filter(pk__in=scope.site_ids).order_by("search_key", "id")


def is_offered(motif: Motif, site: Site) -> bool:
    return MotifSite.objects.filter(motif=motif, site=site).exists()


def busy_between(agents: Sequence[Agent], start: datetime, end: datetime, *, now: datetime) -> list[Agent]:
    """Those of them who are already taken then."""
    rows = Occupation.objects.meeting(start, end).standing(now).filter(TAKES_TIME, agent__in=agents)
    ids = set(rows.values_list("agent_id", flat=True))
    return [agent for agent in agents if agent.pk in ids]


# The catalogue, for the administrator of the département.


def services_with_motifs(departement: Departement, *, archived: str) -> "list[tuple[Service, list[Motif]]]":
    """Services in their order, each with its motifs and their switches. `archived`: "oui" or "non". Three queries."""
    rows = Motif.objects.of(departement).filter(is_archived=archived == "oui")
    rows = rows.prefetch_related(Prefetch("motif_sites", MotifSite.objects.order_by("site_id")))
    by_service: dict[int, list[Motif]] = defaultdict(list)
    for motif in rows:
        by_service[motif.service_id].append(motif)
    return [(service, by_service[service.pk]) for service in Service.objects.of(departement)]


def motif_for_admin(scope: Scope, uuid: uuids.UUID) -> Motif:
    if not scope.is_admin:
        raise Http404
    rows = Motif.objects.filter(departement=scope.departement_code, uuid=uuid).select_related("service", "departement")
    found = rows.first()
    if found is None:
        raise Http404
    return found


def motifs_named(departement: Departement, uuids_asked: Collection[uuids.UUID]) -> list[Motif]:
    """Those of the form of switches; a foreign one hides them all."""
    found = list(Motif.objects.of(departement).filter(uuid__in=uuids_asked))
    if len(found) != len(set(uuids_asked)):
        raise Http404
    return found


def is_used(motif: Motif) -> bool:
    """An Rdv was taken for it: its nature no longer changes."""
    return Rdv.objects.filter(motif=motif).exists()


def rdvs_ahead(motif: Motif, *, now: datetime) -> int:
    return Rdv.objects.live().filter(motif=motif, starts_at__gt=now).count()
