"""`python -m rdv.simulation`: what `manage.py simulate_waitlist` runs, in a process of its own. Room: simulation.

one MDS made and filled  ->  a copy of its database per (policy, seed)  ->  a month played on each  ->  lines
"""

import json
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from rdv.simulation import databases, options, playing, report
from rdv.simulation.people import Acceptance, People
from rdv.simulation.playing import Job
from rdv.simulation.policies import BY_NAME, USUAL

if TYPE_CHECKING:
    from rdv.simulation.results import Result


def main() -> int:
    parser = ArgumentParser(prog="simulate_waitlist")
    options.add_to(parser)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    asked.policy = asked.policy or list(USUAL)
    if asked.sources:
        report.write(report.sources())
        return 0
    if asked.plots and not report.can_plot():
        report.say("Pictures need matplotlib: pip install 'rdv-mds[simulation]'. Nothing was run.")
        return 2
    try:
        results = _results(asked)
    except databases.NoServerError as error:
        report.say(str(error))
        return 2
    _tell(asked, results)
    return 0


def _leave(number: int, _frame: object) -> None:
    """SIGTERM as an exception, so that databases and servers are put away."""
    raise SystemExit(128 + number)


def _results(asked: Namespace) -> "list[Result]":
    before, found = perf_counter(), []
    people = replace(People(), **dict(asked.set))
    with databases.server(asked.database_url) as url:
        playing.begin(url)
        template = databases.new_name()
        with databases.database(url, template):
            playing.make(agents=asked.agents, days=asked.days, people=people)
            report.say(f"One MDS made and filled in {perf_counter() - before:.0f} s")
            jobs = [
                Job(url, template, case.policy, seed, replace(people, **case.other), case.acceptance, case.varied)
                for seed in range(1, asked.seeds + 1)
                for case in _cases(asked)
            ]
            for number, one in enumerate(playing.played(jobs, workers=asked.workers), start=1):
                case = f"{one.policy} {one.varied} acceptance {one.acceptance} seed {one.seed}"
                report.say(f"{number}/{len(jobs)} {case}: {one.vacancy:.1%} empty")
                found.append(one)
                _keep(asked.results, one)
    report.say(f"Done in {perf_counter() - before:.0f} s")
    return sorted(found, key=lambda one: (one.policy, one.acceptance, one.varied, one.seed))


def _keep(path: Path | None, result: "Result") -> None:
    """At once: a run that is stopped has told what it found."""
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")


@dataclass(frozen=True, slots=True)
class Case:
    policy: str
    acceptance: Acceptance
    other: Mapping[str, float] = field(default_factory=dict)

    @property
    def varied(self) -> str:
        return ", ".join(f"{name}={value:g}" for name, value in self.other.items())

    def is_of(self, one: "Result") -> bool:
        return (one.policy, one.acceptance, one.varied) == (self.policy, str(self.acceptance), self.varied)


def _cases(asked: Namespace) -> Sequence[Case]:
    """Each policy; for the curve, those with a list at each rate of `--sweep`; each with each end of what is varied."""
    rates = [rate for rate in asked.sweep if rate != asked.acceptance]
    usual = [Case(name, asked.acceptance) for name in asked.policy]
    swept = [Case(name, rate) for rate in rates for name in asked.policy if BY_NAME[name].has_waitlist]
    ranges = {one.name: one.metadata for one in fields(People) if one.name in asked.vary}
    varied = [
        Case(name, asked.acceptance, {figure: known[end]})
        for name in asked.policy
        for figure, known in ranges.items()
        for end in ("low", "high")
    ]
    return [*usual, *swept, *varied]


def _tell(asked: Namespace, results: "list[Result]") -> None:
    from rdv.simulation.results import summary

    lines = [summary([one for one in results if case.is_of(one)]) for case in _cases(asked)]
    if asked.json:
        report.write("\n".join(json.dumps(line) for line in lines))
    else:
        report.write(report.table(lines))
    if asked.plots:
        from rdv.simulation.plots import draw

        draw(asked.plots, lines, results, usual=str(asked.acceptance))


if __name__ == "__main__":
    sys.exit(main())
