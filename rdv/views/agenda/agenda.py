"""The agenda of one agent: a day (colleagues beside), a week, a month, or the same as a list. Plain links; rights are
asked at the doors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.models import Agent, Role
from agents.views.guards import AgentRequest, role_required
from rdv.access import agent_seen, agents_in_sight, site_ids_in_sight, sites_of
from rdv.core import clock
from rdv.domain import french
from rdv.services.agenda import Day, Kind, read_days
from rdv.services.agenda_doors import first_of_site, may_book_with
from rdv.services.board_doors import here_for
from rdv.views.agenda.asked import LABELS, MOST_COLUMNS, Asked, View, month_title, read_asked, remember, title_of
from rdv.views.agenda.grid import columns_of, grid_of
from rdv.views.agenda.lines import Line, Reader, line_of, short_length
from rdv.views.agenda.lines import clock as hour_of
from rdv.views.agenda.month import month_of
from rdv.views.site import current_site

WEEKEND = (5, 6)
TEMPLATES = {View.LIST: "rdv/agenda/liste.html", View.MONTH: "rdv/agenda/mois.html"}
SITE_ROLES = (Role.AGENT, Role.SECRETAIRE, Role.RESPONSABLE)


@dataclass(frozen=True, slots=True)
class ListedDay:
    """A day of the list: what is said in its title, then its lines."""

    day: Day
    is_today: bool
    summary: str
    lines: list[Line]


@require_safe
@role_required(*SITE_ROLES)
def agenda(request: AgentRequest) -> HttpResponse:
    now = clock.now()
    today = clock.local_date(now, request.departement.zone)
    asked = read_asked(request, today=today, preferred=request.agent.agenda_view)
    remember(request, asked, today=today)
    shown = _agent_shown(request, asked, now)
    if shown is None:
        return render(request, "rdv/agenda/nobody.html")
    agents = _choices(request, shown, now)
    beside = [agent for agent in agents if agent.pk in asked.beside and agent != shown and asked.view is View.DAY]
    here = Asked(asked.day, asked.view, shown.pk, tuple(agent.pk for agent in beside))
    reader = _reader(request, shown, now, place=here.written)
    days = read_days(shown, asked.days, scope=request.scope, now=now)
    if asked.view in (View.WEEK, View.LIST):
        days = without_empty_weekend(days)
    context = _frame(request, here, shown, days, reader, agents)
    if beside:
        return render(request, "rdv/agenda/grille.html", context | _columns(request, days[0], beside, reader))
    template = TEMPLATES.get(asked.view, "rdv/agenda/grille.html")
    return render(request, template, context | _content(asked, days, reader))


def _columns(request: AgentRequest, day: Day, beside: Sequence[Agent], reader: Reader) -> dict[str, Any]:
    """The same day of colleagues, each in a column; what may not be read is masked there as everywhere."""
    columns = [(day, reader)]
    for agent in beside:
        (other,) = read_days(agent, [day.on], scope=request.scope, now=reader.now)
        columns.append((other, _reader(request, agent, reader.now, place=reader.place)))
    return {"grid": columns_of(columns), "is_empty": not any(one.items or one.openings for one, _ in columns)}


def _agent_shown(request: AgentRequest, asked: Asked, now: datetime) -> Agent | None:
    """The one asked for (404 out of one's sites), else oneself, else the first of the site."""
    scope, today = request.scope, clock.local_date(now, request.departement.zone)
    if asked.agent_id is not None:
        return agent_seen(scope, asked.agent_id, today=today)
    if scope.has_agenda:
        return request.agent
    return first_of_site(scope, current_site(request, sites_of(scope)), today=today, days=asked.days)


def _reader(request: AgentRequest, shown: Agent, now: datetime, *, place: str) -> Reader:
    zone = request.departement.zone
    its_sites = site_ids_in_sight(shown, today=clock.local_date(now, zone))
    return Reader(
        scope=request.scope,
        agent=shown,
        zone=zone,
        now=now,
        may_book=may_book_with(request.scope, shown),
        may_plan=request.scope.may_plan_for(shown.pk, its_sites),
        place=place,
    )


def without_empty_weekend(days: Sequence[Day]) -> list[Day]:
    """Saturday and Sunday only when something of their own is there: not the leave that runs over them."""
    away = {item.absence.pk for day in days if not _is_weekend(day) for item in day.items if item.absence}

    def is_shown(day: Day) -> bool:
        own = [item for item in day.items if not (item.absence and item.absence.pk in away)]
        return not _is_weekend(day) or bool(day.openings) or bool(own)

    return [day for day in days if is_shown(day)]


def _is_weekend(day: Day) -> bool:
    return day.on.weekday() in WEEKEND


def _frame(
    request: AgentRequest, here: Asked, shown: Agent, days: Sequence[Day], reader: Reader, agents: Sequence[Agent]
) -> dict[str, Any]:
    """The bar above: title, neighbours, whose agenda, which view."""
    today = clock.local_date(reader.now, reader.zone)
    is_month = here.view is View.MONTH
    return {
        "title": month_title(here.day) if is_month else title_of([day.on for day in days]),
        "asked": here,
        "shown": shown,
        "is_own": shown.pk == request.scope.agent_id,
        "agents": agents,
        "most_beside": MOST_COLUMNS - 1,
        "views": [(LABELS[view], here.url(view=view), view is here.view) for view in View],
        "list_url": here.url(view=View.LIST),
        "previous_url": here.url(day=here.previous),
        "next_url": here.url(day=here.next),
        "today_url": here.url(day=today),
        "is_day": here.view is View.DAY,
        "period": "mois" if is_month else "jour" if here.view is View.DAY else "semaine",
        "may_plan": reader.may_plan,
        "here": here_for(request.scope, request.departement, now=reader.now)
        if shown.pk == request.scope.agent_id
        else (),
    }


def _choices(request: AgentRequest, shown: Agent, now: datetime) -> list[Agent]:
    found = agents_in_sight(request.scope, today=clock.local_date(now, request.departement.zone))
    return found if shown in found else [shown, *found]


def _content(asked: Asked, days: Sequence[Day], reader: Reader) -> dict[str, Any]:
    if asked.view is View.LIST:
        return {"listed": [listed_day(day, reader) for day in days]}
    if asked.view is View.MONTH:
        return {"month": month_of(days, asked, reader)}
    return {"grid": grid_of(days, reader), "is_empty": not any(day.items or day.openings for day in days)}


def listed_day(day: Day, reader: Reader) -> ListedDay:
    today = clock.local_date(reader.now, reader.zone)
    return ListedDay(day, day.on == today, _summary(day, reader), [line_of(item, reader) for item in day.items])


def _summary(day: Day, reader: Reader) -> str:
    """Ouvert 8:30 – 12:30 et 13:30 – 17:00 · 6 Rdv · 1 occupé · 1 h 15 libre."""
    hours = [f"{hour_of(one.start, reader.zone)} – {hour_of(one.end, reader.zone)}" for one in day.openings]
    kinds = [item.kind for item in day.items]
    free = sum((item.ends_at - item.starts_at for item in day.items if item.kind is Kind.FREE), timedelta())
    rdvs, masked = kinds.count(Kind.RDV), kinds.count(Kind.MASKED)
    words = [
        day.note,
        f"Ouvert {french.joined(hours)}" if hours else "Pas d’ouverture",
        f"{rdvs} Rdv" if rdvs else "",
        f"{masked} occupé{'s' if masked > 1 else ''}" if masked else "",
        f"{short_length(free)} libre" if free else "",
    ]
    return " · ".join(word for word in words if word)
