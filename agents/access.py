"""Rights of the agents: what a signed-in agent may do today. The table of domain.md is here and nowhere else.

Called by the guards (agents/views/guards.py), which compute one `Scope` per request, and by the doors and services of
the apps above. Below the rights, the doors of this app: how its views reach rows. Reads only.

    role          own Rdv   same service, own site   other service, own site          other site
    agent         reads     reads                    "occupé"                         nothing
    secretaire    reads     reads                    reads, unless it is confidential nothing
    responsable   reads     reads                    "occupé"                         nothing
    admin         nothing: configuration only (unless also affected to a site)
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hmac import compare_digest
from types import MappingProxyType

from axes.models import AccessAttempt
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Sum
from django.http import Http404
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents.models import (
    AGENDA_ROLES,
    SIGN_IN_ROLES,
    AccountLink,
    Affectation,
    Agent,
    AgentQuerySet,
    AgentService,
    CalendarFeed,
    Departement,
    DepartementQuerySet,
    Equipe,
    EquipeQuerySet,
    Fermeture,
    FermetureQuerySet,
    Role,
    Service,
    ServiceQuerySet,
    Site,
    SiteQuerySet,
)
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.links import hash_token
from rdv.core.text import search_key

_SITE_ROLES = SIGN_IN_ROLES - {Role.ADMIN}
# When nothing says on which site an agent acts, the journal keeps the widest of their roles.
_WIDEST_FIRST = (Role.RESPONSABLE, Role.SECRETAIRE, Role.AGENT, Role.ADMIN, Role.INTERVENANT)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signed-in agent may do today; computed once per request."""

    agent_id: int
    departement_code: str  # "" for an operator of the platform, who may nothing below
    label: str
    roles: Mapping[int, Role]  # site id -> current role
    is_admin: bool
    service_ids: frozenset[int]
    confidential_ids: frozenset[int]  # confidential services of the département, one's own included

    @property
    def site_ids(self) -> tuple[int, ...]:
        """Sites where the role lets one work with a screen (not those of an intervenant)."""
        return tuple(site_id for site_id, role in self.roles.items() if role in _SITE_ROLES)

    @property
    def may_sign_in(self) -> bool:
        return self.is_admin or bool(self.site_ids)

    @property
    def is_secretaire(self) -> bool:
        return Role.SECRETAIRE in self.roles.values()

    @property
    def has_agenda(self) -> bool:
        return any(role in AGENDA_ROLES for role in self.roles.values())

    @property
    def may_search_usagers(self) -> bool:
        return bool(self.site_ids)

    def may_read(self, *, site_id: int | None, service_id: int, agent_ids: Collection[int]) -> bool:
        """The content of an Rdv; when False, its time shows as "occupé". Without a site only one's own is read."""
        if self.agent_id in agent_ids:
            return True
        role = self.roles.get(site_id) if site_id is not None else None
        if role == Role.SECRETAIRE:
            return service_id not in self.confidential_ids or service_id in self.service_ids
        if role in (Role.AGENT, Role.RESPONSABLE):
            return service_id in self.service_ids
        return False

    def may_write(self, *, site_id: int | None, service_id: int, agent_ids: Collection[int]) -> bool:
        """Book, move, cancel. The same rule as reading today; a name of its own so that callers say what they ask."""
        return self.may_read(site_id=site_id, service_id=service_id, agent_ids=agent_ids)

    def sees_agenda_of(self, agent_id: int, its_site_ids: Collection[int]) -> bool:
        """One's own, or that of somebody of one of one's sites. `may_read` then masks the content."""
        return agent_id == self.agent_id or any(site_id in its_site_ids for site_id in self.site_ids)

    def may_plan_for(self, agent_id: int, its_site_ids: Collection[int]) -> bool:
        """Write the openings and absences of this agent: oneself, or a responsable of one of their sites."""
        if agent_id == self.agent_id:
            return True
        return any(self.roles.get(site_id) == Role.RESPONSABLE for site_id in its_site_ids)

    def author(self, site_id: int | None = None) -> Author:
        """Who signs in the journal, in the role held on this site (else the widest one)."""
        return Author("agent", self.agent_id, self.label, self._role_on(site_id))

    def _role_on(self, site_id: int | None) -> str:
        if site_id is not None and site_id in self.roles:
            return self.roles[site_id].value
        held = {*self.roles.values(), *([Role.ADMIN] if self.is_admin else [])}
        return next((role.value for role in _WIDEST_FIRST if role in held), "")


