"""Moments of somebody who waits: the half-days of a week as a grid, and how long before they must be told.

Room: forms. Called by rdv/forms/wait and the words of the public pages.
"""

import datetime as dt
from dataclasses import dataclass

from django.forms import BoundField

from rdv.domain import french
from rdv.domain.french import NBSP
from rdv.models import Motif

HALVES = 12
DAY = 24 * 60
NOTICES = (2 * 60, DAY, 2 * DAY, 7 * DAY)


def notices_of(motif: Motif) -> list[tuple[int, str]]:
    """The warnings that make a difference: nothing is proposed later than the motif's own last moment."""
    least = int(motif.waitlist_notice.total_seconds() // 60)
    return [(minutes, notice_words(minutes)) for minutes in sorted({max(one, least) for one in NOTICES})]


def notice_words(minutes: int) -> str:
    """2 heures avant, 1 jour avant."""
    if minutes % DAY:
        return f"{french.duration(dt.timedelta(minutes=minutes))} avant"
    days = minutes // DAY
    return f"{days}{NBSP}jour{'s' if days > 1 else ''} avant"


@dataclass(frozen=True, slots=True)
class HalfDay:
    id: str
    value: int
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class DayRow:
    """One line of the grid."""

    day: str
    morning: HalfDay
    afternoon: HalfDay


def rows_of(field: BoundField) -> list[DayRow]:
    """Monday to Saturday, for the grid of the page."""
    ticked = _ticked(field)
    boxes = [HalfDay(f"id_half_days_{bit}", bit, str(bit) in ticked) for bit in range(HALVES)]
    days = french.WEEKDAYS[: HALVES // 2]
    return [DayRow(day, boxes[2 * n], boxes[2 * n + 1]) for n, day in enumerate(days)]


def _ticked(field: BoundField) -> set[str]:
    return {str(value) for value in field.value() or []}
