"""What the console reads for a state: who calls, for whom, the motif, the free hours, what is held.

Room: views. Called by the other modules of rdv/views/console; rdv/views/console/showing renders it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps

from django.http import HttpResponse
from django.shortcuts import redirect

from agents.models import Agent, Role, Site
from agents.views.guards import AgentRequest, role_required
from rdv.access import sites_of
from rdv.core import clock
from rdv.domain.travel import Point
from rdv.domain.windows import Window
from rdv.forms.console_state import NEW_PERSON, NEW_PROCHE, OVERBOOK, ConsoleState
from rdv.models import Modality, Motif, Option, Rdv
from rdv.services.availability import agent_window, sessions_of
from rdv.services.console_holds import agents_of, creneau_of, held_by
from rdv.services.console_hole import Hole, hole_of
from rdv.services.console_matrix import Held, Matrix, Wish, matrix_of
from rdv.services.console_motifs import motif_of, sites_of_motif
from rdv.services.console_people import Caller, caller_of, person_on_call
from rdv.services.questions import EVERYBODY
from rdv.views.site import current_site
from usagers.models import Usager

# Those who answer people: an administrator without a site sees nobody.
console_roles = role_required(Role.AGENT, Role.SECRETAIRE, Role.RESPONSABLE)


@dataclass(slots=True)
class Screen:
    """Everything read for one state. `now` is read once, at the edge."""

    state: ConsoleState
    now: datetime
    today: date
    sites: list[Site]
    site: Site | None
    caller: Caller | None = None
    person: Usager | None = None  # who comes
    motif: Motif | None = None
    motif_sites: list[Site] | None = None
    option: Option | None = None
    option_agents: Sequence[Agent] = ()
    has_lost_hold: bool = False
    matrix: Matrix | None = None
    hole: Hole | None = None
    sessions: list[Rdv] | None = None

    @property
    def is_held(self) -> bool:
        return self.option is not None and self.option.rdv_id is None and self.option.expires_at > self.now

    @property
    def has_hole_hour(self) -> bool:
        """The hour pointed at in the agenda is among those proposed."""
        hole, slots = self.hole, self.matrix.slots if self.matrix else []
        return hole is not None and any(
            (slot.creneau.starts_at, slot.creneau.agent_ids) == (hole.starts_at, (hole.agent.pk,)) for slot in slots
        )

    @property
    def step(self) -> str:
        if self.state.fait:
            return "fait"
        if self.state.etape == NEW_PERSON:
            return "nouveau"
        if self.caller is None:
            return "personne"
        if self.state.etape == NEW_PROCHE:
            return "proche"
        return self._step_of_the_call()

    def _step_of_the_call(self) -> str:
        if self.person is None:
            return "pour"
        if self.motif is None:
            return "motif"
        if self.state.etape == OVERBOOK:
            return "forcer"
        return "confirmer" if self.is_held else "heure"


def console_post(
    view: Callable[[AgentRequest], HttpResponse],
) -> Callable[[AgentRequest], HttpResponse]:
    """Under console_roles: the address of a gesture, typed or reloaded, leads back to the console."""

    @wraps(view)
    def guarded(request: AgentRequest) -> HttpResponse:
        return view(request) if request.method == "POST" else redirect("rdv:accueil")

    return guarded


def read_screen(
    request: AgentRequest, state: ConsoleState, *, now: datetime | None = None, preferred: tuple[datetime, ...] = ()
) -> Screen:
    """Http404 for what the agent may not reach. `preferred`: hours to propose first, after a refusal."""
    scope = request.scope
    now = now or clock.now()
    sites = sites_of(scope)
    today = clock.local_date(now, request.departement.zone)
    screen = Screen(state.opened(now), now, today, sites, current_site(request, sites))
    if state.usager is not None:
        screen.caller = caller_of(
            scope, state.usager, now=now, reason="appel", looks_for_likely=not (state.option or state.fait)
        )
        screen.person = _person(screen.caller, state)
    if state.fait is None:
        screen.hole = hole_of(scope, state.trou, today=today, now=now) if state.trou else None
        _read_hold(request, screen)
        if state.motif is not None:
            screen.motif = motif_of(scope, state.motif)
            screen.motif_sites = sites_of_motif(scope, screen.motif, sites)
            _read_hours(screen, preferred)
    return screen


def read_light(request: AgentRequest, state: ConsoleState) -> Screen:
    """For a list under a box: the person is read for their référents only, and nothing is written in the journal."""
    now = clock.now()
    sites = sites_of(request.scope)
    today = clock.local_date(now, request.departement.zone)
    screen = Screen(state.opened(now), now, today, sites, current_site(request, sites))
    uuid = state.pour or state.usager
    if uuid is not None:
        screen.person = person_on_call(request.scope, uuid)
    screen.hole = hole_of(request.scope, state.trou, today=today, now=now) if state.trou else None
    return screen


def _person(caller: Caller, state: ConsoleState) -> Usager | None:
    """Asked only when there is a choice."""
    return caller.person(state.pour) if state.pour or caller.proches else caller.usager


def _read_hold(request: AgentRequest, screen: Screen) -> None:
    option = held_by(request.scope, screen.state.option)
    screen.has_lost_hold = screen.state.option is not None and (option is None or option.expires_at <= screen.now)
    screen.option = option
    screen.option_agents = agents_of(option) if option is not None else ()
    if option is not None and screen.state.motif is None:
        screen.state = screen.state.with_changes(motif=option.motif.uuid)


def _read_hours(screen: Screen, preferred: tuple[datetime, ...]) -> None:
    motif, state = screen.motif, screen.state
    assert motif is not None  # noqa: S101 - the caller has just read it
    places = screen.motif_sites or []
    sites = [site for site in places if not state.site or site.slug == state.site]
    if motif.is_collective:
        window = agent_window(motif, screen.now)
        screen.sessions = sessions_of(motif, sites=sites, window=Window(screen.now, window.latest))
        return
    screen.matrix = matrix_of(
        motif,
        sites=sites,
        wish=_wish(screen, preferred),
        now=screen.now,
        usager=screen.person or (screen.caller.usager if screen.caller else None),
        place=visit_point(motif, screen.person),
        held=_held(screen),
    )


def _wish(screen: Screen, preferred: tuple[datetime, ...]) -> Wish:
    state, caller = screen.state, screen.caller
    return Wish(
        order=state.ordre,
        moment=state.moment,
        agents=EVERYBODY if state.agent is None else [state.agent],
        from_day=state.depuis,
        shows_all=state.agent is not None,
        first_site_id=screen.site.pk if screen.site else None,
        referent_ids=caller.referent_ids if caller else frozenset(),
        preferred=preferred or ((screen.hole.starts_at,) if screen.hole else ()),
        hole=screen.hole,
        home=home_point(caller.usager) if caller else None,
    )


def _held(screen: Screen) -> Held | None:
    option = screen.option
    if option is None or option.rdv_id is not None or option.motif_id != (screen.motif.pk if screen.motif else None):
        return None
    return Held(option.pk, creneau_of(option, screen.option_agents), is_alive=screen.is_held)


def visit_point(motif: Motif, person: Usager | None) -> Point | None:
    """Where a home visit goes, when the file says it exactly."""
    if motif.modality != Modality.HOME or person is None or person.latitude is None or person.longitude is None:
        return None
    return Point(person.latitude, person.longitude)


def home_point(usager: Usager) -> Point | None:
    """Where the person lives, or the middle of their commune: enough to sort sites by distance."""
    for known in (usager, usager.commune):
        if known is not None and known.latitude is not None and known.longitude is not None:
            return Point(known.latitude, known.longitude)
    return None
