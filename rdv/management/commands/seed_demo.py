"""seed_demo: two invented departements with their people, their last three months and their next eight weeks.

Room: management. Passwords are known to everybody: the command refuses an instance whose messages really leave.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from rdv.core import clock
from rdv.management.seed.run import is_empty, seed_all


class Command(BaseCommand):
    help = "Load the invented departements of the demo into an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--accounts-file", type=Path, help="Where to write the accounts, as JSON.")
        parser.add_argument("--seed", type=int, default=62, help="Another number, other people.")
        parser.add_argument("--scale", choices=["full", "small"], default="full", help="small: two sites, for tests.")
        parser.add_argument("--if-empty", action="store_true", help="Do nothing when a departement is already there.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.OUTBOX_PAGE:
            raise CommandError("seed_demo writes known passwords: only where OUTBOX_PAGE is on (demo, tests).")
        if not is_empty():
            if options["if_empty"]:
                self.stdout.write("A departement is already there: nothing loaded.")
                return
            raise CommandError("A departement is already there: seed_demo only fills an empty database.")
        seeded = seed_all(seed=options["seed"], now=clock.now(), is_small=options["scale"] == "small")
        if options["accounts_file"]:
            text = json.dumps(seeded.accounts, ensure_ascii=False, indent=2) + "\n"
            options["accounts_file"].write_text(text, encoding="utf-8")
        for one in seeded.laid:
            self.stdout.write(f"{one.world.departement.name}: {len(one.board.drafts)} Rdv")
