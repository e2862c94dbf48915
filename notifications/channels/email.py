"""E-mail through Django: plain SMTP, or any provider that anymail knows (EMAIL_BACKEND says which).

Room: channels. Called by notifications/delivery only.

SMTP cannot be asked what it took. So a clear answer of the server decides (4xx: later; 5xx: final), and what got no
answer once the message was being handed is never sent again (docs/decisions/0010).
"""

import functools
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.headerregistry import Address
from email.utils import parseaddr
from typing import ClassVar
from urllib.parse import urlparse

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailRequestsAPIError,
)
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from icalendar.parser import Contentline

from notifications.channels.base import ChannelError, Outgoing, Receipt, Refused, Unavailable, Uncertain
from notifications.channels.smtp import surely_not_taken
from notifications.models import Failure

CALENDAR_NAME = "rendez-vous.ics"
# Django's SMTP, ours instead: the same, that also tells how far it went.
BACKENDS = {"django.core.mail.backends.smtp.EmailBackend": "notifications.channels.smtp.SmtpBackend"}
# RFC 5321: these answers to RCPT speak of the address itself.
WRONG_ADDRESS = frozenset({550, 551, 553})
# The gateway in front of a provider answers so without knowing what the provider did.
GATEWAY = frozenset({502, 504})


class EmailLine:
    def __init__(self, connection: BaseEmailBackend) -> None:
        self._connection = connection

    def hand(self, outgoing: Outgoing) -> Receipt:
        message = compose(outgoing, self._connection)
        try:
            message.send()
        except (smtplib.SMTPException, AnymailError, OSError) as error:
            raise _meaning(error, self._connection) from error
        except ValueError as error:  # a line break in a header, an address that is none
            raise Refused(type(error).__name__, Failure.BROKEN) from error
        status = getattr(message, "anymail_status", None)
        return Receipt(provider_id=str(getattr(status, "message_id", None) or message_id(outgoing.uuid)))


class EmailChannel:
    name: ClassVar[str] = "email"
    can_be_asked: ClassVar[bool] = False
    leaves_machine: ClassVar[bool] = True

    @contextmanager
    def open(self) -> Iterator[EmailLine]:
        connection = get_connection(BACKENDS.get(settings.EMAIL_BACKEND), timeout=settings.EMAIL_TIMEOUT)
        try:
            connection.open()
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable(f"open_{type(error).__name__}") from error
        try:
            yield EmailLine(connection)
        finally:
            # The message has its answer already: a server that leaves without a good-bye changes nothing.
            with suppress(smtplib.SMTPException, OSError):
                connection.close()

    def find_sent(self, outgoing: Outgoing, since: datetime) -> list[Receipt]:
        """Nobody can be asked: see `can_be_asked`."""
        return []


def message_id(uuid: str) -> str:
    """Always the same for a message, so that a mailbox that gets two copies can see that they are one."""
    return f"<{uuid}@{urlparse(settings.BASE_URL).hostname}>"


def compose(outgoing: Outgoing, connection: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    """Text first, its HTML twin, the calendar file. Answers go to people: never a no-reply."""
    message = EmailMultiAlternatives(
        subject=outgoing.title,
        body=outgoing.text,
        from_email=_sender(outgoing.sender),
        to=[outgoing.address],
        reply_to=[outgoing.reply_to] if outgoing.reply_to else None,
        headers={"Message-ID": message_id(outgoing.uuid), "Auto-Submitted": "auto-generated"},
        connection=connection,
    )
    if outgoing.html:
        message.attach_alternative(outgoing.html, "text/html")
    if outgoing.calendar:
        message.attach(CALENDAR_NAME, fold(outgoing.calendar), f"text/calendar; method={method_of(outgoing.calendar)}")
    # Anymail gives it back with each event of the provider; plain SMTP does not look at it.
    message.metadata = {"message": outgoing.uuid}  # type: ignore[attr-defined]  # anymail's own attribute
    return message


def dress(html: str) -> str:
    """The sheet of our e-mails, in the head: stored once, not with each message. Mailboxes fetch nothing."""
    return html.replace("</head>", f"<style>{_sheet()}</style></head>", 1)


@functools.cache
def _sheet() -> str:
    return render_to_string("notifications/email.css")


def fold(calendar: str) -> str:
    """RFC 5545 lines of 75 octets. Stored calendars are not folded: a link marker must stay in one piece."""
    lines = (str(Contentline(line).to_ical().decode()) for line in calendar.splitlines())
    return "\r\n".join(lines) + "\r\n"


def method_of(calendar: str) -> str:
    return next((line.partition(":")[2] for line in calendar.splitlines() if line.startswith("METHOD:")), "PUBLISH")


def _sender(name: str) -> str:
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return str(Address(name, addr_spec=address)) if name else settings.DEFAULT_FROM_EMAIL


def _meaning(error: Exception, connection: BaseEmailBackend) -> ChannelError:
    """What a failure means for the row."""
    if isinstance(error, AnymailError):
        return _provider_meaning(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
        return _answer(code, at="rcpt")
    if isinstance(error, smtplib.SMTPSenderRefused):  # our own address: an operator mends it, and everything leaves
        return Unavailable(f"smtp_mail_{error.smtp_code}")
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, at="data")
    # No answer at all: the connection broke, or the time ran out.
    is_sure = surely_not_taken(connection)
    return Unavailable(f"before_{type(error).__name__}") if is_sure else Uncertain(type(error).__name__)


def _answer(code: int, *, at: str) -> ChannelError:
    reason = f"smtp_{at}_{code}"
    if code < 500:
        return Unavailable(reason)
    return Refused(reason, Failure.ADDRESS if at == "rcpt" and code in WRONG_ADDRESS else Failure.REFUSED)


def _provider_meaning(error: AnymailError) -> ChannelError:
    if isinstance(error, AnymailInvalidAddress | AnymailRecipientsRefused):
        return Refused(type(error).__name__, Failure.ADDRESS)
    status = getattr(error, "status_code", None)
    if status is None:
        unanswered = isinstance(error, AnymailAPIError) and isinstance(error.__cause__, requests.RequestException)
        return Uncertain("no_answer") if unanswered else Refused(type(error).__name__, Failure.BROKEN)
    reason = f"provider_{status}"
    if status in GATEWAY:
        return Uncertain(reason)
    is_ours = status in (401, 403, 408, 429) or status >= 500
    return Unavailable(reason) if is_ours and isinstance(error, AnymailRequestsAPIError) else _refused(reason)


def _refused(reason: str) -> Refused:
    return Refused(reason, Failure.REFUSED)
