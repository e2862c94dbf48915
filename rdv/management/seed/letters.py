"""What became of the messages: those of named people are written by the services, and the past ones settled here.

Room: management. Called by run.py, last.
"""

from datetime import datetime, time, timedelta

from django.db import transaction

from notifications.models import Failure, Message, State
from rdv.management.seed.people import People
from rdv.management.seed.world import World
from rdv.models import Participation
from rdv.services import notices
from rdv.services.texts import News

# Nobody has these addresses any more: the confirmation came back, and the SMS takes over where there is one.
DEAD_ADDRESSES = ("nora.slimani@example.net", "samira.b@example.net")
# The telephone of this one was off: the reminder did not arrive, and they did not come.
UNREACHED = ("+33639981752",)
SETTLED = ("state", "attempts", "provider", "handed_at", "sent_at", "settled_at", "failure")
SECONDS_TO_LEAVE, SECONDS_TO_ARRIVE = 2, 7


def write_letters(people: People) -> None:
    """Confirmations and reminders of the named people whose Rdv were written without the services."""
    usagers = [person.usager.pk for person in people.by_name.values()]
    rows = (
        Participation.objects.filter(usager__in=usagers, rdv__cancelled_at=None)
        .select_related("rdv__motif__departement", "rdv__motif__service", "rdv__site", "usager", "responsable")
        .order_by("created_at", "id")
    )
    told = set(Message.objects.filter(subject_type="participation").values_list("subject_id", flat=True))
    with transaction.atomic(durable=True):
        for participation in rows:
            if str(participation.uuid) not in told:
                notices.booked(participation, now=participation.created_at)


def offers_have_left(now: datetime) -> None:
    """The messages of the offers of those days arrived: a silence is counted of those who were asked."""
    due = Message.objects.filter(subject_type="offre", state=State.PLANNED, send_not_before__lte=now)
    for row in due:
        _settle(row, row.send_not_before, failure="")
        row.save(update_fields=SETTLED)


def settle_letters(world: World) -> None:
    """Everything that was due before today has left, and arrived or not. What is due today is left to the workers."""
    this_morning = world.at(world.today, time(0))
    due = Message.objects.filter(departement_code=world.departement.pk, send_not_before__lt=this_morning)
    rows = list(due.filter(state=State.PLANNED).select_related("stand_in").order_by("id"))
    changed = []
    for row in rows:
        stand_in = getattr(row, "stand_in", None)
        has_failed = _has_failed(row)
        _settle(row, row.send_not_before, failure=_failure(row) if has_failed else "")
        changed.append(row)
        if stand_in is not None:
            changed.append(_settle_stand_in(stand_in, row.send_not_before, is_needed=has_failed))
    Message.objects.bulk_update(changed, SETTLED, batch_size=500)


def _has_failed(row: Message) -> bool:
    return row.address in DEAD_ADDRESSES or (row.address in UNREACHED and row.kind == News.SMS_REMINDER)


def _failure(row: Message) -> str:
    return Failure.ADDRESS if row.address in DEAD_ADDRESSES else Failure.UNREACHABLE


def _settle(row: Message, left_at: datetime, *, failure: str) -> None:
    row.state = State.FAILED if failure else State.DELIVERED
    row.failure, row.attempts, row.provider = failure, 1, "outbox"
    row.handed_at = row.sent_at = left_at + timedelta(seconds=SECONDS_TO_LEAVE)
    row.settled_at = left_at + timedelta(seconds=SECONDS_TO_ARRIVE)


def _settle_stand_in(row: Message, first_try: datetime, *, is_needed: bool) -> Message:
    """Sent a minute later when the first channel failed; useless otherwise."""
    if is_needed:
        _settle(row, first_try + timedelta(minutes=1), failure="")
    else:
        row.state, row.settled_at = State.OBSOLETE, first_try + timedelta(seconds=SECONDS_TO_ARRIVE)
    return row
