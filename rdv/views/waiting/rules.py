"""Which motifs have a waiting list and by which rules, for the administrator of the département. Room: views."""

import uuid as uuids
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.models import Departement
from agents.views.guards import AgentRequest, admin_required
from rdv.core import clock
from rdv.domain.waiting import Policy, policy_from
from rdv.forms.waiting_rules import OpenForm, PolicyForm
from rdv.models import Motif
from rdv.services.agenda_doors import motif_for_admin
from rdv.services.waitlist_desk import motifs_with_rules
from rdv.services.waitlist_rules import PolicyRefused, motifs_that_may_do, open_waitlist, set_policy


@require_safe
@admin_required
def rules(request: AgentRequest) -> HttpResponse:
    rows = motifs_with_rules(request.departement)
    context = {"rows": rows, "opened": sum(motif.has_waitlist for motif, _ in rows)}
    return render(request, "rdv/waiting/regles.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def departement_policy(request: AgentRequest) -> HttpResponse:
    owner = request.departement
    form = _policy_form(request, owner.waitlist_policy, below=Policy(), whose="la plateforme")
    if form.is_bound and form.is_valid() and _kept(request, owner, form):
        messages.success(request, "Les règles du département sont enregistrées.")
        return redirect("rdv:waiting_rules")
    context = {"form": form, "motif": None}
    return render(request, "rdv/waiting/regles_departement.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def motif_policy(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    motif = motif_for_admin(request.scope, uuid)
    below = policy_from(motif.departement.waitlist_policy)
    form = _policy_form(request, motif.waitlist_policy, below=below, whose="le département")
    if form.is_bound and form.is_valid() and _kept(request, motif, form):
        messages.success(request, f"Les règles de « {motif.name} » sont enregistrées.")
        return redirect("rdv:waiting_rules")
    return _motif_page(request, motif, form, _open_form(motif))


@require_POST
@admin_required
def motif_open(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """The switch. Closing a list sends nobody away: those who wait keep their place, nobody new joins."""
    motif = motif_for_admin(request.scope, uuid)
    form = OpenForm(request.POST, auto_id="ouvrir-%s", motifs=motifs_that_may_do(motif))
    if not form.is_valid() or not _is_opened(request, motif, form):
        below = policy_from(motif.departement.waitlist_policy)
        policy = PolicyForm(initial=motif.waitlist_policy, below=below, whose="le département")
        return _motif_page(request, motif, policy, form)
    is_open = form.cleaned_data["is_open"]
    said = "a une liste d’attente" if is_open else "n’a pas de liste d’attente"
    messages.success(request, f"« {motif.name} » {said}.")
    return redirect("rdv:waiting_rules")


def _is_opened(request: AgentRequest, motif: Motif, form: OpenForm) -> bool:
    try:
        open_waitlist(
            motif=motif,
            is_open=form.cleaned_data["is_open"],
            notice_min=form.cleaned_data["notice_min"],
            alike=form.motifs_alike,
            author=request.scope.author(),
            now=clock.now(),
        )
    except PolicyRefused as refused:
        form.add_error("notice_min", refused.message)
        return False
    return True


def _policy_form(request: AgentRequest, kept: Mapping[str, int], *, below: Policy, whose: str) -> PolicyForm:
    data = request.POST if request.method == "POST" else None
    return PolicyForm(data, initial=kept, below=below, whose=whose)


def _open_form(motif: Motif) -> OpenForm:
    initial: dict[str, Any] = {
        "is_open": motif.has_waitlist,
        "notice_min": motif.waitlist_notice_min,
        "alike": motif.waitlist_alike,
    }
    return OpenForm(initial=initial, auto_id="ouvrir-%s", motifs=motifs_that_may_do(motif))


def _kept(request: AgentRequest, owner: Departement | Motif, form: PolicyForm) -> bool:
    """False: refused, and said beside its field."""
    try:
        set_policy(owner=owner, settings=form.settings, author=request.scope.author(), now=clock.now())
    except PolicyRefused as refusal:
        form.refuse(refusal.field, refusal.message)
        return False
    return True


def _motif_page(request: AgentRequest, motif: Motif, form: PolicyForm, open_form: OpenForm) -> HttpResponse:
    is_refused = form.is_bound or open_form.is_bound
    context = {
        "motif": motif,
        "form": form,
        "open_form": open_form,
        "refused_form": open_form if open_form.is_bound else form,
    }
    return render(request, "rdv/waiting/regles_motif.html", context, status=422 if is_refused else 200)
