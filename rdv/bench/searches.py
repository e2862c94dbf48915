"""The questions of search, through rdv.services.availability. Room: bench."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db import connection

from rdv.bench.measuring import Question, Yardstick
from rdv.bench.world import World
from rdv.services import availability
from rdv.services.questions import EVERYBODY

Asked = Callable[[], object]
SIX_WEEKS_FULL = 30  # minutes: the longest hole that the full weeks have


def select_1() -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()


SELECT_1 = Yardstick("select_1", select_1)


def searches(world: World) -> Iterator[Question]:
    yield Question("creneaux_site_7d", lambda: _site(world, weeks=1), SELECT_1, target_ms=10)
    yield Question("creneaux_site_84d", lambda: _site(world, weeks=12), SELECT_1, target_ms=15)
    count = len(world.sites(world.usual[0]))
    yield Question("next_20_sites", lambda: _next(world), SELECT_1, target_ms=10, extra={"sites": count})
    agents = len(world.agent_ids(world.usual[0]))
    yield Question("first_of_200_agents", lambda: _first(world), SELECT_1, target_ms=30, extra={"agents": agents})
    if world.large is not None:
        agents = len(world.agent_ids(world.large))
        yield Question("earliest_of_500_agents", lambda: _each(world), SELECT_1, target_ms=50, extra={"agents": agents})


def _site(world: World, *, weeks: int) -> Asked:
    departement = world.a_departement()
    motif, site = world.a_motif(departement), world.a_site(departement)
    window = world.week(motif) if weeks == 1 else world.twelve_weeks(motif)
    return lambda: availability.creneaux_of(
        motif, sites=[site], agents=EVERYBODY, window=window, now=world.now, is_public=True
    )


def _next(world: World) -> Asked:
    departement = world.a_departement()
    motif, sites = world.a_motif(departement, longer_than=SIX_WEEKS_FULL), world.sites(departement)
    window = world.twelve_weeks(motif)
    return lambda: availability.first_creneaux(
        motif, sites=sites, agents=EVERYBODY, window=window, now=world.now, is_public=True
    )


def _first(world: World) -> Asked:
    """The agents are named one by one, as a screen that filters by team does."""
    departement = world.a_departement()
    motif, sites, agents = world.a_motif(departement), world.sites(departement), world.agent_ids(departement)
    window = availability.agent_window(motif, world.now)

    def ask() -> object:
        found = availability.first_creneaux(motif, sites=sites, agents=agents, window=window, now=world.now)
        return min(start for start in found.values() if start is not None)

    return ask


def _each(world: World) -> Asked:
    departement = world.large
    assert departement is not None  # noqa: S101 - asked only where it exists
    motif, sites, agents = world.a_motif(departement), world.sites(departement), world.agent_ids(departement)
    start = world.now + timedelta(hours=world.random.randrange(24 * 14))
    window = availability.agent_window(motif, start)
    return lambda: availability.first_by_agent(motif, sites=sites, agents=agents, window=window, now=world.now)
