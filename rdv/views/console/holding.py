"""The console's gestures on a hold: take an hour or a seat, change it, ask for more time, let go.

Room: views. Each answers with the address of the new state, or in place with what was refused (409) or lacks (422).
"""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from agents.models import Site
from agents.views.guards import AgentRequest
from rdv.access import rdv_for_writing
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.forms.console import read_creneau, read_uuids
from rdv.forms.console_state import ConsoleState, read_state
from rdv.models import Motif, Option
from rdv.services.console_holds import change_hold, change_seat, held_by, same_hold
from rdv.services.errors import OptionExpired
from rdv.services.holding import extend_option, release_option
from rdv.services.questions import Creneau
from rdv.views.console.confirming import keep_draft
from rdv.views.console.reasons import usual_caller
from rdv.views.console.screen import Screen, console_post, console_roles, read_screen, visit_point
from rdv.views.console.showing import go_to, refused, show

LOST = "L’heure n’est plus tenue. Choisissez-la de nouveau, ou une autre."
CHOOSE_AN_HOUR = "Choisissez une heure dans le tableau."


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
@console_post
@usual_caller
def hold(request: AgentRequest) -> HttpResponse:
    """Hold the hour that was pointed at, in place of the one held before."""
    state = read_state(request.POST)
    keep_typed_note(request, state)
    screen = read_screen(request, state.with_changes(fait=None, etape=""))
    motif = screen.motif
    if motif is None:
        raise Http404
    try:
        option = _hold_seat(request, screen, motif) if motif.is_collective else _hold_hour(request, screen, motif)
    except DomainError as error:
        wanted = read_creneau(request.POST.get("creneau", ""))
        return refused(request, _after_refusal(request, screen), error, wanted_at=wanted.starts_at if wanted else None)
    if option is None:
        return show(request, screen, status=422, missing=CHOOSE_AN_HOUR)
    return go_to(screen.state.with_changes(option=option.token))


def _hold_hour(request: AgentRequest, screen: Screen, motif: Motif) -> Option | None:
    creneau = read_creneau(request.POST.get("creneau", ""))
    if creneau is None:
        return None
    site = _site_of(screen, creneau)
    opened_at = screen.state.opened_at(screen.now)
    again = same_hold(request.scope, motif, creneau, opened_at=opened_at, now=screen.now)
    if again is not None:
        return again
    return change_hold(
        old=screen.option,
        motif=motif,
        site=site,
        creneau=creneau,
        author=request.scope.author(site.pk),
        opened_at=opened_at,
        now=screen.now,
        usager=screen.person or (screen.caller.usager if screen.caller else None),
        place=visit_point(motif, screen.person),
    )


def _hold_seat(request: AgentRequest, screen: Screen, motif: Motif) -> Option | None:
    chosen = read_uuids([request.POST.get("atelier", "")])
    if not chosen:
        return None
    atelier = rdv_for_writing(request.scope, chosen.pop())
    if atelier.motif_id != motif.pk:
        raise Http404
    return change_seat(
        old=screen.option,
        atelier=atelier,
        author=request.scope.author(atelier.site_id),
        opened_at=screen.state.opened_at(screen.now),
        now=screen.now,
    )


def _site_of(screen: Screen, creneau: Creneau) -> Site:
    """One of those where this agent books this motif."""
    site = next((one for one in screen.motif_sites or [] if one.pk == creneau.site_id), None)
    if site is None:
        raise Http404
    return site


def _after_refusal(request: AgentRequest, screen: Screen) -> ConsoleState:
    """What was held before is held again (change_hold), under another token perhaps: forget it when it is gone."""
    still = held_by(request.scope, screen.state.option)
    return screen.state if still is not None else screen.state.with_changes(option=None)


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
@console_post
@usual_caller
def more_time(request: AgentRequest) -> HttpResponse:
    """Ten minutes more, once."""
    state = read_state(request.POST)
    option = held_by(request.scope, state.option)
    keep_typed_note(request, state)
    if option is None:
        return refused(request, state.with_changes(option=None), OptionExpired(LOST))
    try:
        extend_option(option=option, now=clock.now())
    except DomainError as error:
        return refused(request, state, error)
    return go_to(state)


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
@console_post
def let_go(request: AgentRequest) -> HttpResponse:
    """One step back: the hour is free at once, everything else stays."""
    state = read_state(request.POST)
    keep_typed_note(request, state)
    option = held_by(request.scope, state.option)
    if option is not None and option.rdv_id is None:
        release_option(option=option, now=clock.now())
    return go_to(state.with_changes(option=None))


def keep_typed_note(request: AgentRequest, state: ConsoleState) -> None:
    """The note travels with every gesture of the last step; it is kept in the session until the booking."""
    note = request.POST.get("note")
    if note is not None and state.usager is not None:
        keep_draft(request, state.usager, note)
