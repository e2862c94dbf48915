"""Who came: the statuses of participations, and what the person says from the link ("I am late").

Called by "À renseigner", the agenda, the Rdv's page and the usager's link.
"""

from datetime import datetime

from django.db import transaction

from rdv.core import journal
from rdv.core.journal import Author
from rdv.domain.statuses import CANCELLED, Refusal, Status, may_move
from rdv.models import Participation
from rdv.services import notices
from rdv.services.cancelling import cancel_participation, lock_participation, restore_participation
from rdv.services.errors import ChangedMeanwhile, StatusRefused, TooLate

SENTENCES = {
    Refusal.NOT_YET: "Ce rendez-vous n’a pas encore eu lieu.",
    Refusal.NOT_ALLOWED: "Remettez d’abord ce rendez-vous « à venir », puis dites ce qui s’est passé.",
    Refusal.HOUR_TAKEN: "L’heure a été donnée à quelqu’un d’autre. Cherchez un autre horaire.",
}
LATEST = 120  # minutes: beyond two hours it is another Rdv


def set_status(
    *,
    participation: Participation,
    status: Status,
    author: Author,
    now: datetime,
    expected: Status | None = None,
    is_expected_here: bool | None = None,
    expected_version: int | None = None,
    reason: str = "",
) -> Participation:
    """Say what happened. `expected`: the status the person saw on the screen; another one raises ChangedMeanwhile.
    `is_expected_here`: whether their screen said that this person has arrived (rdv/services/arrivals); the same.
    `expected_version`: the schedule version that it showed: who is excused, or did not come, was so at that hour.

    Cancelling and reopening go through rdv/services/cancelling, which frees or takes the hour again.
    """
    stored, arrived_at = Participation.objects.values_list("status", "arrived_at").get(pk=participation.pk)
    current = Status(stored)
    if current == status:
        return participation
    if (expected is not None and current != expected) or _came_or_left(arrived_at, expected=is_expected_here):
        raise ChangedMeanwhile
    if status in CANCELLED and current not in CANCELLED:
        by_service = status is Status.REVOKED
        return cancel_participation(
            participation=participation,
            by_service=by_service,
            author=author,
            now=now,
            reason=reason,
            expected_version=expected_version,
        )
    if status is Status.UNKNOWN and current in CANCELLED:
        return restore_participation(participation=participation, author=author, now=now)
    return _set_attended(
        participation,
        status,
        expected=current,
        is_expected_here=is_expected_here,
        expected_version=expected_version if status is Status.NOSHOW else None,
        author=author,
        now=now,
    )


@transaction.atomic(durable=True)
def _set_attended(
    participation: Participation,
    status: Status,
    *,
    expected: Status,
    is_expected_here: bool | None,
    expected_version: int | None,
    author: Author,
    now: datetime,
) -> Participation:
    locked = lock_participation(participation)
    before = Status(locked.status)
    if expected_version is not None and locked.rdv.schedule_version != expected_version:
        raise ChangedMeanwhile
    if before != expected or _came_or_left(locked.arrived_at, expected=is_expected_here):
        raise ChangedMeanwhile
    refusal = may_move(before, status, starts_at=locked.rdv.starts_at, now=now, hour_is_free=False)
    if refusal is not None:
        raise StatusRefused(SENTENCES.get(refusal))
    locked.status = status.value
    locked.status_at = now
    locked.save(update_fields=["status", "status_at"])
    journal.write(
        "participation.status",
        subject=("rdv", locked.rdv.uuid),
        departement_code=locked.departement_id,
        author=author,
        now=now,
        data={"participation": locked.uuid, "before": before.value, "after": status.value},
    )
    return locked


def _came_or_left(arrived_at: datetime | None, *, expected: bool | None) -> bool:
    """The person came, or turned out not to have, since the screen was shown."""
    return expected is not None and (arrived_at is not None) != expected


@transaction.atomic(durable=True)
def say_late(*, participation: Participation, minutes: int, author: Author, now: datetime) -> Participation:
    """The person says that they are late, from the link or by phone; the agents are told at once. Raises TooLate."""
    locked = lock_participation(participation)
    if not locked.is_live or now >= locked.rdv.ends_at:
        raise TooLate
    minutes = max(1, min(minutes, LATEST))
    if locked.late_minutes == minutes:
        return locked
    locked.late_minutes = minutes
    locked.save(update_fields=["late_minutes"])
    journal.write(
        "participation.late",
        subject=("rdv", locked.rdv.uuid),
        departement_code=locked.departement_id,
        author=author,
        now=now,
        data={"participation": locked.uuid, "minutes": minutes},
    )
    notices.agent_told(locked.rdv, kind="late", author=author, now=now)
    return locked
