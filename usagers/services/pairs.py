"""Pairs of files that may be about one person, kept in a list until somebody says (Doublon).

Room: services. `compare_file` follows every new or changed file, in a worker woken by its commit: who books does not
wait for it. `compare_due` finds what was missed (imported files, a process that died, a broker that was away). Each
file is compared through indexes with the few that may be it, never with all of them.

No transaction around a file: a pair takes the locks of its two files in id order and lets them go, as a merge does.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction

from rdv.core import journal
from rdv.core.clock import local_date
from rdv.core.commit import call_after_commit, named_after_commit
from rdv.core.journal import Author
from usagers.access import count_pairs
from usagers.models import Doublon, Proche, Usager
from usagers.services.duplicates import (
    NEAR_NAME,
    SAME_BIRTH,
    SAME_EMAIL,
    SAME_NAME,
    SAME_PHONE,
    Likeness,
    duplicates_of,
)

# A night's worth for one run of the task; the next run goes on.
MOST_AT_ONCE = 5000
_BATCH = 200
COMPARE = "usagers.tasks.compare_file"
# What a comparison looks at: when one of them changes, the file is compared again.
COMPARED = frozenset({"first_name", "last_name", "birth_name", "birth_date", "phone", "email"})


def compare_soon(usager: Usager) -> None:
    """Once this transaction is committed, by a worker; without one, `compare_due` finds the file."""
    named_after_commit(COMPARE, usager.pk)


def compare_due(*, now: datetime, most: int = MOST_AT_ONCE) -> int:
    """Returns how many files were compared."""
    done = 0
    touched: set[str] = set()
    while done < most:
        files = list(Usager.objects.to_compare().select_related("departement").order_by("pk")[:_BATCH])
        for usager in files:
            compare_file(usager, now=now)
            touched.add(usager.departement_id)
        done += len(files)
        if len(files) < _BATCH:
            break
    for code in sorted(touched):
        count_pairs(code)
    return done


def compare_file(usager: Usager, *, now: datetime) -> None:
    """Write the pairs of this file; those that no longer hold go, those said to be two people stay said."""
    likely = {one.usager.pk: one for one in duplicates_of(usager) if _is_worth_a_look(one)}
    for pk in _known_apart(usager, likely, now):
        likely.pop(pk, None)
    _drop_others(usager, likely)
    for pk in sorted(likely):
        _write(usager, likely[pk], now)
    seen = {name: getattr(usager, name) for name in COMPARED}
    # Changed while we looked: left to be compared again.
    Usager.objects.filter(pk=usager.pk, **seen).update(compared_at=now)


@transaction.atomic
def say_distinct(*, one: Usager, other: Usager, author: Author, now: datetime) -> None:
    """They are two people: the pair never comes back by itself. Asked twice, done once."""
    first, second = _in_order(one.pk, other.pk)
    pair = {"departement_id": one.departement_id, "first_id": first, "second_id": second}
    row = Doublon(**pair, reasons=[], weight=0, found_at=now)
    Doublon.objects.bulk_create([row], ignore_conflicts=True)
    if Doublon.objects.filter(**pair, distinct_at=None).update(distinct_at=now, distinct_by=author.label):
        _tell("doublon.distinct", one, other, author, now)
        call_after_commit(partial(count_pairs, one.departement_id))


@transaction.atomic
def look_again(*, one: Usager, other: Usager, author: Author, now: datetime) -> None:
    """It was said too soon: both are compared again, and with them the others."""
    first, second = _in_order(one.pk, other.pk)
    if Doublon.objects.filter(first=first, second=second, distinct_at__isnull=False).delete()[0]:
        _tell("doublon.again", one, other, author, now)
        Usager.objects.filter(pk=one.pk).update(compared_at=None)
        # Here and now: who asks looks at the list next.
        call_after_commit(partial(compare_pk, one.pk, now=now))


def compare_pk(pk: int, *, now: datetime) -> None:
    """One file, if it has still to be compared."""
    usager = Usager.objects.to_compare().select_related("departement").filter(pk=pk).first()
    if usager is not None:
        compare_file(usager, now=now)
        count_pairs(usager.departement_id)


def _is_worth_a_look(likeness: Likeness) -> bool:
    """Stricter than the warning of a form: couples share a phone, and many people have nearly one name."""
    reasons = set(likeness.reasons)
    if SAME_NAME in reasons:
        return True
    if NEAR_NAME in reasons:
        return bool(reasons & {SAME_BIRTH, SAME_PHONE, SAME_EMAIL})
    return SAME_BIRTH in reasons and bool(reasons & {SAME_PHONE, SAME_EMAIL})


def _known_apart(usager: Usager, found: Iterable[int], now: datetime) -> set[int]:
    """One answers for the other; or somebody said so of a file that is now part of one of them."""
    ids = list(found)
    if not ids:
        return set()
    links = Proche.objects.current(local_date(now, usager.departement.zone))
    apart = set(links.filter(responsable=usager, person__in=ids).values_list("person_id", flat=True))
    apart |= set(links.filter(person=usager, responsable__in=ids).values_list("responsable_id", flat=True))
    absorbed = dict(Usager.objects.filter(merged_into__in=[usager.pk, *ids]).values_list("pk", "merged_into_id"))
    if absorbed:
        said = Doublon.objects.of_files(list(absorbed)).filter(distinct_at__isnull=False)
        for first, second in said.values_list("first_id", "second_id"):
            pair = {absorbed.get(first, first), absorbed.get(second, second)}
            if usager.pk in pair:
                apart |= pair - {usager.pk}
    return apart


def _drop_others(usager: Usager, likely: Iterable[int]) -> None:
    kept = [_in_order(usager.pk, pk) for pk in likely]
    open_ones = Doublon.objects.of_files([usager.pk]).filter(distinct_at__isnull=True)
    gone = [pk for pk, *pair in open_ones.values_list("pk", "first_id", "second_id") if tuple(pair) not in kept]
    Doublon.objects.filter(pk__in=gone, distinct_at__isnull=True).delete()


def _write(usager: Usager, likeness: Likeness, now: datetime) -> None:
    first, second = _in_order(usager.pk, likeness.usager.pk)
    facts = {"reasons": list(likeness.reasons), "weight": likeness.weight}
    row = Doublon(departement_id=usager.departement_id, first_id=first, second_id=second, found_at=now, **facts)
    Doublon.objects.bulk_create([row], ignore_conflicts=True)
    known = Doublon.objects.filter(first=first, second=second)
    known.exclude(**facts).update(**facts)


def _in_order(one: int, other: int) -> tuple[int, int]:
    return min(one, other), max(one, other)


def _tell(kind: str, one: Usager, other: Usager, author: Author, now: datetime) -> None:
    code = one.departement_id
    for pk, far in ((one.pk, other.pk), (other.pk, one.pk)):
        journal.write(kind, subject=("usager", pk), departement_code=code, author=author, now=now, data={"other": far})
