"""The rules of the waiting list: who comes first, how many are asked at once, how long they have to answer.

Room: domain (pure). Called by rdv/services/waitlist_*. Every delay is a setting of the Policy, kept per département and
per motif (waitlist.md); the clock of an answer stops in quiet hours, on the wall of the département.

    freed  ->  tier by the time left  ->  n people asked  ->  deadline  ->  next people, or the public
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from rdv.domain.intervals import require_utc

EVERYONE = 0  # as a number of people: no bound
CROWD = 40  # even "everyone at once" stops there: a message is not sent to a whole département
NORMAL_PRIORITY = 3
MORNING_ENDS = time(12, 0)
HALF_DAYS = tuple(
    f"{day} {half}"
    for day in ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi")
    for half in ("matin", "après-midi")
)
# Nobody would ever be asked, or all would sleep at once.
AT_LEAST_ONE = (
    "long_answer_min",
    "middle_answer_min",
    "near_answer_min",
    "short_answer_min",
    "ageing_days",
    "offers_a_day",
    "unanswered_limit",
)
# An hour hidden from the public for longer is an hour lost; longer chains pass one yes through a whole town.
AT_MOST = {"public_delay_min": 60, "chain_limit": 20}
# What an admin may write: more a day is harassment, more silences is a list of people who are gone.
AT_MOST_WRITTEN = {"offers_a_day": 10, "unanswered_limit": 10}
# A quiet stretch is never longer than a few days of holidays in a row; the walk stops there whatever the calendar says.
LONGEST_WALK = 60


class Tier(StrEnum):
    """How far the freed hour is: the farthest first."""

    LONG = "long"
    MIDDLE = "middle"
    NEAR = "near"
    SHORT = "short"


class PolicyError(ValueError):
    """A setting that means nothing; the name of the setting is `field`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Policy:
    """Numbers only, so that a form shows them one by one. Hours and minutes as their names say."""

    long_from_h: int = 168
    middle_from_h: int = 48
    near_from_h: int = 3
    long_people: int = 1
    middle_people: int = 1
    near_people: int = 5
    short_people: int = EVERYONE
    long_answer_min: int = 24 * 60
    middle_answer_min: int = 4 * 60
    near_answer_min: int = 120
    short_answer_min: int = 20
    ageing_days: int = 21
    offers_a_day: int = 2
    unanswered_limit: int = 4
    public_delay_min: int = 15
    chain_limit: int = 3
    quiet_from_h: int = 20
    quiet_until_h: int = 8

    def __post_init__(self) -> None:
        for name in (one.name for one in fields(self)):
            if not 0 <= getattr(self, name) <= 24 * 60 * 7:
                raise PolicyError(name, "Ce nombre est trop petit ou trop grand.")
        for name in AT_LEAST_ONE:
            if getattr(self, name) < 1:
                raise PolicyError(name, "Il faut au moins 1.")
        for name, most in AT_MOST.items():
            if getattr(self, name) > most:
                raise PolicyError(name, f"Pas plus de {most}.")
        if not self.near_from_h <= self.middle_from_h <= self.long_from_h:
            raise PolicyError("middle_from_h", "Les trois durées vont de la plus longue à la plus courte.")
        if not 0 <= self.quiet_until_h < self.quiet_from_h <= 24:
            raise PolicyError("quiet_from_h", "Le soir commence après le matin.")

    def tier_of(self, left: timedelta) -> Tier:
        """`left`: from now to the freed hour."""
        if left > timedelta(hours=self.long_from_h):
            return Tier.LONG
        if left >= timedelta(hours=self.middle_from_h):
            return Tier.MIDDLE
        return Tier.NEAR if left >= timedelta(hours=self.near_from_h) else Tier.SHORT

    def tiers_from(self, left: timedelta) -> tuple[Tier, ...]:
        """That of this distance, then those of nearer hours."""
        tiers = tuple(Tier)
        return tiers[tiers.index(self.tier_of(left)) :]

    def people(self, tier: Tier) -> int:
        """How many are asked at once."""
        asked: int = getattr(self, f"{tier.value}_people")
        return CROWD if asked == EVERYONE else min(asked, CROWD)

    def answer_time(self, tier: Tier) -> timedelta:
        return timedelta(minutes=getattr(self, f"{tier.value}_answer_min"))


# Telephones ring in the day, and at least from noon to five.
MORNINGS, EVENINGS = range(6, 13), range(17, 23)
# Each answer must leave time before the hour: the setting that bounds the time left of its tier.
_BOUNDED_BY = {
    "long_answer_min": "long_from_h",
    "middle_answer_min": "middle_from_h",
    "near_answer_min": "near_from_h",
    "short_answer_min": "near_from_h",
}


