"""What an agent types to find somebody, read into name parts, pieces of phone numbers and birth dates. Pure.

Called by the Usager QuerySet's doors (usagers.access), by the comparison of files and by the agents' form.

    "benali 14/03/1994"       words: benali              date: 1994-03-14
    "06 39 98 sam"            words: sam                 piece of number: 063998
    "14031994"                no word, and either a date or eight digits of a number: both are looked for
"""

import datetime as dt
import re
from dataclasses import dataclass

from rdv.core.text import search_key
from usagers.phones import plain_digits

MAX_QUERY_LENGTH = 100  # A pasted page is cut, not searched.
MAX_WORDS = 6
MIN_PHONE_DIGITS = 4
OLDEST_YEAR = 1900
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
# Digits in groups: "06 39.98", "14/03/1994", "+33 (0)6 39", "1994-03-14".
_NUMBER = re.compile(r"\+?\d[\d\s./()–-]*")
_DATE_IN_NUMBER = re.compile(
    r"(?<![\d./-])(?:\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}-\d{1,2}-\d{1,2})(?![./-]?\d)"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A run of digits, with everything it may mean."""

    phone: str = ""  # digits as typed, "" when too few; "+" first when the country was said
    dates: tuple[dt.date, ...] = ()
    year: int | None = None

    @property
    def is_searchable(self) -> bool:
        return bool(self.phone or self.dates or self.year)


@dataclass(frozen=True, slots=True)
class UsagerQuery:
    words: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    email: str = ""

    @property
    def is_searchable(self) -> bool:
        return bool(self.words or self.email or self.numbers)

    @property
    def birth_date(self) -> dt.date | None:
        """The one date typed, when there is no doubt about it."""
        dates = [date for number in self.numbers for date in number.dates]
        return dates[0] if len(dates) == 1 else None

    @property
    def phone(self) -> str:
        return next((number.phone for number in self.numbers if number.phone and not number.dates), "")


def parse_usager_query(text: str) -> UsagerQuery:
    """Never raises: what means nothing is left out, and a query that means nothing finds nobody."""
    rest = text[:MAX_QUERY_LENGTH].replace("\x00", " ")
    email = ""
    if found := _EMAIL.search(rest):
        email = found.group().lower()
        rest = rest.replace(found.group(), " ")
    numbers: list[Number] = []
    rest = _DATE_IN_NUMBER.sub(lambda match: _take_date(match.group(), numbers), _western(rest))
    rest = _NUMBER.sub(lambda match: _take_number(match.group(), numbers), rest)
    words = tuple(dict.fromkeys(search_key(rest).split()))[:MAX_WORDS]
    return UsagerQuery(words, tuple(numbers), email)


def read_dates(text: str) -> tuple[dt.date, ...]:
    """Every date that this text may be: 14/03/1994, 14 3 94, 14031994, 1994-03-14.

    Two-digit years give both centuries.
    """
    groups = re.findall(r"\d+", _western(text))
    if len(groups) == 1:
        groups = _cut(groups[0])
    if len(groups) != 3 or any(len(group) > 4 for group in groups):
        return ()
    first, second, third = groups
    if len(first) == 4:
        return _dates(first, second, third)
    return _dates(third, second, first)


def _take_date(typed: str, numbers: list[Number]) -> str:
    """Keep the date and leave a separator nobody types inside numbers; a date that does not exist stays text."""
    dates = read_dates(typed)
    if not dates:
        return typed
    numbers.append(Number(dates=dates))
    return " ; "


def _take_number(typed: str, numbers: list[Number]) -> str:
    digits = plain_digits(typed)
    phone = ""
    if len(digits) >= MIN_PHONE_DIGITS:
        phone = ("+" if typed.startswith("+") else "") + digits
    year = int(digits) if len(digits) == 4 and digits[:2] in ("19", "20") else None
    number = Number(phone, read_dates(typed), year)
    if number.is_searchable:
        numbers.append(number)
    return " "


def _western(text: str) -> str:
    return "".join(plain_digits(c) if c.isdecimal() else c for c in text)


def _cut(digits: str) -> list[str]:
    """ddmmyyyy or ddmmyy."""
    if len(digits) not in (6, 8):
        return []
    return [digits[:2], digits[2:4], digits[4:]]


def _dates(year: str, month: str, day: str) -> tuple[dt.date, ...]:
    if len(year) not in (2, 4) or len(month) > 2 or len(day) > 2:
        return ()
    years = [int(year)] if len(year) == 4 else [1900 + int(year), 2000 + int(year)]
    found = []
    for candidate in years:
        if candidate < OLDEST_YEAR:
            continue
        try:
            found.append(dt.date(candidate, int(month), int(day)))
        except ValueError:  # 31 February
            continue
    return tuple(found)
