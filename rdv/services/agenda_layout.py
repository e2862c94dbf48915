"""Which column each item of a day gets, so that doubles stand side by side. Pure; called by rdv/services/agenda.

9:00  |A A A|B B B|        A, B and C meet: a cluster of two columns, C under A
      |A A A|B B B|
9:30  |C C C|B B B|
10:00 |D D D D D D|        D meets nobody: alone, the whole width
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

# What the style sheet knows how to place; five share the width of six, and beyond six columns are shared.
WIDTHS = (1, 2, 3, 4, 6)


class Timed(Protocol):
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


T = TypeVar("T", bound=Timed)


@dataclass(frozen=True, slots=True)
class Place:
    """Column `place` (from 1) among `of`."""

    place: int
    of: int


def place_side_by_side(items: Sequence[T]) -> list[tuple[T, Place]]:
    """The items in the order of the hours, each with its column. Two items of one column never meet (up to six)."""
    ordered = sorted(items, key=lambda item: (item.starts_at, item.ends_at))
    placed: list[tuple[T, Place]] = []
    cluster: list[tuple[T, int]] = []
    column_ends: list[datetime] = []
    for item in ordered:
        if column_ends and item.starts_at >= max(column_ends):
            placed += _closed(cluster, len(column_ends))
            cluster, column_ends = [], []
        column = _first_free(column_ends, item.starts_at)
        if column == len(column_ends):
            column_ends.append(item.ends_at)
        else:
            column_ends[column] = item.ends_at
        cluster.append((item, column))
    return placed + _closed(cluster, len(column_ends))


def _first_free(column_ends: list[datetime], starts_at: datetime) -> int:
    for column, end in enumerate(column_ends):
        if end <= starts_at:
            return column
    return len(column_ends)


def _closed(cluster: list[tuple[T, int]], columns: int) -> list[tuple[T, Place]]:
    of = next((width for width in WIDTHS if width >= columns), WIDTHS[-1])
    return [(item, Place(column % of + 1, of)) for item, column in cluster]
