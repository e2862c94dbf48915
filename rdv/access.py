"""The only doors by which a person reaches the rows of `rdv`. Nothing found and nothing allowed look the same: 404.

Agents come with their `Scope`, usagers with the token of a link. Three people are in every test of a door: the owner,
a colleague, a stranger.
"""

import uuid as uuids
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404

from agents.access import Scope
from agents.models import AGENDA_ROLES, Affectation, Agent, Departement, Role, Site
from agents.models.affectation import holds_on
from rdv.core.errors import DomainError
from rdv.core.links import hash_token
from rdv.models import (
    Appel,
    Horaire,
    Inscription,
    Motif,
    Offre,
    OffreState,
    Option,
    Ouverture,
    Participation,
    Proposition,
    Rdv,
    RdvAgent,
)
from usagers.models import Usager

# A link lives until the Rdv is over, and a little longer, to read that it is over (domain.md, "The people").
LINK_GRACE = timedelta(days=1)
# Somebody who left the list, or got a place, may still read so.
CLOSED_LINK_GRACE = timedelta(days=30)
# An agent who left is seen as long as something of theirs is ahead; a day more, for the zones of the départements.
LEFT_MARGIN = timedelta(days=1)


class LinkExpired(DomainError):  # noqa: N818 - named like the other refusals
    code = "link_expired"
    message = "Ce lien ne sert plus : le rendez-vous est passé."

    def __init__(self, departement: Departement) -> None:
        super().__init__()
        self.departement = departement


def whole_rdvs() -> "QuerySet[Rdv]":
    """Rdv with everything that a page shows of them, in a bounded number of queries."""
    return Rdv.objects.select_related("motif__service", "motif__departement", "site").prefetch_related(
        Prefetch("rdv_agents", RdvAgent.objects.select_related("agent").order_by("agent_id")),
        Prefetch(
            "participations", Participation.objects.select_related("usager", "responsable").order_by("created_at", "id")
        ),
    )


def rdv_for_agent(scope: Scope, uuid: uuids.UUID) -> Rdv:
    """An Rdv whose content this agent may read."""
    found = whole_rdvs().filter(departement=scope.departement_code, uuid=uuid).first()
    if found is None or not may_read_rdv(scope, found):
        raise Http404
    return found


def rdv_for_writing(scope: Scope, uuid: uuids.UUID) -> Rdv:
    """An Rdv that this agent may move, cancel or fill in."""
    found = rdv_for_agent(scope, uuid)
    if not may_write_rdv(scope, found):
        raise Http404
    return found


def may_write_rdv(scope: Scope, rdv: Rdv) -> bool:
    """`rdv` comes from `whole_rdvs`: no query here."""
    agent_ids = [link.agent_id for link in rdv.rdv_agents.all()]
    return scope.may_write(site_id=rdv.site_id, service_id=rdv.motif.service_id, agent_ids=agent_ids)


def may_read_rdv(scope: Scope, rdv: Rdv) -> bool:
    """`rdv` comes from `whole_rdvs`: no query here."""
    agent_ids = [link.agent_id for link in rdv.rdv_agents.all()]
    return scope.may_read(site_id=rdv.site_id, service_id=rdv.motif.service_id, agent_ids=agent_ids)


def participation_for_agent(scope: Scope, uuid: uuids.UUID) -> Participation:
    found = Participation.objects.filter(departement=scope.departement_code, uuid=uuid).values("rdv__uuid").first()
    if found is None:
        raise Http404
    rdv = rdv_for_writing(scope, found["rdv__uuid"])
    return next(one for one in rdv.participations.all() if one.uuid == uuid)


def participation_for_link(token: str, *, now: datetime) -> Participation:
    """What the link of a message leads to. Raises LinkExpired once the Rdv is over, Http404 for an unknown token."""
    found = (
        Participation.objects.filter(link_hash=hash_token(token))
        .select_related("rdv__motif__departement", "rdv__motif__service", "rdv__site", "usager", "responsable")
        .first()
    )
    if found is None:
        raise Http404
    if found.rdv.ends_at + LINK_GRACE <= now:
        raise LinkExpired(found.rdv.motif.departement)
    return found


def option_by_token(token: uuids.UUID) -> Option:
    """A hold; whoever asks must show that it is theirs (session of the usager, author of the agent)."""
    found = (
        Option.objects.filter(token=token)
        .select_related("motif__departement", "motif__service", "site", "atelier", "rdv")
        .first()
    )
    if found is None:
        raise Http404
    return found


def option_for_agent(scope: Scope, token: uuids.UUID) -> Option:
    """A hold that this very agent took."""
    found = option_by_token(token)
    if found.departement_id != scope.departement_code or (found.author_kind, found.author_id) != (
        "agent",
        scope.agent_id,
    ):
        raise Http404
    return found


def sites_of(scope: Scope) -> list[Site]:
    """The sites where this agent works, by name."""
    return list(Site.objects.active().filter(pk__in=scope.site_ids).order_by("search_key", "id"))


