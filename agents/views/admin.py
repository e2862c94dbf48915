"""The administrator's screens of this app: settings, agents, their roles, links and second factors.

A role that ends, a service taken away and an account that closes are above (rdv/views/leaving): they tell the Rdv to
come. Rows are reached through the doors of agents/access.py only: an agent of another département is a 404.
"""

from datetime import date, timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.access import (
    agent_for_admin,
    agents_of,
    closures_of,
    services_of,
    sites_of,
    teams_of,
    today_of,
)
from agents.forms.admin import InviteForm, RoleForm, ServicesForm, initial_services
from agents.models import Agent, Role
from agents.services import accounts, departements, second_factor
from agents.views.guards import AgentRequest, admin_required, password_fresh
from rdv.core import clock

PAGE_LENGTH = 50
CLOSURES_SHOWN = 5


def today_here(request: AgentRequest) -> date:
    return today_of(request.agent, clock.now())


@require_safe
@admin_required
def settings(request: AgentRequest) -> HttpResponse:
    departement = request.departement
    context = {
        "all_sites": sites_of(departement),
        "services": services_of(departement),
        "teams": teams_of(departement),
        "closures": closures_of(departement, today=today_here(request))[:CLOSURES_SHOWN],
    }
    return render(request, "agents/settings.html", context)


@require_POST
@admin_required
@password_fresh
def open_departement(request: AgentRequest) -> HttpResponse:
    """Open to the public (`open` is "1"), or close."""
    is_open = request.POST.get("open") == "1"
    departements.set_open(
        departement=request.departement, is_open=is_open, author=request.scope.author(), now=clock.now()
    )
    said = "Le public peut prendre rendez-vous." if is_open else "Le public ne peut plus prendre rendez-vous en ligne."
    messages.success(request, said)
    return redirect("agents:settings")


@require_safe
@admin_required
def admin_agents(request: AgentRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:80]
    found = agents_of(request.scope, words, today=today_here(request))
    page = Paginator(found, PAGE_LENGTH).get_page(request.GET.get("page"))
    return render(request, "agents/admin_agents.html", {"page_obj": page, "words": words})


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
@password_fresh
def admin_invite(request: AgentRequest) -> HttpResponse:
    """A new agent, who gets a link by e-mail."""
    now = clock.now()
    initial = {"starts_on": today_here(request), "role": Role.AGENT}
    form = InviteForm(request.POST or None, departement=request.departement, initial=initial)
    if not form.is_valid():
        return render(request, "agents/admin_invite.html", {"form": form}, status=422 if form.is_bound else 200)
    try:
        agent = accounts.invite(
            departement=request.departement,
            invitation=_invitation(form),
            author=request.scope.author(),
            now=now,
        )
    except accounts.EmailTaken as refused:
        form.add_error("email", refused.message)
        return render(request, "agents/admin_invite.html", {"form": form}, status=409)
    if form.cleaned_data["role"] == Role.INTERVENANT:
        messages.success(
            request, f"{agent.full_name} est dans la liste. Un intervenant ne se connecte pas : pas d’e-mail."
        )
    else:
        messages.success(request, f"{agent.full_name} va recevoir un e-mail pour choisir son mot de passe.")
    return redirect("agents:admin_agent", agent.pk)


def _invitation(form: InviteForm) -> accounts.Invitation:
    cleaned = form.cleaned_data
    return accounts.Invitation(
        email=cleaned["email"],
        first_name=cleaned["first_name"],
        last_name=cleaned["last_name"],
        profession=cleaned["profession"],
        role=Role(cleaned["role"]),
        site=cleaned["site"],
        services=list(cleaned["services"]),
        starts_on=cleaned["starts_on"],
    )


@require_safe
@admin_required
@password_fresh
def admin_agent(request: AgentRequest, pk: int) -> HttpResponse:
    """One account: its roles, its services, its second factor, and what can be done about them."""
    return agent_page(request, agent_for_admin(request.scope, pk, today=today_here(request)))


def agent_page(
    request: AgentRequest,
    shown: Agent,
    *,
    role_form: RoleForm | None = None,
    services_form: ServicesForm | None = None,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    """Also shown by rdv/views/leaving, with what is refused there."""
    departement = request.departement
    initial = {"starts_on": today_here(request), "role": Role.AGENT}
    context = {
        "shown": shown,
        "factor": second_factor.state_of(shown),
        "role_form": role_form or RoleForm(departement=departement, initial=initial),
        "services_form": services_form or ServicesForm(departement=departement, initial=initial_services(shown)),
        "said": said,
        "is_oneself": shown.pk == request.agent.pk,
    }
    return render(request, "agents/admin_agent.html", context, status=status)


@require_POST
@admin_required
@password_fresh
def admin_send_link(request: AgentRequest, pk: int) -> HttpResponse:
    agent = agent_for_admin(request.scope, pk, today=today_here(request))
    link = accounts.resend_link(agent=agent, author=request.scope.author(), now=clock.now())
    hours = (link.expires_at - link.created_at) // timedelta(hours=1)
    life = f"{hours} heures" if hours > 1 else "1 heure"
    messages.success(request, f"Un e-mail part vers {agent.email}. Son lien marche {life}, une seule fois.")
    return redirect("agents:admin_agent", pk)


@require_POST
@admin_required
@password_fresh
def admin_reset_factor(request: AgentRequest, pk: int) -> HttpResponse:
    agent = agent_for_admin(request.scope, pk, today=today_here(request))
    second_factor.reset_second_factor(agent=agent, author=request.scope.author(), now=clock.now())
    messages.success(request, f"À sa prochaine connexion, {agent.full_name} liera une nouvelle application de codes.")
    return redirect("agents:admin_agent", pk)


@require_POST
@admin_required
@password_fresh
def admin_add_role(request: AgentRequest, pk: int) -> HttpResponse:
    agent = agent_for_admin(request.scope, pk, today=today_here(request))
    form = RoleForm(request.POST, departement=request.departement)
    if not form.is_valid():
        return agent_page(request, agent, role_form=form, status=422)
    try:
        accounts.add_affectation(
            agent=agent,
            role=Role(form.cleaned_data["role"]),
            site=form.cleaned_data["site"],
            starts_on=form.cleaned_data["starts_on"],
            ends_on=None,
            author=request.scope.author(),
            now=clock.now(),
        )
    except accounts.RoleClash as refused:
        form.add_error(None, refused.message)
        return agent_page(request, agent, role_form=form, status=409)
    messages.success(request, "Le rôle est ajouté.")
    return redirect("agents:admin_agent", pk)
