"""When somebody is at the desk of the MDS to pick up a telephone. Room: simulation (pure)."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Paris")
OPEN = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))


def _open_from(instant: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of opening that end after the instant, in UTC, for ever."""
    day = instant.astimezone(ZONE).date()
    while True:
        if day.weekday() < 5:
            for begins, ends in OPEN:
                start = datetime.combine(day, begins, ZONE).astimezone(UTC)
                end = datetime.combine(day, ends, ZONE).astimezone(UTC)
                if end > instant:
                    yield max(start, instant), end
        day += timedelta(days=1)


def add_desk_time(instant: datetime, length: timedelta) -> datetime:
    """So much time with the desk open after the instant. A length of zero: the next time it is open."""
    for start, end in _open_from(instant):
        if start + length < end:
            return start + length
        length -= end - start
    raise AssertionError  # pragma: no cover - the desk opens again for ever


def desk_time(start: datetime, end: datetime) -> timedelta:
    """How long the desk is open between two instants."""
    total = timedelta(0)
    for opens, closes in _open_from(start):
        if opens >= end:
            return total
        total += min(closes, end) - opens
    raise AssertionError  # pragma: no cover


def openings(start: datetime, end: datetime) -> list[datetime]:
    """Every time that the desk opens between two instants."""
    found: list[datetime] = []
    for opens, _ in _open_from(start):
        if opens >= end:
            return found
        found.append(opens)
    raise AssertionError  # pragma: no cover


def next_minute(instant: datetime) -> datetime:
    """When the worker looks next."""
    return instant.replace(second=0, microsecond=0) + timedelta(minutes=1)
