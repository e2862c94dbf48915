"""What a question asked by SMS looks like to whoever sorts the answers. Room: services; plain values, no query.

Made by waitlist_sms, confirming_sms, propositions_sms; read by sms_router.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rdv.domain import french

# Offers and propositions are answered within days: older SMS ask nothing any more.
ASKED_WITHIN = timedelta(days=31)
# Over for less than this, without an answer: whoever says no may well mean it. Answered by themselves, only what an
# impatient hand says again.
LATELY = timedelta(hours=24)
JUST_ANSWERED = timedelta(minutes=10)


class Word(StrEnum):
    YES = "yes"
    NO = "no"
    CANCEL = "cancel"

    @property
    def spoken(self) -> str:
        return {Word.YES: "OUI", Word.NO: "NON", Word.CANCEL: "ANNULER"}[self]


@dataclass(frozen=True, slots=True)
class Question:
    """`key`: its own name within its kind; `words`: what it is about, as short as an SMS wants; `at`: when it was
    asked, answered, or over; `asked_at`: when the SMS that asks it last left for this number, None when none did;
    `has_numbers`: its dates are numbered; `one_yes`: questions of the same name hear one yes together."""

    kind: str
    key: str
    words: str
    at: datetime
    takes: frozenset[Word]
    asked_at: datetime | None = None
    has_numbers: bool = False
    one_yes: str = ""


def short(local: datetime) -> str:
    """jeu. 26 nov. à 9h20."""
    return f"{french.short_day(local)} à {french.hour(local).replace(french.NBSP, '')}"
