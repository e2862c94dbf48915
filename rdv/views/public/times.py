"""The free times: days with their mornings and afternoons, one button per time. Choosing holds the time (a POST).

/<departement>/<motif>/<site>/horaires/     one place
/<departement>/<motif>/horaires/            every place in one calendar; visits at home
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agents.models import Departement, Site
from rdv.core import clock
from rdv.core.clock import local_date
from rdv.core.errors import DomainError
from rdv.services import public_reading
from rdv.services.errors import CreneauUnavailable, NotBookable, WorkshopFull
from rdv.services.public_limits import TooManyHolds
from rdv.services.public_times import Days, Search, days_from, earlier_elsewhere, km_from
from rdv.views.public import holds, words
from rdv.views.public.path import Path, opening_of, path_of, sign_opening
from rdv.views.public.shared import TAKEN, show, too_many

NOON = 12
NEAREST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """One button: a start, and what the button sends."""

    at: datetime
    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """Half a day, or one place of a day."""

    label: str
    icon: str
    choices: list[Choice]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    on: dt.date
    rows: list[Row]


@require_http_methods(["GET", "HEAD", "POST"])
def times(request: HttpRequest, departement: str, motif: str, site: str) -> HttpResponse:
    path = path_of(request, departement, motif)
    chosen = next((one for one in path.sites if one.slug == site), None)
    if chosen is None or path.is_home_visit:
        raise Http404
    return _answer(request, path, chosen)


@require_http_methods(["GET", "HEAD", "POST"])
def all_times(request: HttpRequest, departement: str, motif: str) -> HttpResponse:
    path = path_of(request, departement, motif)
    if path.is_home_visit and not path.address:
        return redirect(path.url("rdv:public_visit"))
    return _answer(request, path, None)


def _answer(request: HttpRequest, path: Path, site: Site | None) -> HttpResponse:
    now = clock.now()
    if request.method != "POST":
        return _page(request, path, site, now=now)
    wanted = _wanted(request, path, now)
    try:
        held = holds.take(request, wanted, now=now)
    except TooManyHolds as error:
        return too_many(request, path.departement, error, error.retry_minutes)
    except CreneauUnavailable as error:
        nearest = [Choice(at, write_choice(at, wanted.site)) for at in error.nearest]
        return _page(request, path, site, now=now, error=error, nearest=nearest)
    except (NotBookable, WorkshopFull) as error:
        return _page(request, path, site, now=now, error=error)
    return redirect("rdv:public_identity", path.departement.slug, held.token)


def _wanted(request: HttpRequest, path: Path, now: datetime) -> holds.Wanted:
    """What the pressed button asks. Our pages always send something readable."""
    opened_at = opening_of(request, now)
    if "seance" in request.POST:
        session = public_reading.session_for_public(path.motif, request.POST["seance"])
        if session is None:
            raise BadRequest
        return holds.Wanted(
            path.motif, session.site, session.starts_at, opened_at=opened_at, lieu=path.lieu, atelier=session
        )
    starts_at, site = read_choice(request.POST.get("creneau", ""), path.sites)
    return holds.Wanted(
        path.motif, site, starts_at, opened_at=opened_at, lieu=path.lieu, address=path.address, place=path.visit
    )


def write_choice(at: datetime, site: Site) -> str:
    return f"{at.isoformat(timespec='minutes')}@{site.slug}"


def read_choice(value: str, sites: list[Site]) -> tuple[datetime, Site]:
    instant, _at, slug = value.partition("@")
    site = next((one for one in sites if one.slug == slug), None)
    try:
        starts_at = datetime.fromisoformat(instant)
        # An hour at the very end of the calendar has no equal in UTC.
        in_utc = starts_at.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest from error
    if site is None or starts_at.tzinfo is None:
        raise BadRequest
    return in_utc, site


def read_day(value: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return None


def _page(
    request: HttpRequest,
    path: Path,
    site: Site | None,
    *,
    now: datetime,
    error: DomainError | None = None,
    nearest: list[Choice] | None = None,
) -> HttpResponse:
    search = Search(path.motif, (site,) if site else tuple(path.sites), now, place=path.visit)
    body = _sessions(search, path) if path.motif.is_collective else _times(request, path, site, search)
    held = holds.held_on(holds.HoldBook(request.session, now), path.motif, now)
    context = body | {
        "motif": path.motif,
        "site": site,
        "recap": path.recap(site),
        "error": error,
        "nearest": nearest or [],
        "opened": sign_opening(now),
        "full_until": local_date(search.window.latest, path.departement.zone),
        "held": held[1] if held else None,
        "held_url": reverse("rdv:public_identity", args=[path.departement.slug, held[0].token]) if held else "",
        "places_url": path.url("rdv:public_places") if len(path.sites) > 1 and not path.is_home_visit else "",
        "wait_url": _wait_url(path, site=site.slug if site else ""),
        "shows_places": site is None and not path.is_home_visit,
    }
    return show(request, "public/times.html", path.departement, context, status=TAKEN if error else 200)


def _wait_url(path: Path, **query: str) -> str:
    """ "Prévenez-moi", where the motif has a list."""
    return path.url("rdv:public_wait", **query) if path.motif.has_waitlist else ""


def _times(request: HttpRequest, path: Path, site: Site | None, search: Search) -> dict[str, Any]:
    start = read_day(request.GET.get("du", ""))
    page = days_from(search, start)
    sites = {one.pk: one for one in search.sites}
    if site is not None or path.is_home_visit:
        days = days_by_half(page, sites, path.departement)
    else:
        days = _days_by_place(page, path)
    context: dict[str, Any] = {"days": days, "pages": _pages(path, site, page)}
    if site is not None:
        context |= _elsewhere(path, site, search, page, is_first=start is None and page.previous_on is None)
    return context


def days_by_half(page: Days, sites: Mapping[int, Site], departement: Departement) -> list[Day]:
    """Morning and afternoon, both shown even when one is empty: the grid keeps its shape.

    Several places at one hour (visits at home): the first of them in the order of `sites`, the nearest.
    """
    rank = {site_id: index for index, site_id in enumerate(sites)}
    days = []
    for on, starts in page.days.items():
        best: dict[datetime, int] = {}
        for at, site_id in sorted(starts, key=lambda start: (start[0], rank[start[1]])):
            best.setdefault(at, site_id)
        choices = [Choice(at, write_choice(at, sites[site_id])) for at, site_id in best.items()]
        morning = [choice for choice in choices if choice.at.astimezone(departement.zone).hour < NOON]
        afternoon = choices[len(morning) :]
        days.append(Day(on, [Row(_("Matin"), "morning", morning), Row(_("Après-midi"), "sun", afternoon)]))
    return days


def _days_by_place(page: Days, path: Path) -> list[Day]:
    days = []
    for on, starts in page.days.items():
        rows = []
        for site in path.sites:
            choices = [Choice(at, write_choice(at, site)) for at, site_id in starts if site_id == site.pk]
            if choices:
                rows.append(Row(site.name, "place", choices, note=words.distance(km_from(path.point, site))))
        days.append(Day(on, rows))
    return days


def _pages(path: Path, site: Site | None, page: Days) -> list[dict[str, Any]]:
    """Links to the days around, each with the date where it begins."""
    name, args = ("rdv:public_times", [site.slug]) if site else ("rdv:public_all_times", [])
    around = [("previous", page.previous_on), ("next", page.next_on)]
    return [{"kind": kind, "on": on, "url": path.url(name, *args, du=on.isoformat())} for kind, on in around if on]


def _elsewhere(path: Path, site: Site, search: Search, page: Days, *, is_first: bool) -> dict[str, Any]:
    """What is sooner in another place; when this one is full, where there is room."""
    others = [one for one in path.sites if one != site]
    if not is_first or not others:
        return {}
    first_here = next((starts[0][0] for starts in page.days.values()), None)
    if first_here is None:
        firsts = Search(path.motif, tuple(others), search.now).first_by_site()
        found = sorted(((at, one) for one in others if (at := firsts[one.pk])), key=lambda pair: pair[0])
        return {"rooms": [_link_elsewhere(path, at, one) for at, one in found[:NEAREST_SHOWN]]}
    sooner = earlier_elsewhere(search, others, first_here)
    return {"sooner": _link_elsewhere(path, *sooner)} if sooner else {}


def _link_elsewhere(path: Path, at: datetime, site: Site) -> dict[str, Any]:
    day = local_date(at, path.departement.zone)
    return {
        "at": at,
        "site": site,
        "distance": words.distance(km_from(path.point, site)),
        "url": path.url("rdv:public_times", site.slug, du=day.isoformat()),
    }


def _sessions(search: Search, path: Path) -> dict[str, Any]:
    """A workshop: its sessions by day, the full ones too, said so."""
    zone = path.departement.zone
    days: dict[dt.date, list[dict[str, Any]]] = {}
    for session in search.sessions():
        shown = {
            "rdv": session,
            "length": session.ends_at - session.starts_at,
            "wait_url": _wait_url(path, seance=str(session.uuid)),
        }
        days.setdefault(local_date(session.starts_at, zone), []).append(shown)
    return {"sessions": days}
