"""The catalogue of the département, for its administrator: motifs by service, switches by site, texts and delays."""

import uuid as uuids
from copy import copy
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.access import sites_of
from agents.models import Service, Site
from agents.views.guards import AgentRequest, admin_required
from agents.views.saving import status_of
from rdv.core import clock
from rdv.forms.agenda_motif import MotifForm, switches_in
from rdv.models import Motif
from rdv.services import catalogue
from rdv.services.agenda_doors import is_used, motif_for_admin, motifs_named, rdvs_ahead, services_with_motifs
from rdv.services.catalogue import MotifRefused, SiteChange
from rdv.services.motif_effects import FIELDS, Loss, loss_of, losses_on_sites

ARCHIVED = "oui"
# Of the form of switches: not sent again as it was.
ASIDE = ("csrfmiddlewaretoken", "perdu")


@dataclass(frozen=True, slots=True)
class Row:
    """A motif with its switches: each site, on or off, and the ids as the form sends them back."""

    motif: Motif
    switches: list[tuple[Site, bool]]
    was: str


@dataclass(frozen=True, slots=True)
class Section:
    service: Service
    rows: list[Row]


@require_safe
@admin_required
def motifs(request: AgentRequest) -> HttpResponse:
    archived = ARCHIVED if request.GET.get("archives") == ARCHIVED else "non"
    sites = list(sites_of(request.departement).active())
    sections = [
        Section(service, [_row(motif, sites) for motif in listed])
        for service, listed in services_with_motifs(request.departement, archived=archived)
        if listed
    ]
    context = {"sections": sections, "columns": sites, "is_archive": archived == ARCHIVED}
    return render(request, "rdv/motifs/liste.html", context)


def _row(motif: Motif, sites: list[Site]) -> Row:
    on = {switch.site_id for switch in motif.motif_sites.all()}
    shown = [site.pk for site in sites if site.pk in on]
    return Row(motif, [(site, site.pk in on) for site in sites], ",".join(map(str, shown)))


@require_POST
@admin_required
def switches(request: AgentRequest) -> HttpResponse:
    """Only what this person changed on the screen is written: a colleague's change meanwhile stays. What is lost where
    a box is no longer ticked is told first."""
    now = clock.now()
    asked = switches_in(request.POST)
    changes = [
        SiteChange(motif, added=ticked - was, removed=was - ticked)
        for motif in motifs_named(request.departement, asked.keys())
        for was, ticked in [asked[motif.uuid]]
        if was != ticked
    ]
    losses = [loss for change in changes for loss in losses_on_sites(change.motif, change.removed, now=now)]
    seen = "-".join(loss.seen for loss in losses)
    if losses and request.POST.get("perdu") != seen:
        sent = [(name, value) for name, values in request.POST.lists() for value in values if name not in ASIDE]
        context = {"losses": losses, "seen": seen, "sent": sent, "has_changed": "perdu" in request.POST}
        return render(request, "rdv/motifs/sites_retires.html", context, status=409)
    try:
        count = catalogue.set_motif_sites(
            departement=request.departement, changes=changes, author=request.scope.author(), now=now
        )
    except MotifRefused as refusal:
        messages.error(request, refusal.message)
        return redirect("rdv:motifs")
    several = "s" if count > 1 else ""
    said = f"{count} motif{several} changé{several}." if count else "Rien n’a changé."
    messages.success(request, said)
    return redirect("rdv:motifs")


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def motif_create(request: AgentRequest) -> HttpResponse:
    form = MotifForm(
        request.POST if request.method == "POST" else None,
        instance=Motif(departement=request.departement),
        departement=request.departement,
        is_used=False,
    )
    if form.is_bound and form.is_valid():
        try:
            made = catalogue.create_motif(
                departement=request.departement,
                fields=form.cleaned_data,
                author=request.scope.author(),
                now=clock.now(),
            )
        except MotifRefused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"« {made.name} » est créé. Cochez maintenant les sites qui le proposent.")
            return redirect("rdv:motifs")
    return _form_page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def motif_edit(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """A change that takes most of the free hours away is told before it is saved."""
    motif, now = motif_for_admin(request.scope, uuid), clock.now()
    name, before = motif.name, copy(motif)
    form = MotifForm(
        request.POST if request.method == "POST" else None,
        instance=motif,
        departement=request.departement,
        is_used=is_used(motif),
    )
    if form.is_bound and form.is_valid():
        loss = loss_of(before, motif, now=now) if FIELDS & set(form.changed_data) else None
        if loss and request.POST.get("vu") != loss.seen and motif.min_notice < motif.horizon:
            return _form_page(request, form, motif, name, loss)
        try:
            catalogue.update_motif(motif=motif, fields=form.cleaned_data, author=request.scope.author(), now=now)
        except MotifRefused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"« {motif.name} » est enregistré.")
            return redirect("rdv:motifs")
    return _form_page(request, form, motif, name)


def _form_page(
    request: AgentRequest, form: MotifForm, motif: Motif | None, name: str = "", loss: Loss | None = None
) -> HttpResponse:
    ahead = rdvs_ahead(motif, now=clock.now()) if motif else 0
    context = {"form": form, "motif": motif, "name": name, "ahead": ahead, "loss": loss}
    return render(request, "rdv/motifs/motif.html", context, status=status_of(form))


@require_POST
@admin_required
def motif_archive(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """Archive, or take out of the archive (`retour`)."""
    motif = motif_for_admin(request.scope, uuid)
    author, now = request.scope.author(), clock.now()
    if "retour" in request.POST:
        catalogue.unarchive_motif(motif=motif, author=author, now=now)
        messages.success(request, f"« {motif.name} » est de nouveau proposé.")
    else:
        catalogue.archive_motif(motif=motif, author=author, now=now)
        messages.success(request, f"« {motif.name} » est archivé. Les rendez-vous déjà pris restent.")
    return redirect("rdv:motifs")
