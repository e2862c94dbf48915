"""What the address of the agenda asks for: whose, when, seen how. What cannot be read is forgotten, never refused.

agenda/?agent=7&date=2026-11-24&vue=semaine|jour|liste
"""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from rdv.domain import french

KEY = "agenda_vue"
YEARS = range(2000, 2200)
WEEK = timedelta(days=7)
SATURDAY = 5


class View(StrEnum):
    DAY = "jour"
    WEEK = "semaine"
    LIST = "liste"


_WRITTEN = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})\.({'|'.join(View)})\.([0-9]{{1,9}})")
LABELS = {View.DAY: "Jour", View.WEEK: "Semaine", View.LIST: "Liste"}


@dataclass(frozen=True, slots=True)
class Asked:
    day: date
    view: View
    agent_id: int | None = None

    @property
    def step(self) -> timedelta:
        return timedelta(days=1) if self.view is View.DAY else WEEK

    @property
    def days(self) -> list[date]:
        if self.view is View.DAY:
            return [self.day]
        return week_of(self.day)

    @property
    def written(self) -> str:
        """In one word, for screens that lead back here."""
        return f"{self.day.isoformat()}.{self.view.value}.{self.agent_id or 0}"

    def url(self, **changes: object) -> str:
        asked = replace(self, **changes)  # type: ignore[arg-type]  # each caller names fields of Asked
        pairs = {"date": asked.day.isoformat(), "vue": asked.view.value}
        if asked.agent_id is not None:
            pairs["agent"] = str(asked.agent_id)
        return f"{reverse('rdv:agenda')}?{urlencode(pairs)}"


def read_written(text: str) -> Asked | None:
    """What `Asked.written` wrote; None for anything else."""
    found = _WRITTEN.fullmatch(text)
    day = read_day(found[1]) if found else None
    if found is None or day is None:
        return None
    return Asked(day, View(found[2]), int(found[3]) or None)


def week_of(day: date) -> list[date]:
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=number) for number in range(7)]


def read_asked(request: HttpRequest, *, today: date, preferred: str) -> Asked:
    """From the address; else the view of the last time (session), else the one preferred by the agent."""
    found = request.GET.get("vue") or request.session.get(KEY) or preferred
    view = View(found) if found in list(View) else View.WEEK
    agent = request.GET.get("agent", "")
    agent_id = int(agent) if agent.isascii() and agent.isdigit() and len(agent) <= len(str(2**31)) else None
    return Asked(read_day(request.GET.get("date", "")) or _first_day(today, view), view, agent_id)


def _first_day(today: date, view: View) -> date:
    """Where the agenda opens. On a Saturday or a Sunday, weeks open on the one to come: that is what one prepares."""
    if view is View.DAY or today.weekday() < SATURDAY:
        return today
    return today + timedelta(days=7 - today.weekday())


def read_day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # Far enough from the ends of the calendar for weeks to be added.
    return found if found.year in YEARS else None


def title_of(days: list[date]) -> str:
    """Lundi 23 – vendredi 27 novembre 2026; the month and the year are said once when they are the same."""
    first, last = days[0], days[-1]
    if first == last:
        return _capital(french.day_year(first))
    start = french.day_year(first)
    if first.year == last.year:
        start = french.day(first)
        if first.month == last.month:
            start = f"{french.WEEKDAYS[first.weekday()]} {french.day_number(first)}"
    return f"{_capital(start)} – {french.day_year(last)}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
