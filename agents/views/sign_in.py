"""Signing in: e-mail and password, then the code. Nobody is signed in before both are right.

    sign_in --password--> second_factor --code--> open       recovery: a printed code in place of the application's
                     \\--> enrol (first time) --code--> recovery codes, open

Answers are the same whether an account exists or not.
"""

from datetime import datetime, timedelta

from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.access import failures_from, scope_of, today_of
from agents.forms.sign_in import CodeForm, RecoveryCodeForm, SignInForm, put_focus
from agents.models import Agent
from agents.services import accounts, second_factor
from agents.views.guards import local_page
from agents.views.pending import Pending, is_post_trusted, pending, start, trust_post
from agents.views.session import open_session, signed_in_agent
from agents.views.typed import flush_keeping, has_kept, page_of, take
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.core.http import client_address

REFUSED = "L’adresse ou le mot de passe ne correspondent pas. Vérifiez les deux, puis recommencez."
TOO_LATE = "Recommencez : il faut donner le code dans les 10 minutes."
# Wrong passwords from one network, all accounts together: a whole building behind one address stays under it.
FAILURES_PER_NETWORK = 50


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Step 1: e-mail and password."""
    now = clock.now()
    agent = signed_in_agent(request, now)
    if agent is not None:
        return go_on(request, agent, local_page(request.GET.get("next")), now)
    if request.method == "POST":
        return _first_factor(request, now)
    return _sign_in_page(request, SignInForm(initial={"next": local_page(request.GET.get("next"))}))


def _first_factor(request: HttpRequest, now: datetime) -> HttpResponse:
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _sign_in_page(request, form, status=422)
    if failures_from(client_address(request), now - cool_off(request)) >= FAILURES_PER_NETWORK:
        return locked_out(request)
    agent = authenticate(request, email=form.cleaned_data["email"], password=form.cleaned_data["password"])
    if not isinstance(agent, Agent):
        form.add_error(None, REFUSED)
        return _sign_in_page(request, form, status=422)
    start(request, agent, next_page=local_page(form.cleaned_data["next"]), now=now)
    return after_password(request, agent, now)


def _sign_in_page(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    put_focus(form)
    return render(request, "agents/sign_in.html", {"form": form, "has_kept": has_kept(request)}, status=status)


def go_on(request: HttpRequest, agent: Agent, next_page: str, now: datetime) -> HttpResponse:
    """Signed in: to what they were sending when the session closed, else where they were going."""
    back = landing(agent, next_page, now)
    typed = take(request, agent, now)
    return HttpResponseRedirect(back) if typed is None else page_of(request, typed, agent, back=back)


def after_password(request: HttpRequest, agent: Agent, now: datetime) -> HttpResponse:
    """The second step that this agent needs; none on a post trusted less than 12 hours ago."""
    if not second_factor.is_enrolled(agent):
        return redirect("agents:enrol")
    waiting = pending(request, now)
    if waiting is not None and is_post_trusted(request, agent, now):
        return finish(request, waiting, by="trusted", now=now)
    return redirect("agents:second_factor")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Step 2: the code of the application."""
    now = clock.now()
    waiting = pending(request, now)
    if waiting is None:
        return start_again(request)
    if not second_factor.is_enrolled(waiting.agent):
        return redirect("agents:enrol")
    if request.method != "POST":
        return _code_page(request, "agents/second_factor.html", CodeForm(), waiting)
    form = CodeForm(request.POST)
    try:
        if form.is_valid():
            second_factor.verify_code(agent=waiting.agent, code=form.cleaned_data["code"], now=now)
    except DomainError as refused:
        refuse(form, "code", refused)
    if form.errors:
        return _code_page(request, "agents/second_factor.html", form, waiting)
    response = finish(request, waiting, by="totp", now=now)
    if form.cleaned_data["trusts_post"]:
        trust_post(response, waiting.agent, now)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recovery(request: HttpRequest) -> HttpResponse:
    """Step 2, another way: a printed code."""
    now = clock.now()
    waiting = pending(request, now)
    if waiting is None:
        return start_again(request)
    form = RecoveryCodeForm(request.POST or None)
    left = 0
    try:
        if form.is_valid():
            left = second_factor.use_recovery_code(agent=waiting.agent, code=form.cleaned_data["code"], now=now)
    except DomainError as refused:
        refuse(form, "code", refused)
    if not form.is_bound or form.errors:
        return _code_page(request, "agents/recovery.html", form, waiting)
    messages.warning(request, _left_in_words(left))
    return finish(request, waiting, by="recovery", now=now)


def _left_in_words(left: int) -> str:
    if left == 0:
        return "C’était votre dernier code de secours. Faites-en de nouveaux dans « Mon compte »."
    return f"Il vous reste {left} code{'s' if left > 1 else ''} de secours. Celui-ci ne marchera plus."


@never_cache
@require_safe
def lost_factor(request: HttpRequest) -> HttpResponse:
    """Neither the application nor a printed code: whom to ask."""
    waiting = pending(request, clock.now())
    if waiting is None:
        return start_again(request)
    return render(request, "agents/lost_factor.html", {"departement": waiting.agent.departement})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    agent = signed_in_agent(request, now)
    if agent is not None:
        accounts.signed_out(agent=agent, now=now)
    logout(request)
    messages.success(request, "Vous êtes sorti. Votre session est fermée sur ce poste.")
    return redirect("agents:sign_in")


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None = None, credentials: object = None
) -> HttpResponse:
    """Too many wrong passwords. Called by django-axes too (settings), for known and unknown addresses alike."""
    return render(request, "agents/locked_out.html", {"wait": second_factor.said(cool_off(request))}, status=429)


def cool_off(request: HttpRequest) -> timedelta:
    wait = get_cool_off(request)
    if not isinstance(wait, timedelta):
        raise TypeError("AXES_COOLOFF_TIME is not set")
    return wait


def finish(request: HttpRequest, waiting: Pending, *, by: str, now: datetime) -> HttpResponse:
    """Both factors are right: open the session, write it down, go on."""
    agent = waiting.agent
    scope = scope_of(agent, today=today_of(agent, now))
    flush_keeping(request)
    open_session(request, agent, is_admin=scope.is_admin or agent.is_operateur, now=now)
    accounts.signed_in(agent=agent, by=by, now=now)
    return go_on(request, agent, waiting.next_page, now)


def landing(agent: Agent, next_page: str, now: datetime) -> str:
    """The page asked for, else the home of this agent."""
    if next_page:
        return next_page
    if agent.is_operateur:
        return resolve_url("agents:operateur_home")
    if not scope_of(agent, today=today_of(agent, now)).site_ids:
        return resolve_url("agents:settings")
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def start_again(request: HttpRequest) -> HttpResponse:
    messages.info(request, TOO_LATE)
    return redirect("agents:sign_in")


def refuse(form: Form, field: str, refused: DomainError) -> None:
    """Say it beside the field, and empty the field: the code typed will not work again."""
    form.data = dict(form.data.items()) | {field: ""}
    form.add_error(field, refused.message)


def _code_page(
    request: HttpRequest, template: str, form: CodeForm | RecoveryCodeForm, waiting: Pending
) -> HttpResponse:
    put_focus(form)
    context = {"form": form, "account": waiting.agent.email, "departement": waiting.agent.departement}
    return render(request, template, context, status=422 if form.errors else 200)
