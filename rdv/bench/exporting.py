"""export_200k: a file of 200,000 Rdv, its seconds, its rows a second, and what its memory grows by. Room: bench.

Each length has a process of its own (`python -m rdv.bench.exporting DEPARTEMENT LINES`), whose peak of resident memory
the system itself keeps: constant memory is the same growth for 20,000 lines and for 200,000.

The département has fewer Rdv than that: those it has are written again, some years before each time.
"""

import json
import resource
import subprocess
import sys
import tempfile
from datetime import date
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

EXPORT = "export_200k"
SHORT, LONG = 20_000, 200_000
FORMATS = ("csv", "xlsx")
KILO = 1024
# Fifty-two weeks: the days keep their weekday, nobody has two Rdv at once.
_COPY = """
CREATE TEMPORARY TABLE bench_copied ON COMMIT DROP AS
SELECT r.id AS old, nextval(pg_get_serial_sequence('rdv_rdv', 'id')) AS id, k * interval '364 days' AS before
FROM rdv_rdv r CROSS JOIN generate_series(1, %(times)s) AS k
WHERE r.departement_id = %(code)s LIMIT %(lines)s;
CREATE INDEX ON bench_copied (old);
"""
# Columns that are not copied as they are.
_CHANGED = {
    "rdv_rdv": {
        "id": "c.id",
        "uuid": "gen_random_uuid()",
        "starts_at": "t.starts_at - c.before",
        "ends_at": "t.ends_at - c.before",
        "created_at": "t.created_at - c.before",
    },
    "rdv_rdvagent": {"rdv_id": "c.id"},
    "rdv_participation": {
        "rdv_id": "c.id",
        "uuid": "gen_random_uuid()",
        "starts_at": "t.starts_at - c.before",
        "ends_at": "t.ends_at - c.before",
        "created_at": "t.created_at - c.before",
        "link_hash": "md5(random()::text || c.id) || md5(random()::text || c.id)",
    },
}


def export_200k(scale: str, code: str) -> dict[str, Any]:
    """The line of the figure. Called last: what is written for it is taken away by cleaning.clean."""
    lines = _fill(code)
    found = {f"{kind}_{n // 1000}k": _apart(code, n, kind) for kind in FORMATS for n in (SHORT, LONG)}
    longest = found[f"csv_{LONG // 1000}k"]
    milliseconds = round(longest["seconds"] * 1000, 1)
    grown = {kind: (found[f"{kind}_20k"]["grown_mb"], found[f"{kind}_200k"]["grown_mb"]) for kind in FORMATS}
    return {
        "name": EXPORT,
        "scale": scale,
        **dict.fromkeys(("p50_ms", "p95_ms", "p99_ms"), milliseconds),
        "n": 1,
        "lines": longest["lines"],
        "lines_there": lines,
        "rows_per_s": round(longest["lines"] / longest["seconds"]),
        "grown_mb_20k_200k": grown,
        **found,
    }


def _fill(code: str) -> int:
    """Until the département has 200,000 Rdv. The triggers sleep: they would count again what is copied."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM rdv_rdv WHERE departement_id = %s", [code])
        have = int(cursor.fetchone()[0])
        missing = LONG - have
        if missing > 0:
            for table in _CHANGED:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(_COPY, {"times": -(-missing // have), "code": code, "lines": missing})
            for table, changed in _CHANGED.items():
                cursor.execute(_copy_of(table, changed))
            # Foreign keys are looked at before the tables may be altered again.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in _CHANGED:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with connection.cursor() as cursor:
        for table in _CHANGED:
            cursor.execute(f"ANALYZE {table}")
        cursor.execute("SELECT count(*) FROM rdv_rdv WHERE departement_id = %s", [code])
        return int(cursor.fetchone()[0])


def _copy_of(table: str, changed: dict[str, str]) -> str:
    from django.apps import apps

    model = next(one for one in apps.get_models() if one._meta.db_table == table)  # noqa: SLF001 - Django's own idiom
    names = [field.column for field in model._meta.concrete_fields]  # noqa: SLF001 - as above
    names = [name for name in names if name != "id" or "id" in changed]
    values = ", ".join(changed.get(name, f't."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    joined = "t.id" if table == "rdv_rdv" else "t.rdv_id"
    return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t JOIN bench_copied c ON c.old = {joined}"  # noqa: S608 - names of our own tables


def _apart(code: str, lines: int, kind: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "rdv.bench.exporting", code, str(lines), kind]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - our own command
    told: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return told


def main(code: str, lines: int, kind: str) -> None:
    """In the child: everything is loaded and has been used once before the memory is looked at."""
    import django

    django.setup()
    _export(code, 1, kind)
    before = _peak_kb()
    started = perf_counter()
    written, size = _export(code, lines, kind)
    seconds = perf_counter() - started
    peak = _peak_kb()
    told = {
        "lines": written,
        "seconds": round(seconds, 2),
        "grown_mb": round((peak - before) / KILO, 1),
        "peak_mb": round(peak / KILO, 1),
        "file_mb": round(size, 1),
    }
    sys.stdout.write(json.dumps(told) + "\n")


def _export(code: str, lines: int, kind: str) -> tuple[int, float]:
    """The same steps as rdv.services.export_run: the question, the cursor, the file. With the people."""
    from django.db import transaction

    from agents.models import Departement
    from rdv.bench.scales import NOW
    from rdv.core.spreadsheets import open_sheet
    from rdv.domain.exporting import Filters, Rights
    from rdv.services import export_rows

    departement = Departement.objects.get(code=code)
    nothing: frozenset[int] = frozenset()
    desks = frozenset(departement.sites.values_list("pk", flat=True))
    rights = Rights(0, is_admin=True, sites=nothing, hidden=nothing, services=nothing, desks=desks, offices=nothing)
    filters = Filters(date(1900, 1, 1), date(2100, 1, 1), with_people=True)
    count = 0
    with tempfile.TemporaryDirectory() as home, transaction.atomic():
        path = Path(home) / f"export.{kind}"
        with open_sheet(path, kind, title="Rendez-vous", header=export_rows.header(filters)) as sheet:
            for line in islice(export_rows.lines(departement, rights, filters, now=NOW), lines):
                sheet.write(line)
                count += 1
        return count, path.stat().st_size / KILO / KILO


def _peak_kb() -> int:
    """The most memory this process ever held. Linux: VmHWM, since ru_maxrss also remembers the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM:"))
        return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KILO  # bytes on macOS


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
