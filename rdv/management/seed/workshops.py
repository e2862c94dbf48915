"""Sessions of workshops, past and to come, with the people registered; one of them is full.

Room: management. Called by run.py, before the crowd fills the openings of the same agents.
"""

from dataclasses import dataclass
from datetime import date, time

from rdv.management.seed.drafts import Board, Draft
from rdv.management.seed.filling import Crowd
from rdv.management.seed.institution import Institution
from rdv.management.seed.outcomes import Making, Outcomes
from rdv.management.seed.rhythms import FRI, MON, THU, TUE, WED
from rdv.management.seed.team import CLAIRE, ELISE, LAURENCE_974, NADEGE, SOPHIE, YASMINE
from rdv.management.seed.world import DAY, WEEK, WEEKS_AHEAD, World
from rdv.models import Origin


@dataclass(frozen=True, slots=True)
class WorkshopSeed:
    motif: str
    site: str
    agents: tuple[str, ...]
    weekday: int
    starts: time
    every: int = 2
    is_full: bool = False  # its next session


WORKSHOPS = (
    WorkshopSeed("massage-bebe", "lens", (CLAIRE,), MON, time(10, 30), every=1),
    WorkshopSeed("massage-bebe", "lievin", (ELISE,), WED, time(10), is_full=True),
    WorkshopSeed("massage-bebe", "bethune", ("Gwendoline Ledoux",), WED, time(10)),
    WorkshopSeed("groupe-allaitement", "lens", (NADEGE,), FRI, time(14)),
    WorkshopSeed("groupe-allaitement", "arras", ("Oksana Melnyk",), TUE, time(14)),
    WorkshopSeed("groupe-allaitement", "calais", ("Juliette Bocquet",), THU, time(14)),
    WorkshopSeed("atelier-cuisine", "lens", (YASMINE, SOPHIE), TUE, time(10), every=4),
    WorkshopSeed("atelier-cuisine", "bethune", ("Corinne Poulain",), THU, time(10), every=4),
    WorkshopSeed("atelier-cuisine", "boulogne-sur-mer", ("Fatou Camara",), THU, time(10), every=4),
    WorkshopSeed("atelier-budget", "lens", (YASMINE,), FRI, time(9, 45)),
    WorkshopSeed("atelier-budget", "lievin", ("Bérénice Hocquet",), TUE, time(14), every=4),
    WorkshopSeed("atelier-budget", "arras", ("Rosalie Coquelle",), THU, time(9, 30), every=4),
    WorkshopSeed("massage-bebe", "saint-denis", (LAURENCE_974,), TUE, time(9)),
    WorkshopSeed("atelier-budget", "saint-denis", ("Sabine Boyer",), THU, time(9), every=4),
    WorkshopSeed("atelier-cuisine", "saint-pierre", ("Anaëlle Lauret",), FRI, time(9), every=4),
)


def workshops_held(built: Institution) -> list[WorkshopSeed]:
    return [
        seed for seed in WORKSHOPS if seed.site in built.sites and any(name in built.agents for name in seed.agents)
    ]


class Workshops:
    def __init__(self, world: World, built: Institution, crowd: Crowd, board: Board) -> None:
        self.world, self.built, self.crowd, self.board = world, built, crowd, board
        self.outcomes = Outcomes(world, "workshops")
        self.dice = world.dice("workshops")

    def plan(self) -> None:
        for seed in workshops_held(self.built):
            self._plan_sessions(seed)

    def _plan_sessions(self, seed: WorkshopSeed) -> None:
        is_full = seed.is_full
        # Every workshop has a session next week, so that there is one to join.
        first = self.world.monday + WEEK - (14 // seed.every) * seed.every * WEEK + seed.weekday * DAY
        day = first
        while day < self.world.monday + (WEEKS_AHEAD + 4) * WEEK:
            if self._plan_session(seed, day, is_full=is_full and day > self.world.today) and day > self.world.today:
                is_full = False
            day += seed.every * WEEK

    def _plan_session(self, seed: WorkshopSeed, day: date, *, is_full: bool) -> bool:
        motif, site = self.built.motifs[seed.motif], self.built.sites[seed.site]
        agents = [self.built.agents[name] for name in seed.agents if name in self.built.agents]
        start = self.world.at(day, seed.starts)
        end = start + motif.duration
        is_scripted = any((agent.pk, day) in self.world.scripted for agent in agents)
        is_shut = self.world.is_holiday(day) or self.built.is_closed(site, day)
        if is_scripted or is_shut or not self.board.are_free(agents, motif, start, end):
            return False
        created_at = self.world.at(min(day - 45 * DAY, self.world.today - 3 * DAY), time(11))
        draft = Draft(
            motif=motif,
            site=site,
            agents=agents,
            starts_at=start,
            ends_at=end,
            seats=[],
            created_at=created_at,
            origin=Origin.AGENT,
            title=motif.name,
            capacity=motif.capacity,
        )
        wanted = motif.capacity if is_full else self._seats_wanted(day, motif.capacity)
        while len(draft.seats) < wanted and self._seat_somebody(draft, seed, day, is_full=is_full):
            pass
        self.board.add(draft)
        return True

    def _seats_wanted(self, day: date, capacity: int) -> int:
        weeks = (day - self.world.monday) // WEEK
        least, most = (60, 100) if weeks < 0 else (40, 80) if weeks < 2 else (0, 40)
        return capacity * self.dice.randrange(least, most) // 100

    def _seat_somebody(self, draft: Draft, seed: WorkshopSeed, day: date, *, is_full: bool) -> bool:
        pool, start, end = self.built.pools[seed.motif], draft.starts_at, draft.ends_at
        seated = [seat.person for seat in draft.seats]
        person = self.crowd.somebody(pool, seed.site, day, start, end, but=seated)
        if person is None and is_full:
            person = self.crowd.anybody(pool, seed.site, start, end, but=seated)
        if person is None:
            return False
        made = Making(Origin.WEB, draft.created_at, 80)
        draft.seats.append(self.outcomes.seat(person, start, end, made, is_kept=is_full))
        return True
