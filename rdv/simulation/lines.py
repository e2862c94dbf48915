"""What a month came to, and several months with their interval: the lines that are told. Room: simulation (pure)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import sqrt
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

from rdv.simulation.people import Acceptance

# Student's t, 97.5 %, for 1 to 30 degrees of freedom.
T_975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """One month. Counts of hours, but `minutes`: time from free to taken, of each hour taken before it began.

    `lost_after`: of each freed hour that stayed empty, the hours of notice that there were. `asleep`: people whose wait
    was in pause at the end. `confirmed`: said that they come; `asked_again`: second SMS; `calls`: "do you come?" by
    phone; `called_off`: cancelled from a question.
    """

    policy: str
    acceptance: str
    varied: str
    seed: int
    capacity: int
    vacant: int
    absent: int
    walk_ins_for_absent: int
    freed: int
    by_list: int
    by_caller: int
    by_walk_in: int
    lost: int
    offers: int
    messages: int
    too_late: int
    minutes: tuple[float, ...]
    lost_after: tuple[float, ...] = ()
    asleep: int = 0
    confirmed: int = 0
    asked_again: int = 0
    calls: int = 0
    called_off: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """Months of the same key are months of one line."""
        return self.policy, self.acceptance, self.varied

    @property
    def vacancy(self) -> float:
        return self.vacant / self.capacity


@dataclass(frozen=True, slots=True)
class Case:
    """One line to find. `other`: what is not as usual with these people; `rules`: in the numbers of the list."""

    policy: str
    acceptance: Acceptance
    other: Mapping[str, float] = field(default_factory=dict)
    rules: Mapping[str, int] = field(default_factory=dict)

    @property
    def varied(self) -> str:
        return ", ".join(f"{name}={value:g}" for name, value in {**self.other, **self.rules}.items())

    @property
    def key(self) -> tuple[str, str, str]:
        return self.policy, str(self.acceptance), self.varied


def keep(path: Path, result: Result) -> None:
    """At once: a run that is stopped has told what it found."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(result)) + "\n")


def read(path: Path) -> list[Result]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    lists = ("minutes", "lost_after")
    return [Result(**row | {name: tuple(row.get(name, ())) for name in lists}) for row in rows]


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """95 % around the mean (Student). None with a single value: one month says nothing of the next."""
    if len(values) < 2:
        return None
    low, high = difference(values)
    return max(low, 0.0), min(high, 1.0)


def difference(values: Sequence[float]) -> tuple[float, float]:
    """The same for what may be negative. Two values at least."""
    half = T_975[min(len(values) - 1, len(T_975)) - 1] * stdev(values) / sqrt(len(values))
    return fmean(values) - half, fmean(values) + half


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """The line of a policy. Shares are of freed hours; a figure that means nothing there is null."""
    around = interval([one.vacancy for one in results])
    total = {name: sum(getattr(one, name) for one in results) for name in COUNTS}
    minutes = [value for one in results for value in one.minutes]
    freed, fills = total["freed"], total["by_list"]
    taken = fills + total["by_caller"] + total["by_walk_in"]
    return {
        "policy": results[0].policy,
        "vacancy": round(fmean(one.vacancy for one in results), 4),
        "vacancy_low": round(around[0], 4) if around else None,
        "vacancy_high": round(around[1], 4) if around else None,
        "refilled": round(taken / freed, 4) if freed else None,
        "median_fill_min": round(median(minutes)) if minutes else None,
        "offers_per_fill": round(total["offers"] / fills, 2) if fills else None,
        "messages_per_fill": round(total["messages"] / fills, 2) if fills else None,
        "acceptance": results[0].acceptance,
        "varied": results[0].varied,
        "seeds": len(results),
        **total,
    }


COUNTS = (
    "capacity", "vacant", "absent", "walk_ins_for_absent", "freed", "by_list", "by_caller", "by_walk_in", "lost",
    "offers", "messages", "too_late", "asleep", "confirmed", "asked_again", "calls", "called_off",
)  # fmt: skip
