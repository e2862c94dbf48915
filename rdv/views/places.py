"""Closing a site, or opening it again: the administrator is told what is still to come there, and confirms.

The rest of a site is below, in agents/views/places: only the Rdv to come need this app.
"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.access import site_for_admin
from agents.services import sites
from agents.views.guards import AgentRequest, admin_required, password_fresh
from rdv.core import clock
from rdv.services.site_ahead import ahead_on

OPEN, CLOSED = "1", "0"


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
@password_fresh
def site_opening(request: AgentRequest, pk: int) -> HttpResponse:
    """GET: what would change. POST: `open` is "0" to close, "1" to open again; anything else asks again."""
    site, now = site_for_admin(request.scope, pk), clock.now()
    asked = request.POST.get("open")
    if asked not in (OPEN, CLOSED):
        context = {"place": site, "ahead": ahead_on(site, now=now)}
        return render(request, "rdv/sites/ouverture.html", context, status=422 if request.method == "POST" else 200)
    sites.set_site_open(site=site, is_open=asked == OPEN, author=request.scope.author(), now=now)
    if asked == OPEN:
        messages.success(request, f"« {site.name} » est ouvert.")
    else:
        messages.success(request, f"« {site.name} » est fermé. Les rendez-vous déjà pris restent.")
    return redirect("agents:settings")
