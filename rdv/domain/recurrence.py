"""When a PlageOuverture or a recurrent Absence comes back: its days, its instants, its words.

Room: domain (pure). Called by planning, which expands rules into rows, and by the forms that check and
describe them.

Days are counted in the calendar of the Departement, hours in its wall clock: a plage of 9 h stays at 9 h across a
change of hour, and its instants in UTC move.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from dateutil.rrule import MO, MONTHLY, WEEKLY, rrule, weekday

from rdv.domain import french
from rdv.domain.intervals import Interval

RFC_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ORDINALS = ("premier", "deuxième", "troisième", "quatrième", "cinquième")
NUMBERS = ("deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze")
MAX_INTERVAL = 52
SHORTEST_MONTH = 28


class Rhythm(StrEnum):
    ONCE = "once"
    WEEKLY = "weekly"
    MONTHLY_DAY = "monthly_day"
    MONTHLY_WEEKDAY = "monthly_weekday"


class RecurrenceError(ValueError):
    """A rule that cannot be kept; its message is a French sentence for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How a day comes back, apart from its first day.

    `weekdays` (0 = Monday) counts for WEEKLY only, and left empty means the weekday of the first day. ONCE uses
    nothing else. `until` is the last possible day, included; None is forever.
    """

    rhythm: Rhythm
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    until: date | None = None

    def validate(self, first_day: date) -> None:
        """Raise RecurrenceError when the rule has no sense or no day."""
        if self.rhythm is Rhythm.ONCE:
            return
        self._validate_interval()
        if self.until is not None and self.until < first_day:
            raise RecurrenceError(
                f"La répétition s’arrête le {french.day_year(self.until)}, "
                f"avant le premier jour, le {french.day_year(first_day)}."
            )
        if self.rhythm is Rhythm.WEEKLY:
            self._validate_weekdays(first_day)

    def _validate_interval(self) -> None:
        if not 1 <= self.interval <= MAX_INTERVAL:
            noun = "semaines" if self.rhythm is Rhythm.WEEKLY else "mois"
            raise RecurrenceError(
                f"Écrivez toutes les combien de {noun} cela revient{french.NBSP}: un nombre entre 1 et {MAX_INTERVAL}."
            )

    def _validate_weekdays(self, first_day: date) -> None:
        if any(one not in range(7) for one in self.weekdays):
            raise RecurrenceError("Choisissez les jours de la semaine entre lundi et dimanche.")
        chosen = french.joined([french.WEEKDAYS[one] for one in _weekdays(self, first_day)])
        # With one week out of two, a first day that is not a chosen day does not say which weeks are meant.
        if self.interval > 1 and first_day.weekday() not in _weekdays(self, first_day):
            raise RecurrenceError(
                f"Le premier jour, le {french.day_year(first_day)}, n’est pas un des jours choisis ({chosen}). "
                "Choisissez comme premier jour la date de la première fois."
            )
        if self.until is not None and next(_days(self, first_day, self.until), None) is None:
            raise RecurrenceError(
                f"Aucun des jours choisis ({chosen}) ne tombe entre le {french.day_year(first_day)} "
                f"et le {french.day_year(self.until)}."
            )


def occurrence_days(
    rec: Recurrence, first_day: date, horizon: date, *, closed: Callable[[date], bool]
) -> Iterator[date]:
    """The days of the rule from `first_day` to `horizon` (both included) that are not closed.

    A closed day is left out and nothing moves into its place: the rhythm of the following days is unchanged.
    Raises RecurrenceError at the first step when the rule does not hold.
    """
    rec.validate(first_day)
    last_day = horizon if rec.until is None or rec.rhythm is Rhythm.ONCE else min(horizon, rec.until)
    for day in _days(rec, first_day, last_day):
        if not closed(day):
            yield day


def _days(rec: Recurrence, first_day: date, last_day: date) -> Iterator[date]:
    if rec.rhythm is Rhythm.ONCE:
        return iter([first_day] if first_day <= last_day else [])
    # dateutil speaks in naive datetimes; only their days are used, no hour is ever computed here.
    start, until = datetime.combine(first_day, time.min), datetime.combine(last_day, time.min)
    return (moment.date() for moment in _rule(rec, first_day, start, until))


def _rule(rec: Recurrence, first_day: date, start: datetime, until: datetime) -> rrule:
    # Weeks begin on Monday, always: "one week out of two" must not depend on a default of the library.
    match rec.rhythm:
        case Rhythm.WEEKLY:
            days = _weekdays(rec, first_day)
            return rrule(WEEKLY, dtstart=start, interval=rec.interval, wkst=MO, byweekday=days, until=until)
        case Rhythm.MONTHLY_DAY:
            return rrule(MONTHLY, dtstart=start, interval=rec.interval, wkst=MO, bymonthday=first_day.day, until=until)
        case _:
            nth = weekday(first_day.weekday(), _nth(first_day))
            return rrule(MONTHLY, dtstart=start, interval=rec.interval, wkst=MO, byweekday=nth, until=until)


def _weekdays(rec: Recurrence, first_day: date) -> tuple[int, ...]:
    return tuple(sorted(set(rec.weekdays))) or (first_day.weekday(),)


def _nth(day: date) -> int:
    """2 for the second Tuesday of its month."""
    return (day.day - 1) // 7 + 1


def to_rrule(rec: Recurrence, first_day: date) -> str:
    """The rule as RFC 5545 text, for a DTSTART that is a date without hour (hence UNTIL as a date)."""
    if rec.rhythm is Rhythm.ONCE:
        return "FREQ=DAILY;COUNT=1"
    match rec.rhythm:
        case Rhythm.WEEKLY:
            names = ",".join(RFC_WEEKDAYS[one] for one in _weekdays(rec, first_day))
            parts = ["FREQ=WEEKLY", f"INTERVAL={rec.interval}", "WKST=MO", f"BYDAY={names}"]
        case Rhythm.MONTHLY_DAY:
            parts = ["FREQ=MONTHLY", f"INTERVAL={rec.interval}", f"BYMONTHDAY={first_day.day}"]
        case _:
            nth = f"{_nth(first_day)}{RFC_WEEKDAYS[first_day.weekday()]}"
            parts = ["FREQ=MONTHLY", f"INTERVAL={rec.interval}", f"BYDAY={nth}"]
    if rec.until is not None:
        parts.append(f"UNTIL={rec.until:%Y%m%d}")
    return ";".join(parts)


def to_instants(day: date, start: time, end: time, zone: ZoneInfo) -> Interval | None:
    """The instants of a stretch of the wall clock on one day, None when a change of hour leaves nothing of it.

    It runs from the first instant at which the clock shows `start` or later to the first at which it shows `end` or
    later. So, with the changes of Europe/Paris:

    spring, 2 h becomes 3 h:  1:00-2:30 ends when the clock jumps (one hour remains); 2:30-4:00 begins there, at 3:00;
                              2:15-2:45 never is: None
    autumn, 3 h becomes 2 h:  an hour shown twice means its first time (as RFC 5545 says): 2:30-4:00 lasts 2 h 30,
                              1:00-2:30 lasts 1 h 30
    """
    if start >= end:
        raise ValueError(f"a stretch of the day must end after its start, got {start} and {end}")
    opens, closes = _first_instant(day, start, zone), _first_instant(day, end, zone)
    return Interval(opens, closes) if opens < closes else None


def _first_instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    wall = datetime.combine(day, clock.replace(fold=0), tzinfo=zone)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall.replace(tzinfo=None):
        return instant
    return _end_of_gap(wall, zone)


def _end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of the jump over a wall-clock time that does not exist.

    Read with the offset of before the jump (fold 0) such a time falls after it, read with the offset of after
    (fold 1) it falls before it: the jump is between the two, and halving finds it.
    """
    before, after = wall.replace(fold=1).astimezone(UTC), wall.replace(fold=0).astimezone(UTC)
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        # Whole seconds: every jump falls on one.
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after


