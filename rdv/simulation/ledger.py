"""Hours that came free, and what became of each: nothing counted twice, nothing forgotten. Room: simulation (pure).

freed  =  taken by the list  +  taken by a caller  +  taken by somebody who came by  +  lost
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

# One hour of one agent.
Slot = tuple[int, datetime]


class Taken(StrEnum):
    LIST = "list"
    CALLER = "caller"
    WALK_IN = "walk_in"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Hole:
    freed_at: datetime
    closed_at: datetime
    by: Taken


@dataclass(slots=True)
class Ledger:
    open: dict[Slot, datetime] = field(default_factory=dict)
    closed: list[Hole] = field(default_factory=list)
    freed: int = 0

    def free(self, slot: Slot, now: datetime) -> None:
        if slot in self.open:
            raise RuntimeError(f"freed twice: {slot}")
        self.open[slot] = now
        self.freed += 1

    def take(self, slot: Slot, by: Taken, now: datetime) -> None:
        """Raises KeyError when the hour was not free."""
        self.closed.append(Hole(self.open.pop(slot), now, by))

    def count(self, by: Taken) -> int:
        return sum(hole.by is by for hole in self.closed)

    def lost_after(self) -> list[timedelta]:
        """Notice that there was, of the hours that nobody had (closed when they began)."""
        return sorted(hole.closed_at - hole.freed_at for hole in self.closed if hole.by is Taken.LOST)

    def fills(self) -> list[timedelta]:
        """Time from free to taken, of the hours taken before they began."""
        kinds = (Taken.LIST, Taken.CALLER)
        return sorted(hole.closed_at - hole.freed_at for hole in self.closed if hole.by in kinds)
