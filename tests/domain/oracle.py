"""The same answers found the slow and obvious way: one minute after the other, with sets and no interval."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rdv.domain.intervals import Interval
from tests.domain.strategies import MINUTE, ORIGIN, Question


def minutes_of(intervals: Iterable[Interval]) -> set[int]:
    """Every minute that lies in one of the stretches, counted from ORIGIN."""
    found: set[int] = set()
    for one in intervals:
        found.update(range((one.start - ORIGIN) // MINUTE, (one.end - ORIGIN) // MINUTE))
    return found


def minutes_in(pairs: Iterable[tuple[int, int]]) -> set[int]:
    return {minute for start, end in pairs for minute in range(start, end)}


def fits(question: Question, start: int) -> bool:
    """Each minute of the visit is open; no minute of the visit or of its buffers is taken."""
    opened, busy = minutes_in(question.openings), minutes_in(question.busy)
    end = start + question.duration
    visit = range(start, end)
    with_buffers = range(start - question.before, end + question.after)
    return all(one in opened for one in visit) and not any(one in busy for one in with_buffers)


def creneaux(question: Question) -> list[int]:
    """Walk the window minute by minute, laying créneaux in each run of usable minutes."""
    usable = _usable_minutes(question)
    pace = question.duration + question.before + question.after
    found, due = [], None
    for minute in range(question.earliest, question.latest + 1):
        if minute not in usable:
            due = None  # the run is over: the next one starts its own grid
            continue
        if due is None:
            due = minute
            while due % 5:
                due += 1
        if minute == due and all(one in usable for one in range(minute, minute + question.duration)):
            found.append(minute)
            due = minute + pace
    return found


def _usable_minutes(question: Question) -> set[int]:
    """The minutes that a visit may cover: open, and further than a buffer from every taken minute."""
    busy = minutes_in(question.busy)
    return {
        minute
        for minute in minutes_in(question.openings)
        if not any(near in busy for near in range(minute - question.before, minute + question.after + 1))
    }


def clock_minutes(day: date, start: time, end: time, zone: ZoneInfo) -> list[datetime]:
    """Watch the clock on the wall for three days: the minutes from its first `start` or later to its first `end` or
    later."""
    opens, closes = datetime.combine(day, start), datetime.combine(day, end)
    minute = datetime.combine(day, time(12), tzinfo=UTC) - timedelta(hours=36)
    seen: list[datetime] = []
    while True:
        shown = minute.astimezone(zone).replace(tzinfo=None)
        if shown >= closes:
            return seen
        if shown >= opens or seen:
            seen.append(minute)
        minute += MINUTE
