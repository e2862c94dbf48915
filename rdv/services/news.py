"""One thing to say to one person by each way that they allow: SMS, e-mail with its table and its button.

Room: services. Called by what writes the words (proposition_notices, series_notices, waitlist_notices); who may be
told, and when, is decided there. Posted in the transaction of the fact.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string

from agents.models import Departement
from notifications.channels import gsm7
from notifications.models import MessageChannel
from notifications.services import Letter
from rdv.core.links import fill_links

TITLE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Said:
    """One thing to say, in the two lengths."""

    kind: str
    heading: str
    lines: tuple[str, ...]
    # SMS: the first text that fits one segment.
    texts: tuple[str, ...]
    action: str
    link: str
    rows: Sequence[tuple[str, str]] = ()
    # E-mail only: an .ics file.
    calendar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """To whom and when. `phone` and `mailbox` are empty for the way that they do not want; `contact`: the number to
    call, and whose it is; `reply_to`: who reads the answers to the e-mail."""

    about: tuple[str, str]
    recipient: str
    departement: Departement
    phone: str
    mailbox: str
    version: int
    contact: tuple[str, str]
    reply_to: str
    sms_at: datetime
    email_at: datetime
    until: datetime
    is_urgent: bool


def letters_of(said: Said, to: Sending) -> Iterator[Letter]:
    owner = f"Département {to.departement.name_with_article}"
    context = {"news": said, "owner": owner, "phone": to.contact[0], "phone_of": to.contact[1]}
    if to.phone:
        yield _letter(
            said, to, MessageChannel.SMS, to.phone, body=first_that_fits(said.texts),
            sender=to.departement.sms_sender, at=to.sms_at,
        )  # fmt: skip
    if to.mailbox:
        yield _letter(
            said,
            to,
            MessageChannel.EMAIL,
            to.mailbox,
            body=render_to_string("notifications/waitlist.txt", context).strip() + "\n",
            sender=owner,
            at=to.email_at,
            title=said.heading[:TITLE_LENGTH],
            html=render_to_string("notifications/waitlist.html", context),
            calendar=said.calendar,
            reply_to=to.reply_to,
        )


def _letter(
    said: Said,
    to: Sending,
    channel: MessageChannel,
    address: str,
    *,
    body: str,
    sender: str,
    at: datetime,
    title: str = "",
    html: str = "",
    calendar: str = "",
    reply_to: str = "",
) -> Letter:
    return Letter(
        subject=to.about,
        kind=said.kind,
        recipient=to.recipient,
        channel=channel,
        address=address,
        version=to.version,
        departement_code=to.departement.pk,
        body=body,
        title=title,
        html=html,
        calendar=calendar,
        sender=sender,
        reply_to=reply_to,
        send_not_before=at,
        worthless_after=to.until,
        is_urgent=to.is_urgent,
    )


def first_that_fits(texts: Sequence[str]) -> str:
    """The richest text that is one SMS; the last one when none is."""
    for text in texts:
        if gsm7.segments(gsm7.plain(fill_links(text))) == 1:
            return text
    return texts[-1]
