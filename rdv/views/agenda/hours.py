"""An Rdv dropped elsewhere on the agenda, or made longer or shorter; and the form that does the same without a mouse.

Room: views. One address, three states, as in rdv/views/console/moving: the form; what changes (the query says it); the
confirmation (POST). The agenda asks for the second as a piece of page (htmx), for its dialog. The version that the
agenda showed travels with the gesture: what somebody else changed meanwhile is told, and nothing is lost.
"""

import uuid as uuids
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from agents.models import Agent, Site
from agents.views.guards import AgentRequest
from rdv.access import rdv_for_writing
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.forms.agenda_hours import HoursForm
from rdv.forms.console_rdv import asked_agents, read_version
from rdv.models import Rdv
from rdv.services.able import only_able
from rdv.services.agenda_hours import Hours, obstacles_to, require_possible
from rdv.services.console_people import agents_by_site
from rdv.services.console_rdv import last_change, page_of
from rdv.services.errors import ChangedMeanwhile, CreneauUnavailable
from rdv.services.moving import GONE, Move, is_movable, is_told_later, move_rdv
from rdv.views.agenda.asked import agenda_behind, back_to_agenda
from rdv.views.agenda.lines import clock as hour_of
from rdv.views.console.screen import console_roles
from rdv.views.console.undoing import offer


