"""Moving an Rdv: choose among the first free hours, or say an exact time; see what changes; confirm.

Room: views. Three states of one address: the hours, the summary (`creneau` or `day` and `hour` in the query), the
confirmation (POST). The version that the page showed travels with it: somebody else's move is told, not overwritten.
"""

import uuid as uuids
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from agents.models import Agent, Site
from agents.views.guards import AgentRequest
from rdv.access import rdv_for_writing, sites_of
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.forms.console import read_creneau
from rdv.forms.console_rdv import ExactTimeForm, asked_agents, read_reason, read_version
from rdv.forms.console_state import read_state
from rdv.models import Rdv
from rdv.services.able import only_able
from rdv.services.agenda_hours import Hours, Obstacles, OutOfReach, obstacles_to
from rdv.services.console_matrix import Matrix, Wish, matrix_of
from rdv.services.console_motifs import sites_of_motif
from rdv.services.console_people import agents_by_site
from rdv.services.console_rdv import last_change, page_of
from rdv.services.errors import ChangedMeanwhile, CreneauUnavailable
from rdv.services.moving import GONE, Move, is_movable, is_told_later, move_rdv, visit_place
from rdv.services.questions import EVERYBODY, Creneau
from rdv.views.agenda.asked import to_rdv
from rdv.views.console.screen import console_roles


@dataclass(frozen=True, slots=True)
class Target:
    """Where it would go."""

    starts_at: datetime
    ends_at: datetime
    site: Site
    agents: tuple[Agent, ...]
    reason: str = ""

    @property
    def value(self) -> str:
        agents = "-".join(str(agent.pk) for agent in self.agents)
        return f"{int(self.starts_at.timestamp())}_{self.site.pk}_{agents}"

    @property
    def hours(self) -> Hours:
        return Hours(self.starts_at, self.ends_at, self.site, self.agents)

    @property
    def who(self) -> str:
        """As the exact form says it."""
        return f"{self.site.pk}:{self.agents[0].pk}" if len(self.agents) == 1 else ""


