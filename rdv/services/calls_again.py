"""The person is booked again: what was asked of them about the Rdv that was cancelled has nothing left to settle.

Room: services. Called by the console once it has booked, and each minute by a task, which finds what was booked by
another way. Each line in its own transaction, under the locks of the old Rdv: none of them is held by the booking.

    Rdv cancelled --> call to make, other dates held --> booked again for the same motif --> call closed, dates free
                                                            undone within minutes        --> to be called again
"""

from collections.abc import Collection
from datetime import datetime
from typing import TypeVar

from django.db import models, transaction
from django.db.models import Exists, OuterRef

from rdv.core.journal import SYSTEM, Author
from rdv.domain.statuses import CANCELLED
from rdv.models import Appel, AppelResult, Participation, Proposition, PropositionState
from rdv.services.calls import BATCH, lock_appel
from rdv.services.followups import close_appel, close_proposition, journal_appel
from rdv.services.propositions import lock_proposition

Row = TypeVar("Row", bound=models.Model)
GIVEN_UP = [status.value for status in CANCELLED]


def settle_booked_again(now: datetime, *, usager_ids: Collection[int] | None = None, author: Author = SYSTEM) -> int:
    """`usager_ids`: those who were just booked; None looks at everybody. How many calls were closed; twice, once."""
    for proposition in _pointless(Proposition.objects.live(), now, usager_ids):
        with transaction.atomic(durable=True):
            locked = lock_proposition(proposition)
            if locked.is_live:
                close_proposition(locked, PropositionState.WITHDRAWN, author=author, now=now)
    closed = 0
    for appel in _pointless(Appel.objects.open(), now, usager_ids):
        with transaction.atomic(durable=True):
            called = lock_appel(appel)
            if called.closed_at is None:
                close_appel(called, AppelResult.SETTLED, author=author, now=now)
                closed += 1
    return closed


def _pointless(rows: "models.QuerySet[Row]", now: datetime, usager_ids: Collection[int] | None) -> list[Row]:
    """Those about an Rdv that was cancelled, of somebody booked for the same motif since then."""
    again = Participation.objects.live().filter(
        usager=OuterRef("participation__usager"),
        rdv__motif=OuterRef("participation__rdv__motif"),
        starts_at__gt=now,
        created_at__gte=OuterRef("participation__status_at"),
    )
    if usager_ids is not None:
        rows = rows.filter(participation__usager__in=usager_ids)
    return list(rows.filter(Exists(again), participation__status__in=GIVEN_UP).order_by("id")[:BATCH])


@transaction.atomic(durable=True)
def open_again(participation: Participation, *, author: Author, now: datetime) -> Appel | None:
    """This booking was undone: the call that it had settled is to be made after all."""
    if participation.is_live:
        return None
    rows = Appel.objects.filter(
        participation__usager=participation.usager_id,
        participation__rdv__motif=participation.rdv.motif_id,
        participation__status__in=GIVEN_UP,
        result=AppelResult.SETTLED,
        closed_at__gte=participation.created_at,
    )
    found = rows.exclude(participation=participation.pk).order_by("-closed_at", "-id").first()
    if found is None:
        return None
    locked = lock_appel(found)
    if locked.closed_at is None or Appel.objects.open().filter(participation=locked.participation_id).exists():
        return None
    locked.result, locked.closed_at = "", None
    locked.save(update_fields=["result", "closed_at"])
    journal_appel(locked, author=author, now=now, kind="appel.reopened")
    return locked
