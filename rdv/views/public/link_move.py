"""Moving one's appointment from its link, in three pages: choose, compare old and new, done.

The old hour is given back only once the new one is won. The new one is held while the two are compared; a hold of this
browser only (views/public/holds).
"""

import uuid as uuids
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agents.models import Site
from rdv.core.clock import local_date
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.models import Modality, Option, Participation
from rdv.services import public_reading
from rdv.services.availability import agents_asked
from rdv.services.errors import ChangedMeanwhile, CreneauUnavailable, NotBookable, OptionExpired, TooLate, UsagerBusy
from rdv.services.moving import Move, move_rdv, visit_place
from rdv.services.public_limits import TooManyHolds
from rdv.services.public_times import Days, Search, days_from, km_from, nearest_first
from rdv.services.questions import EVERYBODY
from rdv.services.visits import site_point
from rdv.views.public import holds, words
from rdv.views.public.holds import Hold, HoldBook, Wanted
from rdv.views.public.identity import MORE_TIME, clock_context, give_more_time
from rdv.views.public.link import back_to, link_page, link_view, speaker, state_of
from rdv.views.public.path import opening_of, sign_opening
from rdv.views.public.shared import TAKEN, show, too_many
from rdv.views.public.ticket import channels_told, link_of, reminder_on, ticket, token_of
from rdv.views.public.times import Choice, days_by_half, read_choice, read_day, write_choice


@require_http_methods(["GET", "HEAD", "POST"])
@link_view
def move(request: HttpRequest, participation: Participation, now: datetime) -> HttpResponse:
    """Choose: the same place first, the others beside. Choosing holds the time."""
    if not state_of(participation, now)["may_move"]:
        return link_page(request, participation, now, status=TAKEN if request.method == "POST" else 200)
    sites = _sites(participation)
    if request.method != "POST":
        return _choose_page(request, participation, sites, now=now)
    starts_at, site = read_choice(request.POST.get("creneau", ""), sites)
    try:
        held = holds.take(request, _wanted(request, participation, starts_at, site, now), now=now)
    except TooManyHolds as error:
        return too_many(request, participation.rdv.motif.departement, error, error.retry_minutes)
    except CreneauUnavailable as error:
        nearest = [Choice(at, write_choice(at, site)) for at in error.nearest]
        return _choose_page(request, participation, sites, now=now, error=error, nearest=nearest)
    except NotBookable as error:
        return link_page(request, participation, now, notice=error.message, status=TAKEN)
    return redirect("rdv:public_move_confirm", token_of(participation), held.token)


def _wanted(
    request: HttpRequest, participation: Participation, starts_at: datetime, site: Site, now: datetime
) -> Wanted:
    rdv = participation.rdv
    return Wanted(
        motif=rdv.motif,
        site=site,
        starts_at=starts_at,
        opened_at=opening_of(request, now),
        place=visit_place(rdv),
        agents=EVERYBODY,
        usager=participation.usager,
        moving=str(participation.uuid),
    )


def _sites(participation: Participation) -> list[Site]:
    """Where it may go: the present place first, then the nearest to it."""
    rdv = participation.rdv
    offering = public_reading.sites_offering(rdv.motif)
    others = nearest_first([site for site in offering if site.pk != rdv.site_id], site_point(rdv.site))
    return [site for site in offering if site.pk == rdv.site_id] + others


def _choose_page(
    request: HttpRequest,
    participation: Participation,
    sites: list[Site],
    *,
    now: datetime,
    error: DomainError | None = None,
    nearest: list[Choice] | None = None,
) -> HttpResponse:
    rdv, departement = participation.rdv, participation.rdv.motif.departement
    site = next((one for one in sites if one.slug == request.GET.get("site")), sites[0] if sites else None)
    if site is None:
        return link_page(request, participation, now)
    search = _search(participation, [site], now)
    page = days_from(search, read_day(request.GET.get("du", "")))
    context = ticket(participation) | {
        "site": site,
        "is_same_site": site.pk == rdv.site_id,
        "days": days_by_half(page, {site.pk: site}, departement),
        "pages": _pages(participation, site, page),
        "elsewhere": _elsewhere(participation, sites, site, now),
        "error": error,
        "nearest": nearest or [],
        "opened": sign_opening(now),
        "full_until": local_date(search.window.latest, departement.zone),
        "recap": _recap(participation),
    }
    return show(request, "public/move.html", departement, context, status=TAKEN if error else 200)


def _search(participation: Participation, sites: list[Site], now: datetime) -> Search:
    rdv = participation.rdv
    today = local_date(now, rdv.motif.departement.zone)
    agents = agents_asked(rdv.motif, EVERYBODY, usager=participation.usager, today=today)
    return Search(rdv.motif, tuple(sites), now, agents=agents, place=visit_place(rdv))


