"""OUI, NON, STOP sent back to an offer of the waiting list: the same answers as the link's.

Room: services. Called by sms_router. The text that answers goes back the same way; it never says more than the offer
did.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from notifications import services as post_office
from notifications.channels import gsm7
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.sweeps import each_alone
from rdv.domain import french
from rdv.models import Inscription, Offre, OffreState, Participation, StatusChoice
from rdv.models.offre import OffreQuerySet
from rdv.services import waitlist_answer
from rdv.services.sms_questions import ASKED_WITHIN, JUST_ANSWERED, LATELY, Question, Word, short
from rdv.services.waitlist_notices import OFFER, SUBJECT
from usagers.models import Usager
from usagers.phones import say_phone

KIND = "offre"
TAKES = frozenset({Word.YES, Word.NO})
# More départements than that are counted, not named: one SMS.
MOST_NAMED = 2
# Over without a word of theirs.
UNANSWERED = (OffreState.LAPSED, OffreState.WITHDRAWN, OffreState.LOST)


class _Offres:
    def pending(self, phone: str, now: datetime) -> Sequence[Question]:
        asked = _asked(phone, now)
        return [_question(offre, asked) for offre in _firsts(_live(phone, now))]

    def last(self, phone: str, now: datetime) -> Question | None:
        """The last one, live or not: a replay hears the same."""
        found = _told(phone).filter(starts_at__gt=now).order_by("-sent_at", "-id").first()
        return _question(found, {}) if found is not None else None

    def lately(self, phone: str, now: datetime) -> Sequence[Question]:
        """Over, whoever read the SMS may not know it: even once the hour itself is past."""
        asked = _asked(phone, now)
        over = (
            _told(phone)
            .exclude(state=OffreState.LIVE)
            .filter(uuid__in=list(asked))
            .filter(Q(answered_at__gt=now - JUST_ANSWERED) | Q(state__in=UNANSWERED, answered_at__gt=now - LATELY))
        )
        return [_question(offre, asked) for offre in over.order_by("id")]

    def changeable(self, phone: str, now: datetime) -> Sequence[Question]:
        return ()

    def answer(self, question: Question, said: Word, phone: str, now: datetime) -> str:
        offre = _told(phone).get(uuid=question.key)
        if said is Word.YES:
            return gsm7.plain(_yes(offre, now))
        is_shared = any(_place(one) == _place(offre) and one.pk != offre.pk for one in _live(phone, now))
        return gsm7.plain(_no(offre, now, is_shared=is_shared))

    def pick(self, question: Question, number: int, phone: str, now: datetime) -> str:
        """An offer has one hour: 1 takes it."""
        return self.answer(question, Word.YES if number == 1 else Word.NO, phone, now)


SOURCE = _Offres()


def _told(phone: str) -> OffreQuerySet:
    """Offers told to whoever has this number."""
    rows = Offre.objects.whole()
    return rows.filter(inscription__responsable__phone=phone) | rows.filter(
        inscription__responsable__isnull=True, inscription__usager__phone=phone
    )


def _live(phone: str, now: datetime) -> OffreQuerySet:
    """In the order in which they were asked: the first in rank first."""
    return _told(phone).live().filter(starts_at__gt=now).order_by("id")


def _place(offre: Offre) -> tuple[datetime, int, int]:
    return offre.starts_at, offre.site_id, offre.motif_id


def _firsts(offres: Iterable[Offre]) -> list[Offre]:
    """One place asked of two people by one number is one question, and the first in rank takes it."""
    return list({_place(offre): offre for offre in reversed(list(offres))}.values())[::-1]


def _asked(phone: str, now: datetime) -> Mapping[str, datetime]:
    """Offers whose SMS left for this number, and when."""
    return post_office.sms_to(phone, subject_type=SUBJECT, kinds=[OFFER], since=now - ASKED_WITHIN)


def _question(offre: Offre, asked: Mapping[str, datetime]) -> Question:
    key = str(offre.uuid)
    words = f"place libre {short(offre.starts_at.astimezone(offre.motif.departement.zone))}"
    return Question(KIND, key, words, offre.answered_at or offre.sent_at, TAKES, asked.get(key))


def _yes(offre: Offre, now: datetime) -> str:
    try:
        rdv = waitlist_answer.accept(offre=offre, author=_author(offre), now=now)
    except DomainError as refusal:
        return refusal.message
    zone = rdv.motif.departement.zone
    said = f"C'est noté : rendez-vous {french.day_hour(rdv.starts_at.astimezone(zone))}, {rdv.site.name}."
    old = _given_up(offre)
    replaced = f" Votre RDV du {short(old.starts_at.astimezone(zone))} est annulé." if old is not None else ""
    return f"{said}{replaced} Vous recevez la confirmation."


def _given_up(offre: Offre) -> Participation | None:
    """The Rdv that this yes gave back, in its own instant; the same when it is said again."""
    at = Offre.objects.values_list("answered_at", flat=True).get(pk=offre.pk)
    rows = Participation.objects.filter(usager=offre.inscription.usager_id, status=StatusChoice.EXCUSED, status_at=at)
    return rows.order_by("starts_at").first()


def _no(offre: Offre, now: datetime, *, is_shared: bool) -> str:
    """`is_shared`: the same place is asked of somebody else by this number."""
    try:
        waitlist_answer.refuse(offre=offre, author=_author(offre), now=now)
    except DomainError as refusal:
        return refusal.message
    if is_shared:
        return "C'est noté pour une personne, qui garde son rang. Pour l'autre personne, répondez aussi OUI ou NON."
    return "C'est noté. Vous gardez votre rang sur la liste d'attente."


def stop(phone: str, now: datetime) -> str:
    """No more offers to this number, for anybody and anywhere: senders are names that nobody answers, replies come to
    one number for all départements (decision 0025). The answer says what was stopped, and it is the only one."""
    people = list(Usager.objects.standing().filter(phone=phone))
    waiting = Inscription.objects.open().whole()
    told = waiting.filter(responsable__in=people) | waiting.filter(responsable__isnull=True, usager__in=people)
    waits, stopped = list(told.order_by("id")), []
    for inscription in waits:
        author = Author("usager", inscription.person_told.pk, "Usager")
        with each_alone("waitlist_not_stopped", inscription=str(inscription.uuid)):
            waitlist_answer.stop(inscription=inscription, author=author, now=now, reason=waitlist_answer.BY_SMS)
            stopped.append(inscription)
    return gsm7.plain(_stopped(stopped, [one for one in waits if one not in stopped]))


def _stopped(stopped: Sequence[Inscription], kept: Sequence[Inscription]) -> str:
    """Départements and how many lists, never what for: whoever holds the phone reads it."""
    if kept:
        phone = say_phone(kept[0].motif.departement.public_phone)
        return (
            f"Nous n'avons pas pu mettre fin à toutes vos attentes. Envoyez STOP encore une fois, ou appelez le {phone}"
        )
    if not stopped:
        return "C'est noté : ce numéro ne figure sur aucune liste d'attente. Vos rendez-vous ne changent pas."
    lists = Counter(one.motif.departement.name_with_article for one in stopped)
    where = ", ".join(f"{count} {'listes' if count > 1 else 'liste'} {whose}" for whose, count in lists.items())
    if len(stopped) == 1:
        where = f"liste d'attente {stopped[0].motif.departement.name_with_article}"
    elif len(lists) > MOST_NAMED:
        where = f"{len(stopped)} listes, {len(lists)} départements"
    said = f"C'est noté : nous ne vous proposons plus de place ({where}). Vos rendez-vous ne changent pas."
    return f"{said} Tél. {say_phone(stopped[0].motif.departement.public_phone)}" if len(lists) == 1 else said


def _author(offre: Offre) -> Author:
    return Author("usager", offre.inscription.person_told.pk, "Usager")
