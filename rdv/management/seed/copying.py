"""Many rows at once, by PostgreSQL's COPY: half the time of bulk_create for the large tables.

Room: management. Called by planning.py and drafts.py, for rows whose foreign keys are saved already.
"""

import json
from collections.abc import Iterable
from enum import Enum
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models


def copy_rows(rows: Iterable[models.Model]) -> None:
    """Give each row its key, then send them all. Triggers and constraints see them as any other insert."""
    rows = list(rows)
    if not rows:
        return
    table = type(rows[0])._meta  # noqa: SLF001 - the documented name of a model’s columns
    fields = table.concrete_fields
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    for row, key in zip(rows, _new_keys(table.db_table, len(rows)), strict=True):
        row.pk = key
    names = [field.attname for field in fields]
    with connection.cursor() as cursor, cursor.copy(f"COPY {table.db_table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([_plain(getattr(row, name)) for name in names])


def _new_keys(table: str, number: int) -> list[int]:
    with connection.cursor() as cursor:
        sequence = "nextval(pg_get_serial_sequence(%s, 'id'))"
        cursor.execute(f"SELECT {sequence} FROM generate_series(1, %s)", [table, number])  # noqa: S608 - constants
        return [key for (key,) in cursor.fetchall()]


def _plain(value: Any) -> Any:
    """What psycopg writes as text: choices as their codes, JSON as JSON."""
    if isinstance(value, Enum):
        return value.value
    return json.dumps(value, cls=DjangoJSONEncoder) if isinstance(value, dict) else value
