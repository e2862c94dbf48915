"""All the months of a run: the server, the MDS they begin with, the workers that play them. Room: simulation."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from rdv.simulation import databases, lines, playing, report
from rdv.simulation.lines import Case, Result
from rdv.simulation.people import People
from rdv.simulation.playing import Job


def run(asked: Namespace, cases: Sequence[Case]) -> list[Result]:
    before, found = perf_counter(), []
    people = replace(People(), **dict(asked.set))
    with databases.server(asked.database_url) as url:
        playing.begin(url)
        run = databases.new_run()
        template = databases.new_name(run)
        with databases.swept(url, run), databases.database(url, template):
            playing.make(agents=asked.agents, days=asked.days, people=people)
            report.say(f"One MDS made and filled in {perf_counter() - before:.0f} s")
            jobs = [
                Job(
                    url,
                    run,
                    template,
                    case.policy,
                    seed,
                    replace(people, **case.other),
                    case.acceptance,
                    case.varied,
                    case.rules,
                )
                for seed in range(asked.first_seed, asked.first_seed + asked.seeds)
                for case in cases
            ]
            for number, one in enumerate(playing.played(jobs, workers=asked.workers), start=1):
                case = f"{one.policy} {one.varied} acceptance {one.acceptance} seed {one.seed}"
                report.say(f"{number}/{len(jobs)} {case}: {one.vacancy:.1%} empty")
                found.append(one)
                if asked.results:
                    lines.keep(asked.results, one)
    report.say(f"Done in {perf_counter() - before:.0f} s")
    return found
