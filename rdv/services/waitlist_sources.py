"""Where freed time comes from: at once for a cancellation or a move, by a task for the rest.

Room: services. `cancelled` and `moved` are called by cancelling and moving, in their transaction, under their locks;
`offer_noted` by the task.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from agents.models import Site
from rdv.core.clock import local_date
from rdv.core.db import lock_agents
from rdv.domain.windows import Window
from rdv.models import Liberation, Motif, Offre, Ouverture, Rdv, SourceKind
from rdv.services.availability import free_stretches, lay
from rdv.services.holding import lock_workshop
from rdv.services.questions import Question
from rdv.services.waitlist_hold import freed_rdv
from rdv.services.waitlist_match import Freed
from rdv.services.waitlist_offer import offer_freed
from rdv.services.waitlist_queue import note_freed

# How many rows one run of the task looks at, and how many hours it offers of one row: the rest comes a minute later.
BATCH = 100
OFFERS_PER_ROW = 30


@dataclass(frozen=True, slots=True)
class Place:
    """When and where an Rdv was before it moved."""

    starts_at: datetime
    site: Site


def cancelled(rdv: Rdv, *, left_by: Collection[int], now: datetime) -> list[Offre]:
    """The hour, or the seat, to the first who waits. A workshop cancelled as a whole frees its agents' hours."""
    agent_ids = sorted(rdv.rdv_agents.values_list("agent_id", flat=True))
    if rdv.motif.is_collective and not rdv.is_live:
        _note_agents(rdv, agent_ids, now)
        return []
    if rdv.is_overbooked and not rdv.motif.is_collective:
        return []  # it was written over taken time: nothing is free
    freed = freed_rdv(rdv, agent_ids=agent_ids, left_by=left_by, source_kind=SourceKind.CANCELLATION, now=now)
    return offer_freed(freed=freed, now=now)


def moved(rdv: Rdv, *, was: Place, agent_ids: Iterable[int], now: datetime) -> list[Offre]:
    """The hour that an Rdv left. A workshop that moves takes its seats with it."""
    ids = sorted(agent_ids)
    if rdv.motif.is_collective:
        _note_agents(rdv, ids, now, starts_at=was.starts_at)
        return []
    freed = Freed(
        motif=rdv.motif,
        site=was.site,
        starts_at=was.starts_at,
        ends_at=was.starts_at + rdv.motif.duration,
        agent_ids=tuple(ids),
        source_kind=SourceKind.MOVE,
        freed_at=now,
        source_uuid=rdv.uuid,
        left_by=tuple(rdv.participations.live().values_list("usager_id", flat=True)),
    )
    return offer_freed(freed=freed, now=now)


def _note_agents(rdv: Rdv, agent_ids: Iterable[int], now: datetime, *, starts_at: datetime | None = None) -> None:
    begins = starts_at or rdv.starts_at
    for agent_id in agent_ids:
        note_freed(
            departement_code=rdv.departement_id,
            agent_id=agent_id,
            starts_at=begins,
            ends_at=begins + (rdv.ends_at - rdv.starts_at),
            source_kind=SourceKind.MOVE if starts_at else SourceKind.CANCELLATION,
            source_uuid=rdv.uuid,
            now=now,
        )


# --- The task


def offer_noted(now: datetime) -> int:
    """Look at what was noted, oldest first. Two tasks at once share the rows; a row goes only with its work done."""
    made = 0
    for row in Liberation.objects.order_by("id")[:BATCH]:
        with transaction.atomic(durable=True):
            made += _look_at(row, now)
    return made


def _look_at(row: Liberation, now: datetime) -> int:
    # Locks before rows: agents, the workshop, then the note itself, skipped when another worker has it.
    if row.agent_id is not None:
        lock_agents([row.agent_id])
    atelier = lock_workshop(row.atelier_id) if row.atelier_id is not None else None
    if not Liberation.objects.select_for_update(skip_locked=True).filter(pk=row.pk).exists():
        return 0
    made = (
        _hours(row, now) if atelier is None else offer_seats(atelier, source_kind=SourceKind(row.source_kind), now=now)
    )
    if made < OFFERS_PER_ROW:
        row.delete()
    return made


def offer_seats(atelier: Rdv, *, source_kind: SourceKind, now: datetime) -> int:
    """Every free seat of a session, one by one. Under the lock of its row."""
    made = 0
    while made < OFFERS_PER_ROW and atelier.is_live:
        freed = replace(
            freed_rdv(atelier, agent_ids=(), left_by=(), source_kind=source_kind, now=now), source_kind=source_kind
        )
        if not offer_freed(freed=freed, now=now):
            break
        made += 1
    return made


def _hours(row: Liberation, now: datetime) -> int:
    made = 0
    for freed in _starts(row, now):
        if made >= OFFERS_PER_ROW:
            break
        # Each is asked again by offer_freed: the one before may have taken its time.
        made += bool(offer_freed(freed=freed, now=now))
    return made


def _starts(row: Liberation, now: datetime) -> list[Freed]:
    """The créneaux of these hours, for each motif with a list, in order of time."""
    found: dict[tuple[datetime, int], Freed] = {}
    for motif, site in _offered_there(row):
        window = Window(max(row.starts_at, now).replace(microsecond=0), max(row.ends_at - motif.duration, now))
        if window.is_empty:
            continue
        question = Question(
            motif=motif,
            sites=(site,),
            agents=[row.agent_id] if row.agent_id is not None else [],
            window=window,
            now=now,
            public_on=local_date(now, motif.departement.zone),
            sees_released=True,
        )
        for creneau in lay(question, free_stretches(question)):
            key = (creneau.starts_at, site.pk)
            found.setdefault(
                key,
                Freed(
                    motif=motif,
                    site=site,
                    starts_at=creneau.starts_at,
                    ends_at=creneau.starts_at + motif.duration,
                    agent_ids=creneau.agent_ids[:1],
                    source_kind=SourceKind(row.source_kind),
                    freed_at=row.created_at,
                    source_uuid=row.source_uuid,
                    # Everybody could see it already: it is not hidden again when nobody of the list wants it.
                    was_hidden=False,
                ),
            )
    return [found[key] for key in sorted(found)]


def _offered_there(row: Liberation) -> list[tuple[Motif, Site]]:
    """Motifs with a waiting list that this agent receives during these hours, with the site."""
    openings = Ouverture.objects.standing().filter(
        agent_id=row.agent_id or 0, starts_at__lt=row.ends_at, ends_at__gt=row.starts_at
    )
    motif_ids = {pk for ids in openings.values_list("motif_ids", flat=True) for pk in ids}
    motifs = Motif.objects.active().filter(pk__in=motif_ids, has_waitlist=True, is_collective=False, agents_needed=1)
    sites = Site.objects.active().filter(motif_sites__motif__in=motif_ids).distinct()
    on = {(one.motif_id, one.site_id) for motif in motifs for one in motif.motif_sites.all()}
    return [
        (motif, site)
        for motif in motifs.select_related("departement", "service").order_by("id")
        for site in sites.order_by("id")
        if (motif.pk, site.pk) in on
    ]
