"""Fills openings with the crowd: nearly all of the past, then less and less of what is to come.

Room: management. Called by run.py after the scripts, whose hours are in the diary already.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from agents.models import Agent
from rdv.domain.travel import Point, travel_time
from rdv.management.seed.drafts import Board, Draft, Seat
from rdv.management.seed.institution import Institution
from rdv.management.seed.outcomes import Making, Outcomes
from rdv.management.seed.people import People, Person
from rdv.management.seed.planning import Opening
from rdv.management.seed.rhythms import FULL_MOTIF, FULL_MOTIF_DAYS, FULL_SITE, FULL_WEEKS
from rdv.management.seed.world import DAY, WEEK, WEEKS_AHEAD, Deck, World
from rdv.models import Modality, Motif
from rdv.services.visits import site_point

# Of 20 hours, how many are taken: in the past, then from this week on.
PAST_SHARE, AHEAD_SHARES = 20, (18, 18, 15, 12, 10, 8, 6, 5, 4)


@dataclass(slots=True)
class Crowd:
    """Who may still come, dealt from shuffled pools."""

    world: World
    people: People
    board: Board
    _decks: dict[tuple[str, str], Deck[Person]] = field(default_factory=dict)

    def somebody(
        self, pool: str, place: str, day: date, start: datetime, end: datetime, *, but: Sequence[Person] = ()
    ) -> Person | None:
        def fits(person: Person) -> bool:
            return person not in but and person.is_apart(day) and self.board.may_come(person, start, end)

        return self._deck(pool, place).deal_fitting(fits)

    def anybody(
        self, pool: str, place: str, start: datetime, end: datetime, *, but: Sequence[Person] = ()
    ) -> Person | None:
        """Even somebody who comes the same week: for hours that must be taken."""
        return self._deck(pool, place).deal_fitting(
            lambda person: person not in but and self.board.may_come(person, start, end)
        )

    def _deck(self, pool: str, place: str) -> Deck[Person]:
        if (pool, place) not in self._decks:
            persons = self.people.pools.get((pool, place), [])
            self._decks[pool, place] = Deck(persons, self.world.dice(f"pool:{pool}:{place}"))
        return self._decks[pool, place]


class Filler:
    def __init__(self, world: World, built: Institution, crowd: Crowd, board: Board) -> None:
        self.world, self.built, self.crowd, self.board = world, built, crowd, board
        self.outcomes = Outcomes(world, "crowd")
        dice = world.dice("filling")
        self._motifs: dict[tuple[int, ...], Deck[Motif]] = {}
        self._dice = dice
        self._shares = {
            share: Deck([True] * share + [False] * (20 - share), dice) for share in (PAST_SHARE, *AHEAD_SHARES)
        }
        self._mates: dict[tuple[int, date, int], list[Opening]] = defaultdict(list)

    def fill(self, openings: Sequence[Opening]) -> None:
        last = self.world.monday + (WEEKS_AHEAD + 1) * WEEK
        near = [one for one in openings if one.row.local_on < last]
        for opening in near:
            for motif in opening.motifs:
                if motif.agents_needed > 1:
                    self._mates[opening.base.pk, opening.row.local_on, motif.pk].append(opening)
        for opening in near:
            if (opening.agent.pk, opening.row.local_on) not in self.world.scripted and not self._is_unpublished(
                opening
            ):
                self._fill_one(opening)

    def _is_unpublished(self, opening: Opening) -> bool:
        return opening.row.public_from is not None and opening.row.public_from > self.world.today

    def _is_taken(self, day: date) -> bool:
        if day < self.world.today:
            return self._shares[PAST_SHARE].deal()
        return self._shares[AHEAD_SHARES[(day - self.world.monday) // WEEK]].deal()

    def _fill_one(self, opening: Opening) -> None:
        if opening.motifs[0].modality == Modality.HOME:
            self._fill_visits(opening, opening.motifs[0])
            return
        start: datetime | None = opening.row.starts_at
        while start is not None:
            start = self._fill_from(opening, start)

    def _fill_from(self, opening: Opening, start: datetime) -> datetime | None:
        """Book, or leave free, one stretch from `start`; answers where the next begins, None at the end."""
        motif = self._motif(opening, start)
        if motif is None:
            return None
        end = start + motif.duration
        if not self.board.are_free([opening.agent], motif, start, end):
            before, after = start - motif.buffer_before, end + motif.buffer_after
            return self.world.diary.free_from(opening.agent.pk, before, after) + motif.buffer_before
        agents = self._team(opening, motif, start, end)
        if agents:
            self._book(opening, motif, agents, start, end)
        return end + motif.buffer_after + motif.buffer_before

    def _motif(self, opening: Opening, start: datetime) -> Motif | None:
        """One that ends before the opening does; a binôme only when a colleague can come."""
        key = tuple(motif.pk for motif in opening.motifs)
        if key not in self._motifs:
            self._motifs[key] = Deck(opening.motifs * 3, self._dice)

        def fits(motif: Motif) -> bool:
            end = start + motif.duration
            return end <= opening.row.ends_at and (
                motif.agents_needed == 1 or bool(self._team(opening, motif, start, end))
            )

        return self._motifs[key].deal_fitting(fits)

    def _team(self, opening: Opening, motif: Motif, start: datetime, end: datetime) -> list[Agent]:
        """The agent of the opening and, for a binôme, the first colleagues who open it too and are free."""
        team = [opening.agent]
        for other in self._mates[opening.base.pk, opening.row.local_on, motif.pk]:
            if len(team) == motif.agents_needed:
                break
            covers = other.row.starts_at <= start and end <= other.row.ends_at
            if other.agent not in team and covers and self.board.are_free([other.agent], motif, start, end):
                team.append(other.agent)
        return team if len(team) == motif.agents_needed else []

    def _book(self, opening: Opening, motif: Motif, agents: list[Agent], start: datetime, end: datetime) -> None:
        day, is_full = opening.row.local_on, self._is_full(opening, motif)
        if not is_full and not self._is_taken(day):
            return
        pool = self.built.pools[motif.slug]
        place = opening.agent.full_name if pool == "followed" else opening.base.slug
        person = self.crowd.somebody(pool, place, day, start, end)
        if person is None and is_full:
            person = self.crowd.anybody(pool, place, start, end)
        if person is None:
            return
        self._add(opening, motif, agents, person, start, end, is_kept=is_full)
        if self.outcomes.is_rescued():
            self._add_given_back(self.board.drafts[-1], pool, place, day)

    def _is_full(self, opening: Opening, motif: Motif) -> bool:
        ahead = opening.row.local_on - self.world.today
        is_there = opening.base.slug == FULL_SITE and motif.slug == "pesee"
        if is_there:
            return timedelta(0) <= ahead < FULL_WEEKS * WEEK
        return self._is_full_everywhere(opening) and timedelta(0) <= ahead < FULL_MOTIF_DAYS * DAY

    def _is_full_everywhere(self, opening: Opening) -> bool:
        """Whatever the motif of the hour: none is left for the one that is full."""
        if self.world.is_small or self.world.departement.code != "62":
            return False
        return any(motif.slug == FULL_MOTIF for motif in opening.motifs)

    def _add(
        self,
        opening: Opening,
        motif: Motif,
        agents: list[Agent],
        person: Person,
        start: datetime,
        end: datetime,
        *,
        is_kept: bool = False,
        point: Point | None = None,
    ) -> None:
        made = self.outcomes.making(motif, start)
        seat = self.outcomes.seat(person, start, end, made, is_kept=is_kept)
        draft = _draft(motif, opening, agents, seat, made, start, end)
        if point is not None:
            draft.point, draft.address = point, person.usager.address
        self.board.add(draft)

    def _add_given_back(self, taken: Draft, pool: str, place: str, day: date) -> None:
        person = self.crowd.somebody(pool, place, day, taken.starts_at, taken.ends_at)
        if person is None:
            return
        made = Making(taken.origin, taken.created_at, taken.booking_seconds or 60)
        seat, earlier = self.outcomes.given_back(person, made)
        self.board.add(
            Draft(
                motif=taken.motif,
                site=taken.site,
                agents=taken.agents,
                starts_at=taken.starts_at,
                ends_at=taken.ends_at,
                seats=[seat],
                created_at=earlier.created_at,
                origin=earlier.origin,
                booking_seconds=earlier.booking_seconds,
                point=taken.point,
                address=taken.address,
            )
        )

    def _fill_visits(self, opening: Opening, motif: Motif) -> None:
        """One visit after another, with the road between them."""
        here, start = site_point(opening.base), opening.row.starts_at
        unknown = timedelta(minutes=self.world.departement.unknown_travel_min)
        while start + motif.duration <= opening.row.ends_at:
            if not self._is_taken(opening.row.local_on):
                start += motif.duration
                continue
            rest = opening.row.ends_at
            person = self.crowd.somebody(
                self.built.pools[motif.slug], opening.base.slug, opening.row.local_on, start, rest
            )
            if person is None:
                return
            point = _home(person)
            start += travel_time(here, point, fallback=unknown)
            end = start + motif.duration
            if end > rest or not self.board.are_free([opening.agent], motif, start, end):
                return
            self._add(opening, motif, [opening.agent], person, start, end, point=point)
            here, start = point, end


def _home(person: Person) -> Point | None:
    latitude, longitude = person.usager.latitude, person.usager.longitude
    return None if latitude is None or longitude is None else Point(latitude, longitude)


def _draft(
    motif: Motif, opening: Opening, agents: list[Agent], seat: Seat, made: Making, start: datetime, end: datetime
) -> Draft:
    return Draft(
        motif=motif,
        site=opening.base,
        agents=agents,
        starts_at=start,
        ends_at=end,
        seats=[seat],
        created_at=made.created_at,
        origin=made.origin,
        booking_seconds=made.booking_seconds,
    )
