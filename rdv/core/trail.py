"""What a change that may be undone did to the rows: each column, before and after, kept as JSON.

Room: core. Called by the merge of two files (rdv/services/merging) and by the services of the apps below that take part
in it. `put_back` gives a column its old value only if it still has the one that was written: what somebody changed
meanwhile stays, and is told.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db.models import QuerySet

# Name of a table in a trail -> its rows. The names are stored: they outlive the classes.
Tables: TypeAlias = Mapping[str, "QuerySet[Any]"]
Values: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    table: str
    pk: int
    before: Values
    after: Values

    def as_json(self) -> list[Any]:
        return [self.table, self.pk, _packed(self.before), _packed(self.after)]

    @classmethod
    def from_json(cls, kept: list[Any]) -> "Change":
        table, pk, before, after = kept
        return cls(table, pk, _unpacked(before), _unpacked(after))


class Trail:
    """Writes columns and remembers what they held. The caller holds the locks."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.changes: list[Change] = []

    def change(self, table: str, pk: int, before: Mapping[str, Any], **after: Any) -> None:
        """`before`: values read under the lock, of at least these columns. What does not change is not written."""
        old = {name: before[name] for name in after if before[name] != after[name]}
        if not old:
            return
        new = {name: after[name] for name in old}
        self.tables[table].filter(pk=pk).update(**new)
        self.changes.append(Change(table, pk, old, new))

    def count(self, table: str) -> int:
        """How many rows of this table were changed."""
        return len({change.pk for change in self.changes if change.table == table})

    def as_json(self) -> list[Any]:
        return [change.as_json() for change in self.changes]


def put_back(kept: Iterable[list[Any]], tables: Tables) -> Iterator[tuple[Change, list[str]]]:
    """Undo a trail, the last change first. Yields the changes that were not wholly put back, and which columns."""
    changes = [Change.from_json(one) for one in kept]
    for change in reversed(changes):
        rows = tables[change.table].filter(pk=change.pk)
        found = rows.select_for_update(of=("self",), no_key=True).values(*change.before).first()
        names = [name for name in change.before if found is not None and found[name] == change.after[name]]
        if names:
            rows.update(**{name: change.before[name] for name in names})
        if missed := [name for name in change.before if name not in names]:
            yield change, missed


def _packed(values: Values) -> Values:
    return {name: _pack(value) for name, value in values.items()}


def _unpacked(values: Values) -> Values:
    return {name: _unpack(value) for name, value in values.items()}


def _pack(value: Any) -> Any:
    """Dates as one-key objects, whole to the microsecond: DjangoJSONEncoder would cut them."""
    if isinstance(value, dt.datetime):
        return {"at": value.isoformat()}
    return {"on": value.isoformat()} if isinstance(value, dt.date) else value


def _unpack(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return dt.datetime.fromisoformat(value["at"]) if "at" in value else dt.date.fromisoformat(value["on"])
