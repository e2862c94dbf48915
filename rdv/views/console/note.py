"""The note "pour les agents" of an Rdv: read and written again, by those who may move it.

Room: views. What somebody else wrote meanwhile is shown beside what was typed (409).
"""

import uuid as uuids
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from agents.views.guards import AgentRequest
from rdv.access import rdv_for_writing
from rdv.core import clock
from rdv.forms.console_rdv import NoteForm
from rdv.models import Rdv
from rdv.services.console_rdv import last_change
from rdv.services.rdv_note import NoteChanged, write_note
from rdv.views.agenda.asked import to_rdv
from rdv.views.console.screen import console_roles


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def rdv_note(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    rdv = rdv_for_writing(request.scope, uuid)
    form = NoteForm(request.POST if request.method == "POST" else None, rdv=rdv)
    if not form.is_bound or not form.is_valid():
        return _page(request, rdv, form, status=422 if form.is_bound else 200)
    author, data = request.scope.author(rdv.site_id), form.cleaned_data
    try:
        is_new = write_note(rdv=rdv, note=data["note"], expected=data["before"], author=author, now=clock.now())
    except NoteChanged as refusal:
        fresh = rdv_for_writing(request.scope, uuid)
        form.shown_again(fresh)
        return _page(request, fresh, form, status=409, refusal=refusal, changed=last_change(fresh))
    if is_new:
        messages.success(request, "La note est enregistrée.")
    return to_rdv(request, uuid)


def _page(request: AgentRequest, rdv: Rdv, form: NoteForm, *, status: int, **more: Any) -> HttpResponse:
    return render(request, "rdv/rdv/note.html", {"rdv": rdv, "form": form} | more, status=status)
