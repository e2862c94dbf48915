"""The page of one Rdv, and its short gestures: who came, cancel, put back.

Room: views. Masked or foreign: 404 (rdv/access). What was changed meanwhile is shown (409), what was wanted is kept.
"""

import uuid as uuids
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.views.guards import AgentRequest
from rdv.access import may_write_rdv, participation_for_agent, rdv_for_agent, rdv_for_writing
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.domain.statuses import Status
from rdv.forms.console_rdv import BY_SERVICE, WHOLE, CancelForm, read_version
from rdv.forms.console_seats import SeatsForm, TitleForm
from rdv.models import ConfirmedBy, Participation, Rdv
from rdv.services import confirming
from rdv.services.attendance import set_status
from rdv.services.cancelling import cancel_participation, cancel_rdv, restore_participation
from rdv.services.console_rdv import last_change, page_of
from rdv.services.errors import ChangedMeanwhile
from rdv.services.series_members import members_of
from rdv.services.undo_record import names_before, undoable
from rdv.views.agenda.asked import to_rdv
from rdv.views.console.screen import console_roles

SAID = {Status.SEEN: "C’est noté : la personne est venue.", Status.NOSHOW: "C’est noté : la personne était absente."}


@require_safe
@console_roles
def rdv_detail(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    return rdv_shown(request, rdv_for_agent(request.scope, uuid))


def rdv_shown(request: AgentRequest, rdv: Rdv, *, status: int = 200, **more: Any) -> HttpResponse:
    now = clock.now()
    page, may_write = page_of(rdv, now=now), may_write_rdv(request.scope, rdv)
    undo = undoable(page.events, rdv, agent_id=request.scope.agent_id, now=now) if may_write else None
    context = {
        "page": page,
        "rdv": rdv,
        "now": now,
        "today": clock.local_date(now, request.departement.zone),
        "may_write": may_write,
        "undo": undo,
        "undo_with": names_before(undo, rdv) if undo else "",
        "members": members_of(request.scope, rdv, now=now),
        "seats": SeatsForm(capacity=rdv.capacity) if rdv.motif.is_collective else None,
        "titling": TitleForm(title=rdv.title) if rdv.motif.is_collective else None,
    }
    return render(request, "rdv/rdv/rdv.html", context | more, status=status)


@require_POST
@console_roles
def rdv_status(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """Came or not, as seen from the page: `vu` is the status that it showed."""
    participation = _participation(request, uuid)
    wanted, seen = _status(request.POST.get("statut")), _status(request.POST.get("vu"))
    if wanted is None:
        raise Http404
    try:
        set_status(
            participation=participation,
            status=wanted,
            expected=seen,
            author=request.scope.author(participation.rdv.site_id),
            now=clock.now(),
        )
    except DomainError as error:
        return refused(request, uuid, error, wanted=wanted, wanted_for=participation.uuid)
    messages.success(request, SAID.get(wanted, "C’est noté."))
    return to_rdv(request, uuid)


@require_POST
@console_roles
def rdv_confirmed(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """They said that they come, on the phone or at the desk (`par`); or it was noted by mistake."""
    participation = _participation(request, uuid)
    by, author, now = request.POST.get("par", ""), request.scope.author(participation.rdv.site_id), clock.now()
    if by and by not in (ConfirmedBy.PHONE, ConfirmedBy.DESK):
        raise Http404
    try:
        if by:
            confirming.confirm(participation=participation, by=ConfirmedBy(by), author=author, now=now)
        else:
            confirming.take_back(participation=participation, author=author, now=now)
    except DomainError as error:
        return refused(request, uuid, error)
    messages.success(request, "C’est noté : la personne vient." if by else "C’est défait.")
    return to_rdv(request, uuid)


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def rdv_cancel(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """Says what changes and which message leaves, then one button. The version that the page showed travels with it:
    what somebody else moved meanwhile is told, and what was typed is kept."""
    rdv = rdv_for_writing(request.scope, uuid)
    data = request.POST if request.method == "POST" else None
    form = CancelForm(data, is_workshop=rdv.motif.is_collective)
    if data is None or not form.is_valid():
        return _cancel_page(request, rdv, form, status=422 if form.is_bound else 200)
    try:
        _cancel(request, rdv, form)
    except ChangedMeanwhile as error:
        fresh = rdv_for_writing(request.scope, uuid)
        return _cancel_page(request, fresh, form, status=409, refusal=error, changed=last_change(fresh))
    except DomainError as error:
        return refused(request, rdv.uuid, error)
    messages.success(request, "Le rendez-vous est annulé. Vous pouvez encore le remettre, si l’heure reste libre.")
    return to_rdv(request, rdv.uuid)


def _cancel_page(request: AgentRequest, rdv: Rdv, form: CancelForm, *, status: int, **more: Any) -> HttpResponse:
    now = clock.now()
    page, participation = page_of(rdv, now=now), _one_of(rdv, request)
    context = {"rdv": rdv, "page": page, "participation": participation, "form": form, "now": now}
    return render(request, "rdv/rdv/annuler.html", context | more, status=status)


def _cancel(request: AgentRequest, rdv: Rdv, form: CancelForm) -> None:
    author, now, reason = request.scope.author(rdv.site_id), clock.now(), form.cleaned_data["reason"]
    version, participation = read_version(request.POST), _one_of(rdv, request)
    if form.cleaned_data["who"] == WHOLE:
        cancel_rdv(rdv=rdv, author=author, now=now, reason=reason, expected_version=version)
        return
    if participation is None:
        raise Http404
    cancel_participation(
        participation=participation,
        by_service=form.cleaned_data["who"] == BY_SERVICE,
        author=author,
        now=now,
        reason=reason,
        expected_version=version,
    )


@require_POST
@console_roles
def rdv_restore(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """A cancellation undone, only if the hour or the seat is still free."""
    participation = _participation(request, uuid)
    author, now = request.scope.author(participation.rdv.site_id), clock.now()
    try:
        restore_participation(participation=participation, author=author, now=now)
    except DomainError as error:
        return refused(request, uuid, error)
    messages.success(request, "Le rendez-vous est remis.")
    return to_rdv(request, uuid)


def refused(request: AgentRequest, uuid: uuids.UUID, error: DomainError, **more: Any) -> HttpResponse:
    """409: the page as it is now, who changed it last, and what was wanted."""
    rdv = rdv_for_agent(request.scope, uuid)
    changed = last_change(rdv) if isinstance(error, ChangedMeanwhile) else None
    return rdv_shown(request, rdv, status=409, refusal=error, changed=changed, **more)


def _participation(request: AgentRequest, uuid: uuids.UUID) -> Participation:
    """One of this Rdv's, that the agent may fill in."""
    try:
        key = uuids.UUID(request.POST.get("participation", ""))
    except ValueError as error:
        raise Http404 from error
    found = participation_for_agent(request.scope, key)
    if found.rdv.uuid != uuid:
        raise Http404
    return found


def _one_of(rdv: Rdv, request: AgentRequest) -> Participation | None:
    """The participation asked for, else the only one; None for a whole workshop."""
    asked = request.POST.get("participation") or request.GET.get("participation", "")
    live = [one for one in rdv.participations.all() if one.is_live]
    if asked:
        return next((one for one in live if str(one.uuid) == asked), None)
    return live[0] if len(live) == 1 else None


def _status(text: str | None) -> Status | None:
    return next((status for status in Status if status.value == text), None)