def require_sensible(policy: Policy) -> None:
    """What works and would yet make the list silent, or wake a town. Raises PolicyError. Asked of whoever writes the
    settings: those written before go on as they are."""
    if policy.quiet_until_h not in MORNINGS:
        raise PolicyError("quiet_until_h", f"Entre {MORNINGS[0]} et {MORNINGS[-1]} heures.")
    if policy.quiet_from_h not in EVENINGS:
        raise PolicyError("quiet_from_h", f"Entre {EVENINGS[0]} et {EVENINGS[-1]} heures.")
    for name, most in AT_MOST_WRITTEN.items():
        if getattr(policy, name) > most:
            raise PolicyError(name, f"Pas plus de {most}.")
    for bound in ("near_from_h", "middle_from_h", "long_from_h"):
        if getattr(policy, bound) < 1:
            raise PolicyError(bound, "Il faut au moins 1 heure.")
    for answer, bound in _BOUNDED_BY.items():
        most = getattr(policy, bound) * 60
        if getattr(policy, answer) > most:
            raise PolicyError(
                answer, f"Au plus {most} minutes\u00a0: l’heure libérée peut n’être que dans {most // 60} h."
            )


def policy_from(*layers: Mapping[str, int]) -> Policy:
    """The defaults, then each layer over them (département, motif). Raises PolicyError (unknown, absurd)."""
    known = {one.name for one in fields(Policy)}
    merged: dict[str, int] = {}
    for layer in layers:
        for name, value in layer.items():
            if name not in known or isinstance(value, bool) or not isinstance(value, int):
                raise PolicyError(name, "Ce réglage n’existe pas.")
            merged[name] = value
    return replace(Policy(), **merged)


@dataclass(frozen=True, slots=True)
class Quiet:
    """When the clock of an answer stops: evenings, nights, Sundays, holidays of the département."""

    zone: ZoneInfo
    is_holiday: Callable[[date], bool]
    from_hour: int = 20
    until_hour: int = 8

    def is_awake(self, day: date) -> bool:
        return day.weekday() != 6 and not self.is_holiday(day)

    def awake_on(self, day: date) -> tuple[datetime, datetime] | None:
        """The waking hours of a local day, as instants in UTC: on a day of change of hour they are still what the wall
        says, and no shorter (the change is at night)."""
        if not self.is_awake(day):
            return None
        start = datetime.combine(day, time(self.until_hour), tzinfo=self.zone)
        end = (
            datetime.combine(day + timedelta(days=1), time(0), tzinfo=self.zone)
            if self.from_hour == 24
            else datetime.combine(day, time(self.from_hour), tzinfo=self.zone)
        )
        utc = ZoneInfo("UTC")
        return start.astimezone(utc), end.astimezone(utc)


def answer_deadline(sent_at: datetime, length: timedelta, quiet: Quiet) -> datetime:
    """`length` of waking time after `sent_at`. A deadline never falls inside quiet hours.

    sent 19:30, 1 h to answer:   |-- 30 min --|~~~ night ~~~|-- 30 min --|  -> 08:30
    """
    require_utc(sent_at)
    left, day = length, sent_at.astimezone(quiet.zone).date()
    for _ in range(LONGEST_WALK):
        awake = quiet.awake_on(day)
        if awake is not None and awake[1] > sent_at:
            begin = max(awake[0], sent_at)
            if begin + left <= awake[1]:
                return begin + left
            left -= awake[1] - begin
        day += timedelta(days=1)
    return sent_at + length


def next_waking(instant: datetime, quiet: Quiet) -> datetime:
    """The instant itself, or the end of the quiet stretch it is in: when a phone may ring."""
    require_utc(instant)
    day = instant.astimezone(quiet.zone).date()
    for _ in range(LONGEST_WALK):
        awake = quiet.awake_on(day)
        if awake is not None and instant < awake[1]:
            return max(instant, awake[0])
        day += timedelta(days=1)
    return instant


def release_delay(draw: float, policy: Policy) -> timedelta:
    """Before a freed hour that nobody waits for is public. `draw` in [0, 1), from the caller's source of chance."""
    return timedelta(seconds=int(draw * policy.public_delay_min * 60))


def effective_class(priority: int, opened_at: datetime, now: datetime, ageing_days: int) -> int:
    """A class is gained every N days waited, so that nobody starves; class 0 is the highest."""
    gained = (now - opened_at) // timedelta(days=ageing_days)
    return max(priority - gained, 0)


def order_key(
    priority: int, opened_at: datetime, pk: int, *, now: datetime, ageing_days: int
) -> tuple[int, datetime, int]:
    """Who comes first: class after ageing, then age of the request. The SQL of waitlist_match says the same."""
    return effective_class(priority, opened_at, now, ageing_days), opened_at, pk


def half_day_bit(local: datetime) -> int:
    """The bit of this half-day (Monday morning is 1); 0 on a Sunday, which no wish names."""
    if local.weekday() == 6:
        return 0
    return 1 << (local.weekday() * 2 + (local.time() >= MORNING_ENDS))
