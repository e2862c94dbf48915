"""The post office's counter: letters in, and what the screens ask about them.

Room: services. Called by usagers/services (codes) and rdv/services/notices, in the transaction of the fact told.
A letter is a promise written with the fact; the queue is only speed (messages.md).
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import connection, transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from notifications import tasks
from notifications.models import GONE, Message, MessageChannel, MessageQuerySet, State
from rdv.core.commit import after_commit
from rdv.core.together import as_json, columns_of, insert_given, table_of
from rdv.core.trail import Trail

log = structlog.get_logger(__name__)

KEEP_BODIES = timedelta(days=183)
KEEP_ROWS = timedelta(days=2 * 366)
KEEP_SECRETS = timedelta(hours=1)
BATCH = 1000
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing to tell one person by one channel. Its key: subject, kind, recipient, channel, version.

    `fallback`: the same news by the other channel, sent only if this one fails for good.
    """

    subject: tuple[str, str]
    kind: str
    recipient: str
    channel: str
    address: str
    version: int
    departement_code: str
    body: str
    send_not_before: datetime
    worthless_after: datetime
    title: str = ""
    html: str = ""
    calendar: str = ""
    sender: str = ""
    reply_to: str = ""
    language: str = "fr"
    is_secret: bool = False
    is_urgent: bool = False
    fallback: "Letter | None" = None


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody who is told, and where: "" for a channel that they have not, or do not want."""

    recipient: str
    phone: str
    email: str

    def at(self, channel: str) -> str:
        return self.phone if channel == MessageChannel.SMS else self.email


def post(letters: Iterable[Letter], *, now: datetime) -> int:
    """Write the rows in the running transaction; a letter already posted changes nothing. Returns how many were new.

    What is due is handed to the workers after the commit; without a broker, the sweep finds it.
    """
    worthwhile = [letter for letter in letters if _is_worth_it(letter, now)]
    rows = [_row(letter, now) for letter in worthwhile]
    stand_ins = [
        _StandIn(row.uuid, _row(letter.fallback, now, is_reserve=True))
        for letter, row in zip(worthwhile, rows, strict=True)
        if letter.fallback is not None
    ]
    new = _insert(rows, stand_ins)
    _wake(new, now)
    return len(new)


def instant_version(instant: datetime) -> int:
    """Version of a fact that can happen again on the same schedule (cancelled, late...): when it happened."""
    return (instant - EPOCH) // timedelta(microseconds=1)


def make_obsolete(
    subject: tuple[str, str],
    *,
    now: datetime,
    kinds: Collection[str] | None = None,
    below_version: int | None = None,
    from_version: int | None = None,
) -> int:
    """What has not left yet about this subject never will. Returns how many."""
    rows = Message.objects.about(*subject)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if below_version is not None:
        rows = rows.filter(version__lt=below_version)
    if from_version is not None:
        rows = rows.filter(version__gte=from_version)
    # A worker holds these: it looks at `dropped_at` before it hands them over, and before any retry.
    rows.filter(state=State.SENDING, dropped_at__isnull=True).update(dropped_at=now)
    return rows.waiting().update(state=State.OBSOLETE, settled_at=now)


def revive(
    subject: tuple[str, str],
    *,
    to: Addressee,
    kinds: Collection[str],
    version: int,
    now: datetime,
    only_future: bool = False,
) -> int:
    """A cancellation undone: what it made obsolete is promised again, unless it left. Returns how many.

    `to`: who is told today, and where: what was written to somebody else, or for a channel that they do not want any
    more, stays obsolete. `only_future`: not those whose moment passed meanwhile.
    """
    rows = Message.objects.about(*subject).filter(
        recipient=to.recipient, kind__in=kinds, version=version, state=State.OBSOLETE, worthless_after__gt=now
    )
    if only_future:
        rows = rows.filter(send_not_before__gt=now)
    back = Case(When(stands_in_for__isnull=True, then=Value(State.PLANNED)), default=Value(State.STANDBY))
    with transaction.atomic():
        found = _reachable(list(rows.select_for_update(of=("self",))), to)
        for channel in MessageChannel:
            keys = [message.pk for message in found if message.channel == channel]
            Message.objects.filter(pk__in=keys).update(
                state=back, address=to.at(channel), settled_at=None, dropped_at=None, handed_at=None
            )
    _wake([message for message in found if message.stands_in_for_id is None], now)
    return len(found)


def _reachable(rows: Sequence[Message], to: Addressee) -> list[Message]:
    """Those that have an address today; none in reserve for one that has not."""
    dropped = {row.pk for row in rows if not to.at(row.channel)}
    return [row for row in rows if row.pk not in dropped and row.stands_in_for_id not in dropped]


def put_back(
    subject: tuple[str, str],
    *,
    to: Addressee,
    kinds: Collection[str],
    version: int,
    as_version: int,
    now: datetime,
    dropped_at: datetime | None = None,
) -> int:
    """A change undone: what it made obsolete (at `dropped_at`) is promised again as before, at its own hour, under the
    version of now, so that whatever comes next finds it. Returns how many."""
    rows = Message.objects.about(*subject).filter(
        recipient=to.recipient, kind__in=kinds, version=version, state=State.OBSOLETE, worthless_after__gt=now
    )
    if dropped_at is not None:
        rows = rows.filter(settled_at=dropped_at)
    rows.update(version=as_version)
    return revive(subject, to=to, kinds=kinds, version=as_version, now=now)


def add_line(letter: Letter, line: str, *, now: datetime, in_place_of: str = "") -> None:
    """Add a line to a letter that waits for its hour (a digest); write the letter if there is none.

    A line said already is not said twice; lines that begin with `in_place_of` make room for this one. When the letter
    of that key has left, its next version is written.
    """
    with transaction.atomic():
        while True:
            _insert([_row(letter, now)])
            row = _same_key(letter).select_for_update(of=("self",)).get()
            if row.state == State.PLANNED:
                break
            letter = replace(letter, version=letter.version + 1)
        replaced = in_place_of or line
        kept = [said for said in row.body.splitlines() if not said.startswith(replaced)]
        Message.objects.filter(pk=row.pk).update(body="\n".join([*kept, line]))


def reword(letter: Letter) -> None:
    """What waits under this key says this instead, and its stand-in too. What has left stays as it was."""
    for one in (letter, letter.fallback):
        if one is not None:
            _same_key(one).waiting().update(body=one.body, title=one.title, html=one.html, calendar=one.calendar)


def change_addresses(to: Addressee, *, now: datetime) -> None:
    """The person has another number or mailbox, or wants other channels: what waits follows them; what has no address
    left is dropped, with what stood in for it."""
    own = Message.objects.filter(recipient=to.recipient)
    for channel in MessageChannel:
        rows = own.filter(channel=channel)
        if to.at(channel):
            rows.waiting().update(address=to.at(channel))
            continue
        # A worker holds these: it looks at `dropped_at` before it hands them over, and before any retry.
        rows.filter(state=State.SENDING, dropped_at__isnull=True).update(dropped_at=now)
        dropped = list(rows.waiting().values_list("pk", flat=True))
        own.waiting().filter(Q(pk__in=dropped) | Q(stands_in_for__in=dropped)).update(
            state=State.OBSOLETE, settled_at=now
        )


def erase_recipient(recipient: str) -> int:
    """Everything ever written to this person, at their request or when their file is erased."""
    erased, _ = Message.objects.filter(recipient=recipient).delete()
    return erased


def hand_over(recipient: str, to: str, *, phone: str, email: str, trail: Trail, now: datetime) -> None:
    """Two files became one: everything told to `recipient` was told to `to`, and what waits follows to these addresses.

    Written through the trail (table "message"), so that it may go back. A row that `to` has already stays.
    """
    rows = Message.objects.filter(recipient__in=[recipient, to]).select_for_update(of=("self",), no_key=True)
    found = list(rows.order_by("pk"))
    known = {_key_without_recipient(row) for row in found if row.recipient == to}
    for row in found:
        if row.recipient == recipient and _key_without_recipient(row) in known:
            continue
        address = phone if row.channel == MessageChannel.SMS else email
        before = {name: getattr(row, name) for name in ("recipient", "address", "state", "settled_at")}
        trail.change("message", row.pk, before, **_handed(row, to, address, now))


def _handed(row: Message, to: str, address: str, now: datetime) -> dict[str, object]:
    if row.state not in (State.PLANNED, State.STANDBY):
        return {"recipient": to}
    if not address:
        return {"recipient": to, "state": State.OBSOLETE.value, "settled_at": now}
    return {"recipient": to, "address": address}


def _key_without_recipient(row: Message) -> tuple[object, ...]:
    return row.subject_type, row.subject_id, row.kind, row.channel, row.version


def message_rows() -> MessageQuerySet:
    """For the trail of a merge, which puts back what `hand_over` changed."""
    return Message.objects.all()


# --- What screens ask


def messages_of(recipient: str) -> MessageQuerySet:
    """Everything told to somebody ("usager:12"), newest first; what stayed in reserve is not shown."""
    return Message.objects.filter(recipient=recipient).exclude(state=State.STANDBY).newest_first()


def about(subject: tuple[str, str]) -> MessageQuerySet:
    """Everything told about one thing, newest first."""
    return Message.objects.about(*subject).exclude(state=State.STANDBY).newest_first()


def has_left(subject: tuple[str, str], *, kind: str) -> bool:
    """Did the latest news of this kind reach, or try to reach, somebody?"""
    latest = Message.objects.about(*subject).filter(kind=kind).order_by("-version").values("version")[:1]
    return Message.objects.about(*subject).filter(kind=kind, version=latest, state__in=GONE).exists()


def left_since(subject: tuple[str, str], *, kinds: Collection[str], since: datetime) -> bool:
    """Did something of these kinds, written since then, reach or try to reach somebody?"""
    rows = Message.objects.about(*subject).filter(kind__in=kinds, created_at__gte=since)
    return rows.filter(state__in=GONE).exists()


def is_unsaid(subject_type: str, subject_ids: Collection[str], *, kind: str, version: int) -> bool:
    """This news was written for these subjects, and has left for none of them."""
    rows = Message.objects.filter(subject_type=subject_type, subject_id__in=subject_ids, kind=kind, version=version)
    states = set(rows.order_by().values_list("state", flat=True).distinct())
    return bool(states & {State.PLANNED, State.STANDBY}) and not states & set(GONE)


def last_sent(subject_type: str, subject_ids: Collection[str], *, kinds: Collection[str]) -> dict[str, datetime]:
    """When the last message of these kinds left about each subject; those about which none left are not there."""
    rows = Message.objects.filter(
        subject_type=subject_type, subject_id__in=subject_ids, kind__in=kinds, state__in=[State.SENT, State.DELIVERED]
    )
    found = rows.filter(sent_at__isnull=False).order_by("sent_at").values_list("subject_id", "sent_at")
    return {subject_id: sent_at for subject_id, sent_at in found if sent_at is not None}


def sms_to(phone: str, *, subject_type: str, kinds: Collection[str], since: datetime) -> dict[str, datetime]:
    """What was told to this very number by SMS since then, of these kinds: subject and when it last left."""
    rows = Message.objects.filter(
        subject_type=subject_type,
        address=phone,
        channel=MessageChannel.SMS,
        is_secret=False,
        handed_at__gt=since,
        kind__in=kinds,
    )
    found = rows.filter(state__in=[State.SENT, State.DELIVERED], sent_at__isnull=False).order_by("sent_at")
    return {subject: at for subject, at in found.values_list("subject_id", "sent_at") if at is not None}


def not_reached(departement_code: str, since: datetime) -> MessageQuerySet:
    """People whom some news did not reach by any channel since then: to be phoned. Soonest of use first."""
    by_another = Message.objects.filter(
        subject_type=OuterRef("subject_type"),
        subject_id=OuterRef("subject_id"),
        kind=OuterRef("kind"),
        recipient=OuterRef("recipient"),
        version=OuterRef("version"),
    ).filter(Q(state__in=GONE) | Q(state=State.PLANNED))
    return (
        Message.objects.filter(
            departement_code=departement_code,
            state__in=[State.FAILED, State.EXPIRED],
            settled_at__gte=since,
            recipient__startswith="usager:",
            is_secret=False,
        )
        .exclude(Exists(by_another))
        .order_by("worthless_after", "id")
    )


def departements_with_failures(since: datetime) -> list[str]:
    """Where some message did not reach somebody since then."""
    rows = Message.objects.filter(
        state__in=[State.FAILED, State.EXPIRED], settled_at__gte=since, recipient__startswith="usager:", is_secret=False
    )
    return sorted(set(rows.values_list("departement_code", flat=True)))


def rows_for_event(*, uuid: uuid.UUID | None, provider_id: str) -> MessageQuerySet:
    """The row that an event of a provider speaks of: by our own name if it came back, else by the provider's.

    An event of an earlier attempt, which got another name, speaks of no row.
    """
    if uuid is None:
        return Message.objects.filter(provider_id=provider_id) if provider_id else Message.objects.none()
    return Message.objects.filter(uuid=uuid, provider_id__in=["", provider_id])


def outbox_rows(query: str, *, is_planned: bool) -> MessageQuerySet:
    """For the local page: what left or was closed, newest first; or what waits, soonest first."""
    rows = (
        Message.objects.waiting() if is_planned else Message.objects.exclude(state__in=[State.PLANNED, State.STANDBY])
    )
    if query:
        digits = "".join(sign for sign in query if sign.isdecimal())
        by_address = Q(address__icontains=query)
        # "06 39 98..." is stored as "+33639 98...".
        rows = rows.filter(by_address | Q(address__contains=digits.lstrip("0")) if digits.lstrip("0") else by_address)
    if is_planned:
        return rows.order_by("send_not_before", "id")
    return rows.order_by(Coalesce("sent_at", "settled_at", "created_at").desc(), "-id")


def message_named(name: uuid.UUID) -> Message | None:
    return Message.objects.filter(uuid=name).first()


# --- Forgetting


def forget(*, now: datetime) -> int:
    """Codes after an hour, texts and addresses after six months, rows after two years. Returns how many changed."""
    settled = Message.objects.exclude(state__in=[State.PLANNED, State.STANDBY, State.SENDING])
    gone_since = Q(settled_at__lt=now - KEEP_BODIES) | Q(settled_at__isnull=True, sent_at__lt=now - KEEP_BODIES)
    secrets = settled.filter(is_secret=True, worthless_after__lt=now - KEEP_SECRETS).exclude(body="")
    texts = settled.filter(gone_since).exclude(body="", address="")
    touched = _wipe(secrets, with_address=False) + _wipe(texts, with_address=True)
    old = settled.filter(created_at__lt=now - KEEP_ROWS, worthless_after__lt=now)
    while keys := list(old.values_list("pk", flat=True)[:BATCH]):
        touched += Message.objects.filter(pk__in=keys).delete()[0]
    return touched


def _wipe(rows: QuerySet[Message], *, with_address: bool) -> int:
    """In small pieces: a long transaction would hold the workers."""
    wiped = 0
    blank = {"body": "", "html": "", "calendar": "", "title": ""} | (
        {"address": "", "reply_to": ""} if with_address else {}
    )
    while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
        wiped += Message.objects.filter(pk__in=keys).update(**blank)
    return wiped


# --- Rows


def _is_worth_it(letter: Letter, now: datetime) -> bool:
    """A letter whose window is over before it begins says nothing: no row."""
    return letter.worthless_after > max(letter.send_not_before, now)


class _StandIn(NamedTuple):
    """A letter in reserve, and the name of the one that it replaces if that one fails."""

    main: uuid.UUID
    row: Message


def _row(letter: Letter, now: datetime, *, is_reserve: bool = False) -> Message:
    return Message(
        uuid=uuid.uuid4(),
        subject_type=letter.subject[0],
        subject_id=letter.subject[1],
        kind=letter.kind,
        recipient=letter.recipient,
        channel=letter.channel,
        address=letter.address,
        version=letter.version,
        departement_code=letter.departement_code,
        body=letter.body,
        title=letter.title,
        html=letter.html,
        calendar=letter.calendar,
        sender=letter.sender,
        reply_to=letter.reply_to,
        language=letter.language,
        is_secret=letter.is_secret,
        is_urgent=letter.is_urgent,
        send_not_before=letter.send_not_before,
        worthless_after=letter.worthless_after,
        created_at=now,
        state=State.STANDBY if is_reserve else State.PLANNED,
    )


# What was posted already stays as it is, and so does its stand-in: only what is new gets one.
_POST = f"""
WITH main AS ({insert_given(Message, "given")} ON CONFLICT DO NOTHING RETURNING id, uuid), stand_in AS (
    INSERT INTO {table_of(Message)} ({columns_of(Message)})
    SELECT {columns_of(Message, {"uuid": "given.uuid", "stands_in_for_id": "main.id"})}
    FROM jsonb_array_elements(%s) AS one
    JOIN main ON main.uuid = (one ->> 'main')::uuid
    CROSS JOIN LATERAL jsonb_populate_record(NULL::{table_of(Message)}, one) AS given
    ON CONFLICT DO NOTHING
)
SELECT uuid, id FROM main
"""  # noqa: S608 - names of the model, no value


def _insert(rows: Sequence[Message], stand_ins: Sequence[_StandIn] = ()) -> list[Message]:
    """One statement for all the letters of a fact; returns those that are new, with their keys."""
    if not rows:
        return []
    reserve = as_json([one.row for one in stand_ins], main=[one.main for one in stand_ins])
    with connection.cursor() as cursor:
        cursor.execute(_POST, [as_json(rows), reserve])
        keys = dict(cursor.fetchall())
    new = [row for row in rows if row.uuid in keys]
    for row in new:
        row.pk = keys[row.uuid]
    return new


def _same_key(letter: Letter) -> MessageQuerySet:
    return Message.objects.about(*letter.subject).filter(
        kind=letter.kind, recipient=letter.recipient, channel=letter.channel, version=letter.version
    )


def _wake(messages: Iterable[Message], now: datetime) -> None:
    """One word to the workers for all the letters of a fact: each word costs the person who waits a millisecond."""
    due = [message for message in messages if message.send_not_before <= now]
    for task, is_urgent in ((tasks.deliver_urgent, True), (tasks.deliver, False)):
        ids = [message.pk for message in due if message.is_urgent is is_urgent]
        if ids:
            after_commit(task, *ids)
