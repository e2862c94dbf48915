"""What a move leaves behind so that it can be undone for two minutes: kept in its own line of the journal.

Room: services. Written by moving, read by undo_move and by the page of the Rdv. No row beside the journal: the last
line about the Rdv is the move, or somebody has touched it since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from agents.models import Agent
from notifications import services as post_office
from rdv.core.journal import Evenement
from rdv.domain import french
from rdv.models import Rdv
from rdv.services.notices import GRACE
from rdv.services.texts import News

MOVED, UNMOVED = "rdv.moved", "rdv.move_undone"
UNDO_FOR = GRACE
# What a move forgets of each person: it was about the old hour.
OF_A_PERSON = ("confirmed_at", "confirmed_by", "late_minutes", "arrived_at")


@dataclass(frozen=True, slots=True)
class Told:
    """Where and when people believe the Rdv to be. `unsaid_since`: the schedule version that they were told of, when it
    moved since and the message of that move has not left."""

    starts_at: datetime
    site_name: str
    unsaid_since: int | None = None

    def as_data(self, version: int) -> dict[str, object]:
        since = version if self.unsaid_since is None else self.unsaid_since
        return {"starts_at": self.starts_at.isoformat(), "site": self.site_name, "version": since}


@dataclass(frozen=True, slots=True)
class Before:
    """What the undo puts back. `version`: the schedule version that the move made."""

    line: Evenement
    version: int
    starts_at: datetime
    ends_at: datetime
    site_id: int
    agent_ids: tuple[int, ...]
    is_overbooked: bool
    moved_at: datetime | None
    people: dict[UUID, dict[str, Any]]

    @property
    def until(self) -> datetime:
        return self.line.at + UNDO_FOR


def told_of(rdv: Rdv) -> Told:
    """Before `rdv` moves again: a move whose message has left for nobody was told to nobody."""
    here = Told(rdv.starts_at, rdv.site.name)
    people = [str(uuid) for uuid in rdv.participations.live().values_list("uuid", flat=True)]
    if not post_office.is_unsaid("participation", people, kind=News.MOVED, version=rdv.schedule_version):
        return here
    lines = Evenement.objects.about("rdv", rdv.uuid).filter(kind__in=[MOVED, UNMOVED])
    line = lines.order_by("-id").first()
    told = line.data.get("told") if line is not None else None
    if not told:
        return here
    return Told(datetime.fromisoformat(told["starts_at"]), told["site"], told["version"])


def record_of(rdv: Rdv) -> dict[str, Any]:
    """What only an undo needs; the hour, the place and the agents are in "before" of the line. Exact instants: the
    journal writes others to the millisecond."""
    people = rdv.participations.live().values_list("uuid", *OF_A_PERSON)
    return {
        "version": rdv.schedule_version + 1,
        "overbooked": rdv.is_overbooked,
        "moved_at": _written(rdv.moved_at),
        "people": {
            str(uuid): {name: _written(value) for name, value in zip(OF_A_PERSON, values, strict=True)}
            for uuid, *values in people
        },
    }


def _written(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def before_of(line: Evenement) -> Before | None:
    """What this line of the journal lets undo; None for anything but a move made to be undone."""
    kept = line.data.get("undo") if line.kind == MOVED else None
    if kept is None:
        return None
    was = line.data["before"]
    return Before(
        line=line,
        version=kept["version"],
        starts_at=datetime.fromisoformat(was["starts_at"]),
        ends_at=datetime.fromisoformat(was["ends_at"]),
        site_id=was["site"],
        agent_ids=tuple(was["agents"]),
        is_overbooked=kept["overbooked"],
        moved_at=_instant(kept["moved_at"]),
        people={
            UUID(uuid): {name: _instant(value) if name.endswith("_at") else value for name, value in one.items()}
            for uuid, one in kept["people"].items()
        },
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def names_before(before: Before, rdv: Rdv) -> str:
    """Who received before, when it was somebody else. `rdv` comes from a door, with its agents."""
    if set(before.agent_ids) == {link.agent_id for link in rdv.rdv_agents.all()}:
        return ""
    agents = Agent.objects.filter(departement=rdv.departement_id, pk__in=before.agent_ids).order_by("search_key", "id")
    return french.joined([agent.full_name for agent in agents])


def undoable(events: Sequence[Evenement], rdv: Rdv, *, agent_id: int, now: datetime) -> Before | None:
    """For the page: the move that this agent may still undo. `events`: those of the Rdv, the last first."""
    before = before_of(events[0]) if events else None
    if before is None or not rdv.is_live or before.version != rdv.schedule_version:
        return None
    is_own = (before.line.author_kind, before.line.author_id) == ("agent", agent_id)
    return before if is_own and now <= before.until else None