@dataclass(slots=True)
class Moving:
    """What the page reads once."""

    rdv: Rdv
    now: datetime
    today: date
    sites: list[Site]
    who: list[tuple[Site, list[Agent]]]
    own: tuple[Agent, ...]

    def target(self, starts_at: datetime, site_id: int, agent_ids: tuple[int, ...], reason: str = "") -> Target | None:
        """None for a site or somebody out of this agent's reach."""
        site = next((one for one in self.sites if one.pk == site_id), None)
        there = {agent.pk: agent for one, agents in self.who if one.pk == site_id for agent in agents}
        there |= {agent.pk: agent for agent in self.own}
        if site is None or not agent_ids or not all(agent_id in there for agent_id in agent_ids):
            return None
        agents = tuple(there[agent_id] for agent_id in agent_ids)
        return Target(starts_at, starts_at + (self.rdv.ends_at - self.rdv.starts_at), site, agents, reason)


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def rdv_move(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    moving = _read(request, uuid)
    if request.method == "POST":
        return _move(request, moving)
    exact = _exact_form(request, moving)
    target = _asked(request, moving, exact)
    is_wrong = exact.is_bound and not exact.is_valid()
    return _page(request, moving, exact=exact, target=target, status=422 if is_wrong else 200)


def _read(request: AgentRequest, uuid: uuids.UUID) -> Moving:
    rdv = rdv_for_writing(request.scope, uuid)
    now = clock.now()
    today = clock.local_date(now, request.departement.zone)
    sites = sites_of_motif(request.scope, rdv.motif, sites_of(request.scope))
    if rdv.site not in sites:
        sites.insert(0, rdv.site)
    own = tuple(link.agent for link in rdv.rdv_agents.all())
    return Moving(rdv, now, today, sites, agents_by_site(sites, today=today), own)


def _exact_form(request: AgentRequest, moving: Moving, wanted: Target | None = None) -> ExactTimeForm:
    """`wanted`: what was asked and may be refused: it stands in the form, reason included, to be changed there."""
    local = (wanted.starts_at if wanted else moving.rdv.starts_at).astimezone(request.departement.zone)
    initial: dict[str, Any] = {"day": local.date(), "hour": local.time()}
    if wanted is not None:
        initial |= {"reason": wanted.reason, "who": wanted.who if wanted.agents != moving.own else ""}
    data = request.GET if "day" in request.GET else None
    asked = {agent.pk for _, agents in moving.who for agent in agents if str(agent.pk) in asked_agents(request.GET)}
    able = only_able(moving.who, moving.rdv.motif.service_id, also=asked | {one.pk for one in moving.own})
    return ExactTimeForm(data, rdv=moving.rdv, who=able, initial=initial)


def _asked(request: AgentRequest, moving: Moving, exact: ExactTimeForm) -> Target | None:
    """What the query points at, by a radio of the table or by the exact form."""
    creneau = read_creneau(request.GET.get("creneau", ""))
    if creneau is not None:
        return moving.target(creneau.starts_at, creneau.site_id, creneau.agent_ids)
    if not exact.is_bound or not exact.is_valid():
        return None
    data = exact.cleaned_data
    local = datetime.combine(data["day"], data["hour"], tzinfo=request.departement.zone)
    site_id, agent_ids = moving.rdv.site_id, exact.agents_after([agent.pk for agent in moving.own])
    if exact.chosen is not None:
        site_id, agent_ids = exact.chosen[0], (exact.chosen[1],)
    return moving.target(local.astimezone(UTC), site_id, agent_ids, data["reason"])


def _move(request: AgentRequest, moving: Moving) -> HttpResponse:
    creneau = read_creneau(request.POST.get("creneau", ""))
    target = None
    if creneau is not None:
        target = moving.target(creneau.starts_at, creneau.site_id, creneau.agent_ids, read_reason(request.POST))
    exact = _exact_form(request, moving, target)
    if target is None:
        return _page(request, moving, exact=exact, target=None, status=422)
    rdv = moving.rdv
    if _is_done(rdv, target):
        return to_rdv(request, rdv.uuid)  # the same form, sent twice
    try:
        _write(request, moving, target)
    except DomainError as error:
        changed = last_change(rdv) if isinstance(error, ChangedMeanwhile) else None
        again = _read(request, rdv.uuid)
        return _page(request, again, exact=exact, target=target, status=409, refusal=error, changed=changed)
    messages.success(request, "Le rendez-vous est déplacé.")
    return to_rdv(request, rdv.uuid)


def _write(request: AgentRequest, moving: Moving, target: Target) -> None:
    """A reason serves only over what is taken or closed: elsewhere the Rdv is no double. The move has the last word,
    and sees what the page cannot (the road between two visits): the reason serves there too."""
    rdv = moving.rdv
    found = obstacles_to(rdv, target.hours, now=moving.now) if is_movable(rdv, now=moving.now) else None
    if found is not None and found.final:
        raise OutOfReach(found.final[0])
    move = Move(
        starts_at=target.starts_at,
        ends_at=target.ends_at,
        agents=[agent.pk for agent in target.agents],
        site=target.site,
        expected_version=read_version(request.POST),
    )
    author, reason = request.scope.author(rdv.site_id), target.reason.strip()
    if not (reason and found is not None and found.taken):
        try:
            move_rdv(rdv=rdv, move=move, author=author, now=moving.now)
        except CreneauUnavailable:
            if not reason:
                raise
        else:
            return
    move_rdv(rdv=rdv, move=replace(move, overbook_reason=reason), author=author, now=moving.now)


def _is_done(rdv: Rdv, target: Target) -> bool:
    there = {link.agent_id for link in rdv.rdv_agents.all()}
    same_people = there == {agent.pk for agent in target.agents}
    return (rdv.starts_at, rdv.site_id) == (target.starts_at, target.site.pk) and same_people


def _page(
    request: AgentRequest,
    moving: Moving,
    *,
    exact: ExactTimeForm,
    target: Target | None,
    status: int = 200,
    refusal: DomainError | None = None,
    **more: Any,
) -> HttpResponse:
    nearest = tuple(getattr(refusal, "nearest", ()))
    is_taken = bool(nearest) or isinstance(refusal, CreneauUnavailable)
    is_gone = not is_movable(moving.rdv, now=moving.now)
    obstacles = obstacles_to(moving.rdv, target.hours, now=moving.now) if target and not is_gone else None
    context = {
        "rdv": moving.rdv,
        "page": page_of(moving.rdv, now=moving.now),
        "today": moving.today,
        "exact": exact,
        "target": target,
        "gone": GONE if is_gone else "",
        "obstacles": obstacles,
        "is_stopped": (is_taken and not (target and target.reason.strip())) or _is_stopped(obstacles, target),
        "matrix": _matrix(request, moving, nearest) if not is_gone and (target is None or is_taken) else None,
        "waits": target is not None and is_told_later(moving.rdv, target.starts_at, now=moving.now),
        "with_everybody": request.GET.get("avec") == "tous",
        "refusal": refusal,
        "nearest": nearest,
    }
    return render(request, "rdv/rdv/deplacer.html", context | more, status=status)


def _is_stopped(found: Obstacles | None, target: Target | None) -> bool:
    """Nothing to confirm: it cannot be, or only with a reason that has not been given."""
    if found is None or target is None:
        return True
    return bool(found.final) or (bool(found.taken) and not target.reason.strip())


def _matrix(request: AgentRequest, moving: Moving, nearest: tuple[datetime, ...]) -> Matrix | None:
    rdv = moving.rdv
    if rdv.motif.is_collective:
        return None
    everybody = request.GET.get("avec") == "tous"
    wish = Wish(
        agents=EVERYBODY if everybody or rdv.motif.agents_needed > 1 else [agent.pk for agent in moving.own],
        from_day=read_state(request.GET).depuis,
        first_site_id=rdv.site_id,
        preferred=nearest,
        without=Creneau(rdv.starts_at, rdv.site_id, tuple(sorted(agent.pk for agent in moving.own))),
        shows_all=not everybody,
    )
    usager = next((one.usager for one in rdv.participations.all() if one.is_live), None)
    return matrix_of(
        rdv.motif,
        sites=moving.sites,
        wish=wish,
        now=moving.now,
        usager=usager,
        place=visit_place(rdv),
        ignore_rdv=rdv.pk,
        length=None if rdv.length == rdv.motif.duration else rdv.length,
    )
