"""Who is here: arrivals noted at the desk, and taken back.

Room: services. Called by the day board. An arrival is no status: the person waits, and is "seen" only once
received (rdv/services/attendance). The agenda of the agent shows it at once; an e-mail leaves for those who asked.

    to come --arrived--> in the waiting room --seen--> received
       ^---taken back---'
    absent --arrived--> in the waiting room      they came after all: "to come" again, in the same transaction
"""

from datetime import datetime

from django.db import transaction

from rdv.core import journal
from rdv.core.clock import local_date
from rdv.core.journal import Author
from rdv.domain import french
from rdv.domain.statuses import Status
from rdv.models import Participation
from rdv.services import notices
from rdv.services.cancelling import lock_participation
from rdv.services.errors import ChangedMeanwhile, StatusRefused

CANCELLED = "Ce rendez-vous est annulé. Remettez-le d’abord, si l’heure est encore libre."
SEEN = "Cette personne est déjà notée « vue »."


@transaction.atomic(durable=True)
def mark_arrived(*, participation: Participation, author: Author, now: datetime) -> Participation:
    """They are here. Noted twice, it is noted once: the first hour stays and nobody is told again.

    Raises StatusRefused: another day, a cancelled Rdv, somebody received already.
    """
    locked = lock_participation(participation)
    _require_expected(locked, now)
    if locked.arrived_at is not None and locked.status == Status.UNKNOWN:
        return locked
    before = locked.status
    locked.arrived_at = locked.arrived_at or now
    locked.late_minutes = None
    if before == Status.NOSHOW:
        locked.status, locked.status_at = Status.UNKNOWN.value, now
    locked.save(update_fields=["arrived_at", "late_minutes", "status", "status_at"])
    _journal("participation.arrived", locked, author=author, now=now, data={"before": before, "after": locked.status})
    notices.agent_told(locked.rdv, kind="arrived", author=author, now=now)
    return locked


def _require_expected(locked: Participation, now: datetime) -> None:
    zone = locked.rdv.motif.departement.zone
    if not locked.is_live:
        raise StatusRefused(CANCELLED)
    if locked.status == Status.SEEN:
        raise StatusRefused(SEEN)
    day = local_date(locked.rdv.starts_at, zone)
    if day != local_date(now, zone):
        raise StatusRefused(f"Ce rendez-vous n’est pas aujourd’hui : il est le {french.day(day)}.")


@transaction.atomic(durable=True)
def undo_arrival(*, participation: Participation, author: Author, now: datetime) -> Participation:
    """It was somebody else. Asked twice, done once. Raises ChangedMeanwhile once the person was received, or left."""
    locked = lock_participation(participation)
    if locked.arrived_at is None:
        return locked
    if locked.status != Status.UNKNOWN:
        raise ChangedMeanwhile
    before = locked.arrived_at
    locked.arrived_at = None
    locked.save(update_fields=["arrived_at"])
    _journal("participation.arrival_undone", locked, author=author, now=now, data={"before": before})
    notices.forget_arrival(locked.rdv, now=now)
    return locked


@transaction.atomic(durable=True)
def no_longer_late(*, participation: Participation, author: Author, now: datetime) -> Participation:
    """A lateness noted by mistake. Asked twice, done once."""
    locked = lock_participation(participation)
    if locked.late_minutes is None:
        return locked
    before = locked.late_minutes
    locked.late_minutes = None
    locked.save(update_fields=["late_minutes"])
    _journal("participation.on_time", locked, author=author, now=now, data={"before": before})
    return locked


def _journal(
    kind: str, participation: Participation, *, author: Author, now: datetime, data: dict[str, object]
) -> None:
    journal.write(
        kind,
        subject=("rdv", participation.rdv.uuid),
        departement_code=participation.departement_id,
        author=author,
        now=now,
        data={"participation": participation.uuid, **data},
    )
