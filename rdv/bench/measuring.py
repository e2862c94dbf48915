"""One figure: a question asked many times, its yardstick asked in between, and the line that tells it. Room: bench."""

import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

WARM_UP = 5

# Prepares one asking (not timed) and gives what is timed.
Prepare = Callable[[], Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Yardstick:
    name: str
    ask: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Question:
    """`target_ms`: the 95th percentile to reach (None: told, not judged). `extra`: what else the line says."""

    name: str
    prepare: Prepare
    yardstick: Yardstick
    times: int = 200
    target_ms: float | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def percentile(sorted_ms: list[float], percent: int) -> float:
    """Nearest rank: one of the values that were seen, never one between two."""
    rank = -(-len(sorted_ms) * percent // 100)
    return sorted_ms[max(0, rank - 1)]


def measure(question: Question, scale: str) -> dict[str, Any]:
    for _ in range(WARM_UP):
        question.prepare()()
        question.yardstick.ask()
    queries = queries_of(question)
    # As the web process does at its start (rdv/config/wsgi).
    gc.collect()
    gc.freeze()
    own: list[float] = []
    yard: list[float] = []
    for _ in range(question.times):
        asked = question.prepare()
        own.append(milliseconds(asked))
        yard.append(milliseconds(question.yardstick.ask))
    return line(question, scale, own, yard) | {"queries": queries}


def queries_of(question: Question) -> int:
    asked = question.prepare()
    with CaptureQueriesContext(connection) as captured:
        asked()
    return len(captured)


def milliseconds(asked: Callable[[], object]) -> float:
    before = perf_counter()
    asked()
    return (perf_counter() - before) * 1000


def line(question: Question, scale: str, own: list[float], yard: list[float]) -> dict[str, Any]:
    """`ratio`: median of the question over median of its yardstick, both of this run."""
    own, yard = sorted(own), sorted(yard)
    told: dict[str, Any] = {"name": question.name, "scale": scale}
    told |= {f"p{percent}_ms": round(percentile(own, percent), 2) for percent in (50, 95, 99)}
    told |= {
        "n": len(own),
        "yardstick": question.yardstick.name,
        "yardstick_p50_ms": round(percentile(yard, 50), 3),
        "ratio": round(percentile(own, 50) / percentile(yard, 50), 2),
    }
    if question.target_ms is not None:
        told["target_ms"] = question.target_ms
    return told | question.extra
