"""An agent is away: what was decided for each of their Rdv, carried out. The only writer of Suites.

Room: services. Called by rdv/views/absent, by a task (what a worker left unfinished), by the demo.

    record:  absence and what is wanted for each Rdv       one transaction
    then     each Rdv: move, propose, cancel, call list    one transaction each, message included; refused: says why

A line that was done is never done again; what failed stays in the list with its reason and may be decided again.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction

from agents.models import Agent
from rdv.access import whole_rdvs
from rdv.core import journal
from rdv.core.db import lock_agents
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.models import (
    Absence,
    AppelKind,
    NoticeLevel,
    Origin,
    Participation,
    Priority,
    Rdv,
    Suite,
    SuiteChoice,
    SuiteState,
)
from rdv.services import notices, proposition_notices
from rdv.services.absences import AbsenceRule, affected_by, create_within
from rdv.services.away import REASON
from rdv.services.calls import open_appel
from rdv.services.cancelling import cancel_within
from rdv.services.errors import ChangedMeanwhile, NotBookable
from rdv.services.moving import Move, move_within
from rdv.services.propositions import Asked, agents_of, hours_from, propose_within
from rdv.services.waitlist_join import AlreadyWaiting, CannotWait, Wish, Wishes, join_within

log = structlog.get_logger(__name__)

# A page that carries out what it recorded takes seconds; after that, a worker does.
ABANDONED = timedelta(minutes=2)
SWEEP = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the page decided for one Rdv. `version`: the schedule that it showed; `hours`: codes of its Hours."""

    rdv_id: int
    choice: SuiteChoice
    version: int
    agent_id: int | None = None
    hours: tuple[str, ...] = ()


def record(
    *, agent: Agent, rule: AbsenceRule, key: uuid.UUID, wanted: Sequence[Wanted], author: Author, now: datetime
) -> Absence:
    """The absence, and what is wanted for each Rdv; then each is carried out. Sent twice with one key, done once.

    Raises PlanningRefused (nothing is written then). What could not be done is on the page of the absence.
    """
    with transaction.atomic(durable=True):
        absence = create_within(agent=agent, rule=rule, author=author, now=now, key=key).absence
        _plan(absence, wanted, author=author, now=now)
    carry_out(absence, now=now)
    return absence


def decide(*, absence: Absence, wanted: Sequence[Wanted], author: Author, now: datetime) -> None:
    """For an absence that is written already: the Rdv that were left, or could not be done."""
    with transaction.atomic(durable=True):
        lock_agents([absence.agent_id])
        _plan(absence, wanted, author=author, now=now)
    carry_out(absence, now=now)


def _plan(absence: Absence, wanted: Sequence[Wanted], *, author: Author, now: datetime) -> None:
    """Only Rdv that the absence meets, and that are not done."""
    concerned = {rdv.pk: rdv for rdv in affected_by(absence, now=now)}
    known = {one.rdv_id: one for one in absence.suites.select_for_update(of=("self",))}
    for one in wanted:
        rdv, suite = concerned.get(one.rdv_id), known.get(one.rdv_id)
        if rdv is None or (suite is not None and suite.state != SuiteState.FAILED):
            continue
        fields = {
            "choice": one.choice.value,
            "state": SuiteState.PLANNED.value,
            "agent_id": one.agent_id,
            "hours": list(one.hours),
            "version": one.version,
            "was_at": rdv.starts_at,
            "reason": "",
            "asked_at": now,
            "author_id": author.id,
            "author_label": author.label,
            "author_role": author.role,
        }
        if suite is None:
            Suite.objects.create(departement_id=absence.departement_id, absence=absence, rdv=rdv, **fields)
        else:
            Suite.objects.filter(pk=suite.pk).update(**fields)


def carry_out(absence: Absence, *, now: datetime) -> None:
    """Everything that is planned for this absence, by hour."""
    for suite in absence.suites.planned().order_by("was_at", "id"):
        _carry_out(suite, now)


def resume(now: datetime) -> int:
    """What a worker or a page left unfinished. Run twice, done once."""
    left = list(Suite.objects.planned().filter(asked_at__lte=now - ABANDONED).order_by("asked_at", "id")[:SWEEP])
    for suite in left:
        _carry_out(suite, now)
    return len(left)


def _carry_out(suite: Suite, now: datetime) -> None:
    try:
        _apply(suite, now)
    except DomainError as error:
        _fail(suite, error.message, now)
    except DatabaseError:
        # Left as it is: the task takes it again. The other Rdv do not wait for this one.
        log.exception("suite_not_carried_out", suite=str(suite.uuid))


@transaction.atomic(durable=True)
def _fail(suite: Suite, reason: str, now: datetime) -> None:
    if Suite.objects.planned().filter(pk=suite.pk).update(state=SuiteState.FAILED, reason=reason[:200]):
        journal.write(
            "absent.failed",
            subject=("rdv", suite.rdv.uuid),
            departement_code=suite.departement_id,
            author=Author("agent", suite.author_id, suite.author_label, suite.author_role),
            now=now,
            data={"choice": suite.choice, "reason": reason},
        )


