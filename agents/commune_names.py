"""What a person types to name a commune, read into words, a postcode and a département. Pure: no database.

Called by the Commune QuerySet and agents.communes.
"""

import dataclasses
import re

from rdv.core.text import search_key

MAX_QUERY_LENGTH = 100  # The longest official name has 45 letters; a pasted page is cut, not searched.

WORD = re.compile(r"[a-z0-9]+")
POSTCODE = re.compile(r"\d{5}")
DEPARTEMENT = re.compile(r"\d{2,3}|2[ab]")
# "Paris 1er arrondissement", "Lens Cedex": said in addresses, never part of a name of the list.
NOISE = re.compile(r"\d+(?:er|e|eme|ere)?|cedex|arrondissement")
SHORT_FORMS = {"st": "saint", "ste": "sainte"}


@dataclasses.dataclass(frozen=True, slots=True)
class CommuneQuery:
    """A typed query: `words` as typed (last one perhaps unfinished), and what pins the place down."""

    words: tuple[str, ...] = ()
    postcode: str | None = None
    departement_code: str | None = None

    @property
    def is_searchable(self) -> bool:
        return bool(self.words or self.postcode)

    @property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """The words in full, then as typed when the last may be a beginning: "st" is Saint, or Strasbourg begun."""
        full = tuple(SHORT_FORMS.get(word, word) for word in self.words)
        if not self.words or self.words[-1] not in SHORT_FORMS:
            return (full,)
        return (full, (*full[:-1], self.words[-1]))

    def without_place(self) -> "CommuneQuery":
        """The same name wherever it is: for a postcode that is a Cedex or mistyped."""
        return CommuneQuery(words=self.words)


def parse_commune_query(text: str) -> CommuneQuery:
    """Read "Lens 62300", "62300", "St Omer (62)"; the last postcode and département typed win."""
    words: list[str] = []
    postcode = departement_code = None
    for word in WORD.findall(search_key(text[:MAX_QUERY_LENGTH])):
        if POSTCODE.fullmatch(word):
            postcode = word
        elif DEPARTEMENT.fullmatch(word):
            departement_code = word.upper()
        elif not NOISE.fullmatch(word):
            words.append(word)
    return CommuneQuery(tuple(words), postcode, departement_code)
