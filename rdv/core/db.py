"""Constraints and the errors they become; locks that say what they lock; pieces of migrations.

The database has the last word on every invariant. A refused constraint becomes one named domain error, in a savepoint,
so that the transaction around it goes on (pattern learned from itou, see docs/decisions/0001).
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations.operations import RunSQL

from rdv.core.errors import DomainError

# First key of every advisory lock: who is being locked. The second key is the row's id.
LOCK_AGENT = 1
LOCK_USAGER_CREATION = 2
LOCK_PHONE = 3
LOCK_CODE_ADDRESS = 3
LOCK_CODE_NETWORK = 4
LOCK_WAITLIST = 5
LOCK_EXPORT = 6


@contextmanager
def constraint_errors(
    errors: Mapping[str, type[DomainError] | DomainError], *, ends_all: bool = False
) -> Iterator[None]:
    """Turn the violation of a constraint named in `errors` into its domain error. Unknown violations go through.

    Runs in a savepoint: after the refusal the surrounding transaction is still usable. `ends_all`: the refusal ends
    the whole transaction (nobody catches it inside), and the two round trips of a savepoint are spared.
    """
    try:
        with nullcontext() if ends_all else transaction.atomic():
            yield
    except (IntegrityError, DatabaseError) as error:
        name = _constraint_name(error)
        if name in errors:
            found = errors[name]
            raise (found if isinstance(found, DomainError) else found()) from error
        raise


def _constraint_name(error: Exception) -> str:
    diag = getattr(error.__cause__, "diag", None)
    return getattr(diag, "constraint_name", None) or ""


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """For statements asked all day whose planning costs more than their answer: planned once per connection.

    Parameters travel beside the text, with their types: a statement sent here casts what may be NULL. Behind PgBouncer
    (settings.PGBOUNCER) it is an ordinary cursor. Counted and logged like any other.
    """
    connection.ensure_connection()
    if connection.connection.prepare_threshold is None:
        with connection.cursor() as cursor:
            yield cursor
        return
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    raw: Any = psycopg.Cursor(connection.connection)  # the stubs know the wrapper alone
    with make(raw) as cursor:
        yield cursor


_LOCK = "SELECT pg_advisory_xact_lock(%s, id) FROM unnest(%s::int[]) AS id"
_LOCK_LIGHTLY = (
    "SELECT pg_advisory_xact_lock(%s, id), set_config('synchronous_commit', 'off', true) FROM unnest(%s::int[]) AS id"
)


def lock_agents(agent_ids: Iterable[int], *, may_be_forgotten: bool = False) -> None:
    """Hold the agents' agendas until the end of the transaction, in id order so that two bookings never wait in a ring.

    Advisory: a booking never blocks somebody who only edits the agent's name. `may_be_forgotten`: what this transaction
    writes is committed before the disk has it; a crash of the server in the next half-second forgets it whole (0022).
    """
    if not connection.in_atomic_block:
        raise RuntimeError("lock_agents outside a transaction locks nothing")
    ids = sorted(set(agent_ids))
    if not ids:
        return
    with connection.cursor() as cursor:
        # unnest keeps the order of the array; one round trip for any number of agents.
        cursor.execute(_LOCK_LIGHTLY if may_be_forgotten else _LOCK, [LOCK_AGENT, ids])


def lock_waitlist(departement_code: str) -> None:
    """Hold the waiting lists of a département until the transaction ends: who is next is decided by one at a time.

    After the agents' locks and the workshop's row, before any row of the list.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("lock_waitlist outside a transaction locks nothing")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_WAITLIST, departement_code])


def try_lock_export(export_id: int) -> bool:
    """Be the one who makes this file until the transaction ends; False: somebody is at it.

    Killed with -9, a worker leaves its connection, and the lock with it: no lease to wait for.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("try_lock_export outside a transaction locks nothing")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_EXPORT, export_id])
        return bool(cursor.fetchone()[0])


def tenant_key(table: str) -> RunSQL:
    """Let other tables point at (departement_id, id) of this one: the base of `tenant_fk`."""
    name = f"{table}_departement_key"
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE (departement_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def tenant_fk(table: str, column: str, parent: str) -> RunSQL:
    """No row ever links two départements: the reference carries the département with it.

        child (departement_id, site_id) ---> parent (departement_id, id)

    The Django field is declared with `db_constraint=False`; this composite key takes its place.
    """
    name = f"{table}_{column}_same_departement"
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (departement_id, {column}) "
        f"REFERENCES {parent} (departement_id, id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
