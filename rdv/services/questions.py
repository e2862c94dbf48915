"""What is asked of the availability, and what it answers. Shared by rdv/services/availability and visits."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Literal, NamedTuple

from agents.models import Site
from rdv.domain.intervals import Span
from rdv.domain.travel import Point
from rdv.domain.windows import Window
from rdv.models import Motif


class _Everybody(Enum):
    EVERYBODY = "everybody"


EVERYBODY: Literal[_Everybody.EVERYBODY] = _Everybody.EVERYBODY
# An empty list of agents means nobody; "no filter" is said in words (engine.md, point 5).
Agents = Collection[int] | Literal[_Everybody.EVERYBODY]

LOOK_BACK = timedelta(hours=26)  # the longest Occupation or Ouverture, and an hour


class Creneau(NamedTuple):
    """A start that can be booked. One agent, or for a binôme all who are free together at that time.

    A tuple: thousands are made and sorted for one page.
    """

    starts_at: datetime
    site_id: int
    agent_ids: tuple[int, ...]

    @property
    def agent_id(self) -> int:
        return self.agent_ids[0]


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for. `place`: where the visit is, for a motif at home.

    `public_on`: the local day on which the public asks (openings published later are hidden); None for agents.
    """

    motif: Motif
    sites: tuple[Site, ...]
    agents: Agents
    window: Window
    now: datetime
    public_on: date | None = None
    place: Point | None = None
    # An option to look through, when it is the one being turned into an Rdv; an Rdv to look through when it moves.
    ignore_option: int | None = None
    ignore_rdv: int | None = None
    # The waiting list looks, like agents, through the hours that wait a few minutes before they are public.
    sees_released: bool = False
    # Another length than the motif's: Rdv that follow one whose length was changed by hand.
    length: timedelta | None = None

    @property
    def duration(self) -> timedelta:
        return self.motif.duration if self.length is None else self.length

    @property
    def hides_released(self) -> bool:
        return self.public_on is not None and not self.sees_released


# Stretches of one agent followed from one site.
Stretches = Mapping[tuple[int, int], list[Span]]
