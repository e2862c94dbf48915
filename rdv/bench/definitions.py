"""Indexes and constraints of the large tables: taken down before a load, made again after, as they were. Room: bench.

Nothing is copied by hand: the definitions are read from PostgreSQL's own catalogue. CHECK constraints stay in force
during the load; user triggers are switched off (the load writes what they would have written).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection

BIG_TABLES = (
    "rdv_participation",
    "rdv_rdv",
    "rdv_occupation",
    "rdv_ouverture",
    "rdv_rdvagent",
    "usagers_usager",
)
FOREIGN_KEY = "f"
# What PostgreSQL must forget last and make first: foreign keys stand on unique keys.
_CONSTRAINTS = """
SELECT c.conname, c.conrelid::regclass::text, c.contype::text, pg_get_constraintdef(c.oid)
FROM pg_constraint c
WHERE (c.contype IN ('p', 'u', 'x') AND c.conrelid::regclass::text = ANY(%(tables)s))
   OR (c.contype = 'f'
       AND (c.conrelid::regclass::text = ANY(%(tables)s) OR c.confrelid::regclass::text = ANY(%(tables)s)))
ORDER BY c.contype <> 'f', c.conrelid::regclass::text, c.conname
"""
_INDEXES = """
SELECT i.indexname, i.tablename, i.indexdef
FROM pg_indexes i
WHERE i.schemaname = current_schema() AND i.tablename = ANY(%(tables)s)
  AND NOT EXISTS (
      SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexname::regclass AND c.contype IN ('p', 'u', 'x'))
ORDER BY i.tablename, i.indexname
"""

# Runs groups of statements; those of different groups may run side by side.
Runner = Callable[[Sequence[Sequence[str]]], None]


@dataclass(frozen=True, slots=True)
class Constraint:
    name: str
    table: str
    kind: str
    definition: str


@dataclass(frozen=True, slots=True)
class Index:
    name: str
    table: str
    definition: str


@dataclass(frozen=True, slots=True)
class Definitions:
    constraints: list[Constraint]
    indexes: list[Index]


def read_definitions() -> Definitions:
    tables = {"tables": list(BIG_TABLES)}
    with connection.cursor() as cursor:
        cursor.execute(_CONSTRAINTS, tables)
        constraints = [Constraint(*row) for row in cursor.fetchall()]
        cursor.execute(_INDEXES, tables)
        return Definitions(constraints, [Index(*row) for row in cursor.fetchall()])


def take_down(found: Definitions, run: Runner) -> None:
    # Inside a transaction (a test), rows still to be checked would forbid the changes below.
    run([["SET CONSTRAINTS ALL IMMEDIATE"]])
    run([[f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in BIG_TABLES]])
    run([[f"ALTER TABLE {one.table} DROP CONSTRAINT {one.name}" for one in found.constraints]])
    run([[f"DROP INDEX {one.name}" for one in found.indexes]])


def put_back(found: Definitions, run: Runner) -> None:
    """Tables side by side; then the foreign keys, which stand on the unique keys of other tables."""
    run([_of_table(found, table) for table in BIG_TABLES])
    run([[_add(one) for one in found.constraints if one.kind == FOREIGN_KEY]])
    run([[f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in BIG_TABLES]])


def _of_table(found: Definitions, table: str) -> list[str]:
    keys = [_add(one) for one in found.constraints if one.table == table and one.kind != FOREIGN_KEY]
    return [*keys, *(one.definition for one in found.indexes if one.table == table)]


def _add(one: Constraint) -> str:
    return f"ALTER TABLE {one.table} ADD CONSTRAINT {one.name} {one.definition}"
