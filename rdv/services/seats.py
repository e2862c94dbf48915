"""The seats of a session, raised or lowered. Room: services. Called by the agenda's screens.

Raised: the new seats go to those who wait, in the same transaction. Never under those already taken.
"""

from datetime import datetime

from django.db import transaction

from rdv.core import journal
from rdv.core.db import constraint_errors
from rdv.core.journal import Author
from rdv.models import Rdv, SourceKind
from rdv.services.errors import NotBookable, WorkshopFull
from rdv.services.holding import lock_workshop
from rdv.services.waitlist_sources import offer_seats


@transaction.atomic(durable=True)
def change_capacity(*, atelier: Rdv, capacity: int, author: Author, now: datetime) -> Rdv:
    """Raises NotBookable (not a session to come), WorkshopFull (fewer seats than people)."""
    locked = lock_workshop(atelier.pk)
    if not locked.motif.is_collective or not locked.is_live or locked.starts_at <= now or capacity < 1:
        raise NotBookable
    before, locked.capacity = locked.capacity, capacity
    with constraint_errors({"rdv_capacity": WorkshopFull}):
        locked.save(update_fields=["capacity"])
    journal.write(
        "rdv.capacity",
        subject=("rdv", locked.uuid),
        departement_code=locked.departement_id,
        author=author,
        now=now,
        data={"before": before, "after": capacity},
    )
    if capacity > before:
        offer_seats(locked, source_kind=SourceKind.CAPACITY, now=now)
    locked.refresh_from_db(fields=["seats_taken"])
    return locked
