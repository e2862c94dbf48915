"""Files that may be about the same person. Reads only; called when a file is created or shown, and by `files`.

Compared inside the département on names (accents, hyphens, order, a letter more or less), birth date, phone, e-mail.
At most four small queries, whatever the size of the département. Two people of one name born on different days are
namesakes, not duplicates, unless they share a phone or an e-mail.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection, transaction

from agents.models import Departement
from rdv.core.text import search_key
from usagers.models import Doublon, Usager, UsagerQuerySet, name_key
from usagers.phones import PhoneProblem, read_phone
from usagers.search_query import parse_usager_query

SAME_NAME, NEAR_NAME = "même nom", "nom très proche"
SAME_BIRTH, SAME_PHONE, SAME_EMAIL = "même naissance", "même téléphone", "même e-mail"
_WEIGHTS = {SAME_NAME: 10, SAME_BIRTH: 8, NEAR_NAME: 7, SAME_PHONE: 6, SAME_EMAIL: 6}
_MAX_FOUND = 10
_MAX_SHARING = 50  # files of one phone, one e-mail or one name that are compared
_MAX_BORN_ALIKE = 300  # a large département has about 20 files per birth date; 1 January has many more
_TRIGRAM_LIKENESS = 0.45
_NEAR = 0.84  # share of common letters: Diallo and Dialo pass, Martin and Marin pass, Martin and Bertin do not


@dataclass(frozen=True, slots=True)
class Likeness:
    """A file that looks like what was asked, and why, the strongest reason first."""

    usager: Usager
    reasons: tuple[str, ...]

    @property
    def weight(self) -> int:
        return sum(_WEIGHTS[reason] for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    birth_date: dt.date | None
    phone: str
    email: str


def likely_duplicates(
    *,
    departement: Departement,
    last_name: str,
    first_name: str,
    birth_date: dt.date | None = None,
    phone: str = "",
    email: str = "",
    exclude_id: int | None = None,
) -> list[Usager]:
    """The files of `find_duplicates`, without the reasons."""
    found = find_duplicates(
        departement=departement,
        last_name=last_name,
        first_name=first_name,
        birth_date=birth_date,
        phone=phone,
        email=email,
        exclude_id=exclude_id,
    )
    return [likeness.usager for likeness in found]


def find_duplicates(
    *,
    departement: Departement,
    last_name: str,
    first_name: str,
    birth_date: dt.date | None = None,
    phone: str = "",
    email: str = "",
    exclude_id: int | None = None,
) -> list[Likeness]:
    """The likeliest first, ten at most. `phone` is E.164."""
    asked = _Asked(search_key(f"{last_name} {first_name}"), birth_date, phone, email.strip().lower())
    files = Usager.objects.of(departement).select_related("commune")
    candidates = {usager.pk: usager for usager in _candidates(files, asked) if usager.pk != exclude_id}
    found = [Likeness(usager, _reasons(usager, asked)) for usager in candidates.values()]
    likely = [likeness for likeness in found if _is_likely(likeness, asked)]
    likely.sort(key=lambda likeness: (-likeness.weight, -likeness.usager.last_contact_at.timestamp()))
    return likely[:_MAX_FOUND]


def duplicates_of(usager: Usager) -> list[Likeness]:
    """Other files that may be about this person, for the top of their page; not those said to be somebody else's."""
    found = find_duplicates(
        departement=usager.departement,
        last_name=usager.last_name,
        first_name=usager.first_name,
        birth_date=usager.birth_date,
        phone=str(usager.phone or ""),
        email=usager.email,
        exclude_id=usager.pk,
    )
    if not found:
        return []
    said = Doublon.objects.of_files([usager.pk]).filter(distinct_at__isnull=False)
    distinct = {pk for pair in said.values_list("first_id", "second_id") for pk in pair}
    return [one for one in found if one.usager.pk not in distinct]


def nearest_usagers(departement: Departement, query: str) -> list[Likeness]:
    """For a search that found nobody: "diallo aminata 0639984417" is near Aminata Dialo, and has Mamadou's phone."""
    asked = parse_usager_query(query)
    try:
        phone = read_phone(asked.phone, departement_code=departement.code).e164
    except PhoneProblem:
        phone = ""
    return find_duplicates(
        departement=departement,
        last_name=" ".join(asked.words),
        first_name="",
        birth_date=asked.birth_date,
        phone=phone,
        email=asked.email,
    )


def _candidates(files: UsagerQuerySet, asked: _Asked) -> Iterable[Usager]:
    if asked.phone:
        yield from files.filter(phone=asked.phone).last_seen_first()[:_MAX_SHARING]
    if asked.email:
        yield from files.filter(email=asked.email).last_seen_first()[:_MAX_SHARING]
    if asked.birth_date:
        yield from files.filter(birth_date=asked.birth_date).last_seen_first()[:_MAX_BORN_ALIKE]
    if asked.name:
        yield from _named_alike(files, asked)


def _named_alike(files: UsagerQuerySet, asked: _Asked) -> list[Usager]:
    """By common groups of three letters, through the search index. A known birth date leaves the namesakes out."""
    if asked.birth_date:
        files = files.filter(birth_date__isnull=True)  # the same birth date was asked for already
    key = name_key(asked.name)
    alike = files.filter(search_key__trigram_similar=key).annotate(likeness=TrigramSimilarity("search_key", key))
    with transaction.atomic(), connection.cursor() as cursor:
        # The index answers to the operator %, whose threshold is a setting: local to this transaction.
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(_TRIGRAM_LIKENESS)])
        return list(alike.order_by("-likeness", "-last_contact_at", "-id")[:_MAX_SHARING])


def _reasons(usager: Usager, asked: _Asked) -> tuple[str, ...]:
    reasons = [
        *_name_reason(usager, asked.name),
        *([SAME_BIRTH] if asked.birth_date and usager.birth_date == asked.birth_date else []),
        *([SAME_PHONE] if asked.phone and str(usager.phone or "") == asked.phone else []),
        *([SAME_EMAIL] if asked.email and usager.email == asked.email else []),
    ]
    return tuple(sorted(reasons, key=lambda reason: -_WEIGHTS[reason]))


def _name_reason(usager: Usager, name: str) -> list[str]:
    names = [search_key(f"{last} {usager.first_name}") for last in (usager.last_name, usager.birth_name) if last]
    if any(_sorted(name) == _sorted(known) for known in names):
        return [SAME_NAME]
    if any(_is_near(name, known) for known in names):
        return [NEAR_NAME]
    return []


def _is_near(one: str, other: str) -> bool:
    """With the words in order of the alphabet, and as written without spaces: "Ben Ali" and "Benali" are near."""
    if not one or not other:
        return False
    pairs = [(_sorted(one), _sorted(other)), (one.replace(" ", ""), other.replace(" ", ""))]
    return any(SequenceMatcher(None, *pair, autojunk=False).ratio() >= _NEAR for pair in pairs)


def _sorted(name: str) -> str:
    return " ".join(sorted(name.split()))


def _is_likely(likeness: Likeness, asked: _Asked) -> bool:
    reasons = set(likeness.reasons)
    if reasons & {SAME_PHONE, SAME_EMAIL}:
        return True
    if not reasons & {SAME_NAME, NEAR_NAME}:
        return False  # born the same day, nothing else
    known = likeness.usager.birth_date
    return known is None or asked.birth_date is None or known == asked.birth_date
