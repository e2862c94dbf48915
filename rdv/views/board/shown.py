"""The day board as the page shows it: columns of placed cells, on the clock of the wall. Pure, no query.

Each column is a list; where an item stands is a class (static/css/grid.css), one row per five minutes. A pause that
everybody takes is folded into four rows, so that a whole day fits the screen:

    9:00  row 6      12:30  row 48      13:30  row 52 (folded: 12 rows became 4)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from rdv.domain.intervals import Interval, merge
from rdv.services.agenda import Kind
from rdv.services.agenda_layout import place_side_by_side
from rdv.services.board_facts import Block, Board, Column
from rdv.views.agenda.grid import minute_of
from rdv.views.board.words import Reader, Said, say_block

STEP = 5
HALF_HOUR = 30
# Shown when nothing asks for more.
USUAL = (9 * 60, 17 * 60)
DAY = 24 * 60
# A common pause at least so long is folded, into so many rows.
PAUSE = 45
FOLDED = 4
# A card of so many rows holds three lines.
TALL = 8
# The flag of now is so many rows high: an hour written under it could not be read.
FLAG = 4
# Rows: beyond each of these the printed page needs lower ones.
HEIGHTS = ((160, " tallest"), (126, " taller"), (100, " tall"))
MANY, CROWD = 8, 14  # columns: beyond these the printed page needs smaller letters
WALL = datetime(2000, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SILENT = (Kind.ABSENCE, Kind.TRIP)


@dataclass(frozen=True, slots=True)
class Cell:
    said: Said
    row: int
    span: int
    place: int
    of: int

    @property
    def is_short(self) -> bool:
        return self.span <= FOLDED

    @property
    def is_tall(self) -> bool:
        """Room for a name on two lines, and one line more."""
        return self.span >= TALL


@dataclass(frozen=True, slots=True)
class Ground:
    row: int
    span: int


@dataclass(frozen=True, slots=True)
class Mark:
    """`is_covered`: under the flag of now, so on paper only."""

    row: int
    label: str
    is_covered: bool = False


@dataclass(frozen=True, slots=True)
class ShownColumn:
    column: Column
    hours: str
    grounds: list[Ground]
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class ShownBoard:
    columns: list[ShownColumn]
    axis: list[Mark]
    now: Mark | None
    pause: Mark | None
    rows: int

    @property
    def sizes(self) -> str:
        """How the printed page makes it fit: classes of planning.css."""
        tall = next((name for rows, name in HEIGHTS if self.rows > rows), "")
        many = " crowd" if len(self.columns) > CROWD else " many" if len(self.columns) > MANY else ""
        return tall + many


@dataclass(frozen=True, slots=True)
class Scale:
    """Minutes of the wall to rows."""

    first: int
    last: int
    pause: tuple[int, int] | None

    def row(self, minute: int) -> int:
        minute = min(max(minute, self.first), self.last)
        if self.pause is None or minute <= self.pause[0]:
            return (minute - self.first) // STEP
        start, end = self.pause
        before = (start - self.first) // STEP
        if minute < end:
            return before + (minute - start) * FOLDED // (end - start)
        return before + FOLDED + (minute - end) // STEP

    @property
    def rows(self) -> int:
        return self.row(self.last)

    def is_folded(self, minute: int) -> bool:
        return self.pause is not None and self.pause[0] < minute < self.pause[1]


def shown_board(board: Board, reader: Reader) -> ShownBoard:
    scale = scale_of(board, reader.zone)
    today = reader.now.astimezone(reader.zone).date()
    now = _now(board.on, today, scale, reader)
    return ShownBoard(
        columns=[_column(column, board.on, scale, reader) for column in board.columns],
        axis=_axis(scale, now),
        now=now,
        pause=_pause(scale),
        rows=scale.rows,
    )


def scale_of(board: Board, zone: ZoneInfo) -> Scale:
    """From the first half-hour to the last one that something asks for; a whole day away asks for none."""
    spans = sorted(_spans(board, zone))
    if not spans:
        return Scale(*USUAL, None)
    first = min(start for start, _ in spans) // HALF_HOUR * HALF_HOUR
    last = -(-max(end for _, end in spans) // HALF_HOUR) * HALF_HOUR
    gaps = list(_gaps(spans))
    longest = max(gaps, key=lambda gap: gap[1] - gap[0], default=None)
    pause = longest if longest and longest[1] - longest[0] >= PAUSE else None
    return Scale(first, last, pause)


def _spans(board: Board, zone: ZoneInfo) -> Iterable[tuple[int, int]]:
    for column in board.columns:
        for opening in column.openings:
            yield minute_of(opening.start, board.on, zone), minute_of(opening.end, board.on, zone)
        for block in column.blocks:
            if block.kind not in SILENT:
                yield minute_of(block.starts_at, board.on, zone), minute_of(block.ends_at, board.on, zone)


def _gaps(spans: Sequence[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """Stretches that nobody works, cut to the five minutes of the rows."""
    reached = spans[0][1]
    for start, end in spans[1:]:
        low, high = reached + -reached % STEP, start - start % STEP
        if high > low:
            yield low, high
        reached = max(reached, end)


def _column(column: Column, on: date, scale: Scale, reader: Reader) -> ShownColumn:
    hours = [f"{reader.hour(one.start)} – {reader.hour(one.end)}" for one in column.openings]
    return ShownColumn(
        column=column,
        hours=", ".join(hours),
        grounds=[_ground(one, on, scale, reader.zone) for one in column.openings],
        cells=_cells(column, on, scale, reader),
    )


def _ground(opening: Interval, on: date, scale: Scale, zone: ZoneInfo) -> Ground:
    row = scale.row(minute_of(opening.start, on, zone))
    return Ground(row, max(1, scale.row(minute_of(opening.end, on, zone)) - row))


@dataclass(frozen=True, slots=True)
class _Slot:
    """A block on the rows; as instants, for the layout that puts doubles side by side."""

    block: Block
    row: int
    end: int

    @property
    def starts_at(self) -> datetime:
        return WALL + self.row * MINUTE

    @property
    def ends_at(self) -> datetime:
        return WALL + self.end * MINUTE


def _cells(column: Column, on: date, scale: Scale, reader: Reader) -> list[Cell]:
    slots = [slot for slot in (_slot(block, on, scale, reader.zone) for block in _pieces(column)) if slot is not None]
    return [
        Cell(say_block(slot.block, column, reader), slot.row, slot.end - slot.row, place.place, place.of)
        for slot, place in place_side_by_side(slots)
    ]


def _pieces(column: Column) -> Iterable[Block]:
    """An absence stands where nothing else does: what falls on it says so by itself."""
    others = merge(Interval(one.starts_at, one.ends_at) for one in column.blocks if one.kind is not Kind.ABSENCE)
    for block in column.blocks:
        if block.kind is Kind.ABSENCE:
            yield from _around(block, others)
        else:
            yield block


def _around(absence: Block, others: Sequence[Interval]) -> Iterable[Block]:
    start = absence.starts_at
    for other in others:
        if start < other.start < absence.ends_at:
            yield replace(absence, starts_at=start, ends_at=other.start)
        start = max(start, other.end)
    if start < absence.ends_at:
        yield replace(absence, starts_at=start)


def _slot(block: Block, on: date, scale: Scale, zone: ZoneInfo) -> _Slot | None:
    first, last = minute_of(block.starts_at, on, zone), minute_of(block.ends_at, on, zone)
    if last <= scale.first or first >= scale.last:
        return None
    row = scale.row(first - first % STEP)
    # In October the wall may read the same hour, or an earlier one, at the end.
    return _Slot(block, row, max(scale.row(last + -last % STEP), row + 1))


def _now(on: date, today: date, scale: Scale, reader: Reader) -> Mark | None:
    minute = minute_of(reader.now, today, reader.zone)
    if on != today or not scale.first <= minute < scale.last:
        return None
    return Mark(scale.row(minute), reader.hour(reader.now))


def _axis(scale: Scale, now: Mark | None) -> list[Mark]:
    marks = []
    for minute in range(scale.first, scale.last, HALF_HOUR):
        row = scale.row(minute)
        if not scale.is_folded(minute):
            covered = now is not None and abs(row - now.row) < FLAG
            marks.append(Mark(row, f"{minute // 60}:{minute % 60:02d}", covered))
    return marks


def _pause(scale: Scale) -> Mark | None:
    if scale.pause is None:
        return None
    start, end = (f"{minute // 60}:{minute % 60:02d}" for minute in scale.pause)
    return Mark(scale.row(scale.pause[0]), f"{start} – {end} · pause")
