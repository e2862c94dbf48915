"""Public holidays of a département, by its INSEE code.

Room: domain (pure). Called when plages are expanded, by the quiet hours of the waiting list and by the calendars.
The days are computed by the `holidays` library, not read from a list: nothing to refill each year (it stops at
its own last year, 2100).

Local days follow the library: Alsace and Moselle (Good Friday, 26 December), the abolition days overseas, and
days kept by custom there (Good Friday and Mi-Carême in Guadeloupe). A plage that works on one of them switches
its holidays off.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from holidays import country_holidays

# INSEE code of the département or territory -> subdivision of the library; every other code has the national days.
SUBDIVISIONS = {
    "57": "57",
    "67": "6AE",
    "68": "6AE",
    "6AE": "6AE",
    "971": "971",
    "972": "972",
    "973": "973",
    "974": "974",
    "975": "PM",
    "976": "976",
    "977": "BL",
    "978": "MF",
    "984": "TF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}


def is_holiday(day: date, departement_code: str) -> bool:
    return holiday_name(day, departement_code) is not None


def holiday_name(day: date, departement_code: str) -> str | None:
    """The French name of the holiday ("Lundi de Pâques"), None on an ordinary day."""
    return _holidays_of_year(SUBDIVISIONS.get(departement_code), day.year).get(day)


# A plain read-only mapping per year: the library's own objects fill themselves while they are read, so that a second
# thread may find a year that is announced but still empty.
@lru_cache(maxsize=512)
def _holidays_of_year(subdivision: str | None, year: int) -> Mapping[date, str]:
    found = country_holidays("FR", subdiv=subdivision, years=year, expand=False, language="fr")
    return MappingProxyType({day: _as_read(name) for day, name in found.items()})


def _as_read(name: str) -> str:
    # Two holidays on one day (Ascension on 8 May) come as "one; other".
    return name.replace("'", "’").replace("; ", " et ")
