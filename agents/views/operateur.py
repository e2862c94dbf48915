"""Operators of the platform: the list of départements in numbers, and a new one with its first administrator.

No personal data of usagers or agents is shown here.
"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from agents.access import departements_counted
from agents.forms.admin import NewDepartementForm
from agents.services import departements
from agents.services.accounts import EmailTaken
from agents.services.journal import oneself
from agents.views.guards import OperateurRequest, operateur_required, password_fresh
from rdv.core import clock


@require_safe
@operateur_required
def operateur_home(request: OperateurRequest) -> HttpResponse:
    return render(request, "agents/operateur_home.html", {"departements": departements_counted()})


@require_http_methods(["GET", "HEAD", "POST"])
@operateur_required
@password_fresh
def new_departement(request: OperateurRequest) -> HttpResponse:
    form = NewDepartementForm(request.POST or None)
    if not form.is_valid():
        return _page(request, form, status=422 if form.is_bound else 200)
    now = clock.now()
    try:
        created, _ = departements.create_departement(
            departement=_new(form),
            admin_email=form.cleaned_data["admin_email"],
            admin_first_name=form.cleaned_data["admin_first_name"],
            admin_last_name=form.cleaned_data["admin_last_name"],
            author=oneself(request.agent, now),
            now=now,
        )
    except departements.DepartementExists as refused:
        form.add_error("code", refused.message)
        return _page(request, form, status=409)
    except EmailTaken as refused:
        form.add_error("admin_email", refused.message)
        return _page(request, form, status=409)
    messages.success(request, f"Le département {created.name} est créé. Son administrateur va recevoir un e-mail.")
    return redirect("agents:operateur_home")


def _new(form: NewDepartementForm) -> departements.NewDepartement:
    cleaned = form.cleaned_data
    return departements.NewDepartement(
        code=cleaned["code"],
        name=cleaned["name"],
        name_with_article=cleaned["name_with_article"],
        zone_name=cleaned["zone_name"],
        public_phone=str(cleaned["public_phone"]),
        sms_sender=cleaned["sms_sender"],
        reply_to=cleaned["reply_to"],
    )


def _page(request: OperateurRequest, form: NewDepartementForm, *, status: int) -> HttpResponse:
    return render(request, "agents/new_departement.html", {"form": form}, status=status)
