"""One person who waits: wishes, order, offers received, and the short gestures (change, wake, leave, order).

Room: views. What was changed meanwhile is said (409); a gesture sent twice is done once.
"""

import uuid as uuids
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.views.guards import AgentRequest
from rdv.access import inscription_for_agent, offres_for_writing
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.core.languages import in_order
from rdv.forms.waiting_desk import LeaveForm
from rdv.forms.waiting_wishes import Choices, ReorderForm, WishesForm, wishes_initial
from rdv.models import Inscription, InscriptionState, Priority
from rdv.services import waitlist_desk
from rdv.services.waitlist_join import WishImpossible, change, leave, position_of, set_priority, wake, wishes_of
from rdv.views.console.screen import console_roles
from rdv.views.waiting.lists import rows_of
from rdv.views.waiting.words import OFFRES, event_words

NO_LONGER = "Cette attente est terminée : elle ne change plus."


@require_safe
@console_roles
def person(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    return _page(request, inscription_for_agent(request.scope, uuid))


def _page(request: AgentRequest, found: Inscription, *, status: int = 200, **more: Any) -> HttpResponse:
    now = clock.now()
    offres = waitlist_desk.offres_of(found)
    readable = set(offres_for_writing(request.scope).filter(inscription=found).values_list("pk", flat=True))
    context = {
        "row": rows_of([found], now=now)[0],
        "inscription": found,
        "position": position_of(found, now) if found.state in _COUNTED else None,
        "offres": [(one, OFFRES[one.state], one.pk in readable) for one in offres],
        "history": [(event, event_words(event)) for event in waitlist_desk.history_of(found)],
        "is_asleep": found.state == InscriptionState.ASLEEP,
        "order_form": ReorderForm(initial={"priority": found.priority, "priority_reason": found.priority_reason}),
        "leave_form": LeaveForm(auto_id="quitter-%s"),
        "now": now,
        "today": clock.local_date(now, request.departement.zone),
    }
    return render(request, "rdv/waiting/personne.html", context | more, status=status)


_COUNTED = (InscriptionState.WAITING, InscriptionState.OFFERED)


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def wishes(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    found = inscription_for_agent(request.scope, uuid)
    if not found.is_open:
        return _page(request, found, status=409, refusal=NO_LONGER)
    form = WishesForm(
        request.POST if request.method == "POST" else None,
        choices=_choices(request, found, clock.now()),
        initial=wishes_initial(found),
    )
    if form.is_bound and form.is_valid():
        try:
            change(
                inscription=found,
                wishes=form.wishes,
                author=request.scope.author(),
                now=clock.now(),
                expected_version=_version(request),
            )
        except WishImpossible as refusal:
            form.refuse(refusal.field, refusal.message)
        except DomainError:
            again = inscription_for_agent(request.scope, uuid)
            return _page(request, again, status=409, refusal="Quelqu’un a modifié cette attente entre-temps. La voici.")
        else:
            messages.success(request, "Les souhaits sont changés. Le rang reste le même.")
            return redirect("rdv:waiting_person", uuid=uuid)
    context = {"form": form, "inscription": found, "version": request.POST.get("version", found.version)}
    return render(request, "rdv/waiting/souhaits.html", context, status=422 if form.is_bound else 200)


def _version(request: AgentRequest) -> int | None:
    """What the form saw; a form without it is refused as changed."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**31)) else -1


def _choices(request: AgentRequest, found: Inscription, now: datetime) -> Choices:
    """What may be named, and what was named already by somebody who could."""
    sites, kept = waitlist_desk.sites_offering(found.motif), wishes_of(found)
    motifs = {one.pk: one for one in [*waitlist_desk.motifs_alike(request.scope, found.motif), *kept.equivalents]}
    agents = waitlist_desk.agents_receiving(found.motif, sites, now=now)
    named = [kept.agent] if kept.agent and kept.agent not in agents else []
    places = {one.pk: one for one in [*sites, *kept.sites]}
    spoken = waitlist_desk.languages_spoken(found.motif, now=now)
    return Choices(
        motif=found.motif,
        motifs=list(motifs.values()),
        sites=list(places.values()),
        agents=[*agents, *named],
        languages=in_order([*spoken, found.language]),
        centre=kept.centre,
    )


@require_POST
@console_roles
def priority(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    found = inscription_for_agent(request.scope, uuid)
    if not found.is_open:
        return _page(request, found, status=409, refusal=NO_LONGER)
    form = ReorderForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, order_form=form)

    def reordered(found: Inscription) -> str:
        set_priority(
            inscription=found,
            priority=Priority(form.cleaned_data["priority"]),
            reason=form.cleaned_data["priority_reason"],
            author=request.scope.author(),
            now=clock.now(),
        )
        return "L’ordre de passage est changé."

    return _gesture(request, uuid, reordered)


@require_POST
@console_roles
def wake_up(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    def woken(found: Inscription) -> str:
        wake(inscription=found, author=request.scope.author(), now=clock.now())
        return "La personne attend de nouveau, au même rang."

    return _gesture(request, uuid, woken)


@require_POST
@console_roles
def leave_list(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    form = LeaveForm(request.POST, auto_id="quitter-%s")
    if not form.is_valid():
        return _page(request, inscription_for_agent(request.scope, uuid), status=422, leave_form=form)

    def left(found: Inscription) -> str:
        reason = form.cleaned_data["reason"]
        leave(inscription=found, author=request.scope.author(), now=clock.now(), reason=reason)
        return "La personne n’attend plus. Elle n’aura plus de proposition."

    return _gesture(request, uuid, left)


def _gesture(request: AgentRequest, uuid: uuids.UUID, done: Callable[[Inscription], str]) -> HttpResponse:
    found = inscription_for_agent(request.scope, uuid)
    try:
        said = done(found)
    except DomainError as error:
        return _page(request, inscription_for_agent(request.scope, uuid), status=409, refusal=error.message)
    messages.success(request, said)
    return redirect("rdv:waiting_person", uuid=uuid)
