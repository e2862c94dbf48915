"""The secretary's search box: files that answer, else files that come near, before a new one is made.

Room: services, reads only; each search leaves its line in the journal (usagers.access). Called by the console and
by the page "Usagers".
"""

from dataclasses import dataclass
from datetime import datetime

from agents.access import Scope
from agents.models import Departement
from usagers.access import journal_search, search_usagers
from usagers.models import Usager
from usagers.search_query import parse_usager_query
from usagers.services.duplicates import nearest_usagers

# Nine digits: eight files and "Nouvelle personne".
SHOWN = 8
# One letter answers to half of the files.
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class FoundFile:
    usager: Usager
    number: int
    reasons: str  # why it is near, when it does not answer to every word


@dataclass(frozen=True, slots=True)
class Results:
    q: str
    files: tuple[FoundFile, ...]
    is_exact: bool
    has_more: bool

    @property
    def new_number(self) -> int:
        return len(self.files) + 1

    @property
    def first(self) -> FoundFile | None:
        return self.files[0] if self.files else None


def search(scope: Scope, departement: Departement, q: str, *, now: datetime, limit: int = SHOWN) -> Results | None:
    """None when too little is typed to mean anybody."""
    if len(q.strip()) < SHORTEST:
        return None
    found = search_usagers(departement, q, limit=limit)
    journal_search(scope.author(), departement, q, found=len(found), now=now)
    if found:
        files = [FoundFile(usager, number, "") for number, usager in enumerate(found, start=1)]
        return Results(q, tuple(files), is_exact=True, has_more=found.has_more)
    near = nearest_usagers(departement, q)[:limit]
    files = [FoundFile(one.usager, number, ", ".join(one.reasons)) for number, one in enumerate(near, start=1)]
    return Results(q, tuple(files), is_exact=False, has_more=False)


def person_from(q: str) -> dict[str, str]:
    """What was typed, put into the boxes of a new file: "diallo aminata 0639984417". The name comes first."""
    asked = parse_usager_query(q)
    words = [word.capitalize() for word in asked.words]
    birth = f"{asked.birth_date:%d/%m/%Y}" if asked.birth_date else ""
    return {
        "last_name": words[0] if words else "",
        "first_name": " ".join(words[1:]),
        "birth_date": birth,
        "phone": asked.phone,
        "email": asked.email,
    }
