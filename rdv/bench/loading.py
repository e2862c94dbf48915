"""Fill an empty, migrated database with a scale: small tables by the ORM, large ones by SQL. Room: bench.

definitions read -> indexes and constraints down -> rows -> indexes and constraints up again -> ANALYZE
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from django.db import connection

from rdv.bench.definitions import BIG_TABLES, put_back, read_definitions, take_down
from rdv.bench.institution import build_institution
from rdv.bench.rows import FIRST, LAST, SIDE_BY_SIDE
from rdv.bench.scales import Scale

# For the session of the load only: the questions are asked with the default settings.
SESSION = ("SET maintenance_work_mem = '768MB'", "SET work_mem = '512MB'", "SET synchronous_commit = off")
RESET = ("RESET maintenance_work_mem", "RESET work_mem", "RESET synchronous_commit")

Say = Callable[[str], None]


def load(scale: Scale, *, say: Say, workers: int = 1) -> None:
    """`workers`: connections used at once; 1 stays on the connection (and in the transaction) of the caller."""

    def run(groups: Sequence[Sequence[str]]) -> None:
        _run(groups, workers=workers)

    found = read_definitions()
    steps: list[tuple[str, Callable[[], None]]] = [
        ("institution", lambda: build_institution(scale)),
        ("indexes and constraints down", lambda: take_down(found, run)),
        ("agents, rules, slots", lambda: run([FIRST])),
        ("rows", lambda: run(SIDE_BY_SIDE)),
        ("sequences", lambda: run([LAST])),
        ("indexes and constraints up", lambda: put_back(found, run)),
        ("statistics", lambda: run([["ANALYZE"]])),
    ]
    for name, step in steps:
        before = perf_counter()
        step()
        say(f"  {name}: {perf_counter() - before:.1f} s")


def vacuum() -> None:
    """What autovacuum does within minutes of such a load: the visibility map, without which no index answers alone."""
    _run([[f"VACUUM (ANALYZE) {table}"] for table in BIG_TABLES], workers=2)


def _run(groups: Sequence[Sequence[str]], *, workers: int) -> None:
    if workers == 1 or len(groups) == 1:
        for group in groups:
            _execute(group)
        return
    with ThreadPoolExecutor(workers) as pool:
        for answer in [pool.submit(_execute_apart, group) for group in groups]:
            answer.result()


def _execute_apart(statements: Sequence[str]) -> None:
    try:
        _execute(statements)
    finally:
        connection.close()


def _execute(statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in (*SESSION, *statements, *RESET):
            cursor.execute(statement)
