"""Dates, hours, durations and lists as people read them in French.

Room: domain (pure). Called by views, templates and messages; receives **local** dates and times, the zone of the
Departement having been applied before. A date always carries its weekday.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

NBSP = "\u00a0"

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
SHORT_WEEKDAYS = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")
SHORT_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")

MINUTE = timedelta(minutes=1)
HOURS_SHOWN_AS_DAYS = 48


def hour(local: datetime | time) -> str:
    """9 h, 9 h 05, 14 h 20."""
    if local.minute == 0:
        return f"{local.hour}{NBSP}h"
    return f"{local.hour}{NBSP}h{NBSP}{local.minute:02d}"


def day_number(day: date) -> str:
    """Only the first of the month is an ordinal in French: 1er, 2, 3..."""
    return "1er" if day.day == 1 else str(day.day)


def day(local: date) -> str:
    """jeudi 26 novembre."""
    return f"{WEEKDAYS[local.weekday()]} {day_number(local)}{NBSP}{MONTHS[local.month - 1]}"


def day_year(local: date) -> str:
    """jeudi 26 novembre 2027."""
    return f"{day(local)} {local.year}"


def day_hour(local: datetime) -> str:
    """jeudi 26 novembre à 9 h 20."""
    return f"{day(local)} à {hour(local)}"


def short_day(local: date) -> str:
    """jeu. 26 nov."""
    return f"{SHORT_WEEKDAYS[local.weekday()]} {day_number(local)}{NBSP}{SHORT_MONTHS[local.month - 1]}"


# From here a day and a month are taken for those of this year.
A_YEAR_SOON = timedelta(days=335)


def clear_day(local: date, today: date) -> str:
    """jeu. 26 nov., and its year when it is 11 months away or more."""
    said = short_day(local)
    return f"{said} {local.year}" if abs(local - today) >= A_YEAR_SOON else said


def duration(length: timedelta) -> str:
    """20 minutes, 1 heure, 1 h 30, 24 heures, 2 jours; seconds are rounded up to the minute."""
    minutes = -(-length // MINUTE)
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return _counted(rest, "minute")
    if rest:
        return f"{hours}{NBSP}h{NBSP}{rest:02d}"
    if hours >= HOURS_SHOWN_AS_DAYS and hours % 24 == 0:
        return _counted(hours // 24, "jour")
    return _counted(hours, "heure")


def joined(words: Sequence[str]) -> str:
    """a, b et c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} et {words[-1]}"


def things(words: Sequence[str]) -> str:
    """Each was typed as a line of its own, with a capital; in a sentence it has none: "la carte Vitale et un RIB"."""
    return joined([word if word[1:2].isupper() else word[:1].lower() + word[1:] for word in words])


def relative_day(local: date, today: date) -> str:
    """aujourd’hui, demain, dans 3 jours, hier, il y a 3 jours."""
    distance = (local - today).days
    named = {-1: "hier", 0: "aujourd’hui", 1: "demain"}
    if distance in named:
        return named[distance]
    count = _counted(abs(distance), "jour")
    return f"dans {count}" if distance > 0 else f"il y a {count}"


def _counted(number: int, noun: str) -> str:
    # In French zero is singular, as one is: "0 minute".
    plural = "s" if number > 1 else ""
    return f"{number}{NBSP}{noun}{plural}"
