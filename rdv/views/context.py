"""What every template may use: the frame of the back-office for a signed-in agent. Four queries at the most."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from agents.access import Scope
from agents.models import Role
from rdv.access import sites_of
from rdv.core import clock
from rdv.services.calls_desk import count_to_call
from rdv.services.exports import may_export
from rdv.services.reading import count_to_fill_in
from rdv.views.console.merging import keeps_files
from rdv.views.site import current_site
from usagers.access import counted_pairs


def shell(request: HttpRequest) -> dict[str, Any]:
    """Empty for the public; the views of agents have `request.scope` (agents/views/guards)."""
    context: dict[str, Any] = {"has_outbox_page": settings.OUTBOX_PAGE, "help_phone": settings.HELP_PHONE}
    scope: Scope | None = getattr(request, "scope", None)
    if scope is None or request.headers.get("HX-Request"):
        return context
    return context | _backoffice(request, scope)


def _backoffice(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    sites = sites_of(scope) if scope.site_ids else []
    return {
        "agent": getattr(request, "agent", None),
        "agent_role": _role_label(scope),
        "menu": list(_menu(request, scope)),
        "sites": sites if len(sites) > 1 else [],
        "site": current_site(request, sites),
        "choose_site_url": reverse("rdv:choose_site"),
        "sign_out_url": reverse("agents:sign_out"),
        "home_url": reverse("rdv:agent_home"),
        "departement": getattr(request, "departement", None),
    }


def _role_label(scope: Scope) -> str:
    role = scope.author().role
    return Role(role).label.lower() if role else "opérateur"


def _menu(request: HttpRequest, scope: Scope) -> list[dict[str, Any]]:
    """Only screens that this agent may open."""
    items: list[tuple[str, str, int | None]] = []
    if scope.site_ids:
        items.append(("Accueil", "rdv:accueil", None))
        items.append(("Journée", "rdv:board", None))
        items.append(("Agendas", "rdv:agenda", None))
        count = count_to_fill_in(scope, now=clock.now())
        items.append(("À renseigner", "rdv:to_fill_in", count))
        items.append(("À appeler", "rdv:waiting_calls", count_to_call(scope, now=clock.now())))
        items.append(("Attente", "rdv:waiting", None))
        items.append(("Usagers", "rdv:usagers", counted_pairs(scope.departement_code) if keeps_files(scope) else None))
    elif scope.is_admin:
        items.append(("Attente", "rdv:waiting_rules", None))
    if scope.is_admin:
        items.append(("Réglages", "agents:settings", None))
        items.append(("Motifs", "rdv:motifs", None))
        items.append(("Agents", "agents:admin_agents", None))
    if may_export(scope):
        items.append(("Exports", "rdv:exports", None))
    if not scope.departement_code:
        items.append(("Départements", "agents:operateur_home", None))
    urls = [reverse(name) for _, name, _ in items]
    # A screen inside another one's address is the current one alone.
    here = max((url for url in urls if request.path.startswith(url)), key=len, default="")
    return [
        {"label": label, "url": url, "is_current": url == here, "count": waiting}
        for (label, _, waiting), url in zip(items, urls, strict=True)
    ]
