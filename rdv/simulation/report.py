"""Words and tables: lines on the standard output, progress on the other one. Room: simulation (pure)."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib.util import find_spec
from typing import Any

from rdv.simulation.people import People

COLUMNS = (
    ("policy", "policy"), ("acceptance", "acceptance"), ("varied", "varied"), ("vacancy", "empty"),
    ("vacancy_low", "from"), ("vacancy_high", "to"), ("refilled", "refilled"), ("median_fill_min", "median min"),
    ("offers_per_fill", "offers/fill"), ("messages_per_fill", "messages/fill"),
)  # fmt: skip
SHARES = ("vacancy", "vacancy_low", "vacancy_high", "refilled")


def say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def write(words: str) -> None:
    sys.stdout.write(f"{words}\n")


def can_plot() -> bool:
    return find_spec("matplotlib") is not None


def table(lines: Sequence[Mapping[str, Any]]) -> str:
    rows = [[title for _, title in COLUMNS], *([_cell(name, line[name]) for name, _ in COLUMNS] for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def sources() -> str:
    """The people's figures as the table of docs/waitlist.md."""
    head = "| figure | value | range | what it says | source |\n| --- | --- | --- | --- | --- |"
    rows = [
        f"| `{one.name}` | {one.default:.3g} | {one.metadata['low']:g}-{one.metadata['high']:g} "
        f"| {one.metadata['says']} | {one.metadata['source']} |"
        for one in fields(People)
    ]
    return "\n".join([head, *rows])


def _cell(name: str, value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.1%}" if name in SHARES and isinstance(value, float) else str(value)
