"""The calls to make about an Rdv: opened when a message cannot do it, closed by what the person answered.

Room: services. `open_appel` is called in the transaction of the fact (absent, propositions); `answer` by the call
list; `note_unreached` by a task. Held hours of the waiting list answer through waitlist_answer.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from notifications import services as post_office
from notifications.models import Message, MessageChannel
from rdv.core.db import lock_agents
from rdv.core.journal import Author
from rdv.domain.waiting import next_waking
from rdv.models import Absence, Appel, AppelKind, AppelResult, Offre, Participation, Proposition, Rdv
from rdv.services.followups import close_appel, journal_appel
from rdv.services.waitlist_rules import policy_of, quiet_of
from usagers.models import Usager

# Nobody answered: tried again after this long, at hours when phones may ring.
TRY_AGAIN = timedelta(hours=2)
# "Do you come?": two calls without an answer, and the Rdv stands as it is.
MOST_TRIES = 2
# How far back a message that failed is looked for.
LOOK_BACK = timedelta(days=3)
BATCH = 500


def open_appel(
    participation: Participation,
    kind: AppelKind,
    *,
    before: datetime,
    now: datetime,
    absence: Absence | None = None,
    proposition: Proposition | None = None,
    reason: str = "",
) -> Appel:
    """One line of the list for this person and this Rdv. A line that is there already says the newest reason."""
    fields = {
        "kind": kind,
        "absence": absence,
        "proposition": proposition,
        "reason": reason[:120],
        "before": before,
        "not_before": None,
    }
    appel, is_new = Appel.objects.get_or_create(
        participation=participation,
        closed_at=None,
        defaults=fields | {"departement_id": participation.departement_id, "opened_at": now},
    )
    if not is_new:
        for name, value in fields.items():
            setattr(appel, name, value)
        appel.save(update_fields=list(fields))
    return appel


@transaction.atomic(durable=True)
def answer(*, appel: Appel, result: AppelResult, author: Author, now: datetime) -> Appel:
    """Joined or not: what does not change the Rdv itself. Given twice on a closed line, it is the first that stands.

    Another hour or a cancellation go through moving and cancelling, which close the line by themselves.
    """
    locked = lock_appel(appel)
    if locked.closed_at is not None:
        return locked
    locked.attempts += 1
    locked.last_at = now
    if result in (AppelResult.ACCEPTED, AppelResult.REFUSED, AppelResult.OTHER_DATE):
        close_appel(locked, result, author=author, now=now)
        return locked
    locked.result = result.value
    is_enough = locked.kind == AppelKind.COMING and locked.attempts >= MOST_TRIES
    if result is AppelResult.WRONG_NUMBER:
        locked.wrong_number = str(_person(locked).phone or "")
    locked.not_before = _later(locked, now)
    locked.closed_at = now if is_enough else None
    locked.save(update_fields=["attempts", "last_at", "result", "wrong_number", "not_before", "closed_at"])
    journal_appel(locked, author=author, now=now)
    return locked


def _later(appel: Appel, now: datetime) -> datetime:
    motif = appel.participation.rdv.motif
    return next_waking(now + TRY_AGAIN, quiet_of(motif.departement, policy_of(motif)))


def _person(appel: Appel) -> Usager:
    return appel.participation.responsable or appel.participation.usager


def lock_appel(appel: Appel) -> Appel:
    """Under the locks of the Rdv's agents, like everything that hangs on an Rdv (followups)."""
    rdv_id = appel.participation.rdv_id
    lock_agents(Rdv.objects.get(pk=rdv_id).rdv_agents.values_list("agent_id", flat=True))
    return Appel.objects.whole().select_for_update(of=("self",), no_key=True).get(pk=appel.pk)


# --- Messages that did not arrive


def note_unreached(now: datetime, *, since: timedelta = LOOK_BACK) -> int:
    """Somebody has an Rdv to come and no message about it reached them: to be phoned before. Run twice, noted once.

    Once the call was made, only another message that fails opens a new line.
    """
    noted = 0
    for code in post_office.departements_with_failures(now - since):
        failed = post_office.not_reached(code, now - since)
        noted += _note_participations(failed.filter(subject_type="participation")[:BATCH], now)
        noted += _note_propositions(failed.filter(subject_type="proposition")[:BATCH], now)
        noted += _note_offers(failed.filter(subject_type="offre")[:BATCH])
    return noted


def _note_participations(failed: Iterable[Message], now: datetime) -> int:
    by_subject = {message.subject_id: message for message in failed}
    rows = Participation.objects.live().filter(uuid__in=_uuids(by_subject), starts_at__gt=now, rdv__cancelled_at=None)
    people = {one.pk: one for one in rows.select_related("rdv").order_by("id")}
    known = _last_calls(people)
    noted = 0
    for pk, participation in people.items():
        message = by_subject[str(participation.uuid)]
        if pk in known and (known[pk].closed_at is None or known[pk].opened_at >= (message.settled_at or now)):
            continue
        with transaction.atomic():
            open_appel(
                participation,
                AppelKind.MESSAGE,
                before=participation.starts_at,
                now=now,
                reason=_why(message),
            )
        noted += 1
    return noted


def _note_offers(failed: Iterable[Message]) -> int:
    """A place is held for somebody who does not know it: on the list of calls, with its time."""
    by_subject = {message.subject_id: message for message in failed}
    return Offre.objects.live().filter(uuid__in=_uuids(by_subject), by_call=False).update(by_call=True)


def _note_propositions(failed: Iterable[Message], now: datetime) -> int:
    """The hours are held, and the person does not know: told on the phone."""
    by_subject = {message.subject_id: message for message in failed}
    rows = Proposition.objects.live().whole().filter(uuid__in=_uuids(by_subject), by_call=False).order_by("id")
    noted = 0
    for proposition in rows:
        with transaction.atomic():
            Proposition.objects.filter(pk=proposition.pk).update(by_call=True)
            open_appel(
                proposition.participation,
                AppelKind.PROPOSITION,
                before=proposition.answer_by,
                now=now,
                absence=proposition.absence,
                proposition=proposition,
                reason=_why(by_subject[str(proposition.uuid)]),
            )
        noted += 1
    return noted


def _last_calls(participations: Iterable[int]) -> dict[int, Appel]:
    rows = Appel.objects.filter(participation__in=list(participations)).order_by("opened_at", "id")
    return {one.participation_id: one for one in rows}


def _uuids(subjects: Iterable[str]) -> list[UUID]:
    return [UUID(one) for one in subjects]


def _why(message: Message) -> str:
    channel = "SMS" if message.channel == MessageChannel.SMS else "E-mail"
    said = str(message.get_failure_display() or "").rstrip(".") or "pas parti à temps"
    return f"{channel} : {said[:1].lower()}{said[1:]}"
