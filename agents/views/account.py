""" "Mon compte": preferences, password, second factor, sessions. Each agent sees only their own."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from agents.forms.sign_in import ChangePasswordForm, PreferencesForm
from agents.services import accounts, second_factor
from agents.services.journal import oneself
from agents.views.enrolment import codes_page
from agents.views.guards import OperateurRequest, account_required, password_fresh
from agents.views.session import confirm_password
from rdv.core import clock


@require_http_methods(["GET", "HEAD", "POST"])
@account_required
def account(request: OperateurRequest) -> HttpResponse:
    agent = request.agent
    initial = {
        "notification_level": agent.notification_level,
        "hears_arrivals": agent.hears_arrivals,
        "shows_name": agent.shows_name,
        "languages": agent.languages,
    }
    form = PreferencesForm(request.POST or None, initial=initial)
    if form.is_valid():
        now = clock.now()
        accounts.update_preferences(
            agent=agent,
            notification_level=form.cleaned_data["notification_level"],
            hears_arrivals=form.cleaned_data["hears_arrivals"],
            shows_name=form.cleaned_data["shows_name"],
            languages=form.cleaned_data["languages"],
            author=oneself(agent, now),
            now=now,
        )
        messages.success(request, "Vos préférences sont enregistrées.")
        return redirect("agents:account")
    context = {"form": form, "factor": second_factor.state_of(agent)}
    return render(request, "agents/account.html", context, status=422 if form.is_bound else 200)


@sensitive_post_parameters("current", "password")
@require_http_methods(["GET", "HEAD", "POST"])
@account_required
def password(request: OperateurRequest) -> HttpResponse:
    """The present password first. The other sessions end; this one goes on."""
    agent, now = request.agent, clock.now()
    form = ChangePasswordForm(request.POST or None, agent=agent)
    if form.is_valid() and authenticate(request, email=agent.email, password=form.cleaned_data["current"]) != agent:
        form.add_error("current", "Ce n’est pas votre mot de passe actuel.")
    if not form.is_bound or form.errors:
        return render(request, "agents/password.html", {"form": form}, status=422 if form.is_bound else 200)
    accounts.change_password(agent=agent, password=form.cleaned_data["password"], author=oneself(agent, now), now=now)
    _keep_this_session(request, now)
    messages.success(request, "Votre mot de passe a changé. Vos autres sessions sont fermées.")
    return redirect("agents:account")


@require_POST
@account_required
@password_fresh
def recovery_codes(request: OperateurRequest) -> HttpResponse:
    """Ten new printed codes; the former ones stop working."""
    now = clock.now()
    codes = second_factor.make_recovery_codes(agent=request.agent, author=oneself(request.agent, now), now=now)
    return codes_page(request, request.agent, codes, reverse("agents:account"))


@require_POST
@account_required
def end_sessions(request: OperateurRequest) -> HttpResponse:
    now = clock.now()
    accounts.end_sessions(agent=request.agent, author=oneself(request.agent, now), now=now)
    _keep_this_session(request, now)
    messages.success(request, "Vos autres sessions sont fermées. Vos postes de confiance sont oubliés.")
    return redirect("agents:account")


def _keep_this_session(request: OperateurRequest, now: datetime) -> None:
    """Under a new key and the new hash."""
    update_session_auth_hash(request, request.agent)
    confirm_password(request, now=now)
