"""Passwords: forgotten, chosen by a link, typed again before rights and exports."""

from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from agents.access import LinkDead, link_behind, may_sign_in
from agents.forms.sign_in import ConfirmForm, ForgottenForm, NewPasswordForm, put_focus
from agents.models import Agent
from agents.services import links
from agents.views.guards import OperateurRequest, account_required, local_page
from agents.views.pending import start
from agents.views.session import confirm_password
from agents.views.sign_in import after_password, go_on
from rdv.core import clock
from rdv.core.http import client_address


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """The same page after, whether the account exists or not."""
    form = ForgottenForm(request.POST or None)
    if not form.is_valid():
        put_focus(form)
        return render(request, "agents/forgotten.html", {"form": form}, status=422 if form.is_bound else 200)
    email = form.cleaned_data["email"]
    try:
        links.ask_for_reset(email=email, network=client_address(request), now=clock.now())
    except links.TooManyAsks as refused:
        form.add_error(None, refused.message)
        return render(request, "agents/forgotten.html", {"form": form}, status=429)
    return render(request, "agents/forgotten_sent.html", {"account": email})


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def set_password(request: HttpRequest, token: str) -> HttpResponse:
    """Behind a link of an e-mail. Looking spends nothing: mail scanners follow links; choosing does.

    The address holds the token. It goes to no other site: Referrer-Policy is "same-origin" everywhere (settings);
    "no-referrer" here would make browsers send `Origin: null` with the form, which the CSRF check refuses.
    """
    now = clock.now()
    try:
        link = link_behind(token, now)
        agent = link.agent
        if agent is None:
            raise LinkDead
        form = NewPasswordForm(request.POST or None, agent=agent)
        if not form.is_valid():
            put_focus(form)
            context = {"form": form, "account": agent.email, "departement": agent.departement, "link": link}
            return render(request, "agents/set_password.html", context, status=422 if form.is_bound else 200)
        agent = links.set_password_by_link(token=token, password=form.cleaned_data["password"], now=now)
    except LinkDead as dead:
        return render(request, "agents/link_dead.html", {"said": dead.message}, status=410)
    if not may_sign_in(agent, now):
        messages.success(request, "Votre mot de passe est enregistré. Votre accès n’a pas encore commencé.")
        return redirect("agents:sign_in")
    start(request, agent, next_page="", now=now)
    return after_password(request, agent, now)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@account_required
def confirm(request: OperateurRequest) -> HttpResponse:
    """The password again (`guards.password_fresh`), then back to the page. Wrong ones count like at the door."""
    if request.method != "POST":
        form = ConfirmForm(initial={"next": local_page(request.GET.get("next"))})
        put_focus(form)
        return render(request, "agents/confirm.html", {"form": form})
    form = ConfirmForm(request.POST)
    if form.is_valid() and not _is_right(request, form.cleaned_data["password"]):
        form.add_error("password", "Ce n’est pas votre mot de passe. Recommencez.")
    if form.errors:
        put_focus(form)
        return render(request, "agents/confirm.html", {"form": form}, status=422)
    now = clock.now()
    confirm_password(request, now=now)
    return go_on(request, request.agent, local_page(form.cleaned_data["next"]) or reverse("agents:account"), now)


def _is_right(request: OperateurRequest, password: str) -> bool:
    found = authenticate(request, email=request.agent.email, password=password)
    return isinstance(found, Agent) and found.pk == request.agent.pk