def sites_in_sight(scope: Scope, *, today: date) -> list[Site]:
    """The same with the closed ones where somebody is still expected."""
    since = datetime.combine(today, time.min, tzinfo=UTC) - LEFT_MARGIN
    expected = Exists(Rdv.objects.live().filter(site=OuterRef("pk"), starts_at__gt=since))
    found = Site.objects.filter(Q(is_active=True) | expected, pk__in=scope.site_ids)
    return list(found.order_by("search_key", "id"))


def site_for_agent(scope: Scope, slug: str) -> Site:
    found = Site.objects.active().filter(pk__in=scope.site_ids, slug=slug).first()
    if found is None:
        raise Http404
    return found


def agents_seen(scope: Scope, *, today: date) -> list[Agent]:
    """Whose agenda this agent may open: everybody with an agenda on their sites, and themselves."""
    affected = Affectation.objects.current(today).filter(site__in=scope.site_ids, role__in=AGENDA_ROLES)
    ids = set(affected.values_list("agent_id", flat=True))
    if scope.has_agenda:
        ids.add(scope.agent_id)
    return list(Agent.objects.active().filter(pk__in=ids).order_by("search_key", "id"))


def agents_in_sight(scope: Scope, *, today: date, roles: Collection[Role] = tuple(Role)) -> list[Agent]:
    """The same with those who left and still have Rdv or openings ahead on one of these sites: somebody must be able
    to see to them. `roles`: the sites where this agent holds one of them."""
    sites = [site_id for site_id in scope.site_ids if scope.roles[site_id] in roles]
    rows = _agendas(today, with_account=True).filter(site__in=sites)
    ids = set(rows.values_list("agent_id", flat=True))
    if scope.has_agenda:
        ids.add(scope.agent_id)
    return list(Agent.objects.filter(pk__in=ids).select_related("departement").order_by("search_key", "id"))


def agent_seen(scope: Scope, agent_id: int, *, today: date) -> Agent:
    """One of `agents_in_sight`, by id."""
    agent: Agent | None = Agent.objects.filter(pk=agent_id, departement=scope.departement_code).first()
    if agent is None or not scope.sees_agenda_of(agent.pk, site_ids_in_sight(agent, today=today)):
        raise Http404
    return agent


def site_ids_of(agent: Agent, *, today: date) -> list[int]:
    """Where this agent has an agenda today."""
    rows = Affectation.objects.current(today).filter(agent=agent, role__in=AGENDA_ROLES)
    return [site_id for site_id in rows.order_by("site_id").values_list("site_id", flat=True) if site_id is not None]


def site_ids_in_sight(agent: Agent, *, today: date) -> list[int]:
    """The same with the sites they left where Rdv or openings of theirs are still ahead."""
    rows = _agendas(today).filter(agent=agent).order_by("site_id")
    return [site_id for site_id in rows.values_list("site_id", flat=True).distinct() if site_id is not None]


def _agendas(today: date, *, with_account: bool = False) -> "QuerySet[Affectation]":
    """The affectations that give an agenda today, and those that ended before what was taken in it."""
    since = datetime.combine(today, time.min, tzinfo=UTC) - LEFT_MARGIN
    here = Q(rdv__site=OuterRef("site")) | Q(rdv__site=None)
    booked = RdvAgent.objects.filter(here, agent=OuterRef("agent"), rdv__starts_at__gt=since)
    opened = Ouverture.objects.standing().filter(agent=OuterRef("agent"), site=OuterRef("site"), starts_at__gt=since)
    current = holds_on(today)
    if with_account:
        current &= Q(agent__is_active=True)
    left = Exists(booked.filter(rdv__cancelled_at=None)) | Exists(opened)
    return Affectation.objects.filter(current | left, role__in=AGENDA_ROLES)


def motifs_for_agent(scope: Scope) -> "QuerySet[Motif]":
    """What this agent may book: the motifs on their sites, without confidential services that are not theirs."""
    hidden = scope.confidential_ids - scope.service_ids
    found = Motif.objects.active().filter(departement=scope.departement_code, motif_sites__site__in=scope.site_ids)
    if not scope.is_secretaire:
        found = found.filter(service__in=scope.service_ids)
    return found.exclude(service__in=hidden).select_related("service", "departement").distinct()


def rdvs_of_usager(scope: Scope, usager: Usager) -> "tuple[list[Rdv], int]":
    """The Rdv of a person that this agent may read, newest first, and how many others exist (a count, no content)."""
    rows = whole_rdvs().filter(departement=scope.departement_code, participations__usager=usager)
    found = list(rows.order_by("-starts_at")[:200])
    readable = [rdv for rdv in found if may_read_rdv(scope, rdv)]
    return readable, len(found) - len(readable)


# --- The waiting list


