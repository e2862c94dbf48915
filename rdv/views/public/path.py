"""What a person has chosen so far, read from the address of the page: motif, places, where they live, visit's address.

Called by the pages of places and times.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from agents.models import Departement, Site
from rdv.domain.travel import Point
from rdv.forms.public_start import Around, around_from
from rdv.models import Modality, Motif
from rdv.services import public_reading
from rdv.services.public_times import nearest_first
from rdv.views.public.shared import icon_of, motif_at_or_404

VISIT_KEY = "public_visit"
# How long a page of times may stay open and still be taken at its word (minimum notice, horizon).
PAGE_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Path:
    departement: Departement
    motif: Motif
    around: Around | None
    sites: list[Site]
    # For a visit at home: its address and where that is.
    address: str = ""
    visit: Point | None = None
    visit_label: str = ""

    @property
    def lieu(self) -> str:
        return self.around.label if self.around else ""

    @property
    def point(self) -> Point | None:
        """Where distances start."""
        return self.visit or (self.around.point if self.around else None)

    @property
    def is_home_visit(self) -> bool:
        return self.motif.modality == Modality.HOME

    def url(self, name: str, *args: str, **query: str) -> str:
        asked = {"lieu": self.lieu} | query
        words = urlencode({key: value for key, value in asked.items() if value})
        base = reverse(name, args=[self.departement.slug, self.motif.slug, *args])
        return f"{base}?{words}" if words else base

    def home_url(self) -> str:
        """Back to the first question, with what was answered."""
        base = reverse("rdv:public_departement", args=[self.departement.slug])
        words = {key: value for key, value in (("lieu", self.lieu), ("porte", self.motif.tile)) if value}
        return f"{base}?{urlencode(words)}" if words else base

    def recap(self, site: Site | None = None) -> list[dict[str, Any]]:
        """What is chosen, and how to change it."""
        hint = self.motif.public_hint
        items = [
            {
                "icon": icon_of(self.motif),
                "strong": self.motif.public_label,
                "text": hint[:1].lower() + hint[1:],
                "url": self.home_url(),
                "link": _("Changer le motif"),
            }
        ]
        place = self._place_item(site)
        return [*items, place] if place else items

    def _place_item(self, site: Site | None) -> dict[str, Any] | None:
        if self.is_home_visit and self.address:
            return {
                "icon": "home",
                "strong": _("À votre domicile"),
                "text": self.address,
                "url": self.url("rdv:public_visit"),
                "link": _("Changer d’adresse"),
            }
        if site is not None:
            item = {"icon": "place", "strong": site.name, "text": site.address}
            if len(self.sites) > 1:
                item |= {"url": self.url("rdv:public_places"), "link": _("Changer de lieu")}
            return item
        if self.around is not None:
            postcode = f" ({self.around.postcode})" if self.around.postcode else ""
            return {
                "icon": "place",
                "text": _("Autour de %(commune)s") % {"commune": f"{self.around.name}{postcode}"},
                "url": self.home_url(),
                "link": _("Changer de commune"),
            }
        return None


def path_of(request: HttpRequest, departement: str, motif: str) -> Path:
    """Raises Http404 for a motif that the public does not see."""
    chosen = motif_at_or_404(departement, motif)
    found = chosen.departement
    around = around_from(request.GET.get("lieu", "")[:100], found)
    visit = _visit_typed(request, chosen)
    point = around.point if around else None
    place = Point(*visit["place"]) if visit.get("place") else None
    return Path(
        departement=found,
        motif=chosen,
        around=around,
        sites=nearest_first(public_reading.sites_offering(chosen), place or point),
        address=visit.get("address", ""),
        visit=place,
        visit_label=visit.get("commune", ""),
    )


def _visit_typed(request: HttpRequest, motif: Motif) -> dict[str, Any]:
    if motif.modality != Modality.HOME:
        return {}
    found: dict[str, Any] = request.session.get(VISIT_KEY, {})
    return found if found.get("departement") == motif.departement_id else {}


def sign_opening(now: datetime) -> str:
    """When this page was opened, in a form that nobody can write themselves."""
    return Signer(salt="public.opened").sign(now.isoformat())


def opening_of(request: HttpRequest, now: datetime) -> datetime:
    """When the page that sends was opened: a time shown stays bookable, however slowly one reads."""
    try:
        opened_at = datetime.fromisoformat(Signer(salt="public.opened").unsign(request.POST.get("vu", "")))
    except (BadSignature, ValueError):
        return now
    return opened_at if timedelta(0) <= now - opened_at <= PAGE_LIFE else now
