"""Days as a month: what each one holds, counted, and the way to it. A plain table (components are lists and tables).

Room: views. Pure: days of rdv/services/agenda come in, words and links go out. No query.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rdv.core.clock import local_date
from rdv.domain import french
from rdv.services.agenda import Day, Kind
from rdv.views.agenda.asked import Asked, View
from rdv.views.agenda.lines import Reader, short_length

WEEKEND = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """A day. `doubles`: Rdv at the same time, to be looked at; `holes` and `free`: what can still be booked."""

    on: date
    url: str
    is_today: bool
    is_outside: bool  # of a neighbouring month
    note: str
    rdvs: int
    masked: int
    doubles: int
    holes: int
    free: str
    is_away: bool
    is_open: bool
    is_past: bool

    @property
    def is_empty(self) -> bool:
        return not (self.rdvs or self.masked or self.holes or self.is_away or self.is_open or self.note)

    @property
    def is_full(self) -> bool:
        return self.is_open and not self.holes and not self.is_past


@dataclass(frozen=True, slots=True)
class Month:
    weekdays: list[str]
    weeks: list[list[Cell]]


def month_of(days: Sequence[Day], asked: Asked, reader: Reader) -> Month:
    """Saturdays and Sundays only when something of their own is there."""
    cells = [_cell(day, asked, reader) for day in days]
    shown = [number for number in range(7) if number < WEEKEND or any(_matters(one) for one in cells[number::7])]
    weeks = [[cells[start + number] for number in shown] for start in range(0, len(cells), 7)]
    return Month([french.WEEKDAYS[number] for number in shown], weeks)


def _matters(cell: Cell) -> bool:
    return bool(cell.rdvs or cell.masked or cell.is_open)


def _cell(day: Day, asked: Asked, reader: Reader) -> Cell:
    kinds = [item.kind for item in day.items]
    free = sum((item.ends_at - item.starts_at for item in day.items if item.kind is Kind.FREE), timedelta())
    doubles = [item for item in day.items if item.rdv is not None and (item.has_double or item.rdv.is_overbooked)]
    return Cell(
        on=day.on,
        url=asked.url(day=day.on, view=View.DAY, agent_id=reader.agent.pk),
        is_today=day.on == local_date(reader.now, reader.zone),
        is_outside=day.on.month != asked.day.month,
        note=day.note,
        rdvs=kinds.count(Kind.RDV),
        masked=kinds.count(Kind.MASKED),
        doubles=len(doubles),
        holes=kinds.count(Kind.FREE),
        free=short_length(free) if free else "",
        is_away=Kind.ABSENCE in kinds,
        is_open=bool(day.openings),
        is_past=day.ends_at <= reader.now,
    )