def _elsewhere(participation: Participation, sites: list[Site], site: Site, now: datetime) -> list[dict[str, Any]]:
    """The other places with their first time. For a visit at home there is one place: the home."""
    others = [one for one in sites if one != site]
    if not others or participation.rdv.modality == Modality.HOME:
        return []
    firsts = _search(participation, others, now).first_by_site()
    here = site_point(participation.rdv.site)
    base = link_of(participation, "rdv:public_move")
    return [
        {
            "site": one,
            "at": at,
            "distance": words.distance(km_from(here, one)) if one.pk != participation.rdv.site_id else "",
            "url": f"{base}?{urlencode({'site': one.slug})}",
        }
        for one in others
        if (at := firsts[one.pk]) is not None
    ]


def _pages(participation: Participation, site: Site, page: Days) -> list[dict[str, Any]]:
    base = link_of(participation, "rdv:public_move")
    around = [("previous", page.previous_on), ("next", page.next_on)]
    return [
        {"kind": kind, "on": on, "url": f"{base}?{urlencode({'site': site.slug, 'du': on.isoformat()})}"}
        for kind, on in around
        if on
    ]


def _recap(participation: Participation) -> list[dict[str, Any]]:
    rdv = participation.rdv
    local = rdv.starts_at.astimezone(rdv.motif.departement.zone)
    return [
        {"icon": "calendar", "strong": words.capital(french.day_hour(local)), "text": _("votre rendez-vous actuel")},
        {"icon": "place", "strong": words.place_title(rdv.motif, rdv.site), "text": ""},
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@link_view
def confirm(request: HttpRequest, participation: Participation, now: datetime, option: uuids.UUID) -> HttpResponse:
    """Old and new, side by side, the new one held."""
    book = HoldBook(request.session, now)
    hold = book.get(option, participation.departement_id)
    if hold.moving != str(participation.uuid):
        raise Http404
    found = holds.option_of(hold)
    if holds.is_booked(hold, found):
        return redirect(link_of(participation, "rdv:public_moved"))
    if not state_of(participation, now)["may_move"]:
        return link_page(request, participation, now, status=TAKEN)
    if request.method == "POST" and MORE_TIME not in request.POST:
        return _move(request, participation, hold, now)
    if request.method == "POST":
        give_more_time(found, now)
        return redirect("rdv:public_move_confirm", token_of(participation), hold.token)
    if found is None or not holds.is_alive(found, now):
        return _choose_page(request, participation, _sites(participation), now=now, error=OptionExpired())
    return _confirm_page(request, participation, hold, found, now)


def _confirm_page(
    request: HttpRequest, participation: Participation, hold: Hold, option: Option, now: datetime
) -> HttpResponse:
    rdv = participation.rdv
    site = option.site or rdv.site
    context = ticket(participation) | clock_context(option, now)
    context |= {
        "new_at": option.starts_at,
        "new_with_whom": "" if words.is_discreet(rdv.motif) else words.with_whom(public_reading.agents_held(option)),
        "new_place_name": words.place_title(rdv.motif, site),
        "new_place_lines": words.place_lines(rdv.motif, site),
        "new_map_url": words.map_url(rdv.motif, site),
        "version": rdv.schedule_version,
        "url": reverse("rdv:public_move_confirm", args=[token_of(participation), hold.token]),
    }
    return show(request, "public/move_confirm.html", rdv.motif.departement, context)


def _move(request: HttpRequest, participation: Participation, hold: Hold, now: datetime) -> HttpResponse:
    sites = _sites(participation)
    site = next((one for one in sites if one.slug == hold.site), None)
    version = request.POST.get("version", "")
    asked = Move(
        starts_at=hold.started(),
        agents=EVERYBODY,
        site=site,
        option_token=UUID(hold.token),
        expected_version=int(version) if version.isdecimal() and len(version) < 10 else None,
    )
    try:
        move_rdv(rdv=participation.rdv, move=asked, author=speaker(participation), now=now)
    except CreneauUnavailable as error:
        nearest = [Choice(at, write_choice(at, site)) for at in error.nearest] if site else []
        return _choose_page(request, participation, sites, now=now, error=error, nearest=nearest)
    except UsagerBusy as error:
        return _choose_page(request, participation, sites, now=now, error=error)
    except (TooLate, ChangedMeanwhile, NotBookable) as error:
        return link_page(request, participation, now, notice=error.message, status=TAKEN)
    HoldBook(request.session, now).update(hold, participation=str(participation.uuid))
    return redirect(link_of(participation, "rdv:public_moved"))


@require_safe
@link_view
def moved(request: HttpRequest, participation: Participation, now: datetime) -> HttpResponse:
    """Done: the new hour, and by what message it is told."""
    state = state_of(participation, now)
    if not state["is_live"] or participation.rdv.schedule_version == 0:
        return back_to(participation)
    context = ticket(participation) | state
    context |= {"reminder_on": reminder_on(participation), "channels": channels_told(participation, "rdv.moved")}
    return show(request, "public/moved.html", participation.rdv.motif.departement, context)
