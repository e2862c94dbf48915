"""A file outside one's usual work: why is it opened? Asked before the page, from wherever the file is opened.

Room: views. Decorators, under console_roles:

    @usual_or_reason    a page of a file (`uuid` in the address)
    @usual_caller       a page whose state names somebody (the console, the waiting list from a call)

    a page that is read   -> the page of the reason, which leads back
    a form that was sent  -> the same question with everything typed carried along: answered, the form does its work
"""

import uuid as uuids
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from agents.views.guards import AgentRequest
from rdv.core import clock
from rdv.forms.console_state import read_state
from rdv.forms.files import AccessReasonForm
from rdv.services import file_scope
from usagers.access import standing_file, usager_for_agent

FileView = Callable[..., HttpResponse]
# The names of the question inside somebody else's form.
PREFIX = "acces"
NOT_KEPT = ("csrfmiddlewaretoken", *(f"{PREFIX}-{name}" for name in AccessReasonForm.base_fields))
# What htmx asked for was a piece of a page: the question takes the whole of it.
WHOLE_PAGE = {"HX-Retarget": "#contenu", "HX-Reselect": "#contenu", "HX-Reswap": "outerHTML"}


def usual_or_reason(view: FileView) -> FileView:
    """An old address leads to the kept file."""

    @wraps(view)
    def guarded(request: AgentRequest, *, uuid: uuids.UUID, **kwargs: Any) -> HttpResponse:
        if file_scope.needs_reason(request.scope, uuid, now=clock.now()):
            question = _question(request, uuid)
            if question is not None:
                return question
        return view(request, uuid=uuid, **kwargs)

    return guarded


def usual_caller(view: Callable[[AgentRequest], HttpResponse]) -> Callable[[AgentRequest], HttpResponse]:
    """The person on the phone. At the desk of a secretary the call itself is the reason (rdv/services/file_scope)."""

    @wraps(view)
    def guarded(request: AgentRequest) -> HttpResponse:
        uuid = read_state(request.POST if request.method == "POST" else request.GET).usager
        if uuid is not None and file_scope.needs_reason_on_call(request.scope, uuid, now=clock.now()):
            question = _question(request, uuid)
            if question is not None:
                return question
        return view(request)

    return guarded


def _question(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse | None:
    """None once it is answered: the form then does its work."""
    if request.method != "POST":
        return _to_the_page(request, uuid)
    is_answer = f"{PREFIX}-suite" in request.POST
    form = AccessReasonForm(request.POST if is_answer else None, prefix=PREFIX, auto_id="raison-%s")
    if is_answer and form.is_valid():
        usager_for_agent(request.scope, uuid, now=clock.now(), reason=form.reason, is_outside=True)
        return None
    usager = standing_file(request.scope.departement_code, uuid=uuid)
    typed = [(name, value) for name, values in request.POST.lists() if name not in NOT_KEPT for value in values]
    context = {"usager": usager, "form": form, "typed": typed, "address": request.get_full_path()}
    response = render(request, "usagers/raison.html", context, status=422 if is_answer else 200)
    if request.htmx:
        for name, value in WHOLE_PAGE.items():
            response[name] = value
    return response


def _to_the_page(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    page = request.get_full_path()
    address = f"{reverse('rdv:usager_reason', args=[uuid])}?{urlencode({'suite': page})}"
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
