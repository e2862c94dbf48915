"""What the builders share: the day everything is anchored on, dice that always fall the same, who is busy when.

Room: management. Called by the builders of this folder only.
"""

import random
import uuid
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from agents.models import Departement
from rdv.core.clock import local_date
from rdv.domain.holidays import is_holiday
from rdv.domain.recurrence import to_instants

T = TypeVar("T")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
WEEKS_BEHIND = 13
WEEKS_AHEAD = 8


class Deck(Generic[T]):
    """Cards dealt in a shuffled order, all of them before any comes back: shares stay exact whatever the number."""

    def __init__(self, cards: Sequence[T], dice: random.Random) -> None:
        self._cards = list(cards)
        self._dice = dice
        self._left: list[T] = []

    def deal(self) -> T:
        if not self._left:
            self._left = list(self._cards)
            self._dice.shuffle(self._left)
        return self._left.pop()

    def deal_fitting(self, fits: Callable[[T], bool]) -> T | None:
        """The next card that fits; those passed over stay where they are."""
        for is_last_try in (False, True):
            for position in range(len(self._left) - 1, -1, -1):
                if fits(self._left[position]):
                    return self._left.pop(position)
            if not is_last_try:
                fresh = list(self._cards)
                self._dice.shuffle(fresh)
                # Those passed over come first again; what is left of an older deck is forgotten.
                self._left = fresh + self._left[: len(self._cards)]
        return None


@dataclass(slots=True)
class Diary:
    """Who (agent or usager) is taken, and when. Stretches of one key never overlap, as in the database."""

    _starts: dict[Hashable, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))

    def is_free(self, key: Hashable, start: datetime, end: datetime) -> bool:
        taken = self._starts[key]
        after = bisect_left(taken, (end, end))
        # Stretches are apart: only the last one that begins before `end` can touch this one.
        return after == 0 or taken[after - 1][1] <= start

    def free_from(self, key: Hashable, start: datetime, end: datetime) -> datetime:
        """When `key` is free again after what meets [start, end)."""
        taken = self._starts[key]
        return taken[bisect_left(taken, (end, end)) - 1][1]

    def take(self, key: Hashable, start: datetime, end: datetime) -> None:
        if not self.is_free(key, start, end):
            raise ValueError(f"{key} is already taken from {start} to {end}")
        insort(self._starts[key], (start, end))


@dataclass(slots=True)
class World:
    """One departement being laid out. `monday` is the Monday of the current week on its wall."""

    departement: Departement
    seed: int
    now: datetime
    is_small: bool = False
    diary: Diary = field(default_factory=Diary)
    # (agent id, day) told by a script: the crowd does not come on these.
    scripted: set[tuple[int, date]] = field(default_factory=set)

    @property
    def zone(self) -> ZoneInfo:
        return self.departement.zone

    @property
    def today(self) -> date:
        return local_date(self.now, self.zone)

    @property
    def monday(self) -> date:
        return self.today - self.today.weekday() * DAY

    @property
    def first_day(self) -> date:
        """Three months of history."""
        return self.monday - WEEKS_BEHIND * WEEK

    def dice(self, purpose: str) -> random.Random:
        """One set of dice per purpose: more draws of one kind move nothing of the others."""
        return random.Random(f"{self.seed}:{self.departement.pk}:{purpose}")  # noqa: S311 - demo data, not a secret

    def at(self, day: date, clock: time) -> datetime:
        """The instant at which the wall of the departement shows this hour."""
        found = to_instants(day, clock, time.max, self.zone)
        if found is None:
            raise ValueError(f"no {clock} on {day}")
        return found.start

    def is_holiday(self, day: date) -> bool:
        return is_holiday(day, self.departement.code)

    def working_day_before(self, day: date) -> date:
        """The last Monday-to-Friday day before this one that is not a public holiday."""
        day -= DAY
        while day.weekday() > 4 or self.is_holiday(day):
            day -= DAY
        return day

    def working_day_after(self, day: date) -> date:
        day += DAY
        while day.weekday() > 4 or self.is_holiday(day):
            day += DAY
        return day


def new_uuid(dice: random.Random) -> uuid.UUID:
    return uuid.UUID(int=dice.getrandbits(128), version=4)
