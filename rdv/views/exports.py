"""Exports of Rdv: what the file would hold before it is asked for, how far it is, and taking it away. Room: views.

The password is asked again when it was typed long ago, for asking and for taking away (guards.password_fresh).
"""

import uuid as uuids
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from agents.access import today_of
from agents.models import Role
from agents.views.guards import AgentRequest, password_fresh, role_required
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.domain.exporting import Rights
from rdv.forms.exporting import ExportForm, asked_or_usual, read_key
from rdv.services.export_rows import count_lines, header
from rdv.services.exports import (
    KEEP_FOR,
    SHOWN,
    Choices,
    TooManyExports,
    ask_export,
    choices_of,
    export_of,
    exports_of,
    rights_of,
    take_away,
)

LIST_ID = "mes-exports"


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.ADMIN, Role.RESPONSABLE)
def exports(request: AgentRequest) -> HttpResponseBase:
    """The page, and the button that has a file prepared."""
    return _prepare(request) if request.method == "POST" else _show(request)


def _show(request: AgentRequest) -> HttpResponse:
    """For htmx, only the list of one's files while one of them is being made."""
    if request.htmx and request.htmx.target == LIST_ID:
        return render(request, "rdv/exports/_liste.html", _followed(request))
    rights = rights_of(request.scope)
    choices = choices_of(request.departement, rights)
    today = today_of(request.agent, clock.now())
    form = ExportForm(asked_or_usual(request.GET, today), choices=choices, may_read_people=rights.may_read_people)
    return _page(request, form, choices, rights)


def _page(
    request: AgentRequest, form: ExportForm, choices: Choices, rights: Rights, refusal: str = "", status: int = 200
) -> HttpResponse:
    is_clear = form.is_valid()
    context = {
        "form": form,
        "key": uuids.uuid4(),
        "lines": count_lines(request.departement, rights, form.filters) if is_clear else None,
        "columns": header(form.filters) if is_clear else (),
        "filters": form.filters if is_clear else None,
        "hidden": choices.hidden,
        "rights": rights,
        "refusal": refusal,
        "narrowing": [form[name] for name in ("sites", "services", "motifs")],
    } | _followed(request)
    return render(request, "rdv/exports/exports.html", context, status=status if is_clear else 422)


def _followed(request: AgentRequest) -> dict[str, Any]:
    """The list of one's files. `said`: for those who listen rather than look."""
    followed = exports_of(request.scope)
    is_waiting = any(one.export.is_pending for one in followed)
    said = ""
    if followed:
        said = (
            "Un fichier se prépare." if is_waiting else f"Dernier fichier : {followed[0].export.get_state_display()}."
        )
    return {
        "followed": followed,
        "is_waiting": is_waiting,
        "said": said,
        "most": SHOWN,
        "keep_days": KEEP_FOR.days,
        # Pieces of page asked by htmx come without the frame, which says it elsewhere.
        "departement": request.departement,
    }


@password_fresh
def _prepare(request: AgentRequest) -> HttpResponse:
    rights = rights_of(request.scope)
    choices = choices_of(request.departement, rights)
    form = ExportForm(request.POST, choices=choices, may_read_people=rights.may_read_people)
    key = read_key(request.POST)
    if key is None or not form.is_valid():
        return _page(request, form, choices, rights, status=422)
    try:
        ask_export(
            key=key,
            departement=request.departement,
            scope=request.scope,
            filters=form.filters,
            file_format=form.cleaned_data["file_format"],
            now=clock.now(),
        )
    except TooManyExports as refused:
        return _page(request, form, choices, rights, refusal=refused.message, status=409)
    messages.success(request, "Le fichier est demandé. Vous pouvez quitter cette page : il vous attendra ici.")
    return redirect(f"{reverse('rdv:exports')}?{urlencode(form.pairs)}")


@require_POST
@role_required(Role.ADMIN, Role.RESPONSABLE)
@password_fresh
def take(request: AgentRequest, uuid: uuids.UUID) -> HttpResponseBase:
    """Streamed by us, rights checked again: no other door leads to the file."""
    export = export_of(request.scope, uuid)
    try:
        opened = take_away(export=export, scope=request.scope, now=clock.now())
    except DomainError as refused:
        messages.error(request, refused.message)
        return redirect("rdv:exports")
    days = f"{export.filters['from_day']}-au-{export.filters['until_day']}"
    return FileResponse(opened, as_attachment=True, filename=f"rendez-vous-{days}.{export.format}")
