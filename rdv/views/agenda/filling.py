"""À renseigner: yesterday's statuses in one click each, a workshop's sheet at once, one day per page."""

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from agents.views.guards import AgentRequest, role_required
from rdv.core import clock
from rdv.domain import french
from rdv.domain.statuses import Status, label
from rdv.forms.agenda_filling import answers_in, uuids_in
from rdv.models import Participation, Rdv
from rdv.services.agenda_doors import days_to_fill_in, participations_to_answer, to_fill_in_on
from rdv.services.agenda_filling import Filled, answers_of_sheet, fill_in
from rdv.views.agenda.agenda import SITE_ROLES
from rdv.views.agenda.asked import read_day
from rdv.views.agenda.lines import clock as hour_of
from rdv.views.agenda.lines import name_of

PER_PAGE = 50
# Beyond these the other days are one click further, all of them.
TABS = 5


@dataclass(frozen=True, slots=True)
class Sheet:
    """A workshop whose people are still to be ticked."""

    rdv: Rdv
    people: list[Participation]


@dataclass(frozen=True, slots=True)
class Tab:
    day: date
    count: int
    url: str


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*SITE_ROLES)
def to_fill_in(request: AgentRequest) -> HttpResponse:
    now = clock.now()
    if request.method == "POST" and "reste" not in request.POST:
        return _saved(request, now)
    return render(request, "rdv/agenda/a_renseigner.html", _page(request, now))


def _page(request: AgentRequest, now: datetime) -> dict[str, Any]:
    days = days_to_fill_in(request.scope, request.departement, now=now)
    data = request.POST if request.method == "POST" else request.GET
    day = read_day(data.get("jour", "")) or (days[0][0] if days else None)
    tabs = [Tab(on, count, day_url(on)) for on, count in days]
    people = list(to_fill_in_on(request.scope, request.departement, day, now=now)) if day else []
    alone = [one for one in people if not one.rdv.motif.is_collective]
    page = Paginator(alone, PER_PAGE).get_page(data.get("page"))
    return {
        "total": sum(count for _, count in days),
        "day": day,
        "count_of_day": len(people),
        "tabs": tabs[:TABS],
        "more_tabs": tabs[TABS:],
        "page_obj": page,
        "rows": [(one, _chosen(request, one)) for one in page.object_list],
        "sheets": _sheets(people),
        "is_marked": request.method == "POST",
    }


def _chosen(request: AgentRequest, participation: Participation) -> str:
    """What is already ticked on the screen. "Le reste : tous vus" without script comes back with the rest ticked."""
    if request.method != "POST":
        return ""
    answers = answers_in(request.POST)
    return answers.get(participation.uuid, Status.SEEN).value


def _sheets(people: Sequence[Participation]) -> list[Sheet]:
    found: dict[int, Sheet] = {}
    for one in people:
        if one.rdv.motif.is_collective:
            found.setdefault(one.rdv_id, Sheet(one.rdv, [])).people.append(one)
    return list(found.values())


def day_url(day: date | None) -> str:
    address = reverse("rdv:to_fill_in")
    return f"{address}?{urlencode({'jour': day.isoformat()})}" if day else address


def _saved(request: AgentRequest, now: datetime) -> HttpResponse:
    answers = answers_in(request.POST)
    day = read_day(request.POST.get("jour", ""))
    if not answers:
        messages.warning(
            request, "Rien n’est encore coché : choisissez « Vu », « Absent » ou « Excusé » sur une ligne."
        )
        return redirect(day_url(day))
    people = participations_to_answer(request.scope, answers.keys())
    done = fill_in({one: answers[one.uuid] for one in people}, scope=request.scope, now=now, day=day)
    _tell(request, done, now)
    return redirect(_next_url(request, day, now))


def _next_url(request: AgentRequest, day: date | None, now: datetime) -> str:
    """The same day while something is left there, else the next one that waits."""
    days = dict(days_to_fill_in(request.scope, request.departement, now=now))
    return day_url(day if day in days else None)


@require_POST
@role_required(*SITE_ROLES)
def sheet(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """Who came to this workshop. Nobody ticked is only believed when it is said."""
    now = clock.now()
    people = participations_to_answer(request.scope, uuids_in(request.POST.getlist("p")))
    if not people or any(one.rdv.uuid != uuid for one in people):
        raise Http404
    here = day_url(clock.local_date(people[0].starts_at, request.departement.zone))
    ticked = set(uuids_in(request.POST.getlist("present")))
    present = [one for one in people if one.uuid in ticked]
    if not present and request.POST.get("nobody") != "on":
        messages.warning(request, "Personne n’est coché. Cochez qui était là, ou cochez « Personne n’est venu ».")
        return redirect(here)
    day = read_day(request.POST.get("jour", ""))
    _tell(request, fill_in(answers_of_sheet(people, present), scope=request.scope, now=now, day=day), now)
    return redirect(_next_url(request, clock.local_date(people[0].starts_at, request.departement.zone), now))


def _tell(request: AgentRequest, done: Filled, now: datetime) -> None:
    if done.saved:
        several = "s" if done.saved > 1 else ""
        messages.success(request, f"{done.saved} statut{several} enregistré{several}.")
    zone = request.departement.zone
    for refused in done.refused:
        one = refused.participation
        who = f"{name_of(one)}, {french.day(clock.local_date(one.starts_at, zone))} à {hour_of(one.starts_at, zone)}"
        stands = label(refused.current, past=one.ends_at <= now)
        messages.warning(request, f"{who} : {refused.message} « {stands} » est gardé.")
