"""Copying a week of openings: what would be added and left out (GET), then the button that says how many (POST).

Room: views. Both agendas must be ones that the agent plans for (rdv/services/planning_doors).
"""

import uuid as uuids
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.models import Agent
from agents.views.guards import AgentRequest, agent_required
from rdv.forms.planning_copy import CopyForm
from rdv.services.planning import PlanningRefused
from rdv.services.planning_doors import agent_to_open, agents_to_plan
from rdv.services.week_copies import Copied, copied_before, monday, preview_copy
from rdv.services.week_copies import copy_week as write_copy
from rdv.views.planning import Asked, asked_at
from rdv.views.planning_shown import mark

NOTHING = "Aucune ouverture de cette semaine ne peut être copiée là."
CHANGED = "Ces agendas ont changé entre-temps. Voici ce qui serait copié maintenant."
WEEK = timedelta(days=7)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def copy_week(request: AgentRequest, agent_id: int) -> HttpResponse:
    at = asked_at(request)
    planned = agent_to_open(request.scope, agent_id, today=at.today)
    form = _form(request, planned, at)
    if request.method == "POST" and form.is_valid():
        return _copied(request, form, at)
    return _page(request, form, at, status=422 if form.is_bound and not form.is_valid() else 200)


def _form(request: AgentRequest, planned: Agent, at: Asked) -> CopyForm:
    targets = agents_to_plan(request.scope, today=at.today)
    this_week = monday(at.today)
    initial = {"semaine": this_week, "vers": str(planned.pk), "cible": this_week + WEEK}
    asked = request.POST if request.method == "POST" else request.GET
    # Opened from the list of openings, it shows this week and the next one at once.
    data: Any = asked if "semaine" in asked else {name: _plain(value) for name, value in initial.items()}
    return CopyForm(data, source=planned, targets=targets, initial=initial)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _copied(request: AgentRequest, form: CopyForm, at: Asked) -> HttpResponse:
    copy, key = form.copy, _key(request)
    # A form sent twice finds its own openings in the way: what it wrote is asked before what has changed.
    count = copied_before(copy, key)
    if not count:
        lines = preview_copy(copy, now=at.now, today=at.today)
        if request.POST.get("vu") != mark_of(lines):
            return _page(request, form, at, refusal=CHANGED, status=409)
        if not any(one.is_added for one in lines):
            return _page(request, form, at, refusal=NOTHING, status=422)
        try:
            count = write_copy(copy, key=key, author=request.scope.author(), now=at.now, today=at.today)
        except PlanningRefused as refusal:
            return _page(request, form, at, refusal=refusal.message, status=409)
    said = "1 ouverture est copiée." if count == 1 else f"{count} ouvertures sont copiées."
    messages.success(request, f"{said} Chacune se change ou s’annule ensuite à part.")
    return redirect("rdv:plages", agent_id=copy.target.pk)


def _key(request: AgentRequest) -> uuids.UUID:
    try:
        return uuids.UUID(request.POST.get("cle", ""))
    except ValueError:
        return uuids.uuid4()


def mark_of(lines: list[Copied]) -> str:
    """Short name of what was shown."""
    return mark([(one.source.pk, one.fate.value, one.rule.told()) for one in lines])


def _page(
    request: AgentRequest, form: CopyForm, at: Asked, *, refusal: str = "", status: int = 200
) -> HttpResponse:  # fmt: skip
    lines = preview_copy(form.copy, now=at.now, today=at.today) if form.is_valid() else []
    context = {
        "planned": form.source,
        "form": form,
        "lines": lines,
        "count": sum(one.is_added for one in lines),
        "seen": mark_of(lines),
        "key": uuids.uuid4(),
        "refusal": refusal,
        "now": at.now,
        "copy": form.copy if form.is_valid() else None,
    }
    return render(request, "rdv/planning/copier.html", context, status=status)
