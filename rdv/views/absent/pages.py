"""Saying that an agent is away, and following what becomes of each of their Rdv.

Room: views. Who may say it is decided by absent_plan; each Rdv is shown and decided as its own rights say. One page:
who and when (GET), the Rdv with the best choice for each (GET), all saved in one go (POST), then what is answered.
"""

import uuid as uuids
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.models import Agent
from agents.views.guards import AgentRequest
from rdv.core import clock
from rdv.forms.absent import ReportForm, read_wanted
from rdv.models import Absence, AbsenceKind
from rdv.services import absent, planning
from rdv.services.absence_overlaps import overlapping, words_of
from rdv.services.absent_doors import absence_to_report, reportable_agents, running_absences
from rdv.services.absent_plan import Line, Plan, plan_new, plan_of
from rdv.services.absent_previews import previews_of
from rdv.services.planning import PlanningRefused
from rdv.views.absent.words import Standing, counted, standing
from rdv.views.console.screen import console_roles

# How many absences being dealt with are listed under the form.
RUNNING = 30


@dataclass(frozen=True, slots=True)
class Shown:
    """A line with where it stands."""

    line: Line
    standing: Standing


@dataclass(frozen=True, slots=True)
class Asked:
    now: datetime
    today: date


def _asked(request: AgentRequest) -> Asked:
    now = clock.now()
    return Asked(now, clock.local_date(now, request.departement.zone))


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def report(request: AgentRequest) -> HttpResponse:
    """Who is away, when, and each Rdv with its best choice. Nothing is written before the button."""
    at = _asked(request)
    agents = reportable_agents(request.scope, today=at.today)
    if not agents:
        raise Http404
    form = _form(request, agents, at)
    plan = _plan(request, form, at) if form.is_bound and form.is_valid() else None
    if request.method == "POST" and plan is not None:
        try:
            return _record(request, form, plan, at)
        except PlanningRefused as refusal:
            form.refuse(refusal)
            plan = None
    context: dict[str, Any] = {"form": form}
    if plan is not None:
        # One key for this page, however often its button is pressed.
        already = words_of(overlapping(plan.agent, plan.rule, now=at.now, besides=form.cleaned_data["key"]))
        context |= _shown(request, plan, at) | {"key": form.cleaned_data["key"] or uuids.uuid4(), "already": already}
    else:
        found = running_absences(agents, today=at.today)
        context["running"] = [(absence, planning.rule_of_absence(absence).words) for absence in found[:RUNNING]]
    return render(request, "rdv/absent/declarer.html", context, status=422 if form.errors else 200)


def _form(request: AgentRequest, agents: list[Agent], at: Asked) -> ReportForm:
    """The query asks, and fills in: ?agent=12&first_day=2026-11-25. Without an agent nothing is asked yet."""
    initial: dict[str, Any] = {"first_day": at.today}
    if len(agents) == 1:
        initial["agent"] = agents[0].pk
    if request.method == "POST":
        return ReportForm(request.POST, agents=agents, initial=initial)
    data = request.GET.copy()
    known = {str(agent.pk) for agent in agents}
    if data.get("agent") not in known:
        return ReportForm(None, agents=agents, initial=initial | _pointed(data.get("first_day", "")))
    data.setdefault("first_day", at.today.isoformat())
    data.setdefault("kind", AbsenceKind.OTHER.value)
    return ReportForm(data, agents=agents, initial=initial)


def _pointed(text: str) -> dict[str, Any]:
    """The day that a link points at; anything else is forgotten."""
    try:
        return {"first_day": date.fromisoformat(text)}
    except ValueError:
        return {}


def _plan(request: AgentRequest, form: ReportForm, at: Asked) -> Plan | None:
    try:
        return plan_new(form.who, form.rule, scope=request.scope, now=at.now, today=at.today)
    except PlanningRefused as refusal:
        form.refuse(refusal)
        return None


def _record(request: AgentRequest, form: ReportForm, plan: Plan, at: Asked) -> HttpResponse:
    absence = absent.record(
        agent=form.who,
        rule=form.rule,
        key=form.cleaned_data["key"] or uuids.uuid4(),
        wanted=read_wanted(request.POST, plan.lines),
        author=request.scope.author(),
        now=at.now,
    )
    messages.success(request, f"L’absence de {form.who.full_name} est enregistrée.")
    return redirect("rdv:absent", uuid=absence.uuid)


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def follow(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """What was done, who answered what, what is left to decide."""
    at = _asked(request)
    absence = absence_to_report(request.scope, uuid, today=at.today)
    plan = plan_of(absence, scope=request.scope, now=at.now, today=at.today)
    if request.method == "POST":
        return _decide(request, absence, plan, at)
    context = {"absence": absence} | _shown(request, plan, at)
    return render(request, "rdv/absent/suivre.html", context)


def _decide(request: AgentRequest, absence: Absence, plan: Plan, at: Asked) -> HttpResponse:
    wanted = read_wanted(request.POST, plan.lines)
    if wanted:
        absent.decide(absence=absence, wanted=wanted, author=request.scope.author(), now=at.now)
        messages.success(request, "C’est noté.")
    else:
        messages.warning(request, "Rien n’a changé : choisissez une suite pour au moins un rendez-vous.")
    return redirect("rdv:absent", uuid=absence.uuid)


def _shown(request: AgentRequest, plan: Plan, at: Asked) -> dict[str, Any]:
    zone = request.departement.zone
    lines = [Shown(line, standing(line, plan.names, zone)) for line in plan.lines]
    return {
        "plan": plan,
        "lines": lines,
        "counted": counted([one.standing for one in lines]),
        "open_count": len(plan.open),
        "previews": previews_of(plan, now=at.now),
        "words": plan.rule.words,
        "now": at.now,
    }
