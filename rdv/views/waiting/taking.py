"""Taking back, knowingly, an hour that is held for somebody of the list: a reason, then the console with that hour.

Room: views. Whoever was asked is told and keeps their rank; the hour becomes this agent's hold, so that nobody slips in
between. Sent twice, it is the same hold.
"""

import uuid as uuids

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from agents.views.guards import AgentRequest
from rdv.access import offres_for_writing, option_of_waitlist
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.forms.console_state import ConsoleState, read_state
from rdv.forms.waiting_desk import ReasonForm
from rdv.models import OffreState, Option
from rdv.services.console_holds import agents_of, held_by
from rdv.services.waitlist_withdraw import withdraw_for_agent
from rdv.views.console.screen import console_roles
from rdv.views.console.showing import go_to


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def take(request: AgentRequest, token: uuids.UUID) -> HttpResponse:
    state = read_state(request.POST if request.method == "POST" else request.GET)
    mine = held_by(request.scope, token)
    if mine is not None:
        return _to_console(state, mine)
    option = option_of_waitlist(request.scope, token)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if not (form.is_bound and form.is_valid()):
        return _page(request, option, form, state, status=422 if form.is_bound else 200)
    try:
        held = withdraw_for_agent(
            option=option,
            reason=form.cleaned_data["reason"],
            author=request.scope.author(option.site_id),
            now=clock.now(),
        )
    except DomainError as error:
        return _page(request, option, form, state, status=409, refusal=error.message)
    messages.success(request, "L’heure est à vous pour 10 minutes. Choisissez la personne, puis confirmez.")
    return _to_console(state, held)


def _to_console(state: ConsoleState, option: Option) -> HttpResponse:
    return go_to(state.with_changes(option=option.token, motif=option.motif.uuid, etape="", fait=None))


def _page(
    request: AgentRequest, option: Option, form: ReasonForm, state: ConsoleState, *, status: int, refusal: str = ""
) -> HttpResponse:
    asked = offres_for_writing(request.scope).filter(option=option, state=OffreState.LIVE).order_by("id")
    context = {
        "option": option,
        "asked": list(asked),
        "with_whom": french.joined([agent.full_name for agent in agents_of(option)]),
        "form": form,
        "state": state,
        "refusal": refusal,
    }
    return render(request, "rdv/waiting/prendre.html", context, status=status)
