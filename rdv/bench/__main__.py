"""`python -m rdv.bench site|departement|national|all [--only NAME ...]`: what `make bench` runs. Room: bench.

One JSON line per figure on the standard output; words and tables on the other one. Each scale has a process of its
own (Django knows one database); `all` runs them one after the other and sets them side by side.
"""

import argparse
import json
import os
import subprocess
import sys

from rdv.bench import report
from rdv.bench.scales import SCALES, Scale

ALL = "all"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m rdv.bench", description="Measure the engine.")
    parser.add_argument("scale", choices=[*SCALES, ALL])
    parser.add_argument("--only", nargs="+", default=[], help="names of figures")
    parser.add_argument("--load-only", action="store_true", help="make the data and stop")
    asked = parser.parse_args()
    if asked.scale == ALL:
        return _all(asked.only)
    return _one(SCALES[asked.scale], only=asked.only, load_only=asked.load_only)


def _one(scale: Scale, *, only: list[str], load_only: bool) -> int:
    from rdv.bench.ground import database_of

    with database_of(scale, say=report.say):
        if load_only:
            return 0
        from rdv.bench.run import run  # after Django is set up

        lines = run(scale, only=only, tell=report.tell)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    report.say(f"\n{scale.name}: {len(scale.sites)} départements, {scale.agents} agents; load average {load}")
    report.say(report.table(lines))
    return 0


def _all(only: list[str]) -> int:
    found = {}
    for name in SCALES:
        command = [sys.executable, "-m", "rdv.bench", name, *(["--only", *only] if only else [])]
        answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - our own command
        sys.stdout.write(answer.stdout)
        found[name] = [json.loads(line) for line in answer.stdout.splitlines()]
    report.say("\n" + report.growth(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
