"""What a month came to, read from the database and checked against the ledger; and several months, with their interval.

Room: simulation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import fmean, median, stdev
from typing import Any

from notifications.models import Message
from rdv.domain.statuses import Status
from rdv.models import Offre, OffreState, Participation
from rdv.services import waitlist_notices
from rdv.simulation.ledger import Taken
from rdv.simulation.month import Month
from rdv.simulation.world import MINUTES

MESSAGES = (waitlist_notices.OFFER, waitlist_notices.TAKEN, waitlist_notices.SLEEPING)
# Student's t, 97.5 %, for 1 to 30 degrees of freedom.
T_975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


class CountedTwiceError(RuntimeError):
    """The rows and the ledger do not say the same: the simulation is wrong."""


@dataclass(frozen=True, slots=True)
class Result:
    """One month. Counts of hours, but `minutes`: time from free to taken, of each hour taken before it began."""

    policy: str
    acceptance: str
    varied: str
    seed: int
    capacity: int
    vacant: int
    absent: int
    walk_ins_for_absent: int
    freed: int
    by_list: int
    by_caller: int
    by_walk_in: int
    lost: int
    offers: int
    messages: int
    too_late: int
    minutes: tuple[float, ...]

    @property
    def vacancy(self) -> float:
        return self.vacant / self.capacity


def result_of(month: Month, *, varied: str = "") -> Result:
    ledger = month.ledger
    vacant = len(month.world.slots) - _received(month)
    told = ledger.count(Taken.LOST) + month.absent - month.walk_ins_for_absent
    fills = Offre.objects.filter(state=OffreState.ACCEPTED).count()
    if vacant != told or fills != ledger.count(Taken.LIST) or ledger.freed != len(ledger.closed):
        raise CountedTwiceError(f"{month.scheme.name}: {vacant} empty hours, {told} in the ledger; {fills} fills")
    return Result(
        policy=month.scheme.name,
        acceptance=str(month.acceptance),
        varied=varied,
        seed=month.seed,
        capacity=len(month.world.slots),
        vacant=vacant,
        absent=month.absent,
        walk_ins_for_absent=month.walk_ins_for_absent,
        freed=ledger.freed,
        by_list=fills,
        by_caller=ledger.count(Taken.CALLER),
        by_walk_in=ledger.count(Taken.WALK_IN),
        lost=ledger.count(Taken.LOST),
        offers=Offre.objects.count(),
        messages=Message.objects.filter(kind__in=MESSAGES, sent_at__isnull=False).count(),
        too_late=month.late_answers,
        minutes=tuple(one / timedelta(minutes=1) for one in ledger.fills()),
    )


def _received(month: Month) -> int:
    """Hours in which somebody was received, walk-ins included."""
    rows = Participation.objects.live().exclude(status=Status.NOSHOW)
    begun: dict[int, list[datetime]] = {}
    for agent_id, start in rows.values_list("rdv__rdv_agents__agent", "starts_at"):
        begun.setdefault(agent_id, []).append(start)
    length = timedelta(minutes=MINUTES)
    return sum(
        any(start <= one < start + length for one in begun.get(agent_id, [])) for agent_id, start in month.world.slots
    )


# --- Several months


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """95 % around the mean (Student). None with a single value: one month says nothing of the next."""
    if len(values) < 2:
        return None
    half = T_975[min(len(values) - 1, len(T_975)) - 1] * stdev(values) / sqrt(len(values))
    return max(fmean(values) - half, 0.0), min(fmean(values) + half, 1.0)


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """The line of a policy. Shares are of freed hours; a figure that means nothing there is null."""
    around = interval([one.vacancy for one in results])
    total = {name: sum(getattr(one, name) for one in results) for name in COUNTS}
    minutes = [value for one in results for value in one.minutes]
    freed, fills = total["freed"], total["by_list"]
    taken = fills + total["by_caller"] + total["by_walk_in"]
    return {
        "policy": results[0].policy,
        "vacancy": round(fmean(one.vacancy for one in results), 4),
        "vacancy_low": round(around[0], 4) if around else None,
        "vacancy_high": round(around[1], 4) if around else None,
        "refilled": round(taken / freed, 4) if freed else None,
        "median_fill_min": round(median(minutes)) if minutes else None,
        "offers_per_fill": round(total["offers"] / fills, 2) if fills else None,
        "messages_per_fill": round(total["messages"] / fills, 2) if fills else None,
        "acceptance": results[0].acceptance,
        "varied": results[0].varied,
        "seeds": len(results),
        **total,
    }


COUNTS = (
    "capacity", "vacant", "absent", "walk_ins_for_absent", "freed", "by_list", "by_caller", "by_walk_in", "lost",
    "offers", "messages", "too_late",
)  # fmt: skip
