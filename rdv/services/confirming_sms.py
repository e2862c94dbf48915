"""OUI, NON, ANNULER sent back to "do you come?". One answer for all that this number was asked about the same day.

Room: services. Called by sms_router. Matched by the number to which the question really left, about the hour and the
place of today (a move asks again). The text that answers says no more than the question did.
"""

from collections.abc import Sequence
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
Day = Sequence[Participation]


class _Rdvs:
    def pending(self, phone: str, now: datetime) -> Sequence[Question]:
        return [_question(day) for day in _days(phone, now) if any(_is_open(one) for one in day)]

    def last(self, phone: str, now: datetime) -> Question | None:
        """The day answered last: an answer sent twice hears the same, a yes may become a no."""
        return max(
            (_question(day) for day in _days(phone, now) if not any(_is_open(one) for one in day)),
            key=lambda one: one.at,
            default=None,
        )

    def changeable(self, phone: str, now: datetime) -> Sequence[Question]:
        return [_question(day) for day in _days(phone, now) if any(one.is_live for one in day)]

    def answer(self, question: Question, said: Word, phone: str, now: datetime) -> str:
        day = next((day for day in _days(phone, now) if _key(day) == question.key), [])
        if not day:
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
    return [list(day) for _, day in groupby(found, key=lambda one: _key([one]))]


def _key(day: Day) -> str:
    first = day[0]
    return f"{first.departement_id} {local_date(first.starts_at, _zone(first)).isoformat()}"


def _zone(participation: Participation) -> ZoneInfo:
    return participation.rdv.motif.departement.zone


def _is_open(participation: Participation) -> bool:
    return participation.status == StatusChoice.UNKNOWN and participation.confirmed_at is None


def _question(day: Day) -> Question:
    first = next((one for one in day if _is_open(one)), day[0])
    at = max((one.confirmed_at or one.status_at or one.created_at) for one in day)
    return Question(KIND, _key(day), f"RDV {short(first.starts_at.astimezone(_zone(first)))}", at, TAKES)


def _author(participation: Participation) -> Author:
    return Author("usager", (participation.responsable or participation.usager).pk, "Usager")


def _yes(day: Day, now: datetime) -> str:
    live = [one for one in day if one.is_live]
    if not live:
        first = day[0]
        link = link_url("rdv", first.link_subject)
        return f"Ce RDV ({_hours(day)}) est annulé. Pour en reprendre un : {link} ou {_phone(first)}"
    try:
        for one in live:
            confirm(participation=one, by=ConfirmedBy.SMS, author=_author(one), now=now)
    except DomainError as refusal:
        return f"{refusal.message} Tél. {_phone(day[0])}"
    return f"C'est noté, vous venez : {_hours(live)}, {live[0].rdv.site.name}. Tél. {_phone(live[0])}"


def _no(day: Day, now: datetime) -> str:
    live = [one for one in day if one.is_live]
    first = (live or day)[0]
    if not live:
        return f"C'est bien annulé : RDV {_hours(day)}. Pour en reprendre un : {link_url('rdv', first.link_subject)}"
    try:
        for one in live:
            cancel_participation(participation=one, by_service=False, author=_author(one), now=now)
    except TooLate:
        return f"Il est trop tard pour annuler par SMS. Appelez-nous, s'il vous plaît : {_phone(first)}"
    link = link_url("rdv", first.link_subject)
    return f"C'est annulé : RDV {_hours(live)}. Merci, la place servira. Erreur, ou autre date : {link}"


def _hours(day: Day) -> str:
    """jeu. 26 nov. à 9h20 et 10h."""
    first, *others = [one.starts_at.astimezone(_zone(one)) for one in day]
    later = [french.hour(one).replace(french.NBSP, "") for one in others if one != first]
    return french.joined([short(first), *dict.fromkeys(later)])


def _phone(participation: Participation) -> str:
    return say_phone(participation.rdv.site.phone)
