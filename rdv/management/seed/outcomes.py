"""What became of each Rdv, who booked it and when: shares dealt from decks, so that the figures are the mission’s.

Room: management. Called by filling.py, workshops.py and claire.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TypeVar

from rdv.core.clock import local_date
from rdv.domain.statuses import CANCELLED, Status
from rdv.management.seed.drafts import Seat
from rdv.management.seed.people import Person
from rdv.management.seed.world import DAY, MINUTE, Deck, World
from rdv.models import Booker, Motif, Origin

# 23.5 % of the hours are lost: not come, or called off too late to be given to somebody else.
PAST = {Status.SEEN: 153, Status.NOSHOW: 26, Status.EXCUSED: 16, Status.REVOKED: 5}
FUTURE = {Status.UNKNOWN: 39, Status.EXCUSED: 1}
# Still to be filled in: one status in so many, of the last working day and of the rest of this week.
FORGOTTEN_LAST_DAY, FORGOTTEN_THIS_WEEK = 6, 25
RESCUED = 30  # one hour in so many was given back in time, and taken by somebody else
FOR_ALL = {Origin.WEB: 34, Origin.PHONE: 46, Origin.DESK: 12, Origin.AGENT: 8}
FOR_AGENTS = {Origin.AGENT: 62, Origin.PHONE: 38}
# Opened to confirmed, in seconds.
SECONDS = {Origin.WEB: (55, 190), Origin.PHONE: (34, 140), Origin.DESK: (30, 110), Origin.AGENT: (14, 60)}


@dataclass(frozen=True, slots=True)
class Making:
    """How an Rdv came to be."""

    origin: Origin
    created_at: datetime
    booking_seconds: int


Card = TypeVar("Card")


def _deck_of(shares: Mapping[Card, int]) -> list[Card]:
    return [card for card, number in shares.items() for _ in range(number)]


class Outcomes:
    """Deals what happened. The same day, asked at two hours, only today's finished Rdv differ."""

    def __init__(self, world: World, purpose: str) -> None:
        self.world = world
        self.dice = world.dice(f"outcomes:{purpose}")
        self._past = Deck(_deck_of(PAST), self.dice)
        self._future = Deck(_deck_of(FUTURE), self.dice)
        self._for_all = Deck(_deck_of(FOR_ALL), self.dice)
        self._for_agents = Deck(_deck_of(FOR_AGENTS), self.dice)
        self._last_day = Deck([True] + [False] * (FORGOTTEN_LAST_DAY - 1), self.dice)
        self._this_week = Deck([True] + [False] * (FORGOTTEN_THIS_WEEK - 1), self.dice)
        self._rescued = Deck([True] + [False] * (RESCUED - 1), self.dice)
        self._last_working_day = world.working_day_before(world.today)

    def making(self, motif: Motif, starts_at: datetime) -> Making:
        origin = (self._for_all if motif.who_books == Booker.EVERYONE else self._for_agents).deal()
        return Making(origin, self._created_at(motif, starts_at, origin), self.dice.randrange(*SECONDS[origin]))

    def _created_at(self, motif: Motif, starts_at: datetime, origin: Origin) -> datetime:
        world, dice = self.world, self.dice
        least = 1 + motif.min_notice_min // (24 * 60)
        lead = min(dice.randrange(least, 30), dice.randrange(least, 30))
        day = min(local_date(starts_at, world.zone) - lead * DAY, world.today - dice.randrange(1, 7) * DAY)
        if origin is not Origin.WEB:
            while day.weekday() > 4:
                day -= DAY
        return world.at(day, time(9)) + dice.randrange(730 if origin is Origin.WEB else 470) * MINUTE

    def is_rescued(self) -> bool:
        return self._rescued.deal()

    def seat(
        self, person: Person, starts_at: datetime, ends_at: datetime, made: Making, *, is_kept: bool = False
    ) -> Seat:
        """`is_kept`: to come, whatever the decks say (the hours that must stay full)."""
        day = local_date(starts_at, self.world.zone)
        if is_kept:
            return Seat(person)
        status = self._future.deal() if day > self.world.today else self._told(day, self._past.deal(), ends_at)
        return self.seated(person, status, starts_at, ends_at, made.created_at)

    def seated(
        self, person: Person, status: Status, starts_at: datetime, ends_at: datetime, created_at: datetime
    ) -> Seat:
        if status in CANCELLED:
            return Seat(person, status, self._called_off_at(starts_at, created_at))
        if status is Status.UNKNOWN or ends_at > self.world.now:
            return Seat(person, Status.UNKNOWN)
        return Seat(person, status, ends_at)

    def _told(self, day: date, status: Status, ends_at: datetime) -> Status:
        if status in CANCELLED:
            return status
        if day == self._last_working_day and day < self.world.today:
            return Status.UNKNOWN if self._last_day.deal() else status
        if self.world.monday <= day < self.world.today:
            return Status.UNKNOWN if self._this_week.deal() else status
        return status

    def _called_off_at(self, starts_at: datetime, created_at: datetime) -> datetime:
        """The day before, too late for anybody else; for what is to come, yesterday at the latest."""
        eve = min(local_date(starts_at, self.world.zone), self.world.today) - DAY
        at = self.world.at(eve, time(9)) + self.dice.randrange(480) * MINUTE
        return max(at, created_at + 5 * MINUTE)

    def given_back(self, person: Person, made: Making) -> tuple[Seat, Making]:
        """Who had the hour before: booked earlier, called off in time, just before the other one booked."""
        earlier = made.created_at - self.dice.randrange(3, 20) * DAY
        called_off_at = made.created_at - self.dice.randrange(20, 600) * MINUTE
        origin = self._for_all.deal()
        return Seat(person, Status.EXCUSED, called_off_at), Making(origin, earlier, made.booking_seconds + 7)
