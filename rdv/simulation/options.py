"""The words of the command line, for manage.py and for the process that does the work. Room: simulation (pure)."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rdv.domain.waiting import PolicyError, policy_from
from rdv.simulation.people import NAMES, Acceptance
from rdv.simulation.policies import BY_NAME

SWITCHES = ("json", "tables", "sources")
VALUES = (
    "seeds", "first_seed", "acceptance", "days", "agents", "workers", "results", "read", "plots", "database_url",
)  # fmt: skip


def add_to(parser: ArgumentParser) -> None:
    parser.add_argument("--policy", action="append", choices=[*BY_NAME], help="Once or more; by default the five.")
    parser.add_argument("--seeds", type=_at_least_1, default=5, help="How many months of each policy (default 5).")
    parser.add_argument("--first-seed", type=_at_least_1, default=1, help="To add months to those of another run.")
    parser.add_argument(
        "--acceptance", type=_acceptance, default=Acceptance(), metavar="A..B",
        help="Share of offers that get a yes: each person between A and B (default 0.08..0.30), or one number.",
    )  # fmt: skip
    parser.add_argument(
        "--sweep", nargs="+", type=_acceptance, default=[], metavar="A", help="Other rates, for the curve."
    )
    parser.add_argument("--vary", nargs="+", choices=NAMES, default=[], metavar="NAME",
                        help="Also each of these figures of the people at the two ends of its range.")  # fmt: skip
    parser.add_argument(
        "--rules", nargs="+", type=_rules, default=[], metavar="NAME=VALUE[,NAME=VALUE]",
        help="Also each of these sets of numbers of the waiting list, over those of the policy (docs/waitlist.md).",
    )  # fmt: skip
    parser.add_argument("--days", type=_at_least_1, default=20, help="Working days of the month (default 20).")
    parser.add_argument("--agents", type=_at_least_1, default=2, help="Agents who receive (default 2: 16 hours a day).")
    parser.add_argument("--set", action="append", type=_setting, default=[], metavar="NAME=VALUE",
                        help="Another figure for the people; the names are those of --sources.")  # fmt: skip
    parser.add_argument("--workers", type=_at_least_1, default=2, help="Months played side by side (default 2).")
    parser.add_argument("--json", action="store_true", help="One JSON line per policy.")
    parser.add_argument("--tables", action="store_true", help="The tables of docs/waitlist.md.")
    parser.add_argument("--results", type=Path, help="Add each month to this file, a line of JSON each.")
    parser.add_argument("--read", type=Path, metavar="FILE", help="Play nothing: tell what --results kept there.")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="PNG and SVG there (needs matplotlib).")
    parser.add_argument("--sources", action="store_true", help="Print the people's figures, and stop.")
    parser.add_argument(
        "--database-url", default="",
        help="A PostgreSQL whose role may create databases. Ours are made beside yours, and dropped. Without it, a "
        "server of our own is started.",
    )  # fmt: skip


def as_arguments(options: Mapping[str, Any]) -> list[str]:
    """The same words again, for another process."""
    words = [f"--{name}" for name in SWITCHES if options[name]]
    for name in (
        "seeds",
        "first_seed",
        "acceptance",
        "days",
        "agents",
        "workers",
        "results",
        "read",
        "plots",
        "database_url",
    ):
        if options[name] not in (None, ""):
            words += [f"--{name.replace('_', '-')}", str(options[name])]
    if options["vary"]:
        words += ["--vary", *options["vary"]]
    if options["rules"]:
        words += ["--rules", *(",".join(f"{name}={value}" for name, value in one.items()) for one in options["rules"])]
    if options["sweep"]:
        words += ["--sweep", *map(str, options["sweep"])]
    for policy in options["policy"] or []:
        words += ["--policy", policy]
    for name, value in options["set"]:
        words += ["--set", f"{name}={value!r}"]
    return words


def _at_least_1(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("at least 1")
    return number


def _acceptance(text: str) -> Acceptance:
    try:
        return Acceptance.read(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _rules(text: str) -> dict[str, int]:
    try:
        rules = {name: int(value) for name, _, value in (pair.partition("=") for pair in text.split(","))}
        policy_from(rules)
    except (PolicyError, ValueError) as error:
        raise ArgumentTypeError(f"{text}: {error}") from error
    return rules


def _setting(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    if name not in NAMES:
        raise ArgumentTypeError(f"unknown: {name} (known: {', '.join(NAMES)})")
    return name, float(value)
