"""The title and the seats of a session, from its page. Room: views. What was raised has already been offered to who
waits. Changed by somebody else meanwhile (409): what was typed stays."""

import uuid as uuids

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST

from agents.views.guards import AgentRequest
from rdv.access import rdv_for_writing
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.forms.console_seats import SeatsForm, TitleForm
from rdv.models import Rdv
from rdv.services.errors import ChangedMeanwhile
from rdv.services.seats import change_capacity, change_title
from rdv.views.agenda.asked import to_rdv
from rdv.views.console.rdv_page import rdv_shown, refused
from rdv.views.console.screen import console_roles


@require_POST
@console_roles
def rdv_seats(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    rdv = rdv_for_writing(request.scope, uuid)
    if not rdv.motif.is_collective:
        raise Http404
    form = SeatsForm(request.POST, capacity=rdv.capacity)
    if not form.is_valid():
        return rdv_shown(request, rdv, status=422, seats=form)
    try:
        changed = change_capacity(
            atelier=rdv,
            capacity=form.cleaned_data["capacity"],
            expected=form.cleaned_data["vu"],
            author=request.scope.author(rdv.site_id),
            now=clock.now(),
        )
    except ChangedMeanwhile as refusal:
        form.shown_again(rdv_for_writing(request.scope, uuid).capacity)
        return refused(request, uuid, refusal, seats=form)
    except DomainError as refusal:
        form.add_error("capacity", refusal.message)
        return rdv_shown(request, rdv, status=422, seats=form)
    messages.success(request, _said(changed))
    return to_rdv(request, uuid)


@require_POST
@console_roles
def rdv_title(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    rdv = rdv_for_writing(request.scope, uuid)
    if not rdv.motif.is_collective:
        raise Http404
    form = TitleForm(request.POST, title=rdv.title)
    if not form.is_valid():
        return rdv_shown(request, rdv, status=422, titling=form)
    try:
        change_title(
            atelier=rdv,
            title=form.cleaned_data["title"],
            expected=form.cleaned_data["vu"],
            author=request.scope.author(rdv.site_id),
            now=clock.now(),
        )
    except DomainError as refusal:
        form.shown_again(rdv_for_writing(request.scope, uuid).title)
        return refused(request, uuid, refusal, titling=form)
    messages.success(request, "Le titre est changé. Les rappels à venir le disent, aucun message ne part maintenant.")
    return to_rdv(request, uuid)


def _said(atelier: Rdv) -> str:
    many = "s" if atelier.capacity > 1 else ""
    free = atelier.capacity - atelier.seats_taken
    left = f"{free} libre{'s' if free > 1 else ''}" if free else "aucune n’est libre"
    return f"La séance a {atelier.capacity} place{many}\u00a0: {left}. La liste d’attente est servie d’abord."
