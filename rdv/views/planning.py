"""Openings: the list in words, the dates of a series, creating, editing one day, the following or all, ending.

Room: views. Whose planning one may write is decided by the doors (rdv/services/planning_doors). A change is said before
it is saved: the form is posted once to see, once more with `confirmer` to save; no script is needed.
"""

import uuid as uuids
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.models import Agent
from agents.views.guards import AgentRequest, agent_required
from agents.views.saving import status_of
from rdv.core import clock
from rdv.domain import french
from rdv.forms.planning import EndForm, PlageEditForm, PlageForm, initial_of_rule
from rdv.models import Ouverture, PlageOuverture
from rdv.services import planning
from rdv.services.planning import EditScope, PlanningRefused, Preview
from rdv.services.planning_doors import (
    absences_ahead,
    agent_to_open,
    agent_to_plan,
    agents_to_plan,
    motifs_to_open,
    occurrence_to_plan,
    occurrences_ahead,
    plage_to_plan,
    plages_ahead,
    sites_to_open,
)
from rdv.views.agenda.asked import back_to_agenda
from rdv.views.planning_shown import day_in_address, effects_of

DATES_PER_PAGE = 25
_SEVERAL_OUTSIDE = "{count} Rdv sont hors ouverture. Ils restent pris."
# How the agenda names the hours that were pointed at, and itself: ?jour=2027-11-26&de=09:00&a=12:00&retour=...
POINTED = {"jour": "first_day", "de": "starts_time", "a": "ends_time"}


@dataclass(frozen=True, slots=True)
class Asked:
    """When the page was asked for, on the clock and on the wall of the département."""

    now: datetime
    today: date


def asked_at(request: AgentRequest) -> Asked:
    now = clock.now()
    return Asked(now, clock.local_date(now, request.departement.zone))


@require_safe
@agent_required
def my_planning(request: AgentRequest) -> HttpResponse:
    """One's own openings, else those of the first agent that one plans for."""
    at = asked_at(request)
    chosen = request.GET.get("agent", "")
    if chosen.isascii() and chosen.isdigit():
        return redirect("rdv:plages", agent_id=int(chosen))
    planned = agents_to_plan(request.scope, today=at.today)
    if not planned:
        raise Http404
    own = next((agent for agent in planned if agent.pk == request.scope.agent_id), planned[0])
    return redirect("rdv:plages", agent_id=own.pk)


@require_safe
@agent_required
def plages(request: AgentRequest, agent_id: int) -> HttpResponse:
    at = asked_at(request)
    planned = agent_to_plan(request.scope, agent_id, today=at.today)
    others = agents_to_plan(request.scope, today=at.today)
    may_open = planned in others
    context = {
        "planned": planned,
        "agents_planned": others if may_open else [planned, *others],
        "may_open": may_open,
        "plages": [(plage, planning.rule_of(plage)) for plage in plages_ahead(planned, now=at.now)],
        "absences": [(absence, planning.rule_of_absence(absence)) for absence in absences_ahead(planned, now=at.now)],
    }
    return render(request, "rdv/planning/ouvertures.html", context)


