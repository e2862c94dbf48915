"""What is done from the day board: arrivals by name in one gesture, and the gestures on one person.

Room: views. Each leads back to the board, with the Rdv beside it so that it can be undone; what somebody else changed
meanwhile is told (409) and nothing is lost.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from agents.views.guards import AgentRequest
from rdv.access import participation_for_agent, rdv_for_agent
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.domain import french
from rdv.domain.french import NBSP
from rdv.domain.statuses import Status
from rdv.models import ConfirmedBy, Participation
from rdv.services import arrivals, attendance, confirming
from rdv.services.board import read_board
from rdv.services.console_rdv import last_change
from rdv.services.errors import ChangedMeanwhile
from rdv.views.agenda.lines import clock as hour_of
from rdv.views.agenda.lines import name_of
from rdv.views.board.aside import Expected, found_by
from rdv.views.board.asked import BoardAsked, read_uuid
from rdv.views.board.page import closed, show_board, where
from rdv.views.board.persons import MINUTES
from rdv.views.board.words import Reader, Stamp, read_stamp
from rdv.views.console.screen import console_roles

STATUSES = {"vu": Status.SEEN, "absent": Status.NOSHOW, "excuse": Status.EXCUSED, "a-venir": Status.UNKNOWN}
SAID = {
    "vu": "noté « vu ».",
    "absent": "noté absent.",
    "excuse": "excusé. Le rendez-vous est annulé et l’heure est libre.",
    "a-venir": "de nouveau « à venir ».",
    "remettre": "le rendez-vous est remis.",
    "pas-arrive": "l’arrivée est défaite.",
    "a-l-heure": "le retard est retiré.",
    "confirme": "a confirmé par téléphone.",
    "pas-confirme": "la confirmation est défaite.",
}
SimpleGesture = Callable[..., Participation]
SIMPLE: dict[str, SimpleGesture] = {
    "pas-arrive": arrivals.undo_arrival,
    "a-l-heure": arrivals.no_longer_late,
    "confirme": partial(confirming.confirm, by=ConfirmedBy.PHONE),
    "pas-confirme": confirming.take_back,
}


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def arrival(request: AgentRequest) -> HttpResponse:
    """A name, or an hour, then Enter: one person answers and has arrived; several, and they are shown to choose."""
    asked, site = where(request, request.POST or request.GET)
    if site is None:
        return closed(request)
    if request.method != "POST":
        return redirect(asked.url())
    now = clock.now()
    reader = Reader(asked, request.departement.zone, now, site.pk)
    found = found_by(read_board(site, asked.day, scope=request.scope, team=None, now=now), asked.nom, reader)
    to_come = [one for one in found if one.stamp]
    if len(to_come) == 1:
        return _arrived(request, asked, to_come[0], now)
    missing = "" if to_come else _nobody(asked, found, reader)
    return show_board(request, site, asked, status=422, missing=missing, asks_which=len(to_come))


def _arrived(request: AgentRequest, asked: BoardAsked, one: Expected, now: datetime) -> HttpResponse:
    participation = participation_for_agent(request.scope, one.person.participation)
    return _done(request, asked, participation, "arrive", now=now)


def _nobody(asked: BoardAsked, found: list[Expected], reader: Reader) -> str:
    if not asked.nom:
        return "Tapez un nom, ou l’heure du rendez-vous."
    if asked.day != asked.today:
        return "Les arrivées se notent le jour même. Revenez à aujourd’hui."
    here = next((one for one in found if one.person.arrived_at), None)
    if here is not None and here.person.arrived_at is not None:
        return f"{here.person.name} est déjà là, depuis {reader.hour(here.person.arrived_at)}."
    if found:
        return f"{found[0].person.name} est déjà noté « {found[0].badge.word.lower()} »."
    return f"Personne n’est attendu à ce nom ou à cette heure : « {asked.nom} »."


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def gesture(request: AgentRequest) -> HttpResponse:
    """One person, one gesture, and what the page showed of them (`vu`)."""
    asked, _ = where(request, request.POST or request.GET)
    if request.method != "POST":
        return redirect(asked.url())
    key = read_uuid(request.POST.get("participation", ""))
    if key is None:
        raise Http404
    participation = participation_for_agent(request.scope, key)
    return _done(request, asked, participation, request.POST.get("geste", ""), now=clock.now())


def _done(
    request: AgentRequest, asked: BoardAsked, participation: Participation, code: str, *, now: datetime
) -> HttpResponse:
    asked = BoardAsked(asked.day, asked.today, participation.rdv.uuid, site=asked.site)
    try:
        done = _write(request, participation, code, now=now)
    except DomainError as error:
        return _refused(request, asked, participation, error)
    messages.success(request, f"{name_of(participation)} : {_said(request, participation, done, code)}")
    return redirect(f"{asked.url()}#choisi")


def _write(request: AgentRequest, participation: Participation, code: str, *, now: datetime) -> Participation:
    author = request.scope.author(participation.rdv.site_id)
    if code == "arrive":
        return arrivals.mark_arrived(participation=participation, author=author, now=now)
    if code in SIMPLE:
        return SIMPLE[code](participation=participation, author=author, now=now)
    if code == "retard":
        return _late(request, participation, author, now)
    if code == "remettre":
        return attendance.set_status(
            participation=participation, status=Status.UNKNOWN, author=author, now=now, expected=_seen(request).status
        )
    if code not in STATUSES:
        raise Http404
    seen = _seen(request)
    if code == "excuse" and seen.version is None:  # a board that does not say which hour is given up
        raise ChangedMeanwhile
    return attendance.set_status(
        participation=participation,
        status=STATUSES[code],
        author=author,
        now=now,
        expected=seen.status,
        is_expected_here=seen.is_here,
        expected_version=seen.version,
    )


def _seen(request: AgentRequest) -> Stamp:
    return read_stamp(request.POST.get("vu", ""))


def _late(request: AgentRequest, participation: Participation, author: Author, now: datetime) -> Participation:
    minutes = request.POST.get("minutes", "")
    if minutes not in map(str, MINUTES):
        raise Http404
    return attendance.say_late(participation=participation, minutes=int(minutes), author=author, now=now)


def _said(request: AgentRequest, participation: Participation, done: Participation, code: str) -> str:
    zone = request.departement.zone
    who = french.joined([link.agent.full_name for link in participation.rdv.rdv_agents.all()])
    if code == "arrive" and done.arrived_at is not None:
        hour = hour_of(done.arrived_at, zone)
        return f"arrivé à {hour}. {who} le voit dans son agenda." if who else f"arrivé à {hour}."
    if code == "retard":
        told = f" {who} est prévenu." if who else ""
        return f"en retard de {done.late_minutes}{NBSP}minutes.{told}"
    return SAID[code]


def _refused(
    request: AgentRequest, asked: BoardAsked, participation: Participation, error: DomainError
) -> HttpResponse:
    """409: the board as it is now, who changed it last, and the same gestures again."""
    _, site = where(request, request.POST or request.GET)
    if site is None:
        return closed(request)
    more: dict[str, Any] = {"refusal": error, "refused_name": name_of(participation)}
    if isinstance(error, ChangedMeanwhile):
        more["changed"] = last_change(rdv_for_agent(request.scope, participation.rdv.uuid))
    return show_board(request, site, asked, status=409, **more)