def scope_of(agent: Agent, *, today: date) -> Scope:
    """Two queries. `today` is the date on the wall of the agent's département."""
    held = list(Affectation.objects.current(today).filter(agent=agent).values_list("site_id", "role"))
    is_own = Exists(AgentService.objects.filter(service=OuterRef("pk"), agent=agent))
    services = Service.objects.filter(departement=agent.departement_id).annotate(is_own=is_own)
    known = list(services.values_list("id", "is_confidential", "is_own"))
    return Scope(
        agent_id=agent.pk,
        departement_code=agent.departement_id or "",
        label=agent.full_name,
        roles=MappingProxyType({site_id: Role(role) for site_id, role in held if site_id is not None}),
        is_admin=any(role == Role.ADMIN for _, role in held),
        service_ids=frozenset(pk for pk, _, own in known if own),
        confidential_ids=frozenset(pk for pk, confidential, _ in known if confidential),
    )


def today_of(agent: Agent, now: datetime) -> date:
    """The date on the wall of the agent's département; an operator has none and reads UTC."""
    return clock.local_date(now, agent.departement.zone) if agent.departement else now.date()


def may_sign_in(agent: Agent, now: datetime) -> bool:
    """Active, and an operator or somebody with a role that signs in today."""
    return agent.is_active and (agent.is_operateur or scope_of(agent, today=today_of(agent, now)).may_sign_in)


def agents_kept_secret(scope: Scope, agent_ids: Collection[int]) -> frozenset[int]:
    """Those who work for confidential services only, none of which is this reader's: that they follow somebody, or
    opened a file, already says why. No query where nothing is hidden from this reader."""
    hidden = scope.confidential_ids - scope.service_ids
    others = set(agent_ids) - {scope.agent_id}
    if not hidden or not others:
        return frozenset()
    rows = AgentService.objects.filter(agent__in=others).values_list("agent_id", "service_id")
    services: dict[int, set[int]] = {}
    for agent_id, service_id in rows:
        services.setdefault(agent_id, set()).add(service_id)
    return frozenset(agent_id for agent_id, held in services.items() if held <= hidden)


# The doors of this app.


