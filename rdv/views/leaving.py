"""An agent who leaves: a role, a service or an account that ends. The administrator is told what is still to come, and
confirms; what changed while they read is told again.

Room: views. The rest of an account is below, in agents/views/admin: only what is to come needs this app.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from agents.access import affectation_for_admin, agent_for_admin
from agents.forms.admin import ServicesForm, initial_services
from agents.models import AGENDA_ROLES
from agents.services import accounts
from agents.views.admin import agent_page, today_here
from agents.views.guards import AgentRequest, admin_required, password_fresh
from agents.views.saving import status_of
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.forms.leaving import RoleEndForm
from rdv.services import leaving
from rdv.services.leaving import Lost

OPEN, CLOSED = "1", "0"
CLOSED_NOW, CHANGED = ("est fermée", "sont fermées"), ("a changé", "ont changé")
GONE = "Un des choix n’existe plus. Regardez la liste à nouveau."


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
@password_fresh
def role_end(request: AgentRequest, pk: int, affectation_pk: int) -> HttpResponse:
    """GET: what would change. POST: yesterday is the last day, once it was said."""
    now = clock.now()
    agent = agent_for_admin(request.scope, pk, today=today_here(request))
    affectation = affectation_for_admin(request.scope, agent, affectation_pk)
    form = RoleEndForm(request.POST if request.method == "POST" else None, affectation=affectation)
    lost = leaving.lost_with_role(affectation, now=now)
    page = {"shown": agent, "affectation": affectation, "form": form, "lost": lost}
    if not form.is_bound or not form.is_valid():
        return _told(request, "role", page, status=422 if form.is_bound else 200)
    keeps = form.chosen in AGENDA_ROLES
    if not keeps and _is_new(request, lost):
        return _told(request, "role", page, status=409)
    author = request.scope.author()
    try:
        leaving.end_role(affectation=affectation, next_role=form.chosen, author=author, now=now)
    except (accounts.LastAdmin, accounts.RoleClash) as refused:
        return agent_page(request, agent, said=refused.message, status=409)
    said = "Le rôle est changé." if form.chosen else "Le rôle est retiré."
    messages.success(request, said if keeps else f"{said}{_opening_words(lost, CLOSED_NOW)}")
    return redirect("agents:admin_agent", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
@password_fresh
def account_opening(request: AgentRequest, pk: int) -> HttpResponse:
    """Close the account (`active` is "0") once what is to come was said, or open it again ("1")."""
    now = clock.now()
    agent = agent_for_admin(request.scope, pk, today=today_here(request))
    asked = request.POST.get("active")
    lost = leaving.lost_with_account(agent, now=now)
    if asked not in (OPEN, CLOSED) or (asked == CLOSED and agent.is_active and _is_new(request, lost)):
        status = 200 if request.method != "POST" else 409 if asked == CLOSED else 422
        return _told(request, "compte", {"shown": agent, "lost": lost}, status=status)
    try:
        accounts.set_active(agent=agent, is_active=asked == OPEN, author=request.scope.author(), now=now)
    except DomainError as refused:
        return agent_page(request, agent, said=refused.message, status=409)
    done = "de nouveau ouvert" if asked == OPEN else "fermé, et ses sessions aussi"
    messages.success(request, f"Le compte de {agent.full_name} est {done}.")
    return redirect("agents:admin_agent", pk)


@require_POST
@admin_required
@password_fresh
def account_services(request: AgentRequest, pk: int) -> HttpResponse:
    now = clock.now()
    agent = agent_for_admin(request.scope, pk, today=today_here(request))
    form = ServicesForm(request.POST, departement=request.departement, initial=initial_services(agent))
    if not form.is_valid():
        kept = form if form.late else None
        return agent_page(request, agent, services_form=kept, said=form.late or GONE, status=status_of(form))
    services = list(form.cleaned_data["services"])
    lost = leaving.lost_with_services(agent, services, now=now)
    if _is_new(request, lost):
        gone = [one.name for one in agent.services.all() if one not in services]
        page = {"shown": agent, "lost": lost, "form": form, "gone": french.joined(gone)}
        return _told(request, "services", page, status=409)
    languages = form.cleaned_data["languages"]
    leaving.change_services(
        agent=agent, services=services, languages=languages, author=request.scope.author(), now=now
    )  # fmt: skip
    messages.success(request, f"Les services et les langues sont enregistrés.{_opening_words(lost, CHANGED)}")
    return redirect("agents:admin_agent", pk)


def _is_new(request: AgentRequest, lost: Lost) -> bool:
    """Something would be lost, and the page that was read did not say this."""
    return bool(lost) and request.POST.get("perdu") != lost.seen


def _told(request: AgentRequest, what: str, page: dict[str, Any], *, status: int) -> HttpResponse:
    has_changed = request.POST.get("perdu", page["lost"].seen) != page["lost"].seen
    context = page | {"what": what, "has_changed": has_changed}
    return render(request, "rdv/comptes/depart.html", context, status=status)


def _opening_words(lost: Lost, done: tuple[str, str]) -> str:
    if not lost.openings:
        return ""
    one = lost.openings == 1
    return f" 1 date d’ouverture {done[0]}." if one else f" {lost.openings} dates d’ouverture {done[1]}."