def describe(rec: Recurrence, first_day: date, start: time, end: time) -> str:
    """The rule in French, without capital nor full stop: "chaque lundi, de 9 h à 12 h"."""
    hours = f"de {french.hour(start)} à {french.hour(end)}"
    if rec.rhythm is Rhythm.ONCE:
        return f"le {french.day_year(first_day)}, {hours}"
    parts = [*_rhythm_words(rec, first_day), hours]
    if rec.until is not None:
        parts.append(f"jusqu’au {french.day_year(rec.until)}")
    return ", ".join(parts)


def _rhythm_words(rec: Recurrence, first_day: date) -> list[str]:
    if rec.rhythm is Rhythm.WEEKLY:
        days = french.joined([french.WEEKDAYS[one] for one in _weekdays(rec, first_day)])
        return [f"chaque {days}", *_one_out_of(rec.interval, "une semaine")]
    months = "de chaque mois" if rec.interval == 1 else "du mois"
    if rec.rhythm is Rhythm.MONTHLY_DAY:
        named = f"le {french.day_number(first_day)} {months}"
        skipped = f"sauf les mois sans {first_day.day}" if first_day.day > SHORTEST_MONTH else ""
    else:
        nth = _nth(first_day)
        named = f"le {ORDINALS[nth - 1]} {french.WEEKDAYS[first_day.weekday()]} {months}"
        skipped = "quand il existe" if nth == len(ORDINALS) else ""
    return [named, *_one_out_of(rec.interval, "un mois"), *([skipped] if skipped else [])]


def _one_out_of(interval: int, noun: str) -> list[str]:
    if interval == 1:
        return []
    position = interval - 2
    number = NUMBERS[position] if position < len(NUMBERS) else str(interval)
    return [f"{noun} sur {number}"]
