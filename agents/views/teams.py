"""Teams of the département, written by its administrator: they filter the console and the day board."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from agents.access import team_for_admin, today_of
from agents.forms.teams import TeamForm, initial_team
from agents.models import Equipe
from agents.services import teams
from agents.views.guards import AgentRequest, admin_required
from agents.views.saving import saved, typed
from rdv.core import clock


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def admin_new_team(request: AgentRequest) -> HttpResponse:
    form = _form(request, None)
    author = request.scope.author()

    def create() -> Equipe:
        return teams.create_team(departement=request.departement, team=form.team(), author=author, now=clock.now())

    made, status = saved(form, create)
    if made is None:
        return _page(request, form, None, status=status)
    messages.success(request, f"« {made.name} » est ajoutée.")
    return redirect("agents:settings")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def admin_team(request: AgentRequest, pk: int) -> HttpResponse:
    equipe = team_for_admin(request.scope, pk)
    form = _form(request, equipe)

    def update() -> Equipe:
        return teams.update_team(equipe=equipe, team=form.team(), author=request.scope.author(), now=clock.now())

    kept, status = saved(form, update)
    if kept is None:
        return _page(request, form, equipe, status=status)
    messages.success(request, f"« {kept.name} » est enregistrée.")
    return redirect("agents:settings")


@require_POST
@admin_required
def admin_remove_team(request: AgentRequest, pk: int) -> HttpResponse:
    equipe = team_for_admin(request.scope, pk)
    teams.remove_team(equipe=equipe, author=request.scope.author(), now=clock.now())
    messages.success(request, f"« {equipe.name} » est retirée. Les personnes gardent leur agenda.")
    return redirect("agents:settings")


def _form(request: AgentRequest, equipe: Equipe | None) -> TeamForm:
    return TeamForm(
        typed(request),
        departement=request.departement,
        today=today_of(request.agent, clock.now()),
        initial=initial_team(equipe) if equipe else None,
    )


def _page(request: AgentRequest, form: TeamForm, equipe: Equipe | None, *, status: int) -> HttpResponse:
    context = {"form": form, "team": equipe}
    return render(request, "agents/admin_team.html", context, status=status)
