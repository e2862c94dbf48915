"""Who is told of the Rdv of a person, and by which channel, when their file says something else.

Room: services. Called by the screens of a file, in place of usagers.services.files, which know no Rdv.
"""

from datetime import datetime
from typing import Unpack

from django.db import transaction
from django.db.models import Q

from rdv.core.journal import Author
from rdv.models import Participation
from rdv.services import notices
from usagers.models import Usager
from usagers.services.files import UsagerFields, addresses_of, update_usager

__all__ = ["save_file"]


@transaction.atomic(durable=True)
def save_file(
    *, usager: Usager, author: Author, now: datetime, seen: str | None = None, **fields: Unpack[UsagerFields]
) -> Usager:
    """`update_usager`, and the reminders of what is to come by a channel that opens: what waits on one that closes is
    dropped by the post office. Raises FileChanged, FileMerged."""
    before = addresses_of(usager)
    fresh = update_usager(usager=usager, author=author, now=now, seen=seen, **fields)
    if any(new and not old for old, new in zip(before, addresses_of(fresh), strict=True)):
        for participation in _told_of(fresh, now):
            notices.rechannelled(participation, now=now)
    return fresh


def _told_of(usager: Usager, now: datetime) -> list[Participation]:
    """What this person hears of, and that is still to come."""
    own = Q(usager=usager, responsable=None) | Q(responsable=usager)
    rows = Participation.objects.live().filter(own, starts_at__gt=now, rdv__cancelled_at=None)
    whole = rows.select_related("rdv__motif__departement", "rdv__motif__service", "rdv__site", "usager", "responsable")
    return list(whole.order_by("id"))
