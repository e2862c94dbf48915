"""Between which instants somebody may choose a start, and until when an Rdv may be cancelled.

Room: domain (pure). Called by availability (what is shown), booking (what is accepted) and the usager's pages.

All delays are **elapsed** hours, counted in UTC. "24 hours before" on the day after a change of hour is therefore
23 or 25 hours of the wall clock: the delay promised is never an hour shorter than said.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rdv.domain.intervals import require_utc


@dataclass(frozen=True, slots=True)
class Window:
    """The starts `s` with earliest <= s <= latest; holds nothing when latest is before earliest."""

    earliest: datetime
    latest: datetime

    def __post_init__(self) -> None:
        require_utc(self.earliest)
        require_utc(self.latest)

    @property
    def is_empty(self) -> bool:
        return self.latest < self.earliest

    def admits(self, start: datetime) -> bool:
        return self.earliest <= start <= self.latest


def usager_window(now: datetime, min_notice: timedelta, horizon: timedelta) -> Window:
    """What the public may choose: from the motif's minimum notice to its horizon."""
    second = _to_the_second(now)
    return Window(second + min_notice, second + horizon)


def agent_window(now: datetime, horizon: timedelta) -> Window:
    """What an agent may choose: everything from now on."""
    second = _to_the_second(now)
    return Window(second, second + horizon)


def cancel_deadline(starts_at: datetime, hours: int) -> datetime:
    """The last instant at which the usager may cancel or move."""
    require_utc(starts_at)
    return starts_at - timedelta(hours=hours)


def may_still_cancel(now: datetime, starts_at: datetime, hours: int) -> bool:
    """True up to the deadline, to the second, and never once the Rdv has begun (hours may be 0)."""
    second = _to_the_second(now)
    return second <= cancel_deadline(starts_at, hours) and second < starts_at


def _to_the_second(now: datetime) -> datetime:
    # Pages say hours and minutes: the fraction of a second in `now` must not refuse what they have just shown.
    require_utc(now)
    return now.replace(microsecond=0)
