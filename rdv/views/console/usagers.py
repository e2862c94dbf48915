"""Files of people: the search, one file, and what agents change in it.

Room: views. Reads are journalled by the doors (usagers/access), writes go through usagers/services.
"""

import uuid as uuids
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.access import agents_kept_secret
from agents.models import Agent
from agents.views.guards import AgentRequest
from rdv.access import agents_seen
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.forms.console import ProcheForm
from rdv.forms.console_files import ProcheEndForm, ReferentForm
from rdv.services import file_history, files_page
from rdv.services.console_people import Caller, services_of_agents
from rdv.services.console_search import search
from rdv.services.ending_links import Ahead, ahead_of, end_link, others_told
from rdv.services.told import save_file
from rdv.views.console.files import file_of
from rdv.views.console.merging import keeps_files
from rdv.views.console.reasons import usual_or_reason
from rdv.views.console.screen import console_roles
from usagers.forms.usager import UsagerForm
from usagers.models import Proche, Referent, Usager
from usagers.services.files import FileChanged, addresses_of, seen_of
from usagers.services.links import add_proche, add_referent, end_referent

_Link = TypeVar("_Link", Proche, Referent)
FOUND = 30
MESSAGES = 10
HISTORY = 8


@require_safe
@console_roles
def usagers(request: AgentRequest) -> HttpResponse:
    now, q = clock.now(), request.GET.get("q", "")[:100]
    results = search(request.scope, request.departement, q, now=now, limit=FOUND)
    context = {"q": q, "results": results, "keeps_files": keeps_files(request.scope)}
    return render(request, "usagers/usagers.html", context)


