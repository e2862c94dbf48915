"""What is kept of "I come": the two columns of Participation, written here and nowhere else.

Room: services. Called by confirming (the answer) and, inside their own writes, by moving and cancelling: a yes was
given to one hour and one place, and does not outlive them. The database holds the rest: a yes says how, and a cancelled
participation has none (`participation_confirmed_says_how`, `participation_cancelled_unconfirmed`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from rdv.domain.asking import mornings, was_asked
from rdv.domain.statuses import Status
from rdv.models import ConfirmedBy, Participation, Rdv


class Answer(StrEnum):
    """What the screens say of somebody who is to come."""

    NONE = ""
    COMES = "yes"
    SILENT = "silent"


FIELDS = ("confirmed_at", "confirmed_by")
# For an UPDATE of several rows at once.
NOTHING: Mapping[str, str | None] = {"confirmed_at": None, "confirmed_by": ""}


def write(participation: Participation, *, by: ConfirmedBy, now: datetime) -> None:
    """The caller holds the row."""
    participation.confirmed_at, participation.confirmed_by = now, by.value
    participation.save(update_fields=FIELDS)


def clear(participation: Participation) -> tuple[str, ...]:
    """On the object only: the fields that the caller's own save is to write."""
    participation.confirmed_at, participation.confirmed_by = None, ""
    return FIELDS


def answer_of(
    *,
    status: str,
    confirmed_at: datetime | None,
    starts_at: datetime,
    agreed_at: datetime,
    asks: bool,
    days: Iterable[int | None],
    zone: ZoneInfo,
    now: datetime,
) -> Answer:
    """Said on screens that show hundreds: from the rows at hand, without a query. Nothing once the Rdv has begun.

    Whether the question left is taken from its plan; the call list asks the messages themselves (confirming_calls).
    """
    if status != Status.UNKNOWN or starts_at <= now:
        return Answer.NONE
    if confirmed_at is not None:
        return Answer.COMES
    if not asks:
        return Answer.NONE
    asked = was_asked(starts_at=starts_at, agreed_at=agreed_at, days=days, zone=zone, now=now)
    return Answer.SILENT if asked else Answer.NONE


def answer_in(participation: Participation, rdv: Rdv, *, zone: ZoneInfo, now: datetime) -> Answer:
    """The same, of a row and its Rdv (given apart: a list has it at hand), with its motif."""
    motif = rdv.motif
    return answer_of(
        status=participation.status,
        confirmed_at=participation.confirmed_at,
        starts_at=rdv.starts_at,
        agreed_at=agreed_at(participation, rdv),
        asks=motif.asks,
        days=(motif.email_reminder_days, motif.sms_reminder_days),
        zone=zone,
        now=now,
    )


def may_say(participation: Participation, *, now: datetime) -> bool:
    """The link's page asks: a reminder has begun to leave, and nothing was answered."""
    rdv, motif = participation.rdv, participation.rdv.motif
    if not motif.asks or participation.confirmed_at is not None or participation.status != Status.UNKNOWN:
        return False
    asked = mornings(
        starts_at=rdv.starts_at,
        agreed_at=agreed_at(participation, rdv),
        days=(motif.email_reminder_days, motif.sms_reminder_days),
        zone=motif.departement.zone,
    )
    return bool(asked) and asked[0] <= now < rdv.starts_at


def agreed_at(participation: Participation, rdv: Rdv) -> datetime:
    """Since when this person and this hour are together: a question that left before spoke of another hour."""
    return max(participation.created_at, rdv.moved_at or participation.created_at)
