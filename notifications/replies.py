"""SMS that people send us: each is answered once, however often the provider hands it over.

Room: post office. Called by rdv/services/sms_router, which knows what the words mean. What the person wrote is not
kept; what we answered is, for two days, so that a second call of the provider hears the same.

    taken --answered--> kept two days
      |--the process died: whoever is called after a minute takes it over
      |--it could not be answered: forgotten, the next call begins anew

A question of ours (`Reply.question`) is answered by one number, and is over then: the same number again hears the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from notifications.models import Reply

# Whoever took it has surely died: the provider itself waits 15 seconds for an answer.
TAKE_OVER = timedelta(minutes=1)
KEEP = timedelta(days=2)
# A question of ours is answered within this, or forgotten; nobody is asked a second one meanwhile.
QUESTION_STANDS = timedelta(hours=24)


def take(provider_id: str, *, phone: str, now: datetime) -> Reply | None:
    """The message to answer; None when it was taken before (`answer_of` says what it was told)."""
    with transaction.atomic():
        row, is_new = Reply.objects.get_or_create(
            provider_id=provider_id, defaults={"phone": phone, "received_at": now}
        )
        if is_new:
            return row
        # The guard: one process at most moves the date.
        dead = Reply.objects.filter(pk=row.pk, answered_at__isnull=True, received_at__lte=now - TAKE_OVER)
        if dead.update(received_at=now) == 0:
            return None
        row.received_at = now
        return row


def answer_of(provider_id: str) -> str:
    """What it was answered; "" while another process is at it: it will answer."""
    found = Reply.objects.filter(provider_id=provider_id).values_list("answer", flat=True).first()
    return found or ""


def give_up(reply: Reply) -> None:
    """It could not be answered; the provider hands it over again. Not touched once somebody else has taken it over."""
    Reply.objects.filter(pk=reply.pk, answered_at__isnull=True, received_at=reply.received_at).delete()


def settle(reply: Reply, *, answer: str, question: dict[str, Any], now: datetime) -> None:
    Reply.objects.filter(pk=reply.pk).update(answer=answer, question=question, answered_at=now)


@dataclass(frozen=True, slots=True)
class AskedBack:
    """A question of ours. `chosen`: the number that answered it, 0 while nobody has; `told`: what was said then."""

    reply_id: int
    at: datetime
    question: dict[str, Any]

    @property
    def chosen(self) -> int:
        return int(self.question.get("chosen", 0))

    @property
    def told(self) -> str:
        return str(self.question.get("told", ""))


def last_question(phone: str, *, now: datetime) -> AskedBack | None:
    """What we asked back lately, answered or not."""
    rows = Reply.objects.filter(phone=phone, received_at__gt=now - QUESTION_STANDS).exclude(question={})
    found = rows.order_by("-received_at", "-id").first()
    return AskedBack(found.pk, found.received_at, found.question) if found is not None else None


def answered(asked: AskedBack, *, number: int, told: str) -> None:
    """That question is over."""
    Reply.objects.filter(pk=asked.reply_id).update(question=asked.question | {"chosen": number, "told": told})


def forget(*, now: datetime) -> int:
    return Reply.objects.filter(received_at__lt=now - KEEP).delete()[0]
