"""The state of the secretary's console: everything that the address says, and nothing else.

Room: forms. Each link and each form of the page carries it whole, so that a reload, "back" and a page without script
find the call where it was. What cannot be read is forgotten, never refused: the doors decide about what it points to.

    accueil/?q=benali+sam&usager=...&pour=...&motif=...&ordre=tot&moment=matin&site=lens&agent=7&option=...&ouvert=...
    accueil/?agent=7&depuis=2027-01-14&trou=1799999100.7&retour=2027-01-14.semaine.7      from a hole of an agenda
"""

import uuid as uuids
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

MAX_TEXT = 100
SOONEST, BY_SITE, REFERENT = "tot", "site", "referent"
MORNING, AFTERNOON, ALL_DAY = "matin", "apres-midi", "journee"
NEW_PERSON, NEW_PROCHE, OVERBOOK = "nouveau", "proche", "forcer"
# A screen left open since this morning measures nothing.
LONGEST_CALL = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class ConsoleState:
    q: str = ""
    m: str = ""  # what is typed to find a motif
    usager: uuids.UUID | None = None
    pour: uuids.UUID | None = None  # who comes: the caller or one of their proches
    motif: uuids.UUID | None = None
    ordre: str = SOONEST
    moment: str = ALL_DAY
    site: str = ""  # slug
    agent: int | None = None
    depuis: date | None = None
    option: uuids.UUID | None = None
    fait: uuids.UUID | None = None  # the Rdv just booked
    etape: str = ""
    trou: str = ""  # the hour pointed at in an agenda (rdv/services/console_hole)
    retour: str = ""  # the page of the agenda to go back to (rdv/views/agenda/asked)
    ouvert: int | None = None  # when the call began, seconds since the epoch

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values of what is not the default, for addresses and hidden fields."""
        return [
            (field.name, str(getattr(self, field.name)))
            for field in fields(self)
            if getattr(self, field.name) != field.default
        ]

    def with_changes(self, **changes: Any) -> "ConsoleState":
        return replace(self, **changes)

    @property
    def is_blank(self) -> bool:
        """Nobody is on the phone yet."""
        return not (self.q or self.usager or self.motif or self.m or self.fait or self.etape)

    def opened_at(self, now: datetime) -> datetime:
        """When the call began; the present when the address says nothing, or something that cannot be."""
        if self.ouvert is None:
            return now
        opened = datetime.fromtimestamp(self.ouvert, UTC)
        return opened if now - LONGEST_CALL <= opened <= now else now

    def opened(self, now: datetime) -> "ConsoleState":
        """The same with its beginning: the first request of a call starts its clock."""
        if self.is_blank:
            return replace(self, ouvert=None)
        return replace(self, ouvert=int(self.opened_at(now).timestamp()))


def read_state(data: Mapping[str, Any]) -> ConsoleState:
    """From the query of a GET or the hidden fields of a POST."""
    text = {name: str(data.get(name, ""))[:MAX_TEXT].replace("\x00", "").strip() for name in _NAMES}
    return ConsoleState(
        q=text["q"],
        m=text["m"],
        usager=_uuid(text["usager"]),
        pour=_uuid(text["pour"]),
        motif=_uuid(text["motif"]),
        ordre=_one_of(text["ordre"], (SOONEST, BY_SITE, REFERENT)),
        moment=_one_of(text["moment"], (ALL_DAY, MORNING, AFTERNOON)),
        site=text["site"],
        agent=_number(text["agent"], 2**62),
        depuis=_date(text["depuis"]),
        option=_uuid(text["option"]),
        fait=_uuid(text["fait"]),
        etape=_one_of(text["etape"], ("", NEW_PERSON, NEW_PROCHE, OVERBOOK)),
        trou=text["trou"],
        retour=text["retour"],
        ouvert=_number(text["ouvert"], 2**34),
    )


_NAMES = tuple(field.name for field in fields(ConsoleState))


def _uuid(text: str) -> uuids.UUID | None:
    try:
        return uuids.UUID(text)
    except ValueError:
        return None


def _number(text: str, maximum: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) <= maximum else None


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # Far enough from the ends of the calendar for days to be added.
    return found if 2000 <= found.year <= 2200 else None


def _one_of(text: str, choices: tuple[str, ...]) -> str:
    return text if text in choices else choices[0]
