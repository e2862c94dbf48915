"""A new session of a collective motif. What is refused is said in words, and the form keeps what was typed."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.views.guards import AgentRequest, role_required
from rdv.access import agents_seen, sites_of
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.forms.agenda_workshop import WorkshopForm
from rdv.models import Rdv
from rdv.services.agenda_doors import busy_between, is_offered, sites_worked, workshop_motifs
from rdv.services.errors import CreneauUnavailable
from rdv.services.seats import DayOff, create_workshop
from rdv.views.agenda.agenda import SITE_ROLES
from rdv.views.agenda.asked import Asked, View, read_day
from rdv.views.site import current_site

# Which field a refusal is about; what is not here is about the whole.
FIELDS = {"too_far": "day", "not_their_service": "agents"}


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*SITE_ROLES)
def workshop_create(request: AgentRequest) -> HttpResponse:
    now = clock.now()
    form = _form(request, now)
    if form.is_bound and form.is_valid() and _is_allowed(request, form):
        try:
            made = _create(request, form, now)
        except DomainError as refusal:
            field, words = _words(form, refusal, now)
            form.add_error(field, ValidationError(words, code=refusal.code))
        else:
            return _made(request, form, made)
    asks_anyway = form.has_error("day", "day_off") or (form.is_bound and bool(form.data.get("anyway")))
    context = {"form": form, "asks_anyway": asks_anyway, "has_motifs": workshop_motifs(request.scope).exists()}
    return render(request, "rdv/agenda/atelier.html", context, status=422 if form.is_bound else 200)


def _form(request: AgentRequest, now: datetime) -> WorkshopForm:
    today = clock.local_date(now, request.departement.zone)
    seen = agents_seen(request.scope, today=today)
    asked_agent = request.GET.get("agent", "")
    first = [int(asked_agent)] if asked_agent.isascii() and asked_agent.isdigit() else [request.scope.agent_id]
    site = current_site(request, sites_of(request.scope))
    return WorkshopForm(
        request.POST if request.method == "POST" else None,
        motifs=workshop_motifs(request.scope),
        sites=sites_worked(request.scope),
        agents=seen,
        zone=request.departement.zone,
        now=now,
        initial={
            "day": read_day(request.GET.get("jour", "")),
            "site": site.pk if site else None,
            "agents": first,
        },
    )


def _is_allowed(request: AgentRequest, form: WorkshopForm) -> bool:
    """The motif must be offered there, and the agent may write it there (another role on another site says nothing)."""
    motif, site = form.cleaned_data["motif"], form.cleaned_data["site"]
    if not is_offered(motif, site):
        form.add_error("site", f"« {motif.name} » n’est pas proposé à {site.name}. Choisissez un autre lieu.")
        return False
    if not request.scope.may_write(site_id=site.pk, service_id=motif.service_id, agent_ids=[]):
        form.add_error("site", f"Votre rôle à {site.name} ne permet pas d’y poser cet atelier.")
        return False
    return True


def _create(request: AgentRequest, form: WorkshopForm, now: datetime) -> Rdv:
    data: dict[str, Any] = form.cleaned_data
    return create_workshop(
        motif=data["motif"],
        site=data["site"],
        agent_ids=[agent.pk for agent in form.leaders],
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        title=data["title"],
        capacity=data["capacity"],
        author=request.scope.author(data["site"].pk),
        now=now,
        key=data["key"],
        is_day_off_known=data["anyway"],
    )


def _words(form: WorkshopForm, refusal: DomainError, now: datetime) -> tuple[str | None, str]:
    """Which field it is about, and who is taken."""
    if isinstance(refusal, DayOff):
        return "day", f"{refusal.message} Si c’est voulu, cochez « {form.fields['anyway'].label} »."
    if not isinstance(refusal, CreneauUnavailable):
        return FIELDS.get(refusal.code), refusal.message
    data, motif = form.cleaned_data, form.cleaned_data["motif"]
    start, end = data["starts_at"] - motif.buffer_before, data["ends_at"] + motif.buffer_after
    busy = [agent.full_name for agent in busy_between(form.leaders, start, end, now=now)]
    if not busy:
        return "starts_time", "Cette heure vient d’être prise. Choisissez une autre heure."
    verb = "a" if len(busy) == 1 else "ont"
    return "starts_time", f"{french.joined(busy)} {verb} déjà quelque chose à cette heure. Choisissez une autre heure."


def _made(request: AgentRequest, form: WorkshopForm, made: Rdv) -> HttpResponse:
    day = clock.local_date(made.starts_at, request.departement.zone)
    messages.success(request, f"L’atelier est posé le {french.day_year(day)}. Les inscriptions sont ouvertes.")
    leaders = form.leaders
    shown = next((one.pk for one in leaders if one.pk == request.scope.agent_id), leaders[0].pk)
    return redirect(Asked(day, View.WEEK, shown).url())
