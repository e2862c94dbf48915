"""Does the person come? The answer, however it is given: by the link, by SMS, on the phone, at the desk.

Room: services. A no is a cancellation like any other (rdv/services/cancelling): the waiting list has the hour in the
same transaction. Nobody is ever cancelled for not answering.

    asked --yes--> confirmed      no second SMS, no call; given twice, the first stands
      |  <--taken back--  |
      +----no----> cancelled      (a yes before is forgotten)
    moved (hour or place): asked again
"""

from datetime import datetime

from django.db import transaction

from rdv.core import journal
from rdv.core.journal import Author
from rdv.domain.statuses import Status
from rdv.models import Appel, AppelKind, AppelResult, ConfirmedBy, Participation
from rdv.services import confirmed, notices
from rdv.services.cancelling import lock_participation
from rdv.services.errors import ChangedMeanwhile, StatusRefused, TooLate
from rdv.services.followups import close_appel

CANCELLED = "Ce rendez-vous est annulé."
# What a yes makes useless: nobody needs to ask whether they come.
ANSWERED = (AppelKind.COMING, AppelKind.MESSAGE)


@transaction.atomic(durable=True)
def confirm(
    *,
    participation: Participation,
    by: ConfirmedBy,
    author: Author,
    now: datetime,
    expected_version: int | None = None,
) -> Participation:
    """They come. Said twice, it is noted once: the first answer stands.

    `expected_version`: the schedule version that the person saw; they said yes to that hour, and to no other.
    Raises StatusRefused (the Rdv is cancelled), ChangedMeanwhile (it moved), TooLate (it has begun).
    """
    locked = lock_participation(participation)
    if not locked.is_live or not locked.rdv.is_live:
        raise StatusRefused(CANCELLED)
    if expected_version not in (None, locked.rdv.schedule_version):
        raise ChangedMeanwhile
    if locked.confirmed_at is not None:
        return locked
    if locked.rdv.starts_at <= now or locked.status != Status.UNKNOWN:
        raise TooLate("Ce rendez-vous a déjà commencé.")
    confirmed.write(locked, by=by, now=now)
    _journal("participation.confirmed", locked, author=author, now=now, by=by.value)
    for appel in Appel.objects.open().filter(participation=locked, kind__in=ANSWERED).order_by("id"):
        if author.is_agent:
            appel.attempts, appel.last_at = appel.attempts + 1, now
        close_appel(appel, AppelResult.ACCEPTED if author.is_agent else AppelResult.SETTLED, author=author, now=now)
    notices.confirmed(locked, now=now)
    return locked


@transaction.atomic(durable=True)
def take_back(*, participation: Participation, author: Author, now: datetime) -> Participation:
    """Noted by mistake: the question stands again. Asked twice, done once."""
    locked = lock_participation(participation)
    if locked.confirmed_at is None:
        return locked
    by = locked.confirmed_by
    locked.save(update_fields=confirmed.clear(locked))
    _journal("participation.unconfirmed", locked, author=author, now=now, by=by)
    notices.unconfirmed(locked, now=now)
    return locked


def _journal(kind: str, participation: Participation, *, author: Author, now: datetime, by: str) -> None:
    journal.write(
        kind,
        subject=("rdv", participation.rdv.uuid),
        departement_code=participation.departement_id,
        author=author,
        now=now,
        data={"participation": participation.uuid, "by": by},
    )
