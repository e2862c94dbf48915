"""The answer to a call about an Rdv. One press, one transaction of the services; the list is shown again.

Room: views. Called by the card of rdv/views/waiting/calls.
"""

import uuid as uuids

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from agents.views.guards import AgentRequest
from rdv.access import appel_for_writing
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.services import calls_answers
from rdv.services.calls_answers import Answer
from rdv.views.console.screen import console_roles
from rdv.views.waiting.calls import page

SAID = {
    Answer.PICK: "C’est réservé pour {name}. La confirmation part.",
    Answer.COMES: "C’est noté : {name} est au courant.",
    Answer.NONE_SUITS: "C’est noté. Les dates sont de nouveau libres : cherchez une autre heure avec {name}.",
    Answer.CANCEL: "Le rendez-vous de {name} est annulé.",
    Answer.OTHER_DATE: "C’est noté : {name} a une autre date.",
    Answer.NOTHING_ELSE: "C’est noté : {name} ne souhaite pas d’autre date.",
    Answer.NOBODY: "C’est noté : {name} n’a pas répondu. La ligne revient plus tard.",
    Answer.WRONG: "C’est noté : mauvais numéro. Corrigez la fiche de {name} si vous le pouvez.",
}


@require_POST
@console_roles
def answer(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    appel = appel_for_writing(request.scope, uuid)
    try:
        said = Answer(request.POST.get("reponse", ""))
    except ValueError as error:
        raise Http404 from error
    if appel.closed_at is not None:
        messages.info(request, "Cet appel est déjà réglé : rien n’a changé.")
        return redirect("rdv:waiting_calls")
    rdv = appel.participation.rdv
    author = request.scope.author(rdv.site_id)
    name = appel.participation.usager.full_name
    position = request.POST.get("horaire", "")
    try:
        calls_answers.give(appel=appel, said=said, position=position, author=author, now=clock.now())
    except DomainError as error:
        return page(request, status=409, refusal=f"{name} : {error.message}", chosen_uuid=appel.uuid)
    messages.success(request, SAID[said].format(name=name))
    return redirect("rdv:waiting_calls")