@transaction.atomic(durable=True)
def _apply(suite: Suite, now: datetime) -> None:
    """One Rdv, whole: its locks first, all at once and in id order, then its row, then the line."""
    rdv = whole_rdvs().get(pk=suite.rdv_id)
    others = [link.agent_id for link in rdv.rdv_agents.all()]
    hours = hours_from(suite.hours, rdv)
    lock_agents([*others, *agents_of(hours), *([suite.agent_id] if suite.agent_id else [])])
    rdv = whole_rdvs().select_for_update(of=("self",), no_key=True).get(pk=suite.rdv_id)
    locked = Suite.objects.select_related("absence").select_for_update(of=("self",), no_key=True).get(pk=suite.pk)
    if locked.state != SuiteState.PLANNED:
        return
    if not rdv.is_live:
        raise NotBookable("Ce rendez-vous vient d’être annulé.")
    if rdv.starts_at <= now:
        raise NotBookable("L’heure de ce rendez-vous est passée.")
    if rdv.schedule_version != locked.version:
        raise ChangedMeanwhile
    author = Author("agent", locked.author_id, locked.author_label, locked.author_role)
    _DO[SuiteChoice(locked.choice)](locked, rdv, author, now)
    locked.state, locked.done_at = SuiteState.DONE.value, now
    locked.save(update_fields=["state", "done_at"])
    journal.write(
        f"absent.{locked.choice}",
        subject=("rdv", rdv.uuid),
        departement_code=rdv.departement_id,
        author=author,
        now=now,
        data={"absence": locked.absence.uuid, "to": locked.agent_id},
    )


def _people(rdv: Rdv) -> list[Participation]:
    """Those who come, with everything a message needs."""
    live = [one for one in rdv.participations.all() if one.is_live]
    for one in live:
        one.rdv = rdv
    return live


def _move(suite: Suite, rdv: Rdv, author: Author, now: datetime) -> None:
    """Same hour, same place, a colleague; the others of a binôme stay."""
    people = _people(rdv)
    staying = [link.agent_id for link in rdv.rdv_agents.all() if link.agent_id != suite.absence.agent_id]
    assert suite.agent_id is not None  # noqa: S101 - the database says so (suite_move_to_whom)
    move = Move(starts_at=rdv.starts_at, ends_at=rdv.ends_at, agents=[*staying, suite.agent_id])
    moved = move_within(rdv=rdv, move=move, author=author, now=now)
    for one in people:
        one.rdv = moved
        proposition_notices.replaced(one, now=now)
        _call_if_unreached(one, suite.absence, now=now)


def _propose(suite: Suite, rdv: Rdv, author: Author, now: datetime) -> None:
    """The Rdv cannot be: it is cancelled, and said in the same message as the hours that are held."""
    people = _people(rdv)
    if rdv.motif.is_collective or len(people) != 1:
        raise NotBookable("On ne propose pas d’autres dates pour un atelier.")
    hours = hours_from(suite.hours, rdv)
    cancelled = cancel_within(rdv=rdv, author=author, now=now, reason=REASON, is_told=False)
    participation = people[0]
    participation.rdv = cancelled
    propose_within(asked=Asked(participation, hours, suite.absence), author=author, now=now)


def _cancel(suite: Suite, rdv: Rdv, author: Author, now: datetime) -> None:
    """On the waiting list with a priority where there is one; told once, or phoned."""
    people = _people(rdv)
    waits = rdv.motif.has_waitlist and not rdv.motif.is_collective
    if not waits or not _cancel_to_waitlist(rdv, people, author, now):
        cancel_within(rdv=rdv, author=author, now=now, reason=REASON)
    for one in people:
        _call_if_unreached(one, suite.absence, now=now)


def _cancel_to_waitlist(rdv: Rdv, people: Sequence[Participation], author: Author, now: datetime) -> bool:
    """False, and nothing is written, when one of them waits already or the list does not take them."""
    try:
        with transaction.atomic():
            cancelled = cancel_within(rdv=rdv, author=author, now=now, reason=REASON, is_told=False)
            for one in people:
                wish = Wish(
                    usager=one.usager,
                    responsable=one.responsable,
                    motif=rdv.motif,
                    wishes=Wishes(sites=[rdv.site]),
                    origin=Origin.AGENT,
                    priority=Priority.HIGH,
                    priority_reason="Rendez-vous annulé\u00a0: professionnel absent",
                )
                inscription = join_within(wish=wish, author=author, now=now, is_told=False)
                one.rdv = cancelled
                proposition_notices.waiting(one, inscription, now=now)
    except (AlreadyWaiting, CannotWait):
        return False
    return True


def _call(suite: Suite, rdv: Rdv, author: Author, now: datetime) -> None:
    """The Rdv stays as it is until somebody has spoken to the person; no reminder leaves meanwhile."""
    for one in _people(rdv):
        notices.hush(one, now=now)
        open_appel(one, AppelKind.ABSENCE, before=rdv.starts_at, now=now, absence=suite.absence)


def _call_if_unreached(participation: Participation, absence: Absence, *, now: datetime) -> None:
    """No message leaves for this person: a call says it."""
    rdv = participation.rdv
    is_silent = rdv.motif.notice_level == NoticeLevel.SILENT
    if is_silent or not proposition_notices.can_be_written_to(participation):
        open_appel(participation, AppelKind.ABSENCE, before=rdv.starts_at, now=now, absence=absence)


_DO = {
    SuiteChoice.MOVE: _move,
    SuiteChoice.PROPOSE: _propose,
    SuiteChoice.CANCEL: _cancel,
    SuiteChoice.CALL: _call,
}


def masked(absence_rdvs: Iterable[Rdv]) -> list[Wanted]:
    """What this agent may not read is left to those who may: it is in their call list."""
    return [Wanted(one.pk, SuiteChoice.CALL, one.schedule_version) for one in absence_rdvs]
