"""Search keys: names compared and sorted without accents, case or punctuation, the same on every server.

The embedded PostgreSQL has no ICU collations, so keys are computed here and stored (quality.md).
"""

import re
import unicodedata

_LIGATURES = str.maketrans(
    {"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l"}
)
_SEPARATORS = re.compile(r"[^\w]+|_+", re.UNICODE)


def search_key(value: str) -> str:
    """`"L’Haÿ-les-Roses"` gives `"l hay les roses"`: words of the value, unaccented, lowercase, single spaces."""
    decomposed = unicodedata.normalize("NFKD", value.translate(_LIGATURES))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _SEPARATORS.sub(" ", plain.lower()).strip()