class LinkDead(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "link_dead"
    message = "Ce lien ne marche plus. Il a déjà servi, ou il est trop ancien."


def link_behind(token: str, now: datetime) -> AccountLink:
    """The living link of this token, with its agent. Raises LinkDead, the same for used, old and unknown."""
    alive = AccountLink.objects.alive(now).select_related("agent__departement")
    link = alive.filter(token_hash=hash_token(token)).first()
    if link is None:
        raise LinkDead
    return link


def feed_behind(token: str, *, now: datetime) -> CalendarFeed | None:
    """The calendar address of this token, while its agent still has an agenda; None for anything else."""
    wanted = hash_token(token)
    rows = CalendarFeed.objects.select_related("agent__departement").filter(agent__is_active=True)
    found = rows.filter(token_hash=wanted).first()
    # Found by its hash already; compared whole, in a time that says nothing.
    if found is None or not compare_digest(found.token_hash, wanted):
        return None
    has_agenda = Affectation.objects.current(today_of(found.agent, now)).filter(
        agent=found.agent, role__in=AGENDA_ROLES
    )
    return found if has_agenda.exists() else None


def agent_with_email(email: str) -> Agent | None:
    found: Agent | None = Agent.objects.select_related("departement").filter(email=email.strip().lower()).first()
    return found


def active_agent(pk: int) -> Agent | None:
    found: Agent | None = Agent.objects.active().select_related("departement").filter(pk=pk).first()
    return found


def failures_from(network: str, since: datetime) -> int:
    """Wrong passwords typed from this network since then, whatever the accounts (rows of django-axes)."""
    attempts = AccessAttempt.objects.filter(ip_address=network, attempt_time__gte=since)
    return int(attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0)


def agents_of(scope: Scope, words: str = "", *, today: date) -> AgentQuerySet:
    """The agents of the administrator's département, with their current roles and the state of their account."""
    found = _administered(scope, today)
    for word in search_key(words).split():
        found = found.filter(Q(search_key__contains=word) | Q(email__contains=word))
    return found.order_by("search_key", "id")


def agent_for_admin(scope: Scope, pk: int, *, today: date) -> Agent:
    """One of them; 404 outside the département."""
    found: Agent | None = _administered(scope, today).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _administered(scope: Scope, today: date) -> AgentQuerySet:
    current = Affectation.objects.unfinished(today).select_related("site").order_by("starts_on", "id")
    factor = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
    found: AgentQuerySet = Agent.objects.filter(departement=scope.departement_code or None, is_operateur=False)
    return (
        found.select_related("departement")
        .prefetch_related("services", Prefetch("affectations", queryset=current, to_attr="unfinished_affectations"))
        .annotate(has_second_factor=Exists(factor))
    )


def affectation_for_admin(scope: Scope, agent: Agent, pk: int) -> Affectation:
    found = Affectation.objects.filter(departement=scope.departement_code, agent=agent, pk=pk).first()
    if found is None:
        raise Http404
    return found


def sites_of(departement: Departement) -> SiteQuerySet:
    return Site.objects.of(departement)


def services_of(departement: Departement) -> ServiceQuerySet:
    return Service.objects.of(departement)


def site_for_admin(scope: Scope, pk: int) -> Site:
    """Open or closed; 404 outside the administrator's département."""
    found = Site.objects.filter(departement=scope.departement_code, pk=pk).select_related("commune").first()
    if found is None:
        raise Http404
    return found


def service_for_admin(scope: Scope, pk: int) -> Service:
    found = Service.objects.filter(departement=scope.departement_code, pk=pk).first()
    if found is None:
        raise Http404
    return found


def team_for_admin(scope: Scope, pk: int) -> Equipe:
    found = Equipe.objects.filter(departement=scope.departement_code, pk=pk).first()
    if found is None:
        raise Http404
    return found


def teams_of(departement: Departement) -> EquipeQuerySet:
    """By name, each with its site and `member_count`."""
    return Equipe.objects.of(departement).select_related("site").annotate(member_count=Count("membres"))


def agents_with_agenda(departement: Departement, today: date) -> AgentQuerySet:
    """Who receives people somewhere today, by name."""
    current = Affectation.objects.current(today).filter(role__in=AGENDA_ROLES)
    found: AgentQuerySet = Agent.objects.of(departement).active().filter(pk__in=current.values("agent"))
    return found


def closures_of(departement: Departement, *, today: date) -> FermetureQuerySet:
    """Those to come or running, the next first."""
    return (
        Fermeture.objects.filter(departement=departement, ends_on__gte=today)
        .select_related("site")
        .order_by("starts_on", "id")
    )


def closure_for_admin(scope: Scope, pk: int) -> Fermeture:
    found = Fermeture.objects.filter(departement=scope.departement_code, pk=pk).select_related("site").first()
    if found is None:
        raise Http404
    return found


def departements_counted() -> DepartementQuerySet:
    """For operators: numbers only, no personal data."""
    sites = Count("sites", filter=Q(sites__is_active=True), distinct=True)
    agents = Count("agents", filter=Q(agents__is_active=True), distinct=True)
    return Departement.objects.annotate(site_count=sites, agent_count=agents).order_by("code")
