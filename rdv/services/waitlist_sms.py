"""OUI, NON, STOP sent back to an offer of the waiting list: the same answers as the link's.

Room: services. Called by sms_router. The text that answers goes back the same way; it never says more than the offer
did.
"""

from collections.abc import Sequence
from datetime import datetime

from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.domain import french
from rdv.models import Inscription, Offre
from rdv.models.offre import OffreQuerySet
from rdv.services import waitlist_answer
from rdv.services.sms_questions import Question, Word, short
from usagers.models import Usager

KIND = "offre"
TAKES = frozenset({Word.YES, Word.NO})


class _Offres:
    def pending(self, phone: str, now: datetime) -> Sequence[Question]:
        live = _told(phone, now).filter(state="live").order_by("id")
        return [_question(offre) for offre in live]

    def last(self, phone: str, now: datetime) -> Question | None:
        """The last one, live or not: a replay hears the same."""
        found = _told(phone, now).order_by("-sent_at", "-id").first()
        return _question(found) if found is not None else None

    def changeable(self, phone: str, now: datetime) -> Sequence[Question]:
        return ()

    def answer(self, question: Question, said: Word, phone: str, now: datetime) -> str:
        offre = _told(phone, now).get(uuid=question.key)
        return _yes(offre, now) if said is Word.YES else _no(offre, now)

    def pick(self, question: Question, number: int, phone: str, now: datetime) -> str:
        """An offer has one hour: 1 takes it."""
        return self.answer(question, Word.YES if number == 1 else Word.NO, phone, now)


SOURCE = _Offres()


def _told(phone: str, now: datetime) -> OffreQuerySet:
    """Offers of hours to come, told to whoever has this number."""
    rows = Offre.objects.whole().filter(starts_at__gt=now)
    return rows.filter(inscription__responsable__phone=phone) | rows.filter(
        inscription__responsable__isnull=True, inscription__usager__phone=phone
    )


def _question(offre: Offre) -> Question:
    local = offre.starts_at.astimezone(offre.motif.departement.zone)
    return Question(KIND, str(offre.uuid), f"place libre {short(local)}", offre.answered_at or offre.sent_at, TAKES)


def _yes(offre: Offre, now: datetime) -> str:
    try:
        rdv = waitlist_answer.accept(offre=offre, author=_author(offre), now=now)
    except DomainError as refusal:
        return refusal.message
    local = rdv.starts_at.astimezone(rdv.motif.departement.zone)
    return f"C'est noté : rendez-vous {french.day_hour(local)}, {rdv.site.name}. Vous recevez la confirmation."


def _no(offre: Offre, now: datetime) -> str:
    try:
        waitlist_answer.refuse(offre=offre, author=_author(offre), now=now)
    except DomainError as refusal:
        return refusal.message
    return "C'est noté. Vous gardez votre rang sur la liste d'attente."


def stop(phone: str, now: datetime) -> str:
    """No more offers to this number."""
    people = list(Usager.objects.standing().filter(phone=phone))
    waiting = Inscription.objects.open().whole()
    told = waiting.filter(responsable__in=people) | waiting.filter(responsable__isnull=True, usager__in=people)
    for inscription in told.order_by("id"):
        author = Author("usager", inscription.person_told.pk, "Usager")
        waitlist_answer.stop(inscription=inscription, author=author, now=now, reason="sms")
    return "C'est noté : nous ne vous proposons plus de place."


def _author(offre: Offre) -> Author:
    return Author("usager", offre.inscription.person_told.pk, "Usager")
