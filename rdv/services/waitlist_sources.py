"""Where freed time comes from at once: a cancellation, a move, seats added. The rest is noted (waitlist_noted).

Room: services. Called by cancelling, moving and seats, in their transaction, under their locks.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from agents.models import Site
from rdv.domain.intervals import Interval, subtract
from rdv.models import Offre, Rdv, SourceKind
from rdv.services.waitlist_hold import freed_rdv
from rdv.services.waitlist_match import Freed
from rdv.services.waitlist_offer import offer_freed
from rdv.services.waitlist_queue import more_waited_for, note_freed

# How many seats of one session are offered at once: the rest comes a minute later.
OFFERS_PER_ROW = 30


@dataclass(frozen=True, slots=True)
class Place:
    """When and where an Rdv was before it moved."""

    starts_at: datetime
    ends_at: datetime
    site: Site


def cancelled(rdv: Rdv, *, left_by: Collection[int], now: datetime) -> list[Offre]:
    """The hour, or the seat, to the first who waits. A workshop cancelled as a whole frees its agents' hours."""
    agent_ids = sorted(rdv.rdv_agents.values_list("agent_id", flat=True))
    if rdv.motif.is_collective and not rdv.is_live:
        _note(rdv, agent_ids, rdv.starts_at, rdv.ends_at, source_kind=SourceKind.CANCELLATION, now=now)
        return []
    if rdv.is_overbooked and not rdv.motif.is_collective:
        # Written over taken time: most often nothing is free. The task looks, since what lay under it may be gone.
        _note(rdv, agent_ids, rdv.starts_at, rdv.ends_at, source_kind=SourceKind.CANCELLATION, now=now)
        return []
    freed = freed_rdv(rdv, agent_ids=agent_ids, left_by=left_by, source_kind=SourceKind.CANCELLATION, now=now)
    return offer_or_note(rdv, freed, until=rdv.ends_at, now=now)


def moved(rdv: Rdv, *, was: Place, agent_ids: Iterable[int], now: datetime) -> list[Offre]:
    """The hour that an Rdv left. A workshop that moves takes its seats with it.

    Whoever receives it still, over a part of its old time (shortened, moved by less than its length), is free in the
    rest only: no hour for the list at once, but looked at like any piece of time.
    """
    ids = sorted(agent_ids)
    stay = _who_stays(rdv, was, ids)
    left = [one for one in ids if one not in stay]
    for piece in subtract([Interval(was.starts_at, was.ends_at)], [Interval(rdv.starts_at, rdv.ends_at)]):
        _note(rdv, stay, piece.start, piece.end, source_kind=SourceKind.MOVE, now=now)
    if not left:
        return []
    if rdv.motif.is_collective:
        _note(rdv, left, was.starts_at, was.ends_at, source_kind=SourceKind.MOVE, now=now)
        return []
    freed = Freed(
        motif=rdv.motif,
        site=was.site,
        starts_at=was.starts_at,
        ends_at=was.starts_at + rdv.motif.duration,
        agent_ids=tuple(left),
        source_kind=SourceKind.MOVE,
        freed_at=now,
        source_uuid=rdv.uuid,
        left_by=tuple(rdv.participations.live().values_list("usager_id", flat=True)),
    )
    return offer_or_note(rdv, freed, until=was.ends_at, now=now)


def _who_stays(rdv: Rdv, was: Place, agent_ids: Iterable[int]) -> list[int]:
    if rdv.starts_at >= was.ends_at or rdv.ends_at <= was.starts_at:
        return []
    return sorted(set(agent_ids).intersection(rdv.rdv_agents.values_list("agent_id", flat=True)))


def offer_or_note(rdv: Rdv, freed: Freed, *, until: datetime, now: datetime) -> list[Offre]:
    """One hour at once, to those who wait for as many professionals. What it does not take until the end of the Rdv
    (`until`) is looked at by the task, each agent's time by itself: an Rdv may be longer than what is waited for, a
    wait longer than the Rdv but not than the free time around it, one of a binôme may receive alone."""
    offres = offer_freed(freed=freed, now=now)
    if freed.atelier_id is not None:
        return offres
    begins = max((one.ends_at for one in offres), default=freed.starts_at)
    has_more = bool(offres) or len(freed.agent_ids) > 1 or until > freed.ends_at
    if has_more or more_waited_for(rdv.departement_id, until - begins):
        _note(rdv, freed.agent_ids, begins, until, source_kind=freed.source_kind, now=now)
    return offres


def _note(
    rdv: Rdv,
    agent_ids: Iterable[int],
    starts_at: datetime,
    ends_at: datetime,
    *,
    source_kind: SourceKind,
    now: datetime,
) -> None:
    if starts_at >= ends_at:
        return
    for agent_id in agent_ids:
        note_freed(
            departement_code=rdv.departement_id,
            agent_id=agent_id,
            starts_at=starts_at,
            ends_at=ends_at,
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
