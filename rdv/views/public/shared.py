"""What every public page shares: its frame, its département, the words of the doors. Called by the public views."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from agents.models import Departement
from rdv.core.errors import DomainError
from rdv.forms.public_start import ANY_DOOR
from rdv.models import Motif, Tile
from rdv.services import public_reading

# What a page answers when a form misses something: it is shown again, with everything that was typed.
INCOMPLETE = 422
TAKEN = 409
GONE = 410
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Door:
    """A plain-words door of the home page."""

    code: str
    label: str
    hint: str
    icon: str


def all_doors() -> list[Door]:
    return [
        Door(Tile.GROSSESSE, _("Je suis enceinte"), _("Sage-femme, préparation, questions"), "heart"),
        Door(Tile.ENFANT, _("Bébé ou enfant"), _("De 0 à 6\u00a0ans\u00a0: pesée, vaccins, conseils"), "child"),
        Door(Tile.SOCIAL, _("Difficultés de la vie"), _("Logement, aides, famille, séparation"), "home"),
        Door(Tile.BUDGET, _("Dettes et budget"), _("Factures, crédits, surendettement"), "euro"),
        Door(Tile.ATELIER, _("Atelier en groupe"), _("Entre parents, cuisine, budget"), "group"),
    ]


def doors_of(motifs: list[Motif]) -> list[Door]:
    """The doors behind which there is something, and "je ne sais pas"."""
    used = {motif.tile for motif in motifs}
    unsure = Door(ANY_DOOR, _("Je ne sais pas"), _("On vous aide à choisir"), "question")
    return [*(door for door in all_doors() if door.code in used), unsure]


def icon_of(motif: Motif) -> str:
    return next((door.icon for door in all_doors() if door.code == motif.tile), "calendar")


def departement_or_404(slug: str) -> Departement:
    departement = public_reading.open_departement(slug)
    if departement is None:
        raise Http404
    return departement


def motif_or_404(departement: Departement, slug: str) -> Motif:
    motif = public_reading.public_motif(departement, slug)
    if motif is None:
        raise Http404
    return motif


def motif_at_or_404(departement: str, slug: str) -> Motif:
    """Both at once, by their slugs in the address; the motif carries its département."""
    motif = public_reading.public_motif_at(departement, slug)
    if motif is None:
        raise Http404
    return motif


def public_context(departement: Departement | None) -> dict[str, Any]:
    """The frame: whose site it is, where its name leads, what stands at the foot."""
    if departement is None:
        return {"departement": None, "home_url": reverse("rdv:public_home"), "footer_links": []}
    return {
        "departement": departement,
        "home_url": reverse("rdv:public_departement", args=[departement.slug]),
        "footer_links": footer_links(departement),
    }


def footer_links(departement: Departement) -> list[dict[str, str]]:
    """Only pages that exist."""
    pages = [
        (_("Accessibilité\u00a0: non conforme"), "rdv:public_accessibility"),
        (_("Mentions légales"), "rdv:public_legal"),
        (_("Vos données"), "rdv:public_privacy"),
        (_("Nos chiffres"), "rdv:public_figures"),
    ]
    links = [{"label": label, "url": reverse(name, args=[departement.slug])} for label, name in pages]
    return [*links, {"label": _("Nous écrire"), "url": f"mailto:{departement.reply_to}"}]


def show(
    request: HttpRequest,
    template: str,
    departement: Departement | None,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """A page that may be kept by nobody's cache: free times and people's choices change at each visit."""
    response = render(request, template, public_context(departement) | dict(context or {}), status=status)
    add_never_cache_headers(response)
    return response


def too_many(
    request: HttpRequest, departement: Departement, error: DomainError, retry_minutes: int | None = None
) -> HttpResponse:
    context = {"error": error, "retry_minutes": retry_minutes}
    return show(request, "429.html", departement, context, status=TOO_MANY)
