"""The console: everything that only reads. One address, whose query says the whole call.

Room: views. htmx asks for a piece by its target (the list under a box), or for the whole region.
"""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.views.guards import AgentRequest
from rdv.forms.console_state import read_state
from rdv.views.console.confirming import drop_draft_of_no_call
from rdv.views.console.reasons import usual_caller
from rdv.views.console.screen import Screen, console_roles, read_light, read_screen
from rdv.views.console.showing import go_to, motifs_for, results_for, show


@require_safe
@console_roles
def accueil(request: AgentRequest) -> HttpResponse:
    state = read_state(request.GET)
    if request.htmx.target == "resultats":
        return _list(request, read_light(request, state), "results")
    if request.htmx.target == "motifs":
        return _list(request, read_light(request, state), "motifs")
    return _whole(request)


@usual_caller
def _whole(request: AgentRequest) -> HttpResponse:
    state = read_state(request.GET)
    screen = read_screen(request, state)
    if screen.option is not None and screen.option.rdv is not None and state.fait is None:
        return go_to(screen.state.with_changes(option=None, fait=screen.option.rdv.uuid))
    if state.is_blank:
        drop_draft_of_no_call(request, now=screen.now)
    return show(request, screen)


def _list(request: AgentRequest, screen: Screen, what: str) -> HttpResponse:
    """What answers to the letters typed so far, under its box."""
    found = results_for(request, screen) if what == "results" else motifs_for(request, screen)
    name = "_resultats" if what == "results" else "_motifs"
    context = {
        "departement": request.departement,
        "screen": screen,
        "state": screen.state,
        "today": screen.today,
        "is_typing": True,
        what: found,
    }
    return render(request, f"rdv/console/{name}.html", context)
