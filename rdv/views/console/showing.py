"""The console, rendered whole or as the region that htmx swaps: the same region, from the same context.

Room: views. Called by the other modules of rdv/views/console.
"""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from agents.views.guards import AgentRequest
from rdv.core.errors import DomainError
from rdv.forms.console import ConfirmForm, OverbookForm, ProcheForm
from rdv.forms.console_state import NEW_PERSON, ConsoleState
from rdv.models import Motif
from rdv.services.able import only_able
from rdv.services.console_hole import motifs_in
from rdv.services.console_motifs import MotifList, motif_list
from rdv.services.console_people import agents_by_site
from rdv.services.console_search import Results, person_from, search
from rdv.views.console.confirming import confirming_of, done_of
from rdv.views.console.screen import Screen, home_point, read_screen
from rdv.views.console.why import ways_out
from usagers.forms.usager import UsagerForm


def address_of(state: ConsoleState) -> str:
    pairs = state.pairs()
    return f"{reverse('rdv:accueil')}?{urlencode(pairs)}" if pairs else reverse("rdv:accueil")


def go_to(state: ConsoleState) -> HttpResponse:
    return redirect(address_of(state))


def show(
    request: AgentRequest, screen: Screen, *, status: int = 200, form: ConfirmForm | None = None, **more: Any
) -> HttpResponse:
    """`form`: the one of the last step, when it comes back with something to mend. The address is that of the state."""
    context = context_of(request, screen, form) | more
    name = "rdv/console/_console.html" if request.htmx else "rdv/console/accueil.html"
    response = render(request, name, context, status=status)
    if request.htmx:
        response["HX-Push-Url"] = address_of(screen.state)
    return response


def refused(request: AgentRequest, state: ConsoleState, error: DomainError, **more: Any) -> HttpResponse:
    """409 in place: what was refused, the nearest hours first, everything else kept. Read again: things moved."""
    nearest = tuple(getattr(error, "nearest", ()))
    screen = read_screen(request, state, preferred=nearest)
    return show(request, screen, status=409, refusal=error, nearest=nearest, **more)


def context_of(request: AgentRequest, screen: Screen, form: ConfirmForm | None) -> dict[str, Any]:
    state, caller = screen.state, screen.caller
    confirming = confirming_of(request, screen, form)
    context: dict[str, Any] = {
        "departement": request.departement,
        "screen": screen,
        "state": state,
        "step": screen.step,
        "today": screen.today,
        "now": screen.now,
        "elapsed": int((screen.now - state.opened_at(screen.now)).total_seconds()),
        "confirming": confirming,
        "done": done_of(request.scope, screen),
        "results": results_for(request, screen) if state.usager is None or state.etape == NEW_PERSON else None,
        "knows_home": caller is not None and home_point(caller.usager) is not None,
        "session": _session_chosen(screen),
        "ways": ways_out(screen),
    }
    if screen.step == "nouveau":
        context["person_form"] = new_person_form(request, screen)
    if screen.step == "proche" and caller is not None:
        context["proche_form"] = ProcheForm(responsable=caller.usager, today=screen.today)
    if screen.step == "forcer" and screen.motif is not None:
        context["overbook_form"] = overbook_form(screen, screen.motif)
    if screen.motif is None and screen.step not in ("fait", "nouveau", "proche"):
        context["motifs"] = motifs_for(request, screen)
    return context


def results_for(request: AgentRequest, screen: Screen) -> Results | None:
    return search(request.scope, request.departement, screen.state.q, now=screen.now)


def motifs_for(request: AgentRequest, screen: Screen) -> MotifList:
    person = screen.person or (screen.caller.usager if screen.caller else None)
    if screen.hole is not None:
        return motifs_in(screen.hole, request.scope, screen.sites, text=screen.state.m, usager=person, now=screen.now)
    return motif_list(request.scope, screen.sites, text=screen.state.m, usager=person, place=None, now=screen.now)


def new_person_form(request: AgentRequest, screen: Screen, data: Any = None) -> UsagerForm:
    typed = None if data is not None else person_from(screen.state.q)
    return UsagerForm(data, departement=request.departement, today=screen.today, initial=typed, auto_id="np-%s")


def overbook_form(screen: Screen, motif: Motif, data: Any = None) -> OverbookForm:
    who = only_able(agents_by_site(screen.motif_sites or [], today=screen.today), motif.service_id)
    return OverbookForm(data, motif=motif, who=who)


def _session_chosen(screen: Screen) -> int | None:
    """The workshop a seat of which is held."""
    return screen.option.atelier_id if screen.option is not None and screen.is_held else None
