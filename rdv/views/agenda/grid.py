"""Days of lines as the grid of components/_semaine.html: rows of five minutes on the clock of the wall. Pure.

On the days when the clock changes the wall is followed: nothing at 2:30 in March; in October the two hours that are
called 2 o'clock share one row, side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rdv.domain import french
from rdv.services.agenda import Day, Kind
from rdv.services.agenda_layout import Place, place_side_by_side
from rdv.views.agenda.handles import handle_of
from rdv.views.agenda.lines import Line, Reader, clock, line_of

STEP = 5
HOUR = 60
DAY = 24 * HOUR
# Shown even when nothing is there.
USUAL = (8, 18)
# The hatching says how long an absence lasts; its name needs no more than this.
NAME_OF_ABSENCE = 90
# The flag of now is four rows high: an hour written under it could not be read.
FLAG_ROWS = 4
# A shorter hole is lower than a finger needs (24 px, WCAG 2.5.8): the list has its link.
LINKED_HOLE = 30
WALL = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Slot:
    """A line on the wall, in minutes since midnight, rounded to the steps of the grid."""

    line: Line
    first: int
    last: int

    @property
    def starts_at(self) -> datetime:
        return WALL + timedelta(minutes=self.first)

    @property
    def ends_at(self) -> datetime:
        return WALL + timedelta(minutes=self.last)


@dataclass(slots=True)
class DaySlots:
    day: Day
    slots: list[Slot]
    openings: list[tuple[int, int, str]]  # first and last minute, words


def minute_of(instant: datetime, day: date, zone: ZoneInfo) -> int:
    """Minutes since midnight on the wall of this day; 0 before it, 1440 after."""
    local = instant.astimezone(zone)
    if local.date() != day:
        return 0 if local.date() < day else DAY
    return local.hour * HOUR + local.minute


def grid_of(days: Sequence[Day], reader: Reader) -> dict[str, Any]:
    return _grid([(day, reader) for day in days])


def columns_of(columns: Sequence[tuple[Day, Reader]]) -> dict[str, Any]:
    """One day, a column per agent, each with the name of whose it is."""
    grid = _grid(columns)
    for column, (_, reader) in zip(grid["days"], columns, strict=True):
        column |= {"label": reader.agent.full_name, "is_column": True}
    return grid


def _grid(columns: Sequence[tuple[Day, Reader]]) -> dict[str, Any]:
    shown = [_slots_of(day, reader) for day, reader in columns]
    first, last = hours_shown(shown)
    now = _now_row([day for day, _ in columns], first, last, columns[0][1]) if columns else None
    days = [_day(one, first * HOUR, last * HOUR, reader) for one, (_, reader) in zip(shown, columns, strict=True)]
    return {
        "hours": last - first,
        "first": first * HOUR,
        "rows": (last - first) * HOUR // STEP,
        "place": columns[0][1].place if columns else "",
        "axis": _axis(first, last, now),
        "now": now,
        "days": days,
    }


def _slots_of(day: Day, reader: Reader) -> DaySlots:
    slots = []
    for item in day.items:
        first = minute_of(item.starts_at, day.on, reader.zone)
        last = minute_of(item.ends_at, day.on, reader.zone)
        first -= first % STEP
        # In October the wall may read the same hour, or an earlier one, at the end.
        last = max(last + -last % STEP, first + STEP)
        slots.append(Slot(line_of(item, reader), first, last))
    openings = [
        (
            minute_of(opening.start, day.on, reader.zone),
            minute_of(opening.end, day.on, reader.zone),
            f"Ouverture de {clock(opening.start, reader.zone)} à {clock(opening.end, reader.zone)}",
        )
        for opening in day.openings
    ]
    return DaySlots(day, slots, openings)


def hours_shown(days: Sequence[DaySlots]) -> tuple[int, int]:
    """The usual hours, and as many more as what happens asks for. A whole day away asks for none."""
    firsts, lasts = [USUAL[0] * HOUR], [USUAL[1] * HOUR]
    for one in days:
        slots = [
            slot for slot in one.slots if slot.line.kind is not Kind.ABSENCE or (slot.first > 0 and slot.last < DAY)
        ]
        firsts += [slot.first for slot in slots] + [first for first, _, _ in one.openings]
        lasts += [slot.last for slot in slots] + [last for _, last, _ in one.openings]
    return min(firsts) // HOUR, -(-max(lasts) // HOUR)


def _now_row(days: Sequence[Day], first: int, last: int, reader: Reader) -> dict[str, Any] | None:
    today = reader.now.astimezone(reader.zone).date()
    minute = minute_of(reader.now, today, reader.zone)
    if all(day.on != today for day in days) or not first * HOUR <= minute < last * HOUR:
        return None
    return {"row": (minute - first * HOUR) // STEP, "label": clock(reader.now, reader.zone)}


def _axis(first: int, last: int, now: dict[str, Any] | None) -> list[dict[str, Any]]:
    hours = [{"row": (hour - first) * HOUR // STEP, "label": f"{hour}:00"} for hour in range(first + 1, last)]
    return [hour for hour in hours if now is None or abs(int(str(hour["row"])) - now["row"]) >= FLAG_ROWS]


def _day(one: DaySlots, first: int, last: int, reader: Reader) -> dict[str, Any]:
    today = reader.now.astimezone(reader.zone).date()
    cut = [slot for slot in (_cut(slot, first, last) for slot in one.slots) if slot is not None]
    grounds = [_ground("open", max(start, first), min(end, last), first, words) for start, end, words in one.openings]
    grounds += [_absence_ground(slot, first) for slot in cut if slot.line.kind is Kind.ABSENCE]
    blocks = place_side_by_side([_named(slot) for slot in cut])
    return {
        "date": one.day.on,
        "agent_id": reader.agent.pk,
        "may_plan": reader.may_plan,
        "label": french.day(one.day.on),
        "is_today": one.day.on == today,
        "note": one.day.note,
        "grounds": [ground for ground in grounds if ground["span"] > 0],
        "blocks": [_block(slot, place, first, reader) for slot, place in blocks],
    }


def _cut(slot: Slot, first: int, last: int) -> Slot | None:
    """To the hours shown; None when nothing of it is."""
    start, end = max(slot.first, first), min(slot.last, last)
    return Slot(slot.line, start, end) if start < end else None


def _named(slot: Slot) -> Slot:
    if slot.line.kind is not Kind.ABSENCE:
        return slot
    return Slot(slot.line, slot.first, min(slot.last, slot.first + NAME_OF_ABSENCE))


def _ground(kind: str, start: int, end: int, first: int, words: str) -> dict[str, Any]:
    row = (start - first) // STEP
    return {"kind": kind, "row": row, "span": -(-(end - first) // STEP) - row, "words": words}


def _absence_ground(slot: Slot, first: int) -> dict[str, Any]:
    line = slot.line
    words = f"Absence de {line.hour} à {line.until}" if line.hour else "Absence toute la journée"
    return _ground("abs", slot.first, slot.last, first, words)


def _block(slot: Slot, place: Place, first: int, reader: Reader) -> dict[str, Any]:
    line = slot.line
    return {
        "state": line.state,
        "row": (slot.first - first) // STEP,
        "span": (slot.last - slot.first) // STEP,
        "place": place.place,
        "of": place.of,
        "hour": line.hour,
        "title": line.title,
        "text": line.text,
        "icon": line.icon,
        "word": line.word,
        "answer": line.answer,
        "answer_icon": line.answer_icon,
        "handle": handle_of(line, reader),
        "url": "" if line.kind is Kind.FREE and slot.last - slot.first < LINKED_HOLE else line.url,
    }
