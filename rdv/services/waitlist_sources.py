"""Where freed time comes from at once: a cancellation, a move, seats added. The rest is noted (waitlist_noted).

Room: services. Called by cancelling, moving and seats, in their transaction, under their locks.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from agents.models import Site
from rdv.models import Offre, Rdv, SourceKind
from rdv.services.waitlist_hold import freed_rdv
from rdv.services.waitlist_match import Freed
from rdv.services.waitlist_offer import offer_freed
from rdv.services.waitlist_queue import binomes_waited_for, note_freed

# How many seats of one session are offered at once: the rest comes a minute later.
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
    return _offer_or_note(rdv, freed, now)


def moved(rdv: Rdv, *, was: Place, agent_ids: Iterable[int], now: datetime) -> list[Offre]:
    """The hour that an Rdv left. A workshop that moves takes its seats with it."""
    ids = sorted(agent_ids)
    if rdv.motif.is_collective:
        _note_agents(rdv, ids, now, starts_at=was.starts_at, source_kind=SourceKind.MOVE)
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
    return _offer_or_note(rdv, freed, now)


def _offer_or_note(rdv: Rdv, freed: Freed, now: datetime) -> list[Offre]:
    """At once for those who wait for as many professionals; else the task looks at each one's hour by itself: one of a
    binôme may receive alone, one alone may be free together with a colleague."""
    offres = offer_freed(freed=freed, now=now)
    is_pair = len(freed.agent_ids) > 1
    if not offres and freed.atelier_id is None and (is_pair or binomes_waited_for(rdv.departement_id)):
        _note_agents(rdv, freed.agent_ids, now, starts_at=freed.starts_at, source_kind=freed.source_kind)
    return offres


def _note_agents(
    rdv: Rdv,
    agent_ids: Iterable[int],
    now: datetime,
    *,
    starts_at: datetime | None = None,
    source_kind: SourceKind = SourceKind.CANCELLATION,
) -> None:
    begins = starts_at or rdv.starts_at
    for agent_id in agent_ids:
        note_freed(
            departement_code=rdv.departement_id,
            agent_id=agent_id,
            starts_at=begins,
            ends_at=begins + (rdv.ends_at - rdv.starts_at),
            source_kind=source_kind,
            source_uuid=rdv.uuid,
            now=now,
        )


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
