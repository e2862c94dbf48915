"""What somebody sends back by SMS, and which of our questions it answers. One way in for all of them.

Room: services. Called by the webhook of incoming SMS, and by the simulation. The number is matched with what was asked
of it: a place of the waiting list (waitlist_sms), "do you come?" (confirming_sms), other dates (propositions_sms).

    one question fits       -> applied, by the same services as the link's
    several fit             -> one question back, numbered; never a second one: then the links, or the phone
    one fits, but another was over before it was answered, and stood beside it -> asked back too: a late NON to a place
                               that has gone is not a NON to an Rdv
    none fits, other words  -> said so; nothing changes
    STOP                    -> the waiting list, as always

No transaction here: each answer is one of the services'. The provider may call twice: notifications/replies.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from notifications import replies
from notifications.channels import gsm7
from rdv.core.text import search_key
from rdv.services import confirming_sms, propositions_sms, waitlist_sms
from rdv.services.sms_questions import Question, Word

YES = {"oui", "ok", "yes", "o", "d accord", "daccord", "je viens", "oui je viens"}
NO = {"non", "no", "n", "je ne viens pas", "non je ne viens pas"}
CANCEL = {"annuler", "annule", "annulez", "annulation", "annuler rdv", "annuler rendez vous"}
STOP = {"stop", "arret", "arreter", "desinscription"}
POLITE = {"bonjour", "bonsoir", "merci", "beaucoup", "svp", "madame", "monsieur"}
# Where no date is numbered, 1 and 2 have always meant yes and no.
BY_NUMBER: Mapping[int, Word] = {1: Word.YES, 2: Word.NO}
NOT_UNDERSTOOD = "Nous n'avons pas compris. Répondez OUI, NON ou STOP, ou suivez le lien de notre message."
OVER = "Vous avez déjà répondu à notre question. Pour autre chose, répondez OUI ou NON, ou suivez le lien du message."
NOTHING = "Aucune place ne vous est proposée en ce moment. Vous gardez votre rang si vous êtes sur une liste d'attente."
SEVERAL = "Nous vous avons posé plusieurs questions : suivez le lien de chaque message pour répondre."
MOST_CHOICES = 5


class Source(Protocol):
    """One kind of question: which stand for this number, and what an answer does."""

    def pending(self, phone: str, now: datetime) -> Sequence[Question]: ...
    def lately(self, phone: str, now: datetime) -> Sequence[Question]: ...
    def last(self, phone: str, now: datetime) -> Question | None: ...
    def changeable(self, phone: str, now: datetime) -> Sequence[Question]: ...
    def answer(self, question: Question, said: Word, phone: str, now: datetime) -> str: ...
    def pick(self, question: Question, number: int, phone: str, now: datetime) -> str: ...


SOURCES: Mapping[str, Source] = {
    waitlist_sms.KIND: waitlist_sms.SOURCE,
    confirming_sms.KIND: confirming_sms.SOURCE,
    propositions_sms.KIND: propositions_sms.SOURCE,
}


@dataclass(frozen=True, slots=True)
class Said:
    """What is sent back, and what it asked."""

    text: str
    question: dict[str, Any] = field(default_factory=dict)


def answer_sms(*, phone: str, text: str, now: datetime, provider_id: str = "") -> str:
    """What is sent back; "" when another process is answering this very message. `phone`: E.164, as the provider
    certifies it; `provider_id`: its own name of the message: handed over again, the same is said, nothing changes.

    What fails unforeseen is raised, and the message is answered when it is handed over again."""
    if not provider_id:
        return _decide(phone, text, now).text
    taken = replies.take(provider_id, phone=phone, now=now)
    if taken is None:
        return replies.answer_of(provider_id)
    try:
        said = _decide(phone, text, now)
    except Exception:  # whatever failed, the provider calls again; it is raised
        # What is done is done once: handed over again, it goes on from there.
        replies.give_up(taken)
        raise
    replies.settle(taken, answer=said.text, question=said.question, now=now)
    return said.text


def _decide(phone: str, text: str, now: datetime) -> Said:
    word = word_of(text)
    if word in STOP:
        return Said(waitlist_sms.stop(phone, now))
    pending = [one for source in SOURCES.values() for one in source.pending(phone, now)]
    over = [one for source in SOURCES.values() for one in source.lately(phone, now)]
    asked_back = _standing(phone, [*pending, *over], now)
    number = int(word) if re.fullmatch(r"[1-9]", word) else 0
    if number and asked_back:
        return _chosen(asked_back, number, phone, now)
    if number:
        dates = [one for one in pending if one.has_numbers]
        if len(dates) == 1:
            return Said(SOURCES[dates[0].kind].pick(dates[0], number, phone, now))
        if dates:
            return Said(SEVERAL)
    said = _meaning(word, number)
    if said is None:
        return Said(NOT_UNDERSTOOD)
    was_asked = asked_back is not None and not asked_back.chosen
    return _apply(said, pending, over, phone, now, was_asked=was_asked)


def _standing(phone: str, questions: Iterable[Question], now: datetime) -> replies.AskedBack | None:
    """Our question back, unless an SMS that asks something has left since: a number goes to the newest."""
    asked_back = replies.last_question(phone, now=now)
    if asked_back is None or any(one.asked_at and one.asked_at > asked_back.at for one in questions):
        return None
    return asked_back


def word_of(text: str) -> str:
    """Without accents, signs, nor the polite words around."""
    words = re.sub(r" +", " ", search_key(text[:160])).strip().split(" ")
    return " ".join(word for word in words if word not in POLITE)


def _meaning(word: str, number: int) -> Word | None:
    if number:
        return BY_NUMBER.get(number)
    if word in CANCEL:
        return Word.CANCEL
    return Word.YES if word in YES else Word.NO if word in NO else None


def _apply(
    said: Word, pending: Sequence[Question], over: Sequence[Question], phone: str, now: datetime, *, was_asked: bool
) -> Said:
    fitting = _fitting(said, pending)
    if not fitting:
        return _again(said, over, phone, now, was_asked=was_asked)
    fitting += _meant_late(said, fitting, over)
    if len(fitting) == 1:
        return Said(SOURCES[fitting[0].kind].answer(fitting[0], said, phone, now))
    return Said(SEVERAL) if was_asked else _ask_back(said, fitting)


def _fitting(said: Word, pending: Sequence[Question]) -> list[Question]:
    """What this word answers; a yes answers at once those that hear it together."""
    fitting = [one for one in pending if said in one.takes]
    if said is not Word.YES:
        return fitting
    return list({(one.kind, one.one_yes or one.key): one for one in reversed(fitting)}.values())[::-1]


def _meant_late(said: Word, fitting: Sequence[Question], over: Sequence[Question]) -> list[Question]:
    """Those of `over` that this word may answer all the same: they ended while what it fits was asked already."""
    asked = {one.words for one in fitting}
    late = [one for one in over if said in one.takes and one.words not in asked]
    return [one for one in late if any(_stood(other, one.at) for other in fitting)]


def _stood(question: Question, at: datetime) -> bool:
    return question.asked_at is None or question.asked_at <= at


def _ask_back(said: Word, fitting: Sequence[Question]) -> Said:
    """OUI pour quoi ? 1 : RDV jeu. 26 nov. à 9h20. 2 : place mar. 1 déc. à 14h. Répondez 1 ou 2."""
    shown = fitting[:MOST_CHOICES]
    if len({one.words for one in shown}) < len(shown):
        # Names are never said: nobody could choose.
        return Said(SEVERAL)
    lines = " ".join(f"{number} : {one.words}." for number, one in enumerate(shown, start=1))
    numbers = " ou ".join(str(number) for number in range(1, len(shown) + 1))
    text = f"{said.spoken} pour quoi ? {lines} Répondez {numbers}."
    question = {"said": said.value, "choices": [[one.kind, one.key] for one in shown]}
    return Said(gsm7.plain(text), question)


def _chosen(asked_back: replies.AskedBack, number: int, phone: str, now: datetime) -> Said:
    """The number of a question of ours. One number answers it: said again it hears the same, and another one is not
    taken for yes or no. What it named may have been answered since: the service says so."""
    if asked_back.chosen:
        return Said(asked_back.told if number == asked_back.chosen else OVER)
    choices = asked_back.question.get("choices", [])
    if number > len(choices):
        return Said(SEVERAL)
    kind, key = choices[number - 1]
    source = SOURCES[kind]
    standing = [*source.pending(phone, now), *source.lately(phone, now)]
    found = next((one for one in standing if one.key == key), None) or source.last(phone, now)
    if found is None or found.key != key:
        return Said(NOTHING)
    told = source.answer(found, Word(asked_back.question["said"]), phone, now)
    replies.answered(asked_back, number=number, told=told)
    return Said(told)


def _again(said: Word, over: Sequence[Question], phone: str, now: datetime, *, was_asked: bool) -> Said:
    """Nothing waits for this answer: the question answered last hears it (a replay, or a change of mind).

    A yes taken back where several could be is ambiguous too.
    """
    lasts = [one for source in SOURCES.values() if (one := source.last(phone, now)) is not None and said in one.takes]
    if not lasts:
        return Said(NOTHING)
    latest = max(lasts, key=lambda one: one.at)
    source = SOURCES[latest.kind]
    if said is not Word.YES:
        standing = list(source.changeable(phone, now))
        standing += _meant_late(said, standing, over)
        if len(standing) > 1 and latest.key in [one.key for one in standing]:
            return Said(SEVERAL) if was_asked else _ask_back(said, standing)
    return Said(source.answer(latest, said, phone, now))
