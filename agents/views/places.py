"""Sites and services of the département, written by its administrator. Closing a site is above: rdv/views/places.

A service says who may read which Rdv: its pages ask for the password again, as those of the accounts do.
"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from agents.access import service_for_admin, site_for_admin
from agents.forms.places import ServiceForm, SiteForm, initial_service, initial_site
from agents.models import Service, Site
from agents.services import sites, trades
from agents.views.guards import AgentRequest, admin_required, password_fresh
from agents.views.saving import REFUSED, saved, typed
from rdv.core import clock


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def admin_new_site(request: AgentRequest) -> HttpResponse:
    form = SiteForm(typed(request), departement=request.departement)
    author = request.scope.author()

    def create() -> Site:
        fields = form.site_fields()
        return sites.create_site(departement=request.departement, fields=fields, author=author, now=clock.now())

    made, status = saved(form, create)
    if made is None:
        return _site_page(request, form, None, status=status)
    messages.success(request, f"« {made.name} » est ajouté. Cochez maintenant les motifs qu’il propose.")
    return redirect("rdv:motifs")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def admin_site(request: AgentRequest, pk: int) -> HttpResponse:
    site = site_for_admin(request.scope, pk)
    form = SiteForm(typed(request), departement=request.departement, initial=initial_site(site))

    def update() -> Site:
        return sites.update_site(site=site, fields=form.site_fields(), author=request.scope.author(), now=clock.now())

    kept, status = saved(form, update)
    if kept is None:
        return _site_page(request, form, site, status=status)
    messages.success(request, f"« {kept.name} » est enregistré.")
    return redirect("agents:settings")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
@password_fresh
def admin_new_service(request: AgentRequest) -> HttpResponse:
    form = ServiceForm(typed(request))
    author = request.scope.author()

    def create() -> Service:
        return trades.create_service(
            departement=request.departement, trade=form.trade(), author=author, now=clock.now()
        )  # fmt: skip

    made, status = saved(form, create)
    if made is None:
        return _service_page(request, form, None, status=status)
    messages.success(request, f"« {made.name} » est ajouté. Affectez-y maintenant des agents.")
    return redirect("agents:settings")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
@password_fresh
def admin_service(request: AgentRequest, pk: int) -> HttpResponse:
    service = service_for_admin(request.scope, pk)
    form = ServiceForm(typed(request), initial=initial_service(service))

    author = request.scope.author()

    def update() -> Service:
        return trades.update_service(service=service, trade=form.trade(), author=author, now=clock.now())

    kept, status = saved(form, update)
    if kept is None:
        return _service_page(request, form, service, status=status)
    messages.success(request, _saved_words(service, kept))
    return redirect("agents:settings")


@require_POST
@admin_required
@password_fresh
def admin_remove_service(request: AgentRequest, pk: int) -> HttpResponse:
    service = service_for_admin(request.scope, pk)
    try:
        trades.remove_service(service=service, author=request.scope.author(), now=clock.now())
    except trades.ServiceUsed as refused:
        form = ServiceForm(initial=initial_service(service))
        return _service_page(request, form, service, said=refused.message, status=REFUSED)
    messages.success(request, f"« {service.name} » est retiré.")
    return redirect("agents:settings")


def _site_page(request: AgentRequest, form: SiteForm, site: Site | None, *, status: int) -> HttpResponse:
    context = {"form": form, "place": site}
    return render(request, "agents/admin_site.html", context, status=status)


def _service_page(
    request: AgentRequest, form: ServiceForm, service: Service | None, *, status: int, said: str = ""
) -> HttpResponse:
    context = {"form": form, "service": service, "said": said}
    return render(request, "agents/admin_service.html", context, status=status)


def _saved_words(before: Service, after: Service) -> str:
    if before.is_confidential == after.is_confidential:
        return f"« {after.name} » est enregistré."
    if after.is_confidential:
        return f"« {after.name} » est confidentiel : seuls ses agents lisent maintenant ses rendez-vous."
    return f"« {after.name} » n’est plus confidentiel : les secrétariats lisent de nouveau ses rendez-vous."
