"""Absences: created, edited, deleted; the Rdv concerned are listed before and after. Room: views.

Nothing is cancelled here: each Rdv has its link, and the person decides.
"""

import uuid as uuids
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from agents.models import Agent
from agents.views.guards import AgentRequest, agent_required
from agents.views.saving import status_of
from rdv.domain import french
from rdv.forms.planning import AbsenceEditForm, AbsenceForm, initial_of_absence
from rdv.models import Absence, Rdv
from rdv.services import planning
from rdv.services.absence_overlaps import overlapping, words_of
from rdv.services.planning import AbsenceRule, PlanningRefused
from rdv.services.planning_doors import absence_to_plan, agent_to_plan
from rdv.views.agenda.asked import back_to_agenda, with_place
from rdv.views.planning import POINTED, Asked, asked_at
from rdv.views.planning_shown import mark, rdv_line


@require_safe
@agent_required
def absence(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """One absence, and the Rdv that it touches."""
    at = asked_at(request)
    found = absence_to_plan(request.scope, uuid, today=at.today)
    affected = planning.affected_by(found, now=at.now)
    context = {
        "absence": found,
        "rule": planning.rule_of_absence(found),
        "planned": found.agent,
        "rdvs": [rdv_line(rdv, request.scope) for rdv in affected],
    }
    return render(request, "rdv/planning/absence.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def absence_create(request: AgentRequest, agent_id: int) -> HttpResponse:
    at = asked_at(request)
    planned = agent_to_plan(request.scope, agent_id, today=at.today)
    pointed = {name: request.GET[key] for key, name in POINTED.items() if key in request.GET}
    form = _form(request, {"repetition": "once-1", "kind": "leave", **pointed})

    def save(rule: AbsenceRule) -> Absence:
        key = form.cleaned_data["key"]
        author = request.scope.author()
        return planning.create_absence(agent=planned, rule=rule, author=author, now=at.now, key=key).absence

    return _asked_or_saved(request, planned, form, at, save, {"title": "Nouvelle absence"})


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def absence_edit(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    at = asked_at(request)
    found = absence_to_plan(request.scope, uuid, today=at.today)
    form = _form(request, initial_of_absence(planning.rule_of_absence(found)), AbsenceEditForm)

    def save(rule: AbsenceRule) -> Absence:
        return planning.edit_absence(absence=found, rule=rule, author=request.scope.author(), now=at.now).absence

    context = {"title": "Modifier une absence", "absence": found}
    return _asked_or_saved(request, found.agent, form, at, save, context)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def absence_delete(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    at = asked_at(request)
    found = absence_to_plan(request.scope, uuid, today=at.today)
    rule = planning.rule_of_absence(found)
    still = words_of(overlapping(found.agent, rule, now=at.now, besides=found.uuid))
    if request.method != "POST":
        context = {"absence": found, "rule": rule, "planned": found.agent, "still": still}
        return render(request, "rdv/planning/absence_supprimer.html", context)
    try:
        planning.delete_absence(absence=found, author=request.scope.author(), now=at.now)
        messages.success(request, f"L’absence est supprimée. {_still_words(still)}")
    except PlanningRefused as refusal:
        messages.warning(request, refusal.message)
    return redirect(back_to_agenda(request) or reverse("rdv:plages", args=[found.agent_id]))


def _still_words(still: Sequence[str]) -> str:
    if not still:
        return "Son temps à venir est de nouveau libre."
    verb = "prend" if len(still) == 1 else "prennent"
    return f"{french.joined([f'« {words} »' for words in still])} {verb} encore une partie de ce temps."


def _form(request: AgentRequest, initial: dict[str, Any], kind: type[AbsenceForm] = AbsenceForm) -> AbsenceForm:
    return kind(request.POST if request.method == "POST" else None, initial=initial)


def _asked_or_saved(
    request: AgentRequest,
    planned: Agent,
    form: AbsenceForm,
    at: Asked,
    save: Callable[[AbsenceRule], Absence],
    context: dict[str, Any],
) -> HttpResponse:
    """Posted once to see the Rdv concerned, once more with `confirmer` to save."""
    effects = None
    if request.method == "POST" and form.is_valid():
        try:
            affected = planning.preview_absence(agent=planned, rule=form.rule, now=at.now)
            own = context["absence"].uuid if "absence" in context else form.cleaned_data["key"]
            already = overlapping(planned, form.rule, now=at.now, besides=own)
            effects = _effects(request, form.rule, affected, already)
            if "confirmer" in request.POST and request.POST.get("vu") == effects["seen"]:
                saved = save(form.rule)
                messages.success(request, "L’absence est enregistrée.")
                back = back_to_agenda(request)
                # Rdv to be looked at again are on the page of the absence.
                its_page = with_place(request, reverse("rdv:absence", args=[saved.uuid]))
                return redirect(back if back and not affected else its_page)
        except PlanningRefused as refusal:
            form.refuse(refusal)
            effects = None
    shown = {
        **context,
        "departement": request.departement,
        "planned": planned,
        "form": form,
        "effects": effects,
        "has_changed": "confirmer" in request.POST and effects is not None,
    }
    return render(request, "rdv/planning/absence_form.html", shown, status=status_of(form))


def _effects(
    request: AgentRequest, rule: AbsenceRule, affected: Sequence[Rdv], already: Sequence[Absence]
) -> dict[str, Any]:
    return {
        "words": rule.words,
        "rdvs": [rdv_line(rdv, request.scope) for rdv in affected],
        "already": words_of(already),
        "seen": mark([rule.told(), [rdv.pk for rdv in affected], [one.pk for one in already]]),
    }
