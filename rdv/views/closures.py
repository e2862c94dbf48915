"""Fermetures: the administrator says which days a site, or the whole département, is closed.

Room: views. Nothing is closed before the page has told what it changes: a first press shows it, a second one saves.
"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from agents.access import closure_for_admin, closures_of, today_of
from agents.forms.admin import ClosureForm
from agents.services.closures import check_days, close_days, reopen_days
from agents.views.guards import AgentRequest, admin_required
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.services.closures_ahead import Closing, effects_of

CONFIRM, CHANGE = "confirmer", "changer"


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def closures(request: AgentRequest) -> HttpResponse:
    """POST shows what would change; with `confirmer` it saves, with `changer` the days are asked again as typed."""
    form = ClosureForm(request.POST or None, departement=request.departement)
    if not form.is_valid() or CHANGE in request.POST:
        return _page(request, form, status=422 if form.errors else 200)
    now, days = clock.now(), form.cleaned_data
    closing = Closing(request.departement, days["site"], days["starts_on"], days["ends_on"])
    where = {name: days[name] for name in ("site", "starts_on", "ends_on")} | {"departement": request.departement}
    try:
        if CONFIRM not in request.POST:
            check_days(**where, now=now)
            context = {"form": form, "closing": days, "effects": effects_of(request.scope, closing, now=now)}
            return render(request, "rdv/sites/fermer_jours.html", context)
        close_days(**where, label=days["label"], author=request.scope.author(), now=now)
    except DomainError as refused:
        form.add_error("starts_on", refused.message)
        return _page(request, form, status=422)
    messages.success(request, "La fermeture est enregistrée. Plus aucun horaire n’est proposé ces jours-là.")
    return redirect("rdv:closures")


def _page(request: AgentRequest, form: ClosureForm, *, status: int) -> HttpResponse:
    today = today_of(request.agent, clock.now())
    context = {"form": form, "closures": closures_of(request.departement, today=today)}
    return render(request, "rdv/sites/fermetures.html", context, status=status)


@require_POST
@admin_required
def reopen(request: AgentRequest, pk: int) -> HttpResponse:
    reopen_days(fermeture=closure_for_admin(request.scope, pk), author=request.scope.author(), now=clock.now())
    messages.success(request, "La fermeture est retirée.")
    return redirect("rdv:closures")
