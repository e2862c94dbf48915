"""Figures of the waiting list: the whole département for its administrator, else one's motifs on one's sites.

Room: views. Reads only, no personal data.
"""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.models import Role
from agents.views.guards import AgentRequest, role_required
from rdv.core import clock
from rdv.domain import french
from rdv.services.waitlist_figures import counted_for, figures_of

# Weeks of the periods that may be asked; the first when nothing is.
PERIODS = (("8", "8 semaines"), ("26", "6 mois"), ("52", "12 mois"))


@require_safe
@role_required(Role.AGENT, Role.SECRETAIRE, Role.RESPONSABLE, Role.ADMIN)
def figures(request: AgentRequest) -> HttpResponse:
    now = clock.now()
    asked = request.GET.get("semaines", "")
    weeks = asked if asked in dict(PERIODS) else PERIODS[0][0]
    since = now - timedelta(weeks=int(weeks))
    motifs, sites = counted_for(request.scope, request.departement)
    total, lines = figures_of(departement=request.departement, motifs=motifs, sites=sites, since=since, until=now)
    context = {
        "total": total,
        "lines": lines,
        "fill": french.duration(total.fill) if total.fill is not None else "",
        "periods": PERIODS,
        "weeks": weeks,
        "since": since,
        "now": now,
        "is_admin": request.scope.is_admin,
        "has_list": bool(request.scope.site_ids),
    }
    return render(request, "rdv/waiting/chiffres.html", context)