@dataclass(slots=True)
class Gesture:
    """What the page reads once."""

    rdv: Rdv
    now: datetime
    today: date
    who: list[tuple[Site, list[Agent]]]
    own: tuple[Agent, ...]
    form: HoursForm
    hours: Hours | None = None


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def rdv_hours(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    gesture = _read(request, uuid)
    if request.method == "POST":
        return _confirm(request, gesture)
    if not gesture.form.is_bound:
        return _page(request, gesture)
    seen = read_version(request.GET)
    changed = last_change(gesture.rdv) if seen is not None and seen != gesture.rdv.schedule_version else None
    refusal = ChangedMeanwhile() if changed else None
    return _page(request, gesture, status=422 if gesture.form.errors else 200, refusal=refusal, changed=changed)


def _read(request: AgentRequest, uuid: uuids.UUID) -> Gesture:
    rdv = rdv_for_writing(request.scope, uuid)
    now = clock.now()
    zone = request.departement.zone
    today = clock.local_date(now, zone)
    who = agents_by_site([rdv.site], today=today)
    own = tuple(link.agent for link in rdv.rdv_agents.all())
    sent = request.POST if request.method == "POST" else request.GET
    starts, ends = rdv.starts_at.astimezone(zone), rdv.ends_at.astimezone(zone)
    initial = {"day": starts.date(), "hour": starts.time(), "ends": ends.time()}
    # Somebody asked for, by a drag for example, who cannot receive it: refused in words, not as an unknown choice.
    asked = {agent.pk for _, agents in who for agent in agents if str(agent.pk) in asked_agents(sent)}
    able = only_able(who, rdv.motif.service_id, also=asked | {one.pk for one in own})
    form = HoursForm(sent if "hour" in sent else None, rdv=rdv, who=able, initial=initial)
    gesture = Gesture(rdv, now, today, who, own, form)
    if form.is_bound and form.is_valid():
        gesture.hours = _hours(request, gesture, form)
    return gesture


def _hours(request: AgentRequest, gesture: Gesture, form: HoursForm) -> Hours:
    """On the wall of the département: an hour that the change of clocks repeats means its first passage."""
    data, zone = form.cleaned_data, request.departement.zone
    starts_at = datetime.combine(data["day"], data["hour"], tzinfo=zone).astimezone(UTC)
    ends_at = datetime.combine(data["day"], data["ends"], tzinfo=zone).astimezone(UTC)
    names = {one.pk: one for _, there in gesture.who for one in there} | {one.pk: one for one in gesture.own}
    ids = form.agents_after([one.pk for one in gesture.own]) if form.chosen is None else (form.chosen[1],)
    agents = tuple(names[agent_id] for agent_id in ids)
    return Hours(starts_at, ends_at, gesture.rdv.site, agents)


def _confirm(request: AgentRequest, gesture: Gesture) -> HttpResponse:
    hours, rdv = gesture.hours, gesture.rdv
    if hours is None:
        return _page(request, gesture, status=422)
    if hours.changes_nothing(rdv):
        return _done(request, gesture, hours)  # the same form, sent twice
    reason = gesture.form.cleaned_data["reason"]
    found = obstacles_to(rdv, hours, now=gesture.now)
    try:
        require_possible(found, reason=reason)
        moved = _move_or_over(request, gesture, hours, reason=reason, is_over=bool(found.taken))
    except DomainError as error:
        changed = last_change(rdv) if isinstance(error, ChangedMeanwhile) else None
        return _page(request, _read(request, rdv.uuid), status=409, refusal=error, changed=changed)
    agenda = agenda_behind(request)
    # The page of the Rdv has its own button.
    messages.success(request, _said(hours, request), extra_tags=offer(moved, agenda, now=gesture.now) if agenda else "")
    return _done(request, gesture, hours)


def _move_or_over(request: AgentRequest, gesture: Gesture, hours: Hours, *, reason: str, is_over: bool) -> Rdv:
    """A reason over free time makes no double. It serves, too, against what only the move can see (the road between
    two visits)."""
    try:
        return _move(request, gesture, hours, reason=reason if is_over else "")
    except CreneauUnavailable:
        if is_over or not reason.strip():
            raise
    return _move(request, gesture, hours, reason=reason)


def _move(request: AgentRequest, gesture: Gesture, hours: Hours, *, reason: str) -> Rdv:
    move = Move(
        starts_at=hours.starts_at,
        ends_at=hours.ends_at,
        agents=[agent.pk for agent in hours.agents],
        site=hours.site,
        expected_version=read_version(request.POST),
        overbook_reason=reason,
    )
    return move_rdv(rdv=gesture.rdv, move=move, author=request.scope.author(gesture.rdv.site_id), now=gesture.now)


def _said(hours: Hours, request: AgentRequest) -> str:
    zone = request.departement.zone
    day = french.day_year(hours.starts_at.astimezone(zone).date())
    names = french.joined([agent.full_name for agent in hours.agents])
    return f"C’est noté : {day}, {hour_of(hours.starts_at, zone)} à {hour_of(hours.ends_at, zone)}, avec {names}."


def _done(request: AgentRequest, gesture: Gesture, hours: Hours) -> HttpResponse:
    """The agenda is read again where it is; the page of the hours goes back where it came from."""
    back = back_to_agenda(request) or reverse("rdv:rdv_detail", args=[gesture.rdv.uuid])
    if not request.htmx:
        return redirect(back)
    is_own_page = (request.htmx.current_url_abs_path or "").startswith(request.path)
    return HttpResponse(status=204, headers={"HX-Redirect": back} if is_own_page else {"HX-Refresh": "true"})


def _page(request: AgentRequest, gesture: Gesture, *, status: int = 200, **more: Any) -> HttpResponse:
    hours = gesture.hours
    context = {
        "rdv": gesture.rdv,
        "departement": request.departement,
        "page": page_of(gesture.rdv, now=gesture.now),
        "form": gesture.form,
        "hours": hours,
        "who": gesture.form.cleaned_data.get("who", "") if hours else "",
        "swap": gesture.form.cleaned_data.get("swap", "") if hours else "",
        "obstacles": obstacles_to(gesture.rdv, hours, now=gesture.now) if hours else None,
        "waits": hours is not None and is_told_later(gesture.rdv, hours.starts_at, now=gesture.now),
        "tells": hours is not None and hours.tells_usager(gesture.rdv),
        "has_other_people": hours is not None and not hours.keeps_people(gesture.rdv),
        "is_same": hours is not None and hours.changes_nothing(gesture.rdv),
        "gone": "" if is_movable(gesture.rdv, now=gesture.now) else GONE,
    }
    name = "rdv/agenda/_glisser.html" if request.htmx else "rdv/rdv/horaires.html"
    return render(request, name, context | more, status=status)
