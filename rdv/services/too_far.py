"""How far ahead an agent may place something by hand. Room: services (pure). Asked by booking.overbook, seats, moving;
said before by agenda_hours.

Nothing else bounds these days: a wrong year would be booked, and its message, which says none, would not show it.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rdv.core.errors import DomainError
from rdv.domain import french

FARTHEST = timedelta(days=2 * 365)


class TooFar(DomainError):  # noqa: N818 - named like the other refusals
    code = "too_far"

    def __init__(self, message: str) -> None:
        super().__init__()
        self.message = message


def said_of(starts_at: datetime, *, now: datetime, zone: ZoneInfo) -> str:
    """Empty for what is near enough."""
    if starts_at - now <= FARTHEST:
        return ""
    day = french.day_year(starts_at.astimezone(zone).date())
    return f"Le {day} est dans plus de 2{french.NBSP}ans. Vérifiez l’année."


def require_near(starts_at: datetime, *, now: datetime, zone: ZoneInfo) -> None:
    """Raises TooFar."""
    words = said_of(starts_at, now=now, zone=zone)
    if words:
        raise TooFar(words)
