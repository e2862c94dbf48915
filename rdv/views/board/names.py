"""The short name of a person on a card too narrow for the whole one: "M.-L. Vasseur". Pure, no query.

Room: views. The whole name stays in the page; the style sheet shows the short one only where the other does not fit.
"""

from collections import Counter
from collections.abc import Iterable

from rdv.domain.french import NBSP
from rdv.services.board_facts import Person, Visit


def short_name(person: Person) -> str:
    """Empty when there is nothing to shorten."""
    first = person.first_name.split(" ")[0]
    family = person.name.removeprefix(person.first_name).strip()
    if not first or not family:
        return ""
    initials = "-".join(f"{part[0]}." for part in first.split("-") if part)
    return f"{initials}{NBSP}{family}"


def alike_names(visits: Iterable[Visit]) -> frozenset[str]:
    """Short names of two people of the day or more: brothers and sisters come together, and must not be taken for one
    another."""
    names = {person.usager: short_name(person) for visit in visits for person in visit.people}
    return frozenset(name for name, times in Counter(names.values()).items() if times > 1)
