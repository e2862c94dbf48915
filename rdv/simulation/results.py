"""What a month came to, read from the database and checked against the ledger. Room: simulation."""

from datetime import datetime, timedelta

from notifications.models import Message
from rdv.domain.statuses import Status
from rdv.models import Inscription, InscriptionState, Offre, OffreState, Participation
from rdv.services import waitlist_notices
from rdv.simulation.ledger import Taken
from rdv.simulation.lines import Result
from rdv.simulation.month import Month
from rdv.simulation.world import MINUTES

MESSAGES = (waitlist_notices.OFFER, waitlist_notices.TAKEN, waitlist_notices.LAPSED, waitlist_notices.SLEEPING)


class CountedTwiceError(RuntimeError):
    """The rows and the ledger do not say the same: the simulation is wrong."""


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
        too_late=month.list.too_late,
        minutes=tuple(one / timedelta(minutes=1) for one in ledger.fills()),
        lost_after=tuple(round(one / timedelta(hours=1), 2) for one in ledger.lost_after()),
        confirmed=month.asked.confirmed,
        asked_again=month.asked.asked_again,
        calls=month.asked.calls,
        called_off=month.asked.called_off,
        asleep=Inscription.objects.filter(state=InscriptionState.ASLEEP).count(),
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
