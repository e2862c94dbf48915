"""The day board: one region, whole or swapped by htmx, from the same address. Plain links and forms without script.

Room: views. rdv/views/board/gestures writes, then leads back here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from agents.models import Site
from agents.views.guards import AgentRequest
from rdv.access import sites_in_sight
from rdv.core import clock
from rdv.domain import french
from rdv.services.board import read_board
from rdv.services.board_doors import here_for
from rdv.services.board_facts import Board, Visit
from rdv.views.board.aside import expected_soon, found_by, next_holes, summary, waiting_room, with_whom
from rdv.views.board.asked import BoardAsked, read_board_asked, read_team
from rdv.views.board.names import alike_names
from rdv.views.board.persons import MINUTES, shown_person
from rdv.views.board.shown import shown_board
from rdv.views.board.words import Reader
from rdv.views.console.screen import console_roles
from rdv.views.site import KEY as SITE_KEY
from rdv.views.site import current_site

TEAMS = "journee_equipes"
DAY = timedelta(days=1)


@require_safe
@console_roles
def board(request: AgentRequest) -> HttpResponse:
    asked, site = where(request, request.GET)
    if site is None:
        return closed(request)
    if "site" in request.GET and not request.htmx and request.session.get(SITE_KEY) != site.pk:
        # A link to another of one's sites chooses it, as the list of the bar does. A piece of page never does: it is
        # that of a tab, and another tab may be about another site.
        request.session[SITE_KEY] = site.pk
        return redirect(asked.url())
    if "equipe" in request.GET:
        _remember_team(request, site, request.GET["equipe"])
    return show_board(request, site, asked)


def where(request: AgentRequest, data: Mapping[str, Any]) -> tuple[BoardAsked, Site | None]:
    """What is asked, and the site that the page is about: the one it names, else the one of the session. None when all
    of one's sites are closed and nobody is expected there; 404 for a site that is not one's own."""
    now = clock.now()
    asked = read_board_asked(data, today=clock.local_date(now, request.departement.zone))
    sites = sites_in_sight(request.scope, today=asked.today)
    site = next((one for one in sites if one.slug == asked.site), None) if asked.site else current_site(request, sites)
    if asked.site and site is None:
        raise Http404
    return replace(asked, site=site.slug if site and len(sites) > 1 else ""), site


def closed(request: AgentRequest) -> HttpResponse:
    return render(request, "rdv/board/ferme.html", {"departement": request.departement})


def _remember_team(request: AgentRequest, site: Site, text: str) -> None:
    """By site, for the session: the board opens again as it was left."""
    kept: dict[str, int] = dict(request.session.get(TEAMS) or {})
    team = read_team(text)
    if team is None:
        kept.pop(str(site.pk), None)
    else:
        kept[str(site.pk)] = team
    request.session[TEAMS] = kept


def show_board(request: AgentRequest, site: Site, asked: BoardAsked, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page, its region for htmx, the list under the box while a name is typed, or nothing when nothing changed."""
    now = clock.now()
    team = (request.session.get(TEAMS) or {}).get(str(site.pk))
    found = read_board(site, asked.day, scope=request.scope, team=team, now=now)
    reader = Reader(asked, request.departement.zone, now, site.pk, alike_names(found.visits))
    mark = mark_of(found)
    if request.GET.get("marque") == mark:
        return HttpResponse(status=204)
    context = _context(request, site, found, reader) | {"mark": mark} | more
    if request.htmx.target == "attendus":
        return render(request, "rdv/board/_attendus.html", context)
    name = "rdv/board/_region.html" if request.htmx else "rdv/board/journee.html"
    response = render(request, name, context, status=status)
    if request.htmx and "marque" not in request.GET:
        response["HX-Push-Url"] = asked.url()
    return response


def mark_of(found: Board) -> str:
    """Changes when what is shown does: minutes are counted on the page."""
    facts = (
        found.on,
        found.now.replace(second=0, microsecond=0),
        found.columns,
        found.away,
        found.cancelled,
        found.note,
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _context(request: AgentRequest, site: Site, found: Board, reader: Reader) -> dict[str, Any]:
    asked, now = reader.asked, reader.now
    waiting = waiting_room(found, reader)
    return {
        "departement": request.departement,
        "site": site,
        "others_closed": [] if request.htmx else others_closed(request, site, asked),
        "board": found,
        "shown": shown_board(found, reader),
        "asked": asked,
        "now": now,
        "is_today": asked.day == asked.today,
        "title": french.day_year(asked.day),
        "previous": asked.day - DAY,
        "previous_url": asked.url(day=asked.day - DAY, rdv=None, nom=""),
        "next": asked.day + DAY,
        "next_url": asked.url(day=asked.day + DAY, rdv=None, nom=""),
        "today_url": asked.url(day=asked.today, rdv=None, nom=""),
        "here_url": asked.url(nom=""),
        "closed_url": asked.url(rdv=None, nom=""),
        "summary": summary(found, reader, waiting),
        "waiting": waiting,
        "expected": found_by(found, asked.nom, reader) if asked.nom else expected_soon(found, reader),
        "holes": next_holes(found, reader) if asked.day == asked.today else [],
        "chosen": _chosen(request, found, reader),
        "minutes": MINUTES,
    }


def others_closed(request: AgentRequest, site: Site, asked: BoardAsked) -> list[tuple[Site, str]]:
    """Closed sites where people are still expected: the list of the bar has them no more."""
    sites = sites_in_sight(request.scope, today=asked.today) if asked.site else []
    there = [one for one in sites if not one.is_active and one.pk != site.pk]
    return [(one, asked.url(site=one.slug, rdv=None, nom="")) for one in there]


def _chosen(request: AgentRequest, found: Board, reader: Reader) -> Mapping[str, Any] | None:
    """The Rdv shown beside the columns, with the gestures that each person's state allows."""
    visit = found.find(reader.asked.rdv) if reader.asked.rdv else None
    if visit is None:
        return None
    is_today = reader.asked.day == reader.asked.today
    return {
        "visit": visit,
        "with_whom": with_whom(visit),
        "people": [shown_person(visit, person, reader, is_today=is_today) for person in visit.people],
        "is_elsewhere": visit.site_id != reader.site_id,
        "is_over": visit.ends_at <= reader.now,
        "heading": _heading(visit, reader),
    }


def _heading(visit: Visit, reader: Reader) -> str:
    return f"{reader.hour(visit.starts_at)} – {reader.hour(visit.ends_at)}"


@require_safe
@console_roles
def for_me(request: AgentRequest) -> HttpResponse:
    """Who waits for me, read again by the agenda of the agent itself. Typed or reloaded, the address leads to it."""
    if not request.htmx:
        return redirect("rdv:agenda")
    now = clock.now()
    context = {"here": here_for(request.scope, request.departement, now=now), "departement": request.departement}
    return render(request, "rdv/board/_pour_moi.html", context)