@require_safe
@agent_required
def plage(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """The dates of a series, each with what can be done to it."""
    at = asked_at(request)
    found = plage_to_plan(request.scope, uuid, today=at.today)
    page = Paginator(occurrences_ahead(found, now=at.now), DATES_PER_PAGE).get_page(request.GET.get("page"))
    context = {"plage": found, "rule": planning.rule_of(found), "planned": found.agent, "page_obj": page}
    return render(request, "rdv/planning/serie.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def plage_create(request: AgentRequest, agent_id: int) -> HttpResponse:
    at = asked_at(request)
    planned = agent_to_open(request.scope, agent_id, today=at.today)
    form = _create_form(request, planned, at)
    preview = None
    if request.method == "POST" and form.is_valid():
        try:
            preview = planning.preview_create(agent=planned, rule=form.rule, now=at.now)
            if is_confirmed(request, preview):
                return _created(request, planned, form, preview, at)
        except PlanningRefused as refusal:
            form.refuse(refusal)
    context = {"planned": planned, "form": form, "title": "Nouvelle ouverture"}
    return answer(request, "rdv/planning/ouverture.html", form, preview, context)


def _create_form(request: AgentRequest, planned: Agent, at: Asked) -> PlageForm:
    sites = sites_to_open(planned, today=at.today)
    first = sites.first()
    initial = {
        "repetition": "weekly-1",
        "closes_on_holidays": True,
        "site": first.pk if first else None,
        # The agenda leads here with the hours that were pointed at.
        **{name: request.GET[key] for key, name in POINTED.items() if key in request.GET},
    }
    data = request.POST if request.method == "POST" else None
    return PlageForm(data, initial=initial, sites=sites, motifs=motifs_to_open(planned))


def _created(request: AgentRequest, planned: Agent, form: PlageForm, preview: Preview, at: Asked) -> HttpResponse:
    rule = form.rule
    made = planning.create_plage(
        departement=request.departement,
        agent=planned,
        key=form.cleaned_data["key"],
        author=request.scope.author(rule.site.pk if rule.site else None),
        now=at.now,
        site=rule.site,
        motifs=rule.motifs,
        first_day=rule.first_day,
        starts_time=rule.starts_time,
        ends_time=rule.ends_time,
        rhythm=rule.rhythm,
        every=rule.every,
        weekdays=rule.weekdays,
        until=rule.until,
        on_holidays=rule.on_holidays,
        public_from=rule.public_from,
        title=rule.title,
    )
    return _saved(request, made, preview)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def plage_edit(request: AgentRequest, uuid: uuids.UUID, day: str) -> HttpResponse:
    at = asked_at(request)
    row = occurrence_to_plan(request.scope, uuid, day_in_address(day), today=at.today)
    if row.ends_at <= at.now:
        messages.warning(request, "Cette date est passée : elle ne change plus.")
        return redirect("rdv:plage", uuid=uuid)
    form = _edit_form(request, row, at)
    preview = None
    try:
        if request.method != "POST":
            preview = _preview_of(row, planning.rule_of_occurrence(row), EditScope.ONE, at)
        elif form.is_valid():
            data = form.cleaned_data
            preview = _preview_of(row, form.rule, EditScope(data["scope"]), at, reset=data["reset_changes"])
            if is_confirmed(request, preview):
                return _edited(request, row, form, preview, at)
    except PlanningRefused as refusal:
        _tell_refusal(request, form, refusal)
    context = {"planned": row.plage.agent, "form": form, "row": row, "title": "Modifier une ouverture"}
    return answer(request, "rdv/planning/ouverture.html", form, preview, context)


def _tell_refusal(request: AgentRequest, form: PlageEditForm, refusal: PlanningRefused) -> None:
    """What was typed, beside its field; an opening whose rule no longer holds (a motif changed since), above."""
    if form.is_bound:
        form.refuse(refusal)
    else:
        messages.warning(request, refusal.message)


def _edit_form(request: AgentRequest, row: Ouverture, at: Asked) -> PlageEditForm:
    plage, of_day = row.plage, planning.rule_of_occurrence(row)
    rule = planning.rule_of(plage)
    initial = initial_of_rule(rule) | {
        "scope": EditScope.ONE.value,
        "first_day": of_day.first_day,
        "starts_time": of_day.starts_time,
        "ends_time": of_day.ends_time,
        "site": row.site_id,
        "motifs": row.motif_ids,
    }
    return PlageEditForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        sites=sites_to_open(plage.agent, today=at.today),
        motifs=motifs_to_open(plage.agent, kept=[*rule.motif_ids, *row.motif_ids]),
        shown_day=row.local_on,
        series_days={EditScope.ALL: plage.first_day, EditScope.FOLLOWING: row.occurrence_on},
    )


def _preview_of(
    row: Ouverture, rule: planning.PlageRule, scope: EditScope, at: Asked, *, reset: bool = False
) -> Preview:
    return planning.preview_edit(
        plage=row.plage, scope=scope, day=row.occurrence_on, rule=rule, now=at.now, reset_changes=reset
    )


def _edited(request: AgentRequest, row: Ouverture, form: PlageEditForm, preview: Preview, at: Asked) -> HttpResponse:
    made = planning.edit_plage(
        plage=row.plage,
        scope=form.cleaned_data["scope"],
        day=row.occurrence_on,
        rule=form.rule,
        reset_changes=form.cleaned_data["reset_changes"],
        author=request.scope.author(row.plage.site_id),
        now=at.now,
    )
    return _saved(request, made, preview)


def _saved(request: AgentRequest, made: PlageOuverture, preview: Preview) -> HttpResponse:
    count, outside = len(preview.standing), len(preview.outside)
    messages.success(request, f"C’est enregistré pour {count} date{'s' if count > 1 else ''}.")
    if outside:
        said = "1 Rdv est hors ouverture. Il reste pris." if outside == 1 else _SEVERAL_OUTSIDE.format(count=outside)
        messages.warning(request, said)
    return redirect(back_to_agenda(request) or reverse("rdv:plage", args=[made.uuid]))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def occurrence_cancel(request: AgentRequest, uuid: uuids.UUID, day: str) -> HttpResponse:
    """What closing this day would leave outside, then the button."""
    at = asked_at(request)
    row = occurrence_to_plan(request.scope, uuid, day_in_address(day), today=at.today)
    if request.method != "POST":
        preview = planning.preview_cancel(plage=row.plage, day=row.occurrence_on, now=at.now)
        context = {"row": row, "planned": row.plage.agent, "effects": effects_of(preview, request.scope)}
        return render(request, "rdv/planning/annuler.html", context)
    try:
        planning.cancel_occurrence(ouverture=row, author=request.scope.author(row.site_id), now=at.now)
        messages.success(request, f"Le {french.day(row.local_on)} est annulé. Les autres dates ne changent pas.")
    except PlanningRefused as refusal:
        messages.error(request, refusal.message)
    return redirect("rdv:plage", uuid=uuid)


@require_POST
@agent_required
def occurrence_restore(request: AgentRequest, uuid: uuids.UUID, day: str) -> HttpResponse:
    """Back into the series: nothing is lost by it, so nothing is asked."""
    at = asked_at(request)
    row = occurrence_to_plan(request.scope, uuid, day_in_address(day), today=at.today)
    try:
        planning.restore_occurrence(ouverture=row, author=request.scope.author(row.site_id), now=at.now)
        messages.success(request, f"Le {french.day(row.occurrence_on)} est remis dans la série.")
    except PlanningRefused as refusal:
        messages.error(request, refusal.message)
    return redirect("rdv:plage", uuid=uuid)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def plage_end(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    at = asked_at(request)
    found = plage_to_plan(request.scope, uuid, today=at.today)
    form = EndForm(request.POST if request.method == "POST" else None, initial={"last_day": at.today})
    preview = None
    if request.method == "POST" and form.is_valid():
        last_day = form.cleaned_data["last_day"]
        preview = planning.preview_end(plage=found, last_day=last_day, now=at.now)
        if is_confirmed(request, preview):
            author = request.scope.author(found.site_id)
            planning.end_plage(plage=found, last_day=last_day, author=author, now=at.now)
            messages.success(request, f"La série s’arrête après le {french.day_year(last_day)}.")
            return redirect("rdv:plages", agent_id=found.agent_id)
    context = {"plage": found, "rule": planning.rule_of(found), "planned": found.agent, "form": form}
    return answer(request, "rdv/planning/arreter.html", form, preview, context)


def is_confirmed(request: AgentRequest, preview: Preview) -> bool:
    """The button was pressed on this very preview: after a change meanwhile, people see again before saving."""
    return "confirmer" in request.POST and request.POST.get("vu") == effects_of(preview, request.scope)["seen"]


def answer(
    request: AgentRequest, template: str, form: Form, preview: Preview | None, context: Mapping[str, Any]
) -> HttpResponse:
    """The page of a form, with what it would change. Asked to save and still here: something changed meanwhile."""
    effects = effects_of(preview, request.scope) if preview else None
    shown = {
        **context,
        # Said here too: the frame of the page is not made for a piece of it (rdv/views/context).
        "departement": request.departement,
        "form": form,
        "effects": effects,
        "is_asked": request.method == "POST" and effects is not None,
        "has_changed": "confirmer" in request.POST and effects is not None,
    }
    return render(request, template, shown, status=status_of(form))
