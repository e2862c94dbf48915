"""What the address of the day board asks for. What cannot be read is forgotten, never refused.

journee/?site=mds-de-lens&date=2026-11-24&equipe=3&rdv=<uuid of the Rdv shown beside>&nom=bouz
"""

import uuid as uuids
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from rdv.views.agenda.asked import read_day

MAX_TEXT = 60
PREFIX = "journee."
MAX_ID = 2**31


@dataclass(frozen=True, slots=True)
class BoardAsked:
    day: date
    today: date
    rdv: uuids.UUID | None = None
    nom: str = ""
    # The slug of the site, for whoever has several: another tab may choose another one for the session.
    site: str = ""

    @property
    def written(self) -> str:
        """In one word, for screens that lead back here."""
        return f"{PREFIX}{self.day.isoformat()}"

    def url(self, **changes: object) -> str:
        """Today is not written: a board left open overnight opens on the new day."""
        asked = replace(self, **changes)  # type: ignore[arg-type]  # each caller names fields of BoardAsked
        pairs = {"site": asked.site} if asked.site else {}
        pairs |= {"date": asked.day.isoformat()} if asked.day != asked.today else {}
        pairs |= {"rdv": str(asked.rdv)} if asked.rdv else {}
        pairs |= {"nom": asked.nom} if asked.nom else {}
        address = reverse("rdv:board")
        return f"{address}?{urlencode(pairs)}" if pairs else address


def read_board_asked(data: Mapping[str, Any], *, today: date) -> BoardAsked:
    day = read_day(str(data.get("date", ""))) or today
    nom = str(data.get("nom", ""))[:MAX_TEXT].replace("\x00", "").strip()
    site = str(data.get("site", ""))[:MAX_TEXT].replace("\x00", "")
    return BoardAsked(day, today, read_uuid(str(data.get("rdv", ""))), nom, site)


def board_day(written: str) -> date | None:
    """What `BoardAsked.written` wrote; None for anything else."""
    return read_day(written.removeprefix(PREFIX)) if written.startswith(PREFIX) else None


def read_uuid(text: str) -> uuids.UUID | None:
    try:
        return uuids.UUID(text)
    except ValueError:
        return None


def read_team(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) < MAX_ID else None
