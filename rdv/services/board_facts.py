"""What a day board is made of: people, Rdv, what fills a column, columns. Plain values, no query, no model.

Room: services. Built by rdv/services/board, read by rdv/views/board.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from rdv.domain.intervals import Interval, subtract
from rdv.domain.statuses import LIVE, Status
from rdv.models import Modality
from rdv.services.agenda import Kind
from rdv.services.confirmed import Answer

# Somebody who is not there so soon after the hour is said to be late.
PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in an Rdv that may be read. `needs`: codes of what they need (see rdv/views/board/words)."""

    participation: UUID
    usager: UUID
    name: str
    search_key: str
    status: Status
    arrived_at: datetime | None
    late_minutes: int | None
    needs: tuple[str, ...] = ()
    companion: str = ""
    answer: Answer = Answer.NONE
    first_name: str = ""
    version: int = 0  # of the schedule of their Rdv

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def waits(self) -> bool:
        return self.arrived_at is not None and self.status is Status.UNKNOWN


@dataclass(frozen=True, slots=True)
class Visit:
    """An Rdv that may be read."""

    uuid: UUID
    starts_at: datetime
    ends_at: datetime
    motif: str
    title: str
    is_collective: bool
    capacity: int
    seats_taken: int
    modality: Modality
    town: str
    site_id: int
    site_name: str
    is_overbooked: bool
    is_live: bool
    people: tuple[Person, ...]
    agents: tuple[tuple[int, str], ...]
    asks: bool = False  # people are asked whether they come

    @property
    def live(self) -> tuple[Person, ...]:
        return tuple(person for person in self.people if person.is_live)

    @property
    def first_key(self) -> str:
        return min((person.search_key for person in self.people), default="")

    def lateness(self, person: Person, now: datetime) -> int:
        """Minutes: said by the person, else counted since the hour for whoever should be here."""
        if person.status is not Status.UNKNOWN or person.arrived_at is not None or now >= self.ends_at:
            return 0
        waited = now - self.starts_at
        counted = self.modality == Modality.PUBLIC_OFFICE and waited >= PATIENCE
        return max(person.late_minutes or 0, waited // timedelta(minutes=1) if counted else 0)


@dataclass(frozen=True, slots=True)
class Block:
    """Something in a column. `absence`: its kind. `token`: an hour of the waiting list that this reader may take."""

    kind: Kind
    starts_at: datetime
    ends_at: datetime
    visit: Visit | None = None
    absence: str = ""
    expires_at: datetime | None = None
    is_waitlist: bool = False
    token: UUID | None = None
    is_here: bool = False  # an Rdv of this site
    has_double: bool = False
    on_absence: bool = False

    def meets(self, other: "Block") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(slots=True)
class Column:
    agent_id: int
    name: str
    profession: str
    openings: list[Interval]
    blocks: list[Block]
    may_book: bool

    @property
    def is_present(self) -> bool:
        """Receives that day, here or by phone; a day of leave, or on another site, is no column."""
        away = [Interval(block.starts_at, block.ends_at) for block in self.blocks if block.kind is Kind.ABSENCE]
        return bool(subtract(self.openings, away)) or any(block.is_here for block in self.blocks)

    @property
    def away_for(self) -> str:
        absence = next((block.absence for block in self.blocks if block.kind is Kind.ABSENCE), "")
        return absence or ("sur un autre site" if self.blocks else "pas d’ouverture")


@dataclass(slots=True)
class Board:
    """Present first, by name. `away`: those with nothing here that day. `cancelled`: Rdv of this site."""

    on: date
    now: datetime
    columns: list[Column] = field(default_factory=list)
    away: list[Column] = field(default_factory=list)
    cancelled: list[Visit] = field(default_factory=list)
    teams: list[tuple[int, str]] = field(default_factory=list)
    team: int | None = None
    note: str = ""

    @property
    def visits(self) -> list[Visit]:
        """Each once, binômes too, in the order of the hours."""
        found = {block.visit.uuid: block.visit for one in self.columns for block in one.blocks if block.visit}
        return sorted(found.values(), key=lambda visit: (visit.starts_at, visit.first_key))

    def find(self, uuid: UUID) -> Visit | None:
        return next((visit for visit in [*self.visits, *self.cancelled] if visit.uuid == uuid), None)
