"""Time that may have come free otherwise than by a cancellation: noted here, looked at by a task that is woken at once
(and comes every minute, should it have heard nothing).

Room: services. Called in the transaction of the source (absences, openings, holds that died, seats added), under its
locks. Nothing is written where nobody waits.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from rdv.core.commit import named_once_after_commit
from rdv.models import Inscription, Liberation, Ouverture, SourceKind

LOOK = "rdv.tasks.offer_noted"


def note_freed(
    *,
    departement_code: str,
    agent_id: int,
    starts_at: datetime,
    ends_at: datetime,
    source_kind: SourceKind,
    now: datetime,
    source_uuid: uuid.UUID | None = None,
) -> None:
    """These hours of this agent."""
    if ends_at <= now or not somebody_waits(departement_code):
        return
    Liberation.objects.create(
        departement_id=departement_code,
        agent_id=agent_id,
        starts_at=max(starts_at, now),
        ends_at=ends_at,
        source_kind=source_kind,
        source_uuid=source_uuid,
        created_at=now,
    )
    named_once_after_commit(LOOK)


def note_openings(
    rows: Iterable[Ouverture],
    *,
    departement_code: str,
    now: datetime,
    source_kind: SourceKind = SourceKind.OPENING,
) -> None:
    """Hours of openings, all in one question and one insert. `rows` come with their plage."""
    if not somebody_waits(departement_code):
        return
    Liberation.objects.bulk_create(
        Liberation(
            departement_id=departement_code,
            agent_id=row.agent_id,
            starts_at=max(row.starts_at, now),
            ends_at=row.ends_at,
            source_kind=source_kind,
            source_uuid=row.plage.uuid,
            created_at=now,
        )
        for row in rows
        if row.ends_at > now
    )
    named_once_after_commit(LOOK)


def note_seats(
    *,
    departement_code: str,
    atelier_id: int,
    starts_at: datetime,
    ends_at: datetime,
    source_kind: SourceKind,
    now: datetime,
) -> None:
    """The seats of this session."""
    if starts_at <= now or not somebody_waits(departement_code):
        return
    Liberation.objects.create(
        departement_id=departement_code,
        atelier_id=atelier_id,
        starts_at=starts_at,
        ends_at=ends_at,
        source_kind=source_kind,
        created_at=now,
    )
    named_once_after_commit(LOOK)


def somebody_waits(departement_code: str) -> bool:
    return Inscription.objects.waiting().filter(departement=departement_code).exists()


def more_waited_for(departement_code: str, length: timedelta) -> bool:
    """Somebody waits for longer, or for several professionals at once: time around, or a colleague, may add to it."""
    minutes = round(length.total_seconds() / 60)
    longer = Q(motif__duration_min__gt=minutes) | Q(motif__agents_needed__gt=1)
    return Inscription.objects.waiting().filter(longer, departement=departement_code).exists()
