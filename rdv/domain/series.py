"""The days of a series of Rdv: every N weeks, or every N months, on the weekday of the first one.

Room: domain (pure). Called by the form that describes a series and by the page that lists its dates.

    every 2 weeks from Tuesday 12 January     26 January, 9 February, 23 February...
    every month from the second Tuesday       the second Tuesday of February, of March...
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import islice

from rdv.domain import french
from rdv.domain.recurrence import ORDINALS, Recurrence, Rhythm, occurrence_days

MOST = 26
# 13 months, as far as openings are laid.
LONGEST = timedelta(days=396)


class Unit(StrEnum):
    WEEKS = "semaines"
    MONTHS = "mois"


@dataclass(frozen=True, slots=True)
class Pace:
    """`count` dates at the most, none after `until`. The form asks for one of the two."""

    every: int
    unit: Unit
    count: int | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Days:
    days: Sequence[date]
    # The rule goes on beyond what may be taken at once.
    is_cut: bool


def days_of(pace: Pace, *, first: date, today: date) -> Days:
    """The days after `first` and after `today`, in the rhythm counted from `first`."""
    horizon = today + LONGEST
    last = min(pace.until, horizon) if pace.until else horizon
    rhythm = Rhythm.WEEKLY if pace.unit is Unit.WEEKS else Rhythm.MONTHLY_WEEKDAY
    found = (
        day
        for day in occurrence_days(Recurrence(rhythm, pace.every), first, last, closed=lambda _: False)
        if day > max(first, today)
    )
    wanted = min(pace.count or MOST, MOST)
    days = list(islice(found, wanted))
    is_short = pace.count is not None and len(days) < pace.count
    is_beyond = pace.until is not None and (pace.until > horizon or next(found, None) is not None)
    return Days(days, is_cut=is_short or (pace.count is None and is_beyond))


def words_of(pace: Pace, first: date) -> str:
    """toutes les 2 semaines, le mardi ; chaque mois, le deuxième mardi."""
    weekday = french.WEEKDAYS[first.weekday()]
    if pace.unit is Unit.WEEKS:
        often = "toutes les semaines" if pace.every == 1 else f"toutes les {pace.every}{french.NBSP}semaines"
        return f"{often}, le {weekday}"
    often = "chaque mois" if pace.every == 1 else f"tous les {pace.every}{french.NBSP}mois"
    return f"{often}, le {ORDINALS[(first.day - 1) // 7]} {weekday}"


def ordinal(number: int) -> str:
    """1er, 2e, 3e."""
    return "1er" if number == 1 else f"{number}e"
