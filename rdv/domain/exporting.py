"""What an export is asked for: a period, and what it is narrowed to. Plain values that a row or a form can hold.

Room: domain (pure). Called by rdv/services/export*.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Filters:
    """Days of the wall, both included. An empty tuple narrows nothing; statuses are codes, the others ids."""

    from_day: date
    until_day: date
    sites: tuple[int, ...] = ()
    services: tuple[int, ...] = ()
    motifs: tuple[int, ...] = ()
    statuses: tuple[str, ...] = ()
    # Names, phones and notes too, of the Rdv that the person may read.
    with_people: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"from_day": self.from_day.isoformat(), "until_day": self.until_day.isoformat()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Filters":
        return cls(
            from_day=date.fromisoformat(kept["from_day"]),
            until_day=date.fromisoformat(kept["until_day"]),
            sites=tuple(kept["sites"]),
            services=tuple(kept["services"]),
            motifs=tuple(kept["motifs"]),
            statuses=tuple(kept["statuses"]),
            with_people=kept["with_people"],
        )


@dataclass(frozen=True, slots=True)
class Rights:
    """What may be in somebody's file, in plain values: kept with the file, compared when it is taken away."""

    agent_id: int
    is_admin: bool  # the whole département, else `sites`
    sites: frozenset[int]  # where the person is responsable
    hidden: frozenset[int]  # confidential services of others: never in the file
    services: frozenset[int]  # the person's own
    desks: frozenset[int]  # sites where the person reads every service that is not hidden
    offices: frozenset[int]  # sites where the person reads their own services

    @property
    def may_read_people(self) -> bool:
        return bool(self.desks or self.offices)

    def to_json(self) -> dict[str, Any]:
        sets = ("sites", "hidden", "services", "desks", "offices")
        return {"agent_id": self.agent_id, "is_admin": self.is_admin} | {
            name: sorted(getattr(self, name)) for name in sets
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Rights":
        sets = ("sites", "hidden", "services", "desks", "offices")
        return cls(
            agent_id=kept["agent_id"], is_admin=kept["is_admin"], **{name: frozenset(kept[name]) for name in sets}
        )

    def cover(self, made_by: "Rights") -> bool:
        """A file made by those rights may be taken away by these: nothing was lost, nothing became confidential."""
        return (
            self.agent_id == made_by.agent_id
            and self.is_admin >= made_by.is_admin
            and (self.is_admin or self.sites >= made_by.sites)
            and self.hidden <= made_by.hidden
            and self.services >= made_by.services
            and self.desks >= made_by.desks
            and self.offices >= made_by.offices
        )
