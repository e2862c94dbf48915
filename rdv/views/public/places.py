"""Where one may go: the places of a motif with their first free time, nearest or soonest first."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agents.models import Site
from rdv.core import clock
from rdv.core.clock import local_date
from rdv.forms.public_start import VisitForm
from rdv.models import Modality
from rdv.services.public_times import Search, km_from
from rdv.views.public import words
from rdv.views.public.path import VISIT_KEY, Path, path_of
from rdv.views.public.shared import INCOMPLETE, departement_or_404, motif_or_404, show

BY_DATE = "date"


@dataclass(frozen=True, slots=True)
class Place:
    """A card of the list."""

    site: Site
    first: datetime | None
    distance: str
    is_soonest: bool
    url: str
    seats_left: int | None = None
    # When the motif has a waiting list: full is not a wall.
    wait_url: str = ""


@require_safe
def places(request: HttpRequest, departement: str, motif: str) -> HttpResponse:
    now = clock.now()
    path = path_of(request, departement, motif)
    if path.is_home_visit:
        return redirect(path.url("rdv:public_visit"))
    if len(path.sites) == 1:
        return redirect(path.url("rdv:public_times", path.sites[0].slug))
    search = Search(path.motif, tuple(path.sites), now)
    cards = _cards(path, search)
    by_date = request.GET.get("tri") == BY_DATE or path.point is None
    if by_date:
        cards.sort(key=lambda card: (card.first is None, card.first or now))
    is_full = bool(cards) and all(card.first is None for card in cards)
    context = {
        "title": _title(path),
        "places": cards,
        "by_date": by_date,
        "has_distance": path.point is not None,
        "near_url": path.url("rdv:public_places"),
        "soon_url": path.url("rdv:public_places", tri=BY_DATE),
        "all_url": path.url("rdv:public_all_times"),
        "recap": path.recap(),
        "full_until": local_date(search.window.latest, path.departement.zone),
        "around": path.around,
        "wait_url": path.url("rdv:public_wait") if is_full and path.motif.has_waitlist else "",
        "motif": path.motif,
        "is_on_site": path.motif.modality == Modality.PUBLIC_OFFICE,
    }
    return show(request, "public/places.html", path.departement, context)


def _title(path: Path) -> str:
    if path.motif.modality == Modality.PUBLIC_OFFICE:
        return _("Où voulez-vous aller\u00a0?")
    return _("Avec quelle maison des solidarités\u00a0?")


def _cards(path: Path, search: Search) -> list[Place]:
    seats: dict[int, int] = {}
    if path.motif.is_collective:
        firsts: dict[int, datetime | None] = dict.fromkeys((site.pk for site in path.sites), None)
        for session in search.sessions():
            if session.seats_left > 0 and firsts.get(session.site_id) is None:
                firsts[session.site_id], seats[session.site_id] = session.starts_at, session.seats_left
    else:
        firsts = search.first_by_site()
    soonest = min((first for first in firsts.values() if first), default=None)
    return [
        Place(
            site=site,
            first=firsts[site.pk],
            distance=words.distance(km_from(path.point, site)),
            is_soonest=firsts[site.pk] is not None and firsts[site.pk] == soonest,
            url=path.url("rdv:public_times", site.slug),
            seats_left=seats.get(site.pk),
            wait_url=path.url("rdv:public_wait", site=site.slug) if path.motif.has_waitlist else "",
        )
        for site in path.sites
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def visit(request: HttpRequest, departement: str, motif: str) -> HttpResponse:
    """The address of a visit at home. It is kept in the session: an address never stands in the address of a page."""
    found = departement_or_404(departement)
    chosen = motif_or_404(found, motif)
    path = path_of(request, departement, motif)
    if not path.is_home_visit:
        return redirect(path.url("rdv:public_places"))
    typed = request.session.get(VISIT_KEY, {}).get("typed", {}) if path.address else {"commune": path.lieu}
    form = VisitForm(request.POST or None, departement=found, initial=typed)
    if request.method == "POST" and form.is_valid():
        _keep_visit(request, form)
        return redirect(path.url("rdv:public_all_times"))
    context = {"form": form, "recap": path.recap()[:1], "motif": chosen}
    status = INCOMPLETE if form.is_bound else 200
    return show(request, "public/visit.html", found, context, status=status)


def _keep_visit(request: HttpRequest, form: VisitForm) -> None:
    commune = form.found
    place = None
    if commune is not None and commune.latitude is not None and commune.longitude is not None:
        place = [commune.latitude, commune.longitude]
    request.session[VISIT_KEY] = {
        "departement": form.departement.code,
        "address": form.address,
        "place": place,
        "commune": form.cleaned_data["commune"],
        "typed": {name: form.cleaned_data[name] for name in ("street", "details", "commune")},
    }
