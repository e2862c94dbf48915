"""Fermetures: the administrator says which days a site, or the whole département, is closed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from agents.access import closure_for_admin, closures_of, today_of
from agents.forms.admin import ClosureForm
from agents.services import closures
from agents.views.guards import AgentRequest, admin_required
from rdv.core import clock
from rdv.core.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def admin_closures(request: AgentRequest) -> HttpResponse:
    now = clock.now()
    form = ClosureForm(request.POST or None, departement=request.departement)
    if form.is_valid():
        try:
            closures.close_days(
                departement=request.departement,
                site=form.cleaned_data["site"],
                starts_on=form.cleaned_data["starts_on"],
                ends_on=form.cleaned_data["ends_on"],
                label=form.cleaned_data["label"],
                author=request.scope.author(),
                now=now,
            )
        except DomainError as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, "La fermeture est enregistrée. Plus aucun horaire n’est proposé ces jours-là.")
            return redirect("agents:admin_closures")
    context = {"form": form, "closures": closures_of(request.departement, today=today_of(request.agent, now))}
    return render(request, "agents/admin_closures.html", context, status=422 if form.is_bound else 200)


@require_POST
@admin_required
def admin_reopen(request: AgentRequest, pk: int) -> HttpResponse:
    closures.reopen_days(fermeture=closure_for_admin(request.scope, pk), author=request.scope.author(), now=clock.now())
    messages.success(request, "La fermeture est retirée.")
    return redirect("agents:admin_closures")
