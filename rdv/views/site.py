"""Which of one's sites the screens are about: kept in the session, chosen in the bar."""

from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from agents.models import Role, Site
from agents.views.guards import AgentRequest, agent_required, local_page
from rdv.access import sites_of

KEY = "site"


def current_site(request: HttpRequest, sites: Sequence[Site]) -> Site | None:
    """The chosen one if it is still ours, else the first."""
    chosen = request.session.get(KEY)
    return next((site for site in sites if site.pk == chosen), sites[0] if sites else None)


@require_POST
@agent_required
def choose_site(request: AgentRequest) -> HttpResponse:
    site_id = request.POST.get("site", "")
    chosen = next((site for site in sites_of(request.scope) if str(site.pk) == site_id), None)
    if chosen is None:
        raise Http404
    request.session[KEY] = chosen.pk
    return redirect(_back(request))


@require_safe
@agent_required
def agent_home(request: AgentRequest) -> HttpResponse:
    """Where the day begins: the console for a secretary, the agenda for an agent, the settings for an admin."""
    scope = request.scope
    if scope.is_secretaire:
        return redirect("rdv:accueil")
    if scope.has_agenda:
        return redirect("rdv:agenda")
    return redirect("rdv:accueil" if Role.RESPONSABLE in scope.roles.values() else "agents:settings")


def _back(request: HttpRequest) -> str:
    return local_page(request.POST.get("next")) or "/agents/"
