"""What the address of the agenda asks for: whose, when, seen how. What cannot be read is forgotten, never refused.

agenda/?agent=7&date=2026-11-24&vue=semaine|jour|mois|liste
agenda/?agent=7&date=2026-11-24&vue=jour&avec=9&avec=12     colleagues beside, on a day
"""

import re
import uuid as uuids
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from rdv.domain import french

KEY = "agenda_vue"
# The day looked at last, and the day when it was: tomorrow the agenda opens on tomorrow.
DAY_KEY = "agenda_jour"
HERE = "ici"
YEARS = range(2000, 2200)
WEEK = timedelta(days=7)
SATURDAY = 5
# Side by side, whoever is looked at included.
MOST_COLUMNS = 4


class View(StrEnum):
    DAY = "jour"
    WEEK = "semaine"
    MONTH = "mois"
    LIST = "liste"


_WRITTEN = re.compile(
    rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})\.({'|'.join(View)})\.([0-9]{{1,9}}(?:-[0-9]{{1,9}}){{0,3}})"
)
LABELS = {View.DAY: "Jour", View.WEEK: "Semaine", View.MONTH: "Mois", View.LIST: "Liste"}


@dataclass(frozen=True, slots=True)
class Asked:
    day: date
    view: View
    agent_id: int | None = None
    beside: tuple[int, ...] = ()

    @property
    def previous(self) -> date:
        if self.view is View.MONTH:
            return (self.day.replace(day=1) - timedelta(days=1)).replace(day=1)
        return self.day - self._step

    @property
    def next(self) -> date:
        if self.view is View.MONTH:
            return (self.day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return self.day + self._step

    @property
    def _step(self) -> timedelta:
        return timedelta(days=1) if self.view is View.DAY else WEEK

    @property
    def days(self) -> list[date]:
        if self.view is View.DAY:
            return [self.day]
        return month_of(self.day) if self.view is View.MONTH else week_of(self.day)

    @property
    def written(self) -> str:
        """In one word, for screens that lead back here."""
        agents = "-".join(str(agent_id) for agent_id in (self.agent_id or 0, *self.beside))
        return f"{self.day.isoformat()}.{self.view.value}.{agents}"

    def url(self, **changes: object) -> str:
        asked = replace(self, **changes)  # type: ignore[arg-type]  # each caller names fields of Asked
        pairs = [("date", asked.day.isoformat()), ("vue", asked.view.value)]
        if asked.agent_id is not None:
            pairs.append(("agent", str(asked.agent_id)))
        pairs += [("avec", str(agent_id)) for agent_id in asked.beside]
        return f"{reverse('rdv:agenda')}?{urlencode(pairs)}"


def read_written(text: str) -> Asked | None:
    """What `Asked.written` wrote; None for anything else."""
    found = _WRITTEN.fullmatch(text)
    day = read_day(found[1]) if found else None
    if found is None or day is None:
        return None
    first, *beside = (int(number) for number in found[3].split("-"))
    return Asked(day, View(found[2]), first or None, tuple(beside))


def agenda_behind(request: HttpRequest) -> Asked | None:
    """The page of the agenda that led here (`retour`, in the form or the address), if one did."""
    return read_written(request.POST.get("retour") or request.GET.get("retour", ""))


def back_to_agenda(request: HttpRequest) -> str:
    """Its address, with the mark that scrolls it as it was (static/js/agenda-place.js); empty when none led here."""
    asked = agenda_behind(request)
    return f"{asked.url()}#{HERE}" if asked else ""


def with_place(request: HttpRequest, url: str) -> str:
    """This address, which goes on leading back to the agenda."""
    asked = agenda_behind(request)
    return f"{url}?retour={asked.written}" if asked else url


def to_rdv(request: HttpRequest, uuid: uuids.UUID) -> HttpResponseRedirect:
    """To the page of this Rdv, from one of its forms."""
    return HttpResponseRedirect(with_place(request, reverse("rdv:rdv_detail", args=[uuid])))


def month_of(day: date) -> list[date]:
    """The whole weeks that the month of this day touches."""
    first = day.replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    days = week_of(first)
    while days[-1] < last:
        days += week_of(days[-1] + timedelta(days=1))
    return days


def week_of(day: date) -> list[date]:
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=number) for number in range(7)]


def read_asked(request: HttpRequest, *, today: date, preferred: str) -> Asked:
    """From the address; else as the last time (session), else the view preferred by the agent, today."""
    found = request.GET.get("vue") or request.session.get(KEY) or preferred
    view = View(found) if found in list(View) else View.WEEK
    agent_id = _number(request.GET.get("agent", ""))
    beside = [number for number in map(_number, request.GET.getlist("avec")) if number not in (None, agent_id)]
    day = read_day(request.GET.get("date", "")) or _day_of_last_time(request, today) or _first_day(today, view)
    several = tuple(number for number in dict.fromkeys(beside) if number is not None)
    return Asked(day, view, agent_id, several[: MOST_COLUMNS - 1])


def remember(request: HttpRequest, asked: Asked, *, today: date) -> None:
    """Written only when something changed: a session that did not is not saved."""
    kept = {KEY: asked.view.value, DAY_KEY: [asked.day.isoformat(), today.isoformat()]}
    for key, value in kept.items():
        if request.session.get(key) != value:
            request.session[key] = value


def _day_of_last_time(request: HttpRequest, today: date) -> date | None:
    day, on = request.session.get(DAY_KEY) or ("", "")
    return read_day(day) if on == today.isoformat() else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**31)) else None


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


def month_title(day: date) -> str:
    """Novembre 2026."""
    return _capital(f"{french.MONTHS[day.month - 1]} {day.year}")


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
