"""Rows that belong together, written in one statement: a row and what hangs on it, without a round trip for each.

Room: core. Called by services (booking, holding) and by the post office. Constraints, foreign keys and triggers work as
for any INSERT. Rows travel as one JSON parameter, which PostgreSQL reads with the types of the table; the text of the
statement depends on the models alone and is made once.

    head     rdv_option       1 row, its id is given by the database
    tails    rdv_optionagent  \\  each with a foreign key to the head,
             rdv_occupation   /  filled with that id
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Model


class Tail(NamedTuple):
    """Rows of one model that point at the head by `link`, the column of their foreign key ("option_id")."""

    link: str
    rows: Sequence[Model]


class Also(NamedTuple):
    """One more change in the same statement; it reads the new id as `head.id` (UPDATE ... FROM head WHERE ...)."""

    sql: str
    parameters: Sequence[Any]


def insert_together(head: Model, *tails: Tail, also: Also | None = None) -> None:
    """Insert the head, give it its id, insert the tails. All are new; tails are not given their id."""
    shape = tuple((type(tail.rows[0]), tail.link) for tail in tails if tail.rows)
    parameters: list[Any] = [as_json([head]), *(as_json(tail.rows) for tail in tails if tail.rows)]
    if also is not None:
        parameters += also.parameters
    with connection.cursor() as cursor:
        cursor.execute(_statement(type(head), shape, also.sql if also else ""), parameters)
        head.pk = cursor.fetchone()[0]
    head._state.adding, head._state.db = False, connection.alias  # noqa: SLF001 - what Model.save does: it is saved


@lru_cache(maxsize=64)
def _statement(head: type[Model], tails: tuple[tuple[type[Model], str], ...], also: str) -> str:
    parts = [f"head AS ({insert_given(head, 'given')} RETURNING id)"]
    for number, (model, link) in enumerate(tails):
        table, columns, values = table_of(model), columns_of(model), columns_of(model, {link: "head.id"})
        parts.append(
            f"tail_{number} AS (INSERT INTO {table} ({columns}) SELECT {values} "  # noqa: S608 - names of the models
            f"FROM head, jsonb_populate_recordset(NULL::{table}, %s) AS given)"
        )
    if also:
        parts.append(f"also AS ({also})")
    return f"WITH {', '.join(parts)} SELECT id FROM head"  # noqa: S608 - the parts above


def insert_given(model: type[Model], given: str) -> str:
    """INSERT of the rows of one JSON parameter, named `given` in the statement."""
    return (
        f"INSERT INTO {table_of(model)} ({columns_of(model)}) SELECT {columns_of(model)} "  # noqa: S608 - names
        f"FROM jsonb_populate_recordset(NULL::{table_of(model)}, %s) AS {given}"
    )


def table_of(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - Django documents Model._meta


def columns_of(model: type[Model], instead: dict[str, str] | None = None) -> str:
    """The columns of a new row, its id left out; `instead`: what stands for some of them in a SELECT."""
    found = instead or {}
    return ", ".join(found.get(name, connection.ops.quote_name(name)) for name in _columns(model))


def as_json(rows: Iterable[Model], **more: Sequence[object]) -> str:
    """Rows as PostgreSQL reads them back. `more`: other keys, one value per row."""
    listed = [values_of(row) for row in rows]
    for key, values in more.items():
        for row, value in zip(listed, values, strict=True):
            row[key] = value
    # Instants, dates and uuids as they are written in SQL, to the microsecond.
    return json.dumps(listed, default=str)


def values_of(row: Model) -> dict[str, Any]:
    return {
        field.column: field.get_prep_value(field.pre_save(row, add=True))
        for field in row._meta.concrete_fields  # noqa: SLF001 - the same
        if not field.primary_key
    }


@lru_cache(maxsize=64)
def _columns(model: type[Model]) -> tuple[str, ...]:
    fields = model._meta.concrete_fields  # noqa: SLF001 - the same
    return tuple(field.column for field in fields if not field.primary_key)
