"""OUI, NON, ANNULER sent back to "do you come?". One answer for all that one person was asked about the same day. Two
people with one number: one yes is enough for both, a no is for one of them.

Room: services. Called by sms_router. Matched by the number to which the question really left, about the hour and the
place of today (a move asks again). The text that answers says no more than the question did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from usagers.models import Usager
from usagers.phones import say_phone

KIND = "rdv"
TAKES = frozenset(Word)
# Reminders leave at most two months before (rdv/forms/agenda_motif).
ASKED_WITHIN = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Day:
    """What one person was asked about one day, by this number; `asked_at`: when the last of these SMS left."""

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
    def date(self) -> str:
        return _date(self.first)

    @property
    def key(self) -> str:
        return f"{self.date} {_told(self.first).pk}"


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

    def lately(self, phone: str, now: datetime) -> Sequence[Question]:
        return ()

    def changeable(self, phone: str, now: datetime) -> Sequence[Question]:
        return [_question(day) for day in _days(phone, now) if day.live]

    def answer(self, question: Question, said: Word, phone: str, now: datetime) -> str:
        days = _days(phone, now)
        day = next((day for day in days if day.key == question.key), None)
        if day is None:
            return "Ce rendez-vous a changé : suivez le lien de notre message."
        if said is not Word.YES:
            return gsm7.plain(_no(day, now))
        others = [one for one in days if one is not day and one.date == day.date and one.is_open]
        return gsm7.plain(_yes(day, others, now))

    def pick(self, question: Question, number: int, phone: str, now: datetime) -> str:
        return self.answer(question, Word.YES if number == 1 else Word.NO, phone, now)


SOURCE = _Rdvs()


def _days(phone: str, now: datetime) -> list[Day]:
    """What this number was asked about and is still to come, by person and day."""
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
    days: dict[str, list[Participation]] = {}
    for one in found:
        days.setdefault(f"{_date(one)} {_told(one).pk}", []).append(one)
    return [Day(day, max(asked[str(one.uuid)] for one in day)) for day in days.values()]


def _date(one: Participation) -> str:
    return f"{one.departement_id} {local_date(one.starts_at, _zone(one)).isoformat()}"


def _told(one: Participation) -> Usager:
    return one.responsable or one.usager


def _zone(participation: Participation) -> ZoneInfo:
    return participation.rdv.motif.departement.zone


def _is_open(participation: Participation) -> bool:
    return participation.status == StatusChoice.UNKNOWN and participation.confirmed_at is None


def _question(day: Day) -> Question:
    first = next((one for one in day.rows if _is_open(one)), day.first)
    at = max((one.confirmed_at or one.status_at or one.created_at) for one in day.rows)
    words = f"RDV {short(first.starts_at.astimezone(_zone(first)))}"
    return Question(KIND, day.key, words, at, TAKES, day.asked_at, one_yes=day.date)


def _author(participation: Participation) -> Author:
    return Author("usager", _told(participation).pk, "Usager")


def _yes(day: Day, others: Sequence[Day], now: datetime) -> str:
    """`others`: of the same day, told by the same number; they come with them."""
    live = sorted((one for its in (day, *others) for one in its.live), key=lambda one: (one.starts_at, one.pk))
    if not day.live:
        link = link_url("rdv", day.first.link_subject)
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
        return (
            f"C'est bien annulé : RDV {_hours(day.rows)}. Pour en reprendre un : {link_url('rdv', first.link_subject)}"
        )
    late = _cancel(live, now)
    if len(late) == len(live):
        return f"Il est trop tard pour annuler par SMS. Appelez-nous, s'il vous plaît : {_phone(first)}"
    done = [one for one in live if one not in late]
    link = link_url("rdv", done[0].link_subject)
    if late:
        too_late = f"Trop tard par SMS pour le RDV {_hours(late)}, qui reste prévu : appelez le {_phone(late[0])}"
        return f"C'est annulé : RDV {_hours(done)}. {too_late} Erreur : {link}"
    return f"C'est annulé : RDV {_hours(done)}. Merci, la place servira. Erreur, ou autre date : {link}"


def _cancel(live: Sequence[Participation], now: datetime) -> list[Participation]:
    """Those for which it is too late: each motif has its own deadline."""
    late = []
    for one in live:
        try:
            cancel_participation(participation=one, by_service=False, author=_author(one), now=now)
        except TooLate:
            late.append(one)
    return late


def _hours(rows: Sequence[Participation]) -> str:
    """jeu. 26 nov. à 9h20 et 10h."""
    first, *others = [one.starts_at.astimezone(_zone(one)) for one in rows]
    later = [french.hour(one).replace(french.NBSP, "") for one in others if one != first]
    return french.joined([short(first), *dict.fromkeys(later)])


def _phone(participation: Participation) -> str:
    return say_phone(participation.rdv.site.phone)
