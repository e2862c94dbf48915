"""People searched among 500,000 files: names in any order, numbers, dates, a letter wrong. Room: bench.

The département of these files is its own (no site, no agent): the other questions never meet it. Made at the first run
and kept with the database.
"""

import random
from collections.abc import Callable, Iterator

from django.db import connection

from agents.models import Departement
from rdv.bench.measuring import Question
from rdv.bench.scales import NOW
from rdv.bench.searches import SELECT_1
from usagers.access import forgiving_search, search_usagers
from usagers.models import Usager

FILES = 500_000
# Far away and real, so that nothing else of the bench has it.
CODE = "988"
TARGET_MS = 100
_SEED = 20270111
_CONSONANTS = ("b", "c", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "ch", "br", "tr", "gr")
_VOWELS = ("a", "e", "i", "o", "u", "ou", "ai", "an", "on", "in", "eau")
_KNOWN = ("benali", "lefebvre", "delattre", "caron", "haddad", "nowak", "diallo", "martin", "petit", "meziane")
_FAMILIES, _FIRST_NAMES = 20_000, 1_500
_FILL = """
INSERT INTO usagers_usager (departement_id, uuid, first_name, last_name, birth_name, search_key, phone, email, address,
    birth_date, language, needs_interpreter, needs_step_free, needs_sign_language, channel, note, created_at,
    last_contact_at, compared_at)
SELECT %(code)s, gen_random_uuid(), first, last, '', ' ' || last || ' ' || first || ' ',
    '+336' || lpad((n::bigint * 7919 %% 100000000)::text, 8, '0'), '', '', date '1930-01-01' + (n * 31 %% 35000),
    'fr', false, false, false, 'both', '', %(now)s, %(now)s::timestamptz - n * interval '1 minute', %(now)s
FROM (
    SELECT n, (%(families)s::text[])[1 + floor(power(random(), 4) * %(family_count)s)::int] AS last,
        (%(firsts)s::text[])[1 + floor(power(random(), 3) * %(first_count)s)::int] AS first
    FROM generate_series(1, %(files)s) AS n
) AS people
"""


def file_searches() -> Iterator[Question]:
    """One figure for all the ways of asking; each asking takes the next one."""
    words = random.Random(_SEED)  # noqa: S311 - the same questions on every run
    departement = _departement()
    families, firsts = _names()
    asked = {"files": FILES}
    yield Question(
        "search_usagers_500k", lambda: _search(departement, words, families, firsts), SELECT_1, 200, TARGET_MS, asked
    )


def fill(departement: Departement, files: int) -> None:
    """Frequent names are frequent: a tenth of the families has half of the files."""
    families, firsts = _names()
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(
            _FILL,
            {
                "code": departement.code,
                "now": NOW,
                "families": families,
                "family_count": len(families),
                "firsts": firsts,
                "first_count": len(firsts),
                "files": files,
            },
        )
        cursor.execute("ANALYZE usagers_usager")


def _departement() -> Departement:
    found, is_new = Departement.objects.get_or_create(
        code=CODE,
        defaults={
            "name": "Nouvelle-Calédonie",
            "name_with_article": "de la Nouvelle-Calédonie",
            "search_key": "nouvelle caledonie",
            "slug": "nouvelle-caledonie",
            "zone_name": "Pacific/Noumea",
            "public_phone": "+33353012988",
            "sms_sender": "SOLIDARITES",
            "reply_to": "contact@example.org",
            "is_open": False,
        },
    )
    if is_new or not Usager.objects.of(found).exists():
        fill(found, FILES)
    return found


def _names() -> tuple[list[str], list[str]]:
    made = random.Random(_SEED)  # noqa: S311 - invented names, the same on every run

    def word(parts: int) -> str:
        body = "".join(made.choice(_CONSONANTS) + made.choice(_VOWELS) for _ in range(parts))
        return body + made.choice(("", "t", "l", "n", "r", "s"))

    families = [*_KNOWN, *(word(made.choice((2, 2, 3))) for _ in range(_FAMILIES))]
    return families, ["samira", *(word(2) for _ in range(_FIRST_NAMES))]


def _search(
    departement: Departement, words: random.Random, families: list[str], firsts: list[str]
) -> Callable[[], object]:
    """What a secretary types, as her box answers it: exactly, then with a letter forgiven when nobody is found."""
    family, first = words.choice(families[:2000]), words.choice(firsts[:200])
    typed = words.choice(
        (
            family,
            f"{first} {family}",
            f"{family} {first[:3]}",
            _with_a_slip(family, words),
            f"{_with_a_slip(family, words)} {first}",
            f"06{words.randrange(10**4):04d}",
            f"{words.randrange(1, 29):02d}/{words.randrange(1, 13):02d}/{words.randrange(1940, 2020)}",
        )
    )
    return lambda: search_usagers(departement, typed, limit=8) or forgiving_search(departement, typed, limit=8)


def _with_a_slip(word: str, words: random.Random) -> str:
    """One letter wrong, missing or too many."""
    at = words.randrange(1, len(word))
    return words.choice((word[:at] + "y" + word[at + 1 :], word[:at] + word[at + 1 :], word[:at] + "e" + word[at:]))
