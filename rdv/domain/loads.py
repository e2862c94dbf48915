"""Which agent gets a créneau for which nobody was named.

Room: domain (pure). Called by booking, which writes the reason in the journal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """The criterion that left one agent alone."""

    REFERENT = "referent"
    SECTOR = "sector"
    LOAD = "load"
    TIE = "tie"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who can take the créneau."""

    agent_id: int
    is_referent: bool
    is_sector: bool
    load_ratio: float  # booked minutes / working minutes over the 4 weeks around the créneau
    last_assigned_at: datetime | None


@dataclass(frozen=True, slots=True)
class Choice:
    agent_id: int
    reason: Reason


def choose_agent(candidates: Sequence[Candidate]) -> Choice:
    """Référent first, then the sector's agent, then the lowest load; ties to the longest since last assigned.

    Each criterion narrows the group that the former left. A lone candidate without link to the usager is the least
    loaded of one. Raises ValueError when nobody is given: the créneau is not free.
    """
    if not candidates:
        raise ValueError("no agent to choose from")
    group = [one for one in candidates if one.is_referent] or list(candidates)
    if len(group) == 1 and group[0].is_referent:
        return Choice(group[0].agent_id, Reason.REFERENT)
    group = [one for one in group if one.is_sector] or group
    if len(group) == 1 and group[0].is_sector:
        return Choice(group[0].agent_id, Reason.SECTOR)
    lowest = min(one.load_ratio for one in group)
    group = [one for one in group if one.load_ratio == lowest]
    if len(group) == 1:
        return Choice(group[0].agent_id, Reason.LOAD)
    return Choice(min(group, key=_longest_waiting).agent_id, Reason.TIE)


def _longest_waiting(candidate: Candidate) -> tuple[float, int]:
    last = candidate.last_assigned_at
    # Never assigned is the longest wait of all; the id makes the choice the same at every replay.
    return (float("-inf") if last is None else last.timestamp(), candidate.agent_id)
