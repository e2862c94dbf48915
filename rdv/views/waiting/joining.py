"""Putting somebody on the list, from a call: the person and the motif are those of the console.

Room: views. The query is the state of the console, so that one comes back to the same call.
"""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.models import Role
from agents.views.guards import AgentRequest
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.forms.console_state import ConsoleState, read_state
from rdv.forms.waiting_wishes import Choices, JoinForm
from rdv.models import Inscription, Motif, Origin
from rdv.services import waitlist_desk
from rdv.services.console_motifs import motif_of
from rdv.services.console_people import Caller, caller_of
from rdv.services.waitlist_join import Wish, WishImpossible, join, position_of
from rdv.views.console.confirming import recipients_of
from rdv.views.console.screen import console_roles
from rdv.views.console.showing import go_to
from usagers.models import Usager

DAY_MIN = 24 * 60


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def join_list(request: AgentRequest) -> HttpResponse:
    """Without a person or a motif: back to the console, where they are chosen."""
    state = read_state(request.POST if request.method == "POST" else request.GET)
    if state.usager is None or state.motif is None:
        return go_to(state)
    now = clock.now()
    motif = motif_of(request.scope, state.motif)
    caller = caller_of(request.scope, state.usager, now=now, reason="liste d’attente", looks_for_likely=False)
    person = caller.person(state.pour) if state.pour or caller.proches else caller.usager
    if person is None:
        return go_to(state)
    choices = _choices(request, motif, caller, person, now)
    form = JoinForm(request.POST if request.method == "POST" else None, choices=choices, initial=_initial(person))
    if form.is_bound and form.is_valid():
        try:
            made = _joined(request, form, caller, person, now)
        except WishImpossible as refusal:
            form.refuse(refusal.field, refusal.message)
        except DomainError as refusal:
            return _page(request, state, form, motif, person, status=409, refusal=refusal.message)
        else:
            return _done(request, made, now)
    return _page(request, state, form, motif, person, status=422 if form.is_bound else 200)


def _page(
    request: AgentRequest,
    state: ConsoleState,
    form: JoinForm,
    motif: Motif,
    person: Usager,
    *,
    status: int,
    **more: Any,
) -> HttpResponse:
    context = {"form": form, "state": state, "motif": motif, "person": person, **more}
    return render(request, "rdv/waiting/ajouter.html", context, status=status)


def _choices(request: AgentRequest, motif: Motif, caller: Caller, person: Usager, now: datetime) -> Choices:
    own = request.scope.site_ids
    sites = sorted(waitlist_desk.sites_offering(motif), key=lambda site: site.pk not in own)  # one's own first
    lines = [line.participation for line in caller.rdvs.upcoming]
    return Choices(
        motif=motif,
        motifs=waitlist_desk.motifs_alike(request.scope, motif),
        sites=sites,
        agents=waitlist_desk.agents_receiving(motif, sites, now=now),
        languages=waitlist_desk.languages_spoken(motif, now=now),
        sessions=waitlist_desk.sessions_ahead(motif, sites, now=now),
        rdvs=[one for one in lines if one.is_live and one.usager_id == person.pk and one.rdv.motif_id == motif.pk],
    )


def _initial(person: Usager) -> dict[str, Any]:
    return {"needs_step_free": person.needs_step_free, "shortest_notice_min": DAY_MIN}


def _joined(request: AgentRequest, form: JoinForm, caller: Caller, person: Usager, now: datetime) -> Inscription:
    data, recipient = form.cleaned_data, recipients_of(caller, person)[0]
    is_desk = Role.SECRETAIRE in request.scope.roles.values()
    wish = Wish(
        usager=person,
        motif=form.choices.motif,
        wishes=form.wishes,
        origin=Origin.PHONE if is_desk else Origin.AGENT,
        responsable=recipient if recipient.pk != person.pk else None,
        participation=form.chosen_rdv,
        atelier=form.chosen_session,
        context=data["context"],
        priority=data["priority"],
        priority_reason=data["priority_reason"],
    )
    return join(wish=wish, author=request.scope.author(), now=now)


def _done(request: AgentRequest, made: Inscription, now: datetime) -> HttpResponse:
    place = position_of(made, now)
    messages.success(
        request,
        f"{made.usager.full_name} attend pour « {made.motif.name} » : rang {place.rank} sur {place.waiting}.",
    )
    return redirect("rdv:waiting_person", uuid=made.uuid)
