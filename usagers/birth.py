"""Birth dates as people type them, in three boxes or in one. Pure; called by the forms of the app.

Every refusal names the box and says what to mend; nothing is guessed when two readings are possible.
"""

import calendar
import datetime as dt
from dataclasses import dataclass

from rdv.core.text import search_key
from rdv.domain.french import MONTHS, NBSP
from usagers.phones import plain_digits
from usagers.search_query import read_dates

OLDEST_AGE = 125
_MONTH_KEYS = [search_key(month) for month in MONTHS]


class BirthProblem(ValueError):  # noqa: N818 - named like the domain errors (house.md, "Names")
    """`part` is "day", "month" or "year": the box to look at."""

    def __init__(self, part: str, message: str) -> None:
        self.part = part
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class BirthParts:
    """The three boxes, as typed."""

    day: str
    month: str
    year: str

    def read(self, today: dt.date) -> dt.date | None:
        """None when the three boxes are empty. Raises BirthProblem."""
        if not (self.day or self.month or self.year):
            return None
        self._require_all()
        year = _number("year", self.year, "Écrivez l’année avec des chiffres. Exemple : 1994.")
        month = _month(self.month)
        day = _number("day", self.day, "Écrivez le jour avec des chiffres. Exemple : 14.")
        _require_year(self.year, year, today)
        _require_day(day, month, year)
        return require_past(dt.date(year, month, day), today)

    def _require_all(self) -> None:
        for part, typed, sentence in (
            ("day", self.day, "Ajoutez le jour de naissance."),
            ("month", self.month, "Ajoutez le mois de naissance."),
            ("year", self.year, "Ajoutez l’année de naissance."),
        ):
            if not typed:
                raise BirthProblem(part, sentence)


def read_birth(typed: str, today: dt.date) -> dt.date | None:
    """One box: "17051998", "17/05/98", "17 5 1998". Of two centuries, the last that is past. Raises BirthProblem."""
    if not typed.strip():
        return None
    dates = read_dates(typed)
    if not dates:
        raise BirthProblem("day", "Écrivez la date avec le jour, le mois et l’année. Exemple : 17/05/1998.")
    past = [date for date in dates if date <= today]
    return require_past(past[-1] if past else dates[0], today)


def require_past(date: dt.date, today: dt.date) -> dt.date:
    if date > today:
        raise BirthProblem("year", "Cette date n’est pas encore arrivée. Vérifiez l’année de naissance.")
    if date.year < today.year - OLDEST_AGE:
        raise BirthProblem("year", "Cette date est très ancienne. Vérifiez l’année de naissance.")
    return date


def _number(part: str, typed: str, sentence: str) -> int:
    if not typed.isdecimal() or len(typed) > 4:
        raise BirthProblem(part, sentence)
    return int(plain_digits(typed))


def _month(typed: str) -> int:
    """A number or a name: "3", "mars", "févr"."""
    sentence = f"Écrivez le mois avec un nombre de 1 à 12. Exemple : 3 pour {MONTHS[2]}."
    key = search_key(typed)
    begun = [number for number, name in enumerate(_MONTH_KEYS, 1) if len(key) >= 3 and name.startswith(key)]
    if len(begun) == 1:
        return begun[0]
    month = _number("month", typed, sentence)
    if not 1 <= month <= 12:
        raise BirthProblem("month", sentence)
    return month


def _require_year(typed: str, year: int, today: dt.date) -> None:
    if len(typed) < 4 or year < today.year - OLDEST_AGE:
        raise BirthProblem("year", f"Écrivez l’année avec 4{NBSP}chiffres. Exemple : 1994.")


def _require_day(day: int, month: int, year: int) -> None:
    days = calendar.monthrange(year, month)[1]
    if 1 <= day <= days:
        return
    if not 1 <= day <= 31:
        raise BirthProblem("day", "Écrivez le jour avec un nombre de 1 à 31.")
    name = MONTHS[month - 1]
    article = "d’" if name[0] in "ao" else "de "
    length = f"Le mois {article}{name} {year} a {days}{NBSP}jours"
    raise BirthProblem("day", f"{length}{NBSP}: le {day}{NBSP}{name} n’existe pas. Vérifiez la date.")
