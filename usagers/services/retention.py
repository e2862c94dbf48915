"""Forgetting. A file is emptied two years after the last contact (domain.md), or at once when the person asks.

The row stays, without anything personal, so that the figures stay true: how many people came, not who.
The night task of the rdv app calls `erase_expired`, and says who still has an Rdv to come: this app does not know.
"""

import datetime as dt
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from notifications import services as notifications
from rdv.core import journal
from rdv.core.journal import Author
from usagers.models import Channel, Proche, Referent, Usager
from usagers.services.merging import forget_person

KEEP_FILES = dt.timedelta(days=2 * 365)
ERASED_LAST_NAME, ERASED_FIRST_NAME = "effacée", "Personne"
_BATCH = 500


def erase_expired(*, now: datetime, keep_ids: Collection[int] = (), author: Author = journal.SYSTEM) -> int:
    """Empty the files past their time, but those of `keep_ids` (Rdv to come). Returns how many.

    In batches, each its own transaction: a night cut short goes on the next one.
    """
    expired = Usager.objects.to_erase(now - KEEP_FILES).exclude(pk__in=list(keep_ids)).order_by("pk")
    erased = 0
    while ids := list(expired.values_list("pk", flat=True)[:_BATCH]):
        erased += _erase_batch(ids, author, now)
    return erased


def _erase_batch(ids: list[int], author: Author, now: datetime) -> int:
    with transaction.atomic():
        # Again under the lock: a person who came back a moment ago keeps their file.
        expired = Usager.objects.to_erase(now - KEEP_FILES).filter(pk__in=ids).select_for_update(of=("self",))
        for usager in expired:
            _empty(usager, author, now)
        return len(expired)


@transaction.atomic
def erase_usager(*, usager: Usager, author: Author, now: datetime) -> None:
    """Empty this file at once, at the person's request."""
    fresh = Usager.objects.select_for_update(of=("self",)).get(pk=usager.pk)
    if fresh.erased_at is None:
        _empty(fresh, author, now)


def _empty(usager: Usager, author: Author, now: datetime) -> None:
    """And the files that were made one with it: they say the same things of the same person."""
    for absorbed in usager.absorbed.filter(erased_at__isnull=True).select_for_update(of=("self",)):
        _empty(absorbed, author, now)
    forget_person(usager)
    usager.first_name, usager.last_name, usager.birth_name = ERASED_FIRST_NAME, ERASED_LAST_NAME, ""
    usager.phone = usager.email = usager.address = usager.note = ""
    usager.birth_date = usager.commune = usager.latitude = usager.longitude = None
    usager.needs_interpreter = usager.needs_step_free = usager.needs_sign_language = False
    usager.language, usager.channel = "fr", Channel.NONE
    usager.erased_at = now
    usager.save()
    Proche.objects.filter(responsable=usager).delete()
    Proche.objects.filter(person=usager).delete()
    Referent.objects.filter(usager=usager).delete()
    notifications.erase_recipient(f"usager:{usager.pk}")  # what was said, and what was still to be said
    journal.write(
        "usager.erased",
        subject=("usager", usager.pk),
        departement_code=usager.departement_id,
        author=author,
        now=now,
    )
