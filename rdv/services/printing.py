"""The paper that a person without a phone takes home: their Rdv in big letters, with a code to point a phone at.

Room: services, reads only (printing leaves its line in the journal). It says no more than a message would: a discreet
motif says "rendez-vous" and the place.
"""

from dataclasses import dataclass
from datetime import datetime

import segno

from rdv.core import journal
from rdv.core.journal import Author
from rdv.core.links import link_url
from rdv.models import Participation
from rdv.services.texts import Facts, facts_of


@dataclass(frozen=True, slots=True)
class Paper:
    facts: Facts
    link: str
    # Squares of the code, line by line: a page draws them, no image is fetched.
    code: str
    side: int


def paper_of(participation: Participation) -> Paper:
    link = link_url("rdv", participation.link_subject)
    path, side = _drawn(link)
    return Paper(facts_of(participation), link, path, side)


def journal_print(participation: Participation, *, author: Author, now: datetime) -> None:
    journal.write_read(
        "usager.printed",
        subject=("usager", participation.usager_id),
        departement_code=participation.departement_id,
        author=author,
        now=now,
        data={"participation": participation.uuid},
    )


def _drawn(text: str) -> tuple[str, int]:
    """An SVG path of the dark squares, and how many squares a side has, the quiet border of four included."""
    code = segno.make(text, error="m", micro=False)
    border = 4
    path = []
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            length = 0
            while x + length < len(row) and row[x + length]:
                length += 1
            if length:
                path.append(f"M{x + border} {y + border}h{length}v1h-{length}z")
            x += length + 1
    return "".join(path), len(code.matrix) + 2 * border
