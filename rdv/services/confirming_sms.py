"""OUI, NON, ANNULER sent back to "do you come?". One answer for all that this number was asked about the same day.

Room: services. Called by sms_router. Matched by the number to which the question really left, about the hour and the
place of today (a move asks again). The text that answers says no more than the question did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from notifications import services as post_office
from notifications.channels import gsm7
from rdv.core.clock import local_date
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.links import link_url
from rdv.domain import french
from rdv.models import ConfirmedBy, Participation, StatusChoice
from rdv.services.cancelling import cancel_participation
from rdv.services.confirmed import agreed_at
from rdv.services.confirming import confirm
from rdv.services.errors import TooLate
from rdv.services.notices import QUESTIONS
from rdv.services.sms_questions import Question, Word, short
from usagers.phones import say_phone

KIND = "rdv"
TAKES = frozenset(Word)
# Reminders leave at most two months before (rdv/forms/agenda_motif).
ASKED_WITHIN = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Day:
    """What this number was asked about one day; `asked_at`: when the last of these SMS left."""

    rows: Sequence[Participation]
    asked_at: datetime

    @property
    def first(self) -> Participation:
        return self.rows[0]

    @property
    def live(self) -> list[Participation]:
        return [one for one in self.rows if one.is_live]

    @property
    def is_open(self) -> bool:
        return any(_is_open(one) for one in self.rows)

    @property
    def key(self) -> str:
        return _key(self.first)


class _Rdvs:
    def pending(self, phone: str, now: datetime) -> Sequence[Question]:
        return [_question(day) for day in _days(phone, now) if day.is_open]

    def last(self, phone: str, now: datetime) -> Question | None:
        """The day answered last: an answer sent twice hears the same, a yes may become a no."""
        return max(
            (_question(day) for day in _days(phone, now) if not day.is_open),
            key=lambda one: one.at,
            default=None,
        )

    def changeable(self, phone: str, now: datetime) -> Sequence[Question]:
        return [_question(day) for day in _days(phone, now) if day.live]

    def answer(self, question: Question, said: Word, phone: str, now: datetime) -> str:
        day = next((day for day in _days(phone, now) if day.key == question.key), None)
        if day is None:
            return "Ce rendez-vous a changé : suivez le lien de notre message."
        return gsm7.plain(_yes(day, now) if said is Word.YES else _no(day, now))

    def pick(self, question: Question, number: int, phone: str, now: datetime) -> str:
        return self.answer(question, Word.YES if number == 1 else Word.NO, phone, now)


SOURCE = _Rdvs()


def _days(phone: str, now: datetime) -> list[Day]:
    """What this number was asked about and is still to come, by day."""
    asked = post_office.sms_to(phone, kinds=QUESTIONS, since=now - ASKED_WITHIN, subject_type="participation")
    if not asked:
        return []
    rows = Participation.objects.filter(uuid__in=list(asked), starts_at__gt=now, rdv__motif__asks_confirmation=True)
    people = ("rdv__motif__departement", "rdv__site", "usager", "responsable")
    found = [
        one
        for one in rows.select_related(*people).order_by("departement_id", "starts_at", "id")
        if asked[str(one.uuid)] >= agreed_at(one, one.rdv)
    ]
    days = [list(day) for _, day in groupby(found, key=_key)]
    return [Day(day, max(asked[str(one.uuid)] for one in day)) for day in days]


def _key(one: Participation) -> str:
    return f"{one.departement_id} {local_date(one.starts_at, _zone(one)).isoformat()}"


def _zone(participation: Participation) -> ZoneInfo:
    return participation.rdv.motif.departement.zone


def _is_open(participation: Participation) -> bool:
    return participation.status == StatusChoice.UNKNOWN and participation.confirmed_at is None


def _question(day: Day) -> Question:
    first = next((one for one in day.rows if _is_open(one)), day.first)
    at = max((one.confirmed_at or one.status_at or one.created_at) for one in day.rows)
    words = f"RDV {short(first.starts_at.astimezone(_zone(first)))}"
    return Question(KIND, day.key, words, at, TAKES, day.asked_at)


def _author(participation: Participation) -> Author:
    return Author("usager", (participation.responsable or participation.usager).pk, "Usager")


def _yes(day: Day, now: datetime) -> str:
    live = day.live
    if not live:
        link = link_url("rdv", str(day.first.uuid))
        return f"Ce RDV ({_hours(day.rows)}) est annulé. Pour en reprendre un : {link} ou {_phone(day.first)}"
    try:
        for one in live:
            confirm(participation=one, by=ConfirmedBy.SMS, author=_author(one), now=now)
    except DomainError as refusal:
        return f"{refusal.message} Tél. {_phone(day.first)}"
    return f"C'est noté, vous venez : {_hours(live)}, {live[0].rdv.site.name}. Tél. {_phone(live[0])}"


def _no(day: Day, now: datetime) -> str:
    live = day.live
    first = (live or day.rows)[0]
    if not live:
        return f"C'est bien annulé : RDV {_hours(day.rows)}. Pour en reprendre un : {link_url('rdv', str(first.uuid))}"
    try:
        for one in live:
            cancel_participation(participation=one, by_service=False, author=_author(one), now=now)
    except TooLate:
        return f"Il est trop tard pour annuler par SMS. Appelez-nous, s'il vous plaît : {_phone(first)}"
    link = link_url("rdv", str(first.uuid))
    return f"C'est annulé : RDV {_hours(live)}. Merci, la place servira. Erreur, ou autre date : {link}"


def _hours(rows: Sequence[Participation]) -> str:
    """jeu. 26 nov. à 9h20 et 10h."""
    first, *others = [one.starts_at.astimezone(_zone(one)) for one in rows]
    later = [french.hour(one).replace(french.NBSP, "") for one in others if one != first]
    return french.joined([short(first), *dict.fromkeys(later)])


def _phone(participation: Participation) -> str:
    return say_phone(participation.rdv.site.phone)
