"""simulate_waitlist: one month of an MDS under several policies, on the real services (docs/waitlist.md).

Room: management. The work is done by another process, on databases that it makes and drops: not a row of the caller's
is read or written.
"""

import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from rdv.simulation import options


class Command(BaseCommand):
    help = "Play a month of an MDS with invented people, under several policies of the waiting list."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        options.add_to(parser)

    def handle(self, *_args: Any, **asked: Any) -> None:
        command = [sys.executable, "-m", "rdv.simulation", *options.as_arguments(asked)]
        status = subprocess.run(command, check=False).returncode  # noqa: S603 - our own command
        if status:
            sys.exit(status)
