"""The secretary's search box: files that answer, else files that come near, before a new one is made.

Room: services, reads only; each search leaves its line in the journal (usagers.access). Called by the console and
by the page "Usagers".
"""

from dataclasses import dataclass
from datetime import datetime

from agents.access import Scope
from agents.models import Departement
from rdv.core.text import search_key
from usagers.access import forgiving_search, journal_search, search_usagers
from usagers.models import Usager
from usagers.search_query import parse_usager_query
from usagers.services.duplicates import NEAR_NAME, nearest_usagers

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
    def has_namesakes(self) -> bool:
        """The first has the name of another one: a birth date tells them apart, and somebody has to read it."""
        names = [search_key(one.usager.full_name) for one in self.files]
        return self.is_exact and names.count(names[0]) > 1

    @property
    def takes_first(self) -> bool:
        """Enter opens the first of the list, "Nouvelle personne" when it is alone; else it only goes there."""
        return not self.files or (self.is_exact and not self.has_namesakes)

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
    near, has_more = _near(departement, q, limit)
    files = [FoundFile(usager, number, why) for number, (usager, why) in enumerate(near, start=1)]
    return Results(q, tuple(files), is_exact=False, has_more=has_more)


def _near(departement: Departement, q: str, limit: int) -> tuple[list[tuple[Usager, str]], bool]:
    """Files with the same phone, birth date or nearly the whole name; then a letter wrong in what was typed."""
    likely = nearest_usagers(departement, q)
    forgiven = forgiving_search(departement, q, limit=limit)
    found = {one.usager.pk: (one.usager, ", ".join(one.reasons)) for one in likely}
    for usager in forgiven:
        found.setdefault(usager.pk, (usager, NEAR_NAME))
    return list(found.values())[:limit], forgiven.has_more or len(found) > limit


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
