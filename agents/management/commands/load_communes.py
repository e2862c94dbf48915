"""load_communes: puts the file of the communes (agents/data/) in the database. Safe to run again.

Communes are added and brought up to date, never removed: sites and secteurs of a commune that vanished keep it.
"""

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from agents.data.commune_file import CommuneRow, read_communes
from agents.models import Commune
from rdv.core.text import search_key

COLUMNS = ("code", "name", "search_key", "postcodes", "departement_code", "population", "latitude", "longitude")

# PostgreSQL's COPY, then one statement: the ORM's bulk_create needs ten times as long for 35,000 rows. Rows that did
# not change are left alone, so that a second run writes nothing.
CREATE = "CREATE TEMPORARY TABLE commune_loading (LIKE agents_commune) ON COMMIT DROP"
COPY = f"COPY commune_loading ({', '.join(COLUMNS)}) FROM STDIN"
MERGE = f"""
INSERT INTO agents_commune AS kept ({", ".join(COLUMNS)})
SELECT {", ".join(COLUMNS)} FROM commune_loading
ON CONFLICT (code) DO UPDATE SET {", ".join(f"{column} = EXCLUDED.{column}" for column in COLUMNS[1:])}
WHERE kept IS DISTINCT FROM EXCLUDED
"""  # noqa: S608 - the names above, nothing from outside


class Command(BaseCommand):
    help = "Load the list of the communes of France kept with the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="Do nothing when communes are already there.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["if_empty"] and Commune.objects.exists():
            self.stdout.write("Communes are already there.")
            return
        written = load_communes(read_communes())
        self.stdout.write(f"{written} communes added or changed, {Commune.objects.count()} in the database.")


@transaction.atomic
def load_communes(rows: Iterable[CommuneRow]) -> int:
    """Add or bring up to date; the number of communes that were new or different."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        with cursor.copy(COPY) as copy:
            for row in rows:
                copy.write_row(values_of(row))
        cursor.execute(MERGE)
        written = cursor.rowcount
        cursor.execute("DROP TABLE commune_loading")  # Inside a longer transaction, a second load finds the place free.
    return int(written)


def values_of(row: CommuneRow) -> tuple[Any, ...]:
    """In the order of COLUMNS."""
    return (
        row.code,
        row.name.replace("'", "’"),  # The source has typewriter apostrophes; people read this name.
        search_key(row.name),
        list(row.postcodes),
        row.departement_code,
        row.population,
        row.latitude,
        row.longitude,
    )
