"""Around a person's file: why it is opened from elsewhere, its whole history, a message sent again, the paper to take.

Room: views. `usual_or_reason` (reasons.py) guards every page of a file (domain.md, "The journal").
"""

import uuid as uuids
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.views.guards import AgentRequest, local_page
from rdv.access import participation_for_agent
from rdv.core import clock
from rdv.forms.files import AccessReasonForm
from rdv.models import Participation
from rdv.services import file_history, files_page, notices, printing
from rdv.services.console_people import Caller, caller_of
from rdv.views.console.reasons import usual_or_reason
from rdv.views.console.screen import console_roles
from usagers.access import standing_file, usager_for_agent

PER_PAGE = 30


def file_of(request: AgentRequest, uuid: uuids.UUID, *, now: datetime, message_count: int = 3) -> Caller:
    """The file behind `usual_or_reason`."""
    return caller_of(request.scope, uuid, now=now, reason="fiche", messages=message_count, is_known=True)


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def reason(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    now = clock.now()
    usager = standing_file(request.scope.departement_code, uuid=uuid)
    data = request.POST if request.method == "POST" else None
    form = AccessReasonForm(data, initial={"suite": request.GET.get("suite", "")}, auto_id="raison-%s")
    if data is not None and form.is_valid():
        usager_for_agent(request.scope, uuid, now=now, reason=form.reason, is_outside=True)
        return redirect(local_page(form.cleaned_data["suite"]) or reverse("rdv:usager", args=[usager.uuid]))
    context = {"usager": usager, "form": form}
    return render(request, "usagers/raison.html", context, status=422 if form.is_bound else 200)


@require_safe
@console_roles
@usual_or_reason
def history(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    caller = file_of(request, uuid, now=clock.now())
    page = Paginator(file_history.history(caller), PER_PAGE).get_page(request.GET.get("page"))
    entries = file_history.entries(request.scope, list(page.object_list), caller)
    context = {"usager": caller.usager, "page_obj": page, "entries": entries}
    return render(request, "usagers/historique.html", context)


@require_POST
@console_roles
@usual_or_reason
def resend(request: AgentRequest, uuid: uuids.UUID, message: uuids.UUID) -> HttpResponse:
    """The Rdv as it stands today, by the same channel. Pressed twice, sent once."""
    now = clock.now()
    caller = file_of(request, uuid, now=now)
    found = files_page.message_to_resend(caller, message, now=now)
    if found is None:
        raise Http404
    participation = participation_for_agent(request.scope, uuids.UUID(found.subject_id))
    if notices.resent(participation, channel=found.channel, author=request.scope.author(), now=now):
        messages.success(request, "Le message est renvoyé, avec le rendez-vous tel qu’il est noté aujourd’hui.")
    else:
        messages.warning(
            request,
            "Rien n’est parti : ce message a déjà été renvoyé il y a moins de 10 minutes, ou la fiche n’a plus "
            "d’adresse où l’envoyer.",
        )
    return redirect(f"{reverse('rdv:usager', args=[caller.usager.uuid])}#u3")


@require_safe
@console_roles
def paper(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """One page to print; `uuid` is the participation's. Big letters, black on white."""
    now = clock.now()
    participation = _printable(request, uuid)
    printing.journal_print(participation, author=request.scope.author(participation.rdv.site_id), now=now)
    context = {"participation": participation, "paper": printing.paper_of(participation), "now": now}
    return render(request, "usagers/papier.html", context)


def _printable(request: AgentRequest, uuid: uuids.UUID) -> Participation:
    found = participation_for_agent(request.scope, uuid)
    if not found.is_live or found.rdv.ends_at <= clock.now():
        raise Http404
    return found
