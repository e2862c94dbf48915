"""`python -m rdv.simulation`: what `manage.py simulate_waitlist` runs, in a process of its own. Room: simulation.

one MDS made and filled  ->  a copy of its database per (policy, seed)  ->  a month played on each  ->  lines
"""

import json
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import fields

from rdv.simulation import lines, options, report, tables
from rdv.simulation.lines import Case, Result
from rdv.simulation.people import People
from rdv.simulation.policies import BY_NAME, USUAL


def main() -> int:
    parser = ArgumentParser(prog="simulate_waitlist")
    options.add_to(parser)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    if asked.sources:
        report.write(report.sources())
        return 0
    if asked.plots and not report.can_plot():
        report.say("Pictures need matplotlib: pip install 'rdv-mds[simulation]'. Nothing was run.")
        return 2
    cases = cases_of(asked)
    if asked.read:
        _tell(asked, cases, lines.read(asked.read))
        return 0
    from rdv.simulation import databases, running  # what is above needs no database, and not even Django

    try:
        _tell(asked, cases, running.run(asked, cases))
    except databases.NoServerError as error:
        report.say(str(error))
        return 2
    return 0


def _leave(number: int, _frame: object) -> None:
    """SIGTERM as an exception, so that databases and servers are put away."""
    raise SystemExit(128 + number)


def cases_of(asked: Namespace) -> Sequence[Case]:
    """Each policy; for the curve, those with a list at each rate of `--sweep`; each with each end of what is varied."""
    names = asked.policy or list(USUAL)
    rates = [rate for rate in asked.sweep if rate != asked.acceptance]
    usual = [Case(name, asked.acceptance) for name in names]
    swept = [Case(name, rate) for rate in rates for name in names if BY_NAME[name].has_waitlist]
    ranges = {one.name: one.metadata for one in fields(People) if one.name in asked.vary}
    varied = [
        Case(name, asked.acceptance, {figure: known[end]})
        for name in names
        for figure, known in ranges.items()
        for end in ("low", "high")
    ]
    ruled = [
        Case(name, asked.acceptance, rules=rules)
        for name in names
        if BY_NAME[name].has_waitlist
        for rules in asked.rules
    ]
    return [*usual, *swept, *varied, *ruled]


def _tell(asked: Namespace, cases: Sequence[Case], results: Sequence[Result]) -> None:
    if asked.tables:
        report.write(tables.all_tables(results, usual=str(asked.acceptance)))
        return
    # What was asked comes first and in its order; what is read from a file may hold more, and is told too.
    keys = dict.fromkeys([*(case.key for case in cases), *(one.key for one in results)])
    groups = [[one for one in results if one.key == key] for key in keys]
    told = [lines.summary(sorted(group, key=lambda one: one.seed)) for group in groups if group]
    report.write("\n".join(json.dumps(line) for line in told) if asked.json else report.table(told))
    if asked.plots:
        from rdv.simulation.plots import draw

        draw(asked.plots, told, results, usual=str(asked.acceptance))


if __name__ == "__main__":
    sys.exit(main())
