"""Who may enter a view. Called as decorators by every back-office view, of this app and of those above.

    @agent_required            signed in with both factors, active, with a role that signs in
    @role_required(Role.X)     the same, and one of these roles on some site
    @admin_required            the same, and administrator of the département
    @operateur_required        operator of the platform
    @account_required          any of them: their own account page
    @password_fresh            under one of the above: the password was typed less than 15 minutes ago (rights, exports)

They set `request.agent`, `request.scope` and `request.departement`. Which rows may be reached is the doors' work.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme

from agents.access import Scope, scope_of, today_of
from agents.models import Agent, Departement, Role
from agents.views.session import BY_ITSELF, is_password_fresh, signed_in_agent
from agents.views.typed import close_keeping, keep
from rdv.core import clock
from rdv.core.http import HtmxRequest

P = ParamSpec("P")
R = TypeVar("R", bound="OperateurRequest")


class OperateurRequest(HtmxRequest):
    """A request let in by `operateur_required`."""

    agent: Agent
    scope: Scope


class AgentRequest(OperateurRequest):
    """A request let in by `agent_required`."""

    departement: Departement


AgentView: TypeAlias = Callable[Concatenate[AgentRequest, P], HttpResponseBase]
OperateurView: TypeAlias = Callable[Concatenate[OperateurRequest, P], HttpResponseBase]
View: TypeAlias = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

# The header of what a form asks while it is being filled: nobody has sent anything yet.
PREVIEW = "X-Preview"


def agent_required(view: AgentView[P]) -> View[P]:
    return _guarded(view, lambda scope: scope.may_sign_in)


def role_required(*roles: Role) -> Callable[[AgentView[P]], View[P]]:
    """One of these roles, on some site. `Role.ADMIN` counts for administrators."""

    def decorate(view: AgentView[P]) -> View[P]:
        return _guarded(view, lambda scope: _has_one(scope, roles))

    return decorate


def admin_required(view: AgentView[P]) -> View[P]:
    return _guarded(view, lambda scope: scope.is_admin)


def operateur_required(view: OperateurView[P]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        let_in = _known(request)
        if let_in is None:
            return to_sign_in(request)
        if not let_in.agent.is_operateur:
            raise PermissionDenied
        return _private(view(let_in, *args, **kwargs))

    return guarded


def account_required(view: OperateurView[P]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        let_in = _known(request)
        return to_sign_in(request) if let_in is None else _private(view(let_in, *args, **kwargs))

    return guarded


def password_fresh(
    view: Callable[Concatenate[R, P], HttpResponseBase],
) -> Callable[Concatenate[R, P], HttpResponseBase]:
    """The password was typed less than 15 minutes ago, else it is asked again; then back to the page, or to what was
    being sent."""

    @wraps(view)
    def guarded(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        now = clock.now()
        if is_password_fresh(request, now):
            return view(request, *args, **kwargs)
        keep(request, request.agent.pk, now)
        return lead_to(request, "agents:confirm")

    return guarded


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page, which leads back to the page on the screen. A whole page even when htmx asked for a piece.

    Somebody who is still filling a form stays on it: sent, it is kept.
    """
    if request.headers.get(PREVIEW):
        return preview_refused()
    close_keeping(request, clock.now())
    return lead_to(request, "agents:sign_in")


def preview_refused() -> HttpResponse:
    """The page says that the session is over (static/js/session-over.js)."""
    return HttpResponse(status=204, headers={"HX-Trigger": "session-over"})


def _guarded(view: AgentView[P], is_allowed: Callable[[Scope], bool]) -> View[P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        let_in = _known(request)
        if let_in is None:
            return to_sign_in(request)
        # An operator of the platform sees no personal data at all.
        if let_in.agent.is_operateur or not is_allowed(let_in.scope):
            raise PermissionDenied
        return _private(view(cast("AgentRequest", let_in), *args, **kwargs))

    return guarded


def _known(request: HttpRequest) -> OperateurRequest | None:
    """The request of somebody signed in who may still be, with who they are; else None."""
    now = clock.now()
    agent = signed_in_agent(request, now)
    if agent is None:
        return None
    scope = scope_of(agent, today=today_of(agent, now))
    if not (agent.is_operateur or scope.may_sign_in):  # The last affectation ended since.
        return None
    let_in = cast("AgentRequest", request)
    let_in.agent, let_in.scope = agent, scope
    if agent.departement is not None:
        let_in.departement = agent.departement
    return let_in


def _has_one(scope: Scope, roles: tuple[Role, ...]) -> bool:
    return any(role in roles for role in scope.roles.values()) or (scope.is_admin and Role.ADMIN in roles)


def _private(response: HttpResponseBase) -> HttpResponseBase:
    """Nothing of the back-office stays in a cache: on a shared post, "Back" after signing out shows nothing."""
    add_never_cache_headers(response)
    return response


def lead_to(request: HttpRequest, name: str) -> HttpResponse:
    """To a step of signing in, which leads back to the page on the screen."""
    address = f"{reverse(name)}?{urlencode({'next': page_on_screen(request)})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def local_page(value: str | None) -> str:
    """`value` if it is a page of this site (a path, no host) that is not a step of signing in, else ""."""
    page = value or ""
    if not page.startswith("/") or not url_has_allowed_host_and_scheme(page, allowed_hosts=None):
        return ""
    return "" if page.startswith((reverse("agents:sign_in"), reverse("agents:sign_out"))) else page


def page_on_screen(request: HttpRequest) -> str:
    """The local address of the page the person looks at: for a form or a piece of page, the page around it.

    A piece that somebody asks of the page's own address (a search, a filter) is that page with what was typed.
    """
    is_read = request.method in ("GET", "HEAD")
    if request.headers.get("HX-Request"):
        seen = request.headers.get("HX-Current-URL", "")
        if is_read and urlsplit(seen).path == request.path and not request.headers.get(BY_ITSELF):
            return request.get_full_path()
    elif is_read:
        return request.get_full_path()
    else:
        seen = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(seen, allowed_hosts={request.get_host()}):
        return ""
    parts = urlsplit(seen)
    return parts.path + (f"?{parts.query}" if parts.query else "")
