"""Dates and hours in templates, in the words of rdv.domain.french.

Room: templates. Instants are stored in UTC: every filter that takes one needs the departement, whose zone it uses
(`{{ rdv.starts_at|heure:departement }}`). Plain dates and times are taken as they are.
"""

import datetime as dt
from collections.abc import Sequence

from django import template

from agents.models.departement import Departement
from rdv.domain import french

register = template.Library()


def to_local(value: dt.datetime, departement: Departement | None) -> dt.datetime:
    """The instant on the clock of the departement. Without a departement it is refused: no guess."""
    if value.tzinfo is None:
        return value
    if departement is None:
        raise template.TemplateSyntaxError("An instant is shown in the zone of a departement: pass it to the filter.")
    return value.astimezone(departement.zone)


def to_day(value: dt.date, departement: Departement | None) -> dt.date:
    return to_local(value, departement).date() if isinstance(value, dt.datetime) else value


def to_hour(value: dt.datetime | dt.time, departement: Departement | None) -> dt.datetime | dt.time:
    return to_local(value, departement) if isinstance(value, dt.datetime) else value


@register.filter
def heure(value: dt.datetime | dt.time | None, departement: Departement | None = None) -> str:
    """9 h 20 (public side, messages)."""
    return french.hour(to_hour(value, departement)) if value is not None else ""


@register.filter
def horloge(value: dt.datetime | dt.time | None, departement: Departement | None = None) -> str:
    """9:20 (back-office)."""
    if value is None:
        return ""
    local = to_hour(value, departement)
    return f"{local.hour}:{local.minute:02d}"


@register.filter
def jour(value: dt.date | None, departement: Departement | None = None) -> str:
    """jeudi 26 novembre."""
    return french.day(to_day(value, departement)) if value is not None else ""


@register.filter
def jour_annee(value: dt.date | None, departement: Departement | None = None) -> str:
    """jeudi 26 novembre 2026."""
    return french.day_year(to_day(value, departement)) if value is not None else ""


@register.filter
def jour_court(value: dt.date | None, departement: Departement | None = None) -> str:
    """jeu. 26 nov."""
    return french.short_day(to_day(value, departement)) if value is not None else ""


@register.simple_tag
def jour_clair(value: dt.date, departement: Departement, today: dt.date) -> str:
    """jeu. 26 nov., with its year when it is 11 months away or more."""
    return french.clear_day(to_day(value, departement), today)


@register.filter
def jour_heure(value: dt.datetime | None, departement: Departement | None = None) -> str:
    """jeudi 26 novembre à 9 h 20."""
    return french.day_hour(to_local(value, departement)) if value is not None else ""


@register.filter
def jour_relatif(value: dt.date, today: dt.date) -> str:
    """demain, dans 3 jours, il y a 3 jours. Two plain dates."""
    return french.relative_day(value, today)


@register.filter
def duree(value: dt.timedelta | int) -> str:
    """20 minutes, 1 h 30. A number counts minutes."""
    return french.duration(value if isinstance(value, dt.timedelta) else dt.timedelta(minutes=value))


@register.filter
def enumeration(words: Sequence[str]) -> str:
    """a, b et c."""
    return french.joined(words)


@register.filter
def choses(words: Sequence[str]) -> str:
    """le carnet de santé et la carte Vitale: lines with capitals, in a sentence."""
    return french.things(words)


@register.filter
def machine(value: dt.date | dt.time, departement: Departement | None = None) -> str:
    """For the `datetime` attribute of <time>: 2026-11-26T09:20+01:00, 2026-11-26, 09:20."""
    if isinstance(value, dt.datetime):
        return to_local(value, departement).isoformat(timespec="minutes")
    if isinstance(value, dt.time):
        return value.isoformat(timespec="minutes")
    return value.isoformat()


@register.filter
def feuille(value: dt.date, departement: Departement | None = None) -> tuple[str, str, str]:
    """The three lines of a calendar leaf: jeudi, 26, novembre."""
    day = to_day(value, departement)
    return french.WEEKDAYS[day.weekday()], french.day_number(day), french.MONTHS[day.month - 1]
