"""load_communes: puts the file of the communes (agents/data/) in the database. Safe to run again.

Communes are added and brought up to date, never removed: sites and secteurs of a commune that vanished keep it.
"""

import itertools
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from agents.data.commune_file import CommuneRow, read_communes
from agents.models import Commune
from rdv.core.text import search_key

BATCH = 5000
UPDATED_FIELDS = ["name", "search_key", "postcodes", "departement_code", "population", "latitude", "longitude"]


class Command(BaseCommand):
    help = "Load the list of the communes of France kept with the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="Do nothing when communes are already there.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["if_empty"] and Commune.objects.exists():
            self.stdout.write("Communes are already there.")
            return
        count = load_communes(read_communes())
        self.stdout.write(f"{count} communes loaded, {Commune.objects.count()} in the database.")


@transaction.atomic
def load_communes(rows: Iterable[CommuneRow]) -> int:
    """Add or bring up to date; the number of rows read."""
    count = 0
    communes = (commune_of(row) for row in rows)
    while batch := list(itertools.islice(communes, BATCH)):
        Commune.objects.bulk_create(batch, update_conflicts=True, unique_fields=["code"], update_fields=UPDATED_FIELDS)
        count += len(batch)
    return count


def commune_of(row: CommuneRow) -> Commune:
    return Commune(
        code=row.code,
        name=row.name.replace("'", "’"),  # The source has typewriter apostrophes; people read this name.
        search_key=search_key(row.name),
        postcodes=list(row.postcodes),
        departement_code=row.departement_code,
        population=row.population,
        latitude=row.latitude,
        longitude=row.longitude,
    )
