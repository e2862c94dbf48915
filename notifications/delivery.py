"""From the row to the provider: claim, commit, call outside any transaction, record. Nothing lost, nothing sent twice.

Room: post office. Called by notifications/tasks (to send) and the webhooks (what became of it). See decision 0010.

    planned --claim--> sending --mark "handed"--> [provider] --record--> sent, delivered, failed
       ^                  |
       +---- surely no ---+---- died, or no answer: the lease runs out, and the provider is asked first

A claim is fenced by `attempts`: whoever held the row before cannot write on it any more.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from notifications.channels import channel_for, channel_named
from notifications.channels.base import Channel, Outgoing, Receipt, Refused, Unavailable, Uncertain
from notifications.channels.email import dress
from notifications.channels.gsm7 import plain
from notifications.models import FINAL, Failure, Message, MessageChannel, MessageQuerySet, State
from rdv.core.db import LOCK_PHONE
from rdv.core.links import fill_links

log = structlog.get_logger(__name__)

# Longer than the slowest conversation with a provider (timeouts of 10 seconds a step).
LEASE = timedelta(minutes=3)
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 300, 900, 1800, 3600))
# A provider that gave no answer is not asked before its own books are written.
BEFORE_ASKING = timedelta(minutes=1)
# After its deadline a row is only kept to know whether it left; this long.
STOP_ASKING = timedelta(days=1)
SMS_A_DAY = 4
DAY = timedelta(hours=24)


def deliver(message_id: int, *, now: datetime) -> bool:
    """Send this one if it is due and nobody has it. Asked twice, done once."""
    return _deliver_one(Message.objects.filter(pk=message_id), now)


def deliver_next(*, now: datetime) -> bool:
    """Send the most urgent of those that are due; False when none is left."""
    return _deliver_one(Message.objects.all(), now)


def count_due(*, now: datetime, at_most: int) -> int:
    return Message.objects.due(now)[:at_most].count()


def expire(*, now: datetime) -> int:
    """Close what never left and is of no use any more."""
    stand_ins = Message.objects.too_late(now).filter(state=State.STANDBY)
    stand_ins.update(state=State.OBSOLETE, settled_at=now)
    late = Message.objects.too_late(now)
    late.filter(is_secret=True).update(body="", html="")
    expired = late.update(state=State.EXPIRED, settled_at=now)
    if expired:
        log.warning("messages_expired", count=expired)
    return expired


def outgoing_of(message: Message, *, now: datetime) -> Outgoing:
    """What the person gets: the links in, the sheet of e-mails, and for SMS the signs that telephones know."""
    text = fill_links(message.body)
    return Outgoing(
        uuid=str(message.uuid),
        address=message.address,
        text=plain(text) if message.channel == MessageChannel.SMS else text,
        title=message.title,
        html=dress(fill_links(message.html)),
        calendar=fill_links(message.calendar),
        sender=message.sender,
        reply_to=message.reply_to,
        seconds_left=int((message.worthless_after - now).total_seconds()),
    )


def record_event(rows: MessageQuerySet, told: Receipt, *, now: datetime, is_bounce: bool = False) -> int:
    """What a provider tells later. Moves forward only: late and repeated events change nothing.

    `is_bounce`: a mailbox that accepted, then gave back: the one event that may follow a delivery.
    """
    before = [State.SENDING] if told.state == State.SENT else [State.SENDING, State.SENT]
    if is_bounce:
        before.append(State.DELIVERED)
    with transaction.atomic():
        found = list(rows.filter(state__in=before).select_for_update(of=("self",)))
        for message in found:
            _write(message, told, now, leaves_machine=True)
    return len(found)


# --- Claim


def _deliver_one(rows: MessageQuerySet, now: datetime) -> bool:
    message = _claim(rows, now)
    if message is None:
        return False
    try:
        _carry(message, now)
    except Exception:  # one bad row never stops a batch; its lease runs out, and it is looked at again
        log.exception("message_broke", message=str(message.uuid), attempts=message.attempts)
    return True


def _claim(rows: MessageQuerySet, now: datetime) -> Message | None:
    """Take one due row, in a transaction of its own. `handed_at` still says what the last holder had done."""
    with transaction.atomic():
        message = _locked(rows.due(now).order_by("-is_urgent", "send_not_before", "id"))
        if message is None:
            return None
        message.attempts += 1
        message.state = State.SENDING
        message.claimed_at, message.lease_until = now, now + LEASE
        message.save(update_fields=["attempts", "state", "claimed_at", "lease_until"])
        return message


def _locked(rows: MessageQuerySet) -> Message | None:
    """The guard: a row that somebody else is claiming is passed over."""
    return rows.select_for_update(skip_locked=True, of=("self",)).first()


def _mine(message: Message) -> MessageQuerySet:
    """The row, as long as nobody claimed it after us and no event came first."""
    return Message.objects.filter(pk=message.pk, state=State.SENDING, attempts=message.attempts)


# --- Carry


def _carry(message: Message, now: datetime) -> None:
    try:
        outgoing = outgoing_of(message, now=now)
    except Exception:  # whatever is wrong with this text, trying again would not mend it
        log.exception("message_broken", message=str(message.uuid))
        _fail(message, Failure.BROKEN, now)
        return
    if message.handed_at is not None and not _ask(message, outgoing, now):
        return
    if message.dropped_at is not None:
        _close(message, State.OBSOLETE, now)
    elif message.worthless_after <= now:
        _close(message, State.EXPIRED, now)
    else:
        _send(message, outgoing, now)


def _ask(message: Message, outgoing: Outgoing, now: datetime) -> bool:
    """Somebody handed this one over and never told the end. True when it surely did not leave."""
    channel = channel_named(message.provider)
    if not channel.can_be_asked or now > message.worthless_after + STOP_ASKING:
        _fail(message, Failure.UNSURE, now)
        return False
    try:
        found = channel.find_sent(outgoing, message.handed_at or now)
    except Unavailable as error:
        _ask_later(message, error, now)
        return False
    receipt = next((one for one in found if not _belongs_to_another(message, one)), None)
    if receipt is not None:
        log.info("message_found_at_provider", message=str(message.uuid))
        _record(message, receipt, now, channel)
    return receipt is None


def _belongs_to_another(message: Message, receipt: Receipt) -> bool:
    """The same words to the same number, twice the same day, are two messages."""
    return Message.objects.filter(provider_id=receipt.provider_id).exclude(pk=message.pk).exists()


def _send(message: Message, outgoing: Outgoing, now: datetime) -> None:
    channel = channel_for(message.channel)
    try:
        with channel.open() as line:
            if not _may_hand(message, channel, now):
                return
            receipt = line.hand(outgoing)
    except Refused as error:
        log.warning("message_refused", message=str(message.uuid), reason=error.reason)
        _fail(message, error.failure, now)
    except Unavailable as error:
        _try_later(message, error, now)
    except Uncertain as error:
        if channel.can_be_asked:
            _ask_later(message, error, now)
        else:
            log.error("message_unsure", message=str(message.uuid), reason=error.reason)
            _fail(message, Failure.UNSURE, now)
    else:
        _record(message, receipt, now, channel)


def _may_hand(message: Message, channel: Channel, now: datetime) -> bool:
    """The last look before the point of no return, and the mark that we passed it."""
    with transaction.atomic():
        if _is_over_cap(message, now):
            _fail(message, Failure.CAP, now)
            return False
        still_wanted = _mine(message).filter(dropped_at__isnull=True)
        if still_wanted.update(handed_at=Coalesce(F("handed_at"), now), provider=channel.name) == 1:
            return True
        # Cancelled while the line was being opened: nothing was handed, the next claim closes the row.
        _mine(message).update(lease_until=now)
        return False


def _is_over_cap(message: Message, now: datetime) -> bool:
    """At most 4 SMS a day to a number, codes aside. Two workers count one after the other: they lock the number."""
    if message.channel != MessageChannel.SMS or message.is_secret or message.handed_at is not None:
        return False
    _lock_phone(message.address)
    return _given_today(message.address, now) >= SMS_A_DAY


def _lock_phone(address: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_PHONE, address])


def _given_today(address: str, now: datetime) -> int:
    given = Message.objects.filter(address=address, channel=MessageChannel.SMS, is_secret=False)
    return given.filter(handed_at__gt=now - DAY).count()


# --- Record


def _record(message: Message, receipt: Receipt, now: datetime, channel: Channel) -> None:
    with transaction.atomic():
        row = _mine(message).select_for_update(of=("self",)).first()
        if row is not None:
            _write(row, receipt, now, leaves_machine=channel.leaves_machine)
        else:
            # An event of the provider came before our own record: it knows better, but for its name of the message.
            Message.objects.filter(pk=message.pk, provider_id="").update(provider_id=receipt.provider_id)


def _write(row: Message, told: Receipt, now: datetime, *, leaves_machine: bool) -> None:
    """The state a provider told, on a row that the caller has locked."""
    row.state, row.lease_until = told.state, None
    row.provider_id = row.provider_id or told.provider_id
    row.sent_at = row.sent_at or now
    row.failure = (told.failure or Failure.REFUSED) if told.state == State.FAILED else ""
    row.settled_at = now if told.state in FINAL else None
    if row.is_secret and leaves_machine:
        row.body = row.html = ""
    row.save()
    if told.state == State.FAILED:
        _let_stand_in(row)


def _fail(message: Message, failure: Failure, now: datetime) -> None:
    """Final: the other channel takes over where the person allows it; else the row shows as not reached."""
    with transaction.atomic():
        failed = _mine(message).update(
            state=State.FAILED, failure=failure, settled_at=now, lease_until=None, **_without_secret(message)
        )
        if failed:
            _let_stand_in(message)


def _let_stand_in(message: Message) -> None:
    Message.objects.filter(stands_in_for=message.pk, state=State.STANDBY).update(state=State.PLANNED)


def _close(message: Message, state: State, now: datetime) -> None:
    _mine(message).update(state=state, settled_at=now, lease_until=None, **_without_secret(message))


def _without_secret(message: Message) -> dict[str, Any]:
    return {"body": "", "html": ""} if message.is_secret else {}


def _try_later(message: Message, error: Unavailable, now: datetime) -> None:
    """Surely not sent: back to planned, later and later, up to the deadline."""
    next_try = now + DELAYS[min(message.attempts, len(DELAYS)) - 1]
    log.warning("message_delayed", message=str(message.uuid), reason=error.reason, attempts=message.attempts)
    kept = Q(dropped_at__isnull=True, worthless_after__gt=next_try)
    with transaction.atomic():
        back = {"handed_at": None, "lease_until": None}
        if _mine(message).filter(kept).update(state=State.PLANNED, send_not_before=next_try, **back):
            return
        dropped = _mine(message).filter(dropped_at__isnull=False)
        if not dropped.update(state=State.OBSOLETE, settled_at=now, **back):
            _close(message, State.EXPIRED, now)


def _ask_later(message: Message, error: Unavailable | Uncertain, now: datetime) -> None:
    """Perhaps sent: stays "sending" until the provider could be asked."""
    delay = max(BEFORE_ASKING, DELAYS[min(message.attempts, len(DELAYS)) - 1])
    log.warning("message_unsure", message=str(message.uuid), reason=error.reason, attempts=message.attempts)
    _mine(message).update(lease_until=now + delay)
