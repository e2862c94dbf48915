"""How figures are told: one JSON line each, a table for people, the growth from scale to scale. Room: bench."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

Line = Mapping[str, Any]
HEAD = ("name", "p50_ms", "p95_ms", "p99_ms", "n", "target_ms", "ratio", "yardstick", "queries")


def tell(line: Line) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def table(lines: Iterable[Line]) -> str:
    rows = [[_shown(line.get(key)) for key in HEAD] + [_verdict(line)] for line in lines if "skipped" not in line]
    return _aligned([[*HEAD, ""], *rows])


def growth(by_scale: Mapping[str, Iterable[Line]]) -> str:
    """95th percentiles side by side, and what the last scale costs against the one before."""
    found = {scale: {str(line["name"]): line for line in lines} for scale, lines in by_scale.items()}
    names = list(dict.fromkeys(name for lines in found.values() for name in lines))
    scales = list(found)
    rows = [["p95, ms", *scales, "national / departement"]]
    for name in names:
        cells = [_shown(found[scale].get(name, {}).get("p95_ms")) for scale in scales]
        rows.append([name, *cells, _times(found, name)])
    return _aligned(rows)


def _times(found: Mapping[str, Mapping[str, Line]], name: str) -> str:
    """On medians: they are steadier than 95th percentiles."""
    small = found.get("departement", {}).get(name, {}).get("p50_ms")
    large = found.get("national", {}).get(name, {}).get("p50_ms")
    return f"x {large / small:.2f} (p50)" if small and large else ""


def _verdict(line: Line) -> str:
    target, p95 = line.get("target_ms"), line.get("p95_ms")
    if target is None or p95 is None:
        return ""
    return "reached" if p95 <= target else "NOT reached"


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
