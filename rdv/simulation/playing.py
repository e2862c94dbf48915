"""One month in a process of its own, on its copy of the database. Room: simulation; called by __main__."""

import gc
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import get_context

import structlog

from rdv.simulation import databases
from rdv.simulation.lines import Result
from rdv.simulation.people import Acceptance, People
from rdv.simulation.policies import BY_NAME


@dataclass(frozen=True, slots=True)
class Job:
    url: str
    run: str
    template: str
    policy: str
    seed: int
    people: People
    acceptance: Acceptance
    # What is not as usual with these people ("no_show=0.08"), "" when all is.
    varied: str = ""
    rules: Mapping[str, int] = field(default_factory=dict)


def begin(url: str) -> None:
    """Once in each process, before any model is read."""
    databases.set_up_django(url)
    # A line of log per message is not what is read here.
    logging.getLogger().setLevel(logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    # A month makes millions of small objects, and hardly one ring of them: it is looked for less often.
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


def make(*, agents: int, days: int, people: People) -> None:
    """The MDS that every month begins with, on the database we are on."""
    from django.core.management import call_command

    from rdv.simulation import world
    from rdv.simulation.chance import ruled_by

    call_command("migrate", verbosity=0)
    with ruled_by("world", world.FILLED_AT):
        world.build(agents=agents, days=days, people=people)
    databases.close()


def played(jobs: Sequence[Job], *, workers: int) -> Iterator[Result]:
    """As they end. Whatever stops us stops the workers too."""
    with get_context("spawn").Pool(workers, initializer=begin, initargs=(jobs[0].url,)) as pool:
        yield from pool.imap_unordered(play, jobs)


def play(job: Job) -> Result:
    from rdv.simulation import world
    from rdv.simulation.chance import ruled_by
    from rdv.simulation.month import Month
    from rdv.simulation.results import result_of

    with (
        databases.database(job.url, databases.new_name(job.run), template=job.template),
        ruled_by(job.seed, world.WALK_FROM) as clock,
    ):
        scheme = BY_NAME[job.policy]
        scheme = replace(scheme, settings={**scheme.settings, **job.rules})
        month = Month(world.read(), scheme, people=job.people, acceptance=job.acceptance, seed=job.seed, clock=clock)
        month.run()
        return result_of(month, varied=job.varied)