def offre_for_link(token: str, *, now: datetime) -> Offre:
    """What the link of an offer leads to, answered ones included. LinkExpired once the hour is over; else Http404."""
    found = Offre.objects.whole().filter(link_hash=hash_token(token)).first()
    if found is None:
        raise Http404
    if found.ends_at + LINK_GRACE <= now:
        raise LinkExpired(found.motif.departement)
    return found


def proposition_for_link(token: str, *, now: datetime) -> Proposition:
    """What the link "choose another date" leads to, answered ones included. LinkExpired once every hour is over."""
    hours = Prefetch("horaires", Horaire.objects.select_related("site").order_by("position"))
    found = Proposition.objects.whole().prefetch_related(hours).filter(link_hash=hash_token(token)).first()
    if found is None:
        raise Http404
    last = max([found.was_at, *(one.ends_at for one in found.horaires.all())])
    if last + LINK_GRACE <= now:
        raise LinkExpired(found.participation.rdv.motif.departement)
    return found


def inscription_for_link(token: str, *, now: datetime) -> Inscription:
    """What the link "my place on the list" leads to: as long as it is open, and a while after."""
    found = Inscription.objects.whole().filter(link_hash=hash_token(token)).first()
    if found is None:
        raise Http404
    if found.closed_at is not None and found.closed_at + CLOSED_LINK_GRACE <= now:
        raise LinkExpired(found.motif.departement)
    return found


def inscription_for_agent(scope: Scope, uuid: uuids.UUID) -> Inscription:
    """Somebody who waits for a motif that this agent may book."""
    found = Inscription.objects.whole().filter(departement=scope.departement_code, uuid=uuid).first()
    if found is None or not motifs_for_agent(scope).filter(pk=found.motif_id).exists():
        raise Http404
    return found


def offre_for_agent(scope: Scope, uuid: uuids.UUID) -> Offre:
    found = Offre.objects.whole().filter(departement=scope.departement_code, uuid=uuid).first()
    if found is None or not motifs_for_agent(scope).filter(pk=found.motif_id).exists():
        raise Http404
    return found


def waiting_for_agent(scope: Scope) -> "QuerySet[Inscription]":
    """Everybody who waits for a motif that this agent may book; the screen filters and sorts."""
    return Inscription.objects.whole().filter(departement=scope.departement_code, motif__in=motifs_for_agent(scope))


def offres_for_agent(scope: Scope) -> "QuerySet[Offre]":
    """Offers on this agent's sites, for the call list and the figures."""
    rows = Offre.objects.whole().filter(departement=scope.departement_code, motif__in=motifs_for_agent(scope))
    return rows.filter(site__in=scope.site_ids)


def offres_for_writing(scope: Scope) -> "QuerySet[Offre]":
    """Offers of the hours that this agent may give or take back: the rule of `Scope.may_write`, in SQL."""
    hidden = scope.confidential_ids - scope.service_ids
    desks = [site_id for site_id, role in scope.roles.items() if role == Role.SECRETAIRE]
    others = [site_id for site_id, role in scope.roles.items() if role in (Role.AGENT, Role.RESPONSABLE)]
    at_the_desk = Q(site__in=desks) & ~Q(motif__service__in=hidden)
    in_service = Q(site__in=others, motif__service__in=scope.service_ids)
    rows = Offre.objects.whole().filter(departement=scope.departement_code)
    return rows.filter(Q(agent_ids__contains=[scope.agent_id]) | at_the_desk | in_service)


def offre_for_writing(scope: Scope, uuid: uuids.UUID) -> Offre:
    found = offres_for_writing(scope).filter(uuid=uuid).first()
    if found is None:
        raise Http404
    return found


# --- Calls


def appels_for_writing(scope: Scope) -> "QuerySet[Appel]":
    """Calls about the Rdv that this agent may change: the rule of `Scope.may_write`, in SQL."""
    hidden = scope.confidential_ids - scope.service_ids
    desks = [site_id for site_id, role in scope.roles.items() if role == Role.SECRETAIRE]
    others = [site_id for site_id, role in scope.roles.items() if role in (Role.AGENT, Role.RESPONSABLE)]
    at_the_desk = Q(participation__rdv__site__in=desks) & ~Q(participation__rdv__motif__service__in=hidden)
    in_service = Q(participation__rdv__site__in=others, participation__rdv__motif__service__in=scope.service_ids)
    own = Exists(RdvAgent.objects.filter(rdv=OuterRef("participation__rdv"), agent=scope.agent_id))
    rows = Appel.objects.whole().filter(departement=scope.departement_code)
    return rows.filter(Q(own) | at_the_desk | in_service)


def appel_for_writing(scope: Scope, uuid: uuids.UUID) -> Appel:
    found = appels_for_writing(scope).filter(uuid=uuid).first()
    if found is None:
        raise Http404
    return found


def option_of_waitlist(scope: Scope, token: uuids.UUID) -> Option:
    """An hour held for the list, which this agent may take back knowingly."""
    offres = offres_for_writing(scope).filter(option__token=token, state=OffreState.LIVE)
    if not offres.exists():
        raise Http404
    return option_by_token(token)
