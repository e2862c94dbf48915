"""1, 2, 3 or NON sent back to other dates that are held for somebody: the same answers as the link's.

Room: services. Called by sms_router. The dates are numbered as the message listed them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from notifications import services as post_office
from notifications.channels import gsm7
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.links import link_url
from rdv.domain import french
from rdv.models import Horaire, Proposition, PropositionState
from rdv.models.proposition import PropositionQuerySet
from rdv.services import proposition_answer
from rdv.services.followups import PROPOSED, SUBJECT
from rdv.services.sms_questions import ASKED_WITHIN, JUST_ANSWERED, LATELY, Question, Word, short
from usagers.phones import say_phone

KIND = "choix"
TAKES = frozenset({Word.YES, Word.NO})
# Over without a word of theirs.
UNANSWERED = (PropositionState.LAPSED, PropositionState.WITHDRAWN)
NO_SUCH_DATE = "Cette date n'est pas dans notre message. Répondez par le numéro d'une des dates, ou suivez le lien."


class _Propositions:
    def pending(self, phone: str, now: datetime) -> Sequence[Question]:
        asked = _asked(phone, now)
        return [_question(one, asked) for one in _told(phone).live().filter(answer_by__gt=now).order_by("id")]

    def last(self, phone: str, now: datetime) -> Question | None:
        found = _told(phone).filter(was_at__gt=now, answered_at__isnull=False).order_by("-answered_at", "-id").first()
        return _question(found, {}) if found is not None else None

    def lately(self, phone: str, now: datetime) -> Sequence[Question]:
        """Over, and whoever read the SMS may not know it."""
        asked = _asked(phone, now)
        unanswered = Q(state__in=UNANSWERED) & Q(answered_at__gt=now - LATELY)
        over = _told(phone).filter(Q(answered_at__gt=now - JUST_ANSWERED) | unanswered)
        return [_question(one, asked) for one in over.filter(uuid__in=list(asked)).order_by("id")]

    def changeable(self, phone: str, now: datetime) -> Sequence[Question]:
        return ()

    def answer(self, question: Question, said: Word, phone: str, now: datetime) -> str:
        proposition = _told(phone).get(uuid=question.key)
        if said is Word.NO:
            return _none_suits(proposition, now)
        hours = _hours(proposition)
        if len(hours) == 1:
            return _pick(hours[0], proposition, now)
        if not proposition.is_live:
            return gsm7.plain(proposition_answer.PropositionOver(proposition).message)
        zone = proposition.participation.rdv.motif.departement.zone
        listed = ", ".join(f"{n} pour {short(one.starts_at.astimezone(zone))}" for n, one in enumerate(hours, start=1))
        return gsm7.plain(f"Répondez {listed}, ou NON : {link_url('choix', str(proposition.uuid))}")

    def pick(self, question: Question, number: int, phone: str, now: datetime) -> str:
        proposition = _told(phone).get(uuid=question.key)
        hours = _hours(proposition)
        if number > len(hours):
            return NO_SUCH_DATE
        return _pick(hours[number - 1], proposition, now)


SOURCE = _Propositions()


def _told(phone: str) -> PropositionQuerySet:
    """Dates written (not said on the phone) to whoever has this number."""
    rows = Proposition.objects.whole().filter(by_call=False)
    return rows.filter(participation__responsable__phone=phone) | rows.filter(
        participation__responsable__isnull=True, participation__usager__phone=phone
    )


def _hours(proposition: Proposition) -> list[Horaire]:
    return list(
        Horaire.objects.filter(proposition=proposition).select_related("site", "proposition").order_by("position")
    )


def _asked(phone: str, now: datetime) -> Mapping[str, datetime]:
    """Propositions whose SMS left for this number, and when."""
    return post_office.sms_to(phone, subject_type=SUBJECT, kinds=[PROPOSED], since=now - ASKED_WITHIN)


def _question(proposition: Proposition, asked: Mapping[str, datetime]) -> Question:
    key = str(proposition.uuid)
    local = proposition.was_at.astimezone(proposition.participation.rdv.motif.departement.zone)
    at = proposition.answered_at or proposition.sent_at
    words = f"autre date pour le RDV {short(local)}"
    return Question(KIND, key, words, at, TAKES, asked.get(key), has_numbers=True)


def _author(proposition: Proposition) -> Author:
    participation = proposition.participation
    return Author("usager", (participation.responsable or participation.usager).pk, "Usager")


def _pick(horaire: Horaire, proposition: Proposition, now: datetime) -> str:
    try:
        rdv = proposition_answer.pick(horaire=horaire, author=_author(proposition), now=now)
    except DomainError as refusal:
        return gsm7.plain(refusal.message)
    local = rdv.starts_at.astimezone(proposition.participation.rdv.motif.departement.zone)
    where = f"{french.day_hour(local)}, {rdv.site.name}"
    return gsm7.plain(f"C'est noté : rendez-vous {where}. Vous recevez la confirmation.")


def _none_suits(proposition: Proposition, now: datetime) -> str:
    try:
        proposition_answer.refuse(proposition=proposition, author=_author(proposition), now=now)
    except DomainError as refusal:
        return gsm7.plain(refusal.message)
    phone = say_phone(proposition.participation.rdv.site.phone)
    return gsm7.plain(f"C'est noté : aucune de ces dates. Nous vous appelons, ou appelez le {phone}.")
