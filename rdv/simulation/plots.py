"""Three pictures, PNG and SVG: empty hours by policy, by rate of yes, and the time it takes to give an hour again.

Room: simulation. Needs matplotlib (extra `simulation`), imported here and nowhere else.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from rdv.simulation.lines import Result

INK, MUTED, GRID = "#1b2b34", "#55656e", "#d5dde0"
COLOURS = {
    "none": "#8a969c", "reminders": "#b07a1f", "broadcast": "#96305a", "sequential": "#5b4a9c",
    "default": "#0f5a61", "default-no-confirmation": "#2f8f6b", "default-no-walk-in": "#4f9aa0",
    "reminders-walk-in": "#d3a351",
}  # fmt: skip
CONVENTION, TARGET = 0.08, 0.05
HOURS = (("15 min", 15), ("1 h", 60), ("4 h", 240), ("1 day", 1440), ("3 days", 4320), ("1 week", 10080))
STYLE = {
    "font.size": 11, "axes.edgecolor": MUTED, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "rdv", "svg.fonttype": "none",
}  # fmt: skip


def draw(folder: Path, lines: Sequence[Mapping[str, Any]], results: Sequence[Result], *, usual: str) -> list[Path]:
    """The files written. `usual`: the rate of yes of the two pictures that are not about it."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = [line for line in lines if not line["varied"]]
    at_usual = [line for line in plain if line["acceptance"] == usual]
    mpl.rcParams.update(STYLE)
    drawn = {
        "waitlist-vacancy": _vacancy(at_usual),
        "waitlist-time-to-fill": _fill([one for one in results if one.acceptance == usual and not one.varied]),
    }
    single = [line for line in plain if ".." not in line["acceptance"]]
    if single:
        drawn["waitlist-acceptance"] = _curve(single)
    return [path for name, figure in drawn.items() for path in _save(folder, name, figure)]


def _save(folder: Path, name: str, figure: Figure) -> list[Path]:
    paths = [folder / f"{name}.png", folder / f"{name}.svg"]
    figure.savefig(paths[0], dpi=130)
    figure.savefig(paths[1], metadata={"Date": None})
    # The drawing program leaves blanks at the ends of lines.
    text = paths[1].read_text(encoding="utf-8")
    paths[1].write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8")
    return paths


def _new(height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(8, height), layout="constrained")
    axes = figure.subplots()
    axes.set_axisbelow(True)
    return figure, axes


def _vacancy(lines: Sequence[Mapping[str, Any]]) -> Figure:
    figure, axes = _new(0.55 * len(lines) + 1.6)
    shown = list(reversed(lines))
    for row, line in enumerate(shown):
        axes.barh(row, line["vacancy"], color=COLOURS[line["policy"]], height=0.62)
        low, high = line["vacancy_low"], line["vacancy_high"]
        if low is not None:
            axes.plot([low, high], [row, row], color=INK, linewidth=1.6, marker="|", markersize=9)
        axes.text(max(high or 0, line["vacancy"]) + 0.004, row, f"{line['vacancy']:.1%}", va="center", color=INK)
    _references(axes.axvline)
    axes.text(TARGET, len(shown) - 0.45, "target: 5 % ", color=INK, fontsize=9, ha="right")
    axes.text(CONVENTION, len(shown) - 0.45, " 8 %: commercial tools, 2018", color=MUTED, fontsize=9)
    axes.set_ylim(-0.6, len(shown) - 0.1)
    axes.set_yticks(range(len(shown)), [line["policy"] for line in shown])
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel("hours in which nobody was received (bar: mean of the months; line: 95 % interval)")
    axes.grid(axis="x", color=GRID)
    axes.set_title("Empty hours by policy", loc="left", color=INK)
    return figure


def _references(line: Any) -> None:
    line(CONVENTION, color=MUTED, linestyle=":", linewidth=1.2)
    line(TARGET, color=INK, linestyle="--", linewidth=1.2)


def _curve(lines: Sequence[Mapping[str, Any]]) -> Figure:
    figure, axes = _new(4.2)
    for policy in dict.fromkeys(line["policy"] for line in lines):
        points = sorted((float(line["acceptance"]), line) for line in lines if line["policy"] == policy)
        rates = [rate for rate, _ in points]
        axes.plot(rates, [line["vacancy"] for _, line in points], color=COLOURS[policy], marker="o", label=policy)
        if all(line["vacancy_low"] is not None for _, line in points):
            lows, highs = ([line[name] for _, line in points] for name in ("vacancy_low", "vacancy_high"))
            axes.fill_between(rates, lows, highs, color=COLOURS[policy], alpha=0.14, linewidth=0)
    _references(axes.axhline)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel("offers that get a yes")
    axes.set_ylabel("empty hours")
    axes.grid(color=GRID)
    axes.legend(frameon=False)
    axes.set_title("Empty hours by rate of acceptance", loc="left", color=INK)
    return figure


def _fill(results: Sequence[Result]) -> Figure:
    """Share of the freed hours that somebody has, so long after they came free."""
    figure, axes = _new(4.2)
    for policy in (name for name in COLOURS if any(one.policy == name for one in results)):
        months = [one for one in results if one.policy == policy]
        freed = sum(one.freed for one in months)
        minutes = sorted(max(value, 1.0) for one in months for value in one.minutes)
        if not minutes or not freed:
            continue
        shares = [(rank + 1) / freed for rank in range(len(minutes))]
        end = HOURS[-1][1] * 2
        axes.step(
            [1, *minutes, end], [0, *shares, shares[-1]], where="post", color=COLOURS[policy], label=policy, linewidth=2
        )
    axes.set_xscale("log")
    axes.set_xticks([minutes for _, minutes in HOURS], [label for label, _ in HOURS])
    axes.minorticks_off()
    axes.set_xlim(5, HOURS[-1][1] * 2)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel("time since the hour came free")
    axes.set_ylabel("freed hours that somebody has again")
    axes.grid(color=GRID)
    axes.legend(frameon=False, loc="upper left", fontsize=9)
    axes.set_title("Time to fill", loc="left", color=INK)
    return figure
