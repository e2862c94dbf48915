"""The one clock. Read it once per operation, at the edge, and pass `now` down (house.md, "Time")."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The date people read on the wall of `zone` at this instant."""
    return instant.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which this day begins on the wall of `zone`, in UTC, whatever the change of hour."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Both ends of a local day, in UTC: 23 or 25 hours apart when the clocks change."""
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)