@require_safe
@console_roles
@usual_or_reason
def usager(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    return _page(request, uuid)


def _page(request: AgentRequest, uuid: uuids.UUID, *, status: int = 200, **more: Any) -> HttpResponse:
    now = clock.now()
    caller = file_of(request, uuid, now=now, message_count=MESSAGES)
    if caller.usager.uuid != uuid:  # an old address: the file was made one with this one
        return redirect("rdv:usager", uuid=caller.usager.uuid)
    today = clock.local_date(now, request.departement.zone)
    waits, masked_waits = files_page.waits_of(request.scope, caller.usager, now=now)
    followers = [link.agent for link in caller.referents]
    context = {
        "file": caller,
        "usager": caller.usager,
        "now": now,
        "today": today,
        "services": services_of_agents(request.scope, followers),
        "history": file_history.last_of_file(request.scope, caller, count=HISTORY),
        "referent_form": ReferentForm(agents=_others(request, caller)),
        "shows_all": "tout" in request.GET,
        "waits": waits,
        "masked_waits": masked_waits,
        "resendable": () if caller.told else files_page.resendable(caller, caller.messages, now=now),
        "fusions": files_page.fusions_of(request.scope, caller.usager, now=now),
        "keeps_files": keeps_files(request.scope),
    }
    return render(request, "usagers/usager.html", context | more, status=status)


def _others(request: AgentRequest, caller: Caller) -> list[Agent]:
    """Who could follow this person too: those whose agenda one sees. Never those of a confidential service that is not
    one's own: they say it themselves, and a list that lacked one of them would tell who already follows."""
    today = clock.local_date(clock.now(), request.departement.zone)
    seen = agents_seen(request.scope, today=today)
    without = caller.referent_ids | agents_kept_secret(request.scope, [agent.pk for agent in seen])
    return [agent for agent in seen if agent.pk not in without]


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
@usual_or_reason
def usager_edit(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    now = clock.now()
    caller = file_of(request, uuid, now=now)
    today = clock.local_date(now, request.departement.zone)
    data = request.POST if request.method == "POST" else None
    form = UsagerForm(data, departement=request.departement, today=today, usager=caller.usager, auto_id="fiche-%s")
    if data is not None and form.is_valid():
        return _saved(request, caller.usager, form, now)
    return _edit_page(request, caller.usager, form, status=422 if form.is_bound else 200)


def _edit_page(
    request: AgentRequest, usager: Usager, form: UsagerForm, *, status: int, refusal: DomainError | None = None
) -> HttpResponse:
    """`now_says`: after a refusal, what the file says that was not typed."""
    typed = form.usager_fields() if refusal is not None else {}
    found = [(name, form.fields[name].label, getattr(usager, name)) for name in typed]
    now_says = [one for one in found if str(one[2] or "") != str(typed[one[0]] or "")]
    # After a form with something to mend, what the page had shown stays what was read.
    seen = request.POST.get("vu") if form.is_bound and refusal is None else None
    context = {
        "usager": usager,
        "form": form,
        "seen": seen_of(usager) if seen is None else seen,
        "refusal": refusal,
        "now_says": now_says,
    }
    return render(request, "usagers/modifier.html", context, status=status)


def _saved(request: AgentRequest, usager: Usager, form: UsagerForm, now: datetime) -> HttpResponse:
    seen, author = request.POST.get("vu"), request.scope.author()
    try:
        save_file(usager=usager, author=author, now=now, seen=seen, **form.usager_fields())
    except FileChanged as refusal:
        return _edit_page(request, usager, form, status=409, refusal=refusal)
    except DomainError as error:  # made one with another file while the form was open
        messages.error(request, error.message)
    else:
        messages.success(request, "La fiche est enregistrée.")
    return redirect("rdv:usager", uuid=usager.uuid)


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
@usual_or_reason
def proche_add(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """Asked twice, one link and one file."""
    now = clock.now()
    caller = file_of(request, uuid, now=now)
    data = request.POST if request.method == "POST" else None
    form = ProcheForm(data, responsable=caller.usager, today=clock.local_date(now, request.departement.zone))
    if data is not None and form.is_valid():
        try:
            add_proche(responsable=caller.usager, author=request.scope.author(), now=now, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "Le lien est enregistré.")
            return redirect("rdv:usager", uuid=uuid)
    context = {"usager": caller.usager, "form": form}
    return render(request, "usagers/proche.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
@usual_or_reason
def proche_end(request: AgentRequest, uuid: uuids.UUID, pk: int) -> HttpResponse:
    """First what this responsable still hears of, and who hears of it instead."""
    now = clock.now()
    caller = file_of(request, uuid, now=now)
    link = _link(caller.proches, pk)
    ahead = ahead_of(link, now=now)
    data = request.POST if request.method == "POST" else None
    form = ProcheEndForm(data, person=link.person, others=others_told(link, now=now))
    if data is None or (ahead and not form.is_valid()):
        return _end_page(request, caller, link, ahead, form)
    told = form.cleaned_data["told"] if ahead else link.person
    end_link(link=link, told=told, author=request.scope.author(), now=now)
    messages.success(request, _ended(ahead, told))
    return redirect("rdv:usager", uuid=uuid)


def _end_page(request: AgentRequest, caller: Caller, link: Proche, ahead: Ahead, form: ProcheEndForm) -> HttpResponse:
    ids = {one.pk for one in ahead.participations}
    lines = [line for line in caller.rdvs.upcoming if line.participation.pk in ids]
    context = {
        "usager": caller.usager,
        "link": link,
        "ahead": ahead,
        "lines": lines,
        "masked": len(ids) - len(lines),
        "form": form,
    }
    return render(request, "usagers/fin_lien.html", context, status=422 if form.is_bound else 200)


def _ended(ahead: Ahead, told: Usager) -> str:
    said = "Le lien est terminé. L’historique le garde."
    if not ahead:
        return said
    if any(addresses_of(told)):
        return f"{said} Les messages vont maintenant à {told.full_name}."
    return f"{said} Aucun message ne part plus : prévenez la famille par téléphone."


@require_POST
@console_roles
@usual_or_reason
def referent_add(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    now = clock.now()
    caller = file_of(request, uuid, now=now)
    form = ReferentForm(request.POST, agents=_others(request, caller))
    if not form.is_valid():
        return _page(request, uuid, status=422, referent_form=form)
    add_referent(usager=caller.usager, agent=form.cleaned_data["agent"], author=request.scope.author(), now=now)
    messages.success(request, "Le référent est ajouté.")
    return redirect("rdv:usager", uuid=uuid)


@require_POST
@console_roles
@usual_or_reason
def referent_end(request: AgentRequest, uuid: uuids.UUID, pk: int) -> HttpResponse:
    now = clock.now()
    caller = file_of(request, uuid, now=now)
    link = _link(caller.referents, pk)
    end_referent(referent=link, author=request.scope.author(), now=now)
    messages.success(request, "Ce suivi est terminé. L’historique le garde.")
    return redirect("rdv:usager", uuid=uuid)


def _link(links: Iterable[_Link], pk: int) -> _Link:
    found = next((link for link in links if link.pk == pk), None)
    if found is None:
        raise Http404
    return found
