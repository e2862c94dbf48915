"""Cancelling and undoing. The freed hour is bookable in the same transaction.

Called by the usager's link, the console, the agenda and attendance.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from rdv.core import journal
from rdv.core.db import constraint_errors, lock_agents
from rdv.core.journal import Author, Evenement
from rdv.domain.statuses import Refusal, Status, may_move
from rdv.domain.windows import may_still_cancel
from rdv.models import Participation, Rdv
from rdv.services import away, confirmed, followups, notices, series_notices, waitlist_sources, waitlist_withdraw
from rdv.services.errors import ChangedMeanwhile, CreneauUnavailable, StatusRefused, TooLate, UsagerBusy, WorkshopFull
from rdv.services.moving import visit_place
from rdv.services.occupying import drop_dead_options_of, place_of, release_rdv, take
from rdv.services.waitlist_hold import forget_released

HOUR_TAKEN = "L’heure a été donnée à quelqu’un d’autre. Cherchez un autre horaire."


@transaction.atomic(durable=True)
def cancel_participation(
    *,
    participation: Participation,
    by_service: bool,
    author: Author,
    now: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Participation:
    """Excused (by the usager) or revoked (by the service). Asked twice, done once. Raises TooLate for an usager.

    `expected_version`: the schedule version the person saw; another one raises ChangedMeanwhile: they gave up Thursday,
    not the Friday that somebody has just moved it to.
    """
    locked = lock_participation(participation)
    if not locked.is_live:
        return locked
    rdv = locked.rdv
    _require_version(rdv, expected_version)
    if not author.is_agent and not may_still_cancel(now, rdv.starts_at, rdv.motif.cancel_hours):
        raise TooLate
    _cancel(locked, Status.REVOKED if by_service else Status.EXCUSED, author=author, now=now, reason=reason)
    followups.settle(rdv, author=author, now=now, participation=locked)
    notices.agent_told(rdv, kind="cancelled", author=author, now=now)
    waitlist_sources.cancelled(rdv, left_by=[locked.usager_id], now=now)
    return locked


@transaction.atomic(durable=True)
def cancel_rdv(
    *, rdv: Rdv, author: Author, now: datetime, reason: str = "", expected_version: int | None = None
) -> Rdv:
    """The service cancels the whole: everybody registered is told. Asked twice, done once. The version as above."""
    locked = lock_rdv(rdv)
    if locked.is_live:
        _require_version(locked, expected_version)
    return cancel_within(rdv=rdv, author=author, now=now, reason=reason)


def cancel_within(
    *,
    rdv: Rdv,
    author: Author,
    now: datetime,
    reason: str = "",
    is_told: bool = True,
    tells_agents: bool = True,
    status: Status = Status.REVOKED,
) -> Rdv:
    """The same in the transaction of the caller. `is_told` False: the caller tells people itself, in one message;
    `tells_agents` False: the agents too. `status`: who gave it up."""
    locked = lock_rdv(rdv)
    if not locked.is_live:
        return locked
    left_by = list(locked.participations.live().values_list("usager_id", flat=True))
    for participation in locked.participations.live().select_related("usager", "responsable").order_by("id"):
        participation.rdv = locked
        _cancel(participation, status, author=author, now=now, reason=reason, is_told=is_told)
    _free(locked, now)
    followups.settle(locked, author=author, now=now)
    journal.write(
        "rdv.cancelled",
        subject=("rdv", locked.uuid),
        departement_code=locked.departement_id,
        author=author,
        now=now,
        data={"reason": reason},
    )
    if tells_agents:
        notices.agent_told(locked, kind="cancelled", author=author, now=now)
    waitlist_sources.cancelled(locked, left_by=left_by, now=now)
    return locked


@transaction.atomic(durable=True)
def restore_participation(*, participation: Participation, author: Author, now: datetime) -> Participation:
    """Undo a cancellation, only if the hour (or the seat) is still free, or only proposed to somebody of the list while
    the slip is fresh (`_take_back`). Raises StatusRefused, UsagerBusy, AgentAway (an absence came over it)."""
    locked = lock_participation(participation)
    if locked.is_live:
        return locked
    rdv = locked.rdv
    is_slip = _is_slip(locked, author=author, now=now)
    if is_slip:
        _take_back(locked, now=now)
    if not (is_slip or rdv.is_live or rdv.is_overbooked):
        agent_ids = list(rdv.rdv_agents.values_list("agent_id", flat=True))
        away.require_present(rdv.motif, agent_ids, rdv.starts_at, rdv.ends_at)
    refusal = may_move(
        Status(locked.status), Status.UNKNOWN, starts_at=rdv.starts_at, now=now, hour_is_free=_take_again(rdv, now)
    )
    if refusal is not None:
        raise StatusRefused(HOUR_TAKEN if refusal is Refusal.HOUR_TAKEN else None)
    before, given_up_at = locked.status, locked.status_at
    errors = {"participation_no_two_at_once": UsagerBusy, "rdv_capacity": WorkshopFull}
    with constraint_errors(errors):
        _set(locked, Status.UNKNOWN, now)
    _journal_status(locked, before, author=author, now=now, reason="")
    was_told = given_up_at is not None and followups.take_back_news(locked, since=given_up_at, now=now)
    followups.settle(rdv, author=author, now=now, participation=locked)
    notices.restored(locked, now=now, was_told=was_told)
    if rdv.serie_id is not None and given_up_at is not None:
        series_notices.restored(locked, given_up_at=given_up_at, now=now)
    return locked


def _is_slip(participation: Participation, *, author: Author, now: datetime) -> bool:
    """Half of the mistaken cancellations are undone within minutes, by whoever made them. Away is no mistake."""
    given_up_at = participation.status_at
    if given_up_at is None or now - given_up_at > notices.GRACE:
        return False
    lines = Evenement.objects.about("rdv", participation.rdv.uuid).filter(kind="participation.status")
    line = lines.filter(data__participation=str(participation.uuid)).order_by("-id").first()
    if line is None or line.data.get("reason") == away.REASON:
        return False
    return (line.author_kind, line.author_id) == (author.kind, author.id)


def _take_back(participation: Participation, *, now: datetime) -> None:
    """Before the message of the cancellation leaves, an offer without an answer gives way. A workshop with a seat left
    needs none."""
    rdv, given_up_at = participation.rdv, participation.status_at
    has_seat = rdv.motif.is_collective and rdv.seats_taken < rdv.capacity
    if given_up_at is not None and not has_seat:
        waitlist_withdraw.take_back(rdv=rdv, usager_id=participation.usager_id, since=given_up_at, now=now)


def give_back(participation: Participation, *, author: Author, now: datetime) -> None:
    """The old hour of an exchange, in the transaction that wins the new one. Nobody is told that it is cancelled: the
    news is the new Rdv. The caller holds the locks, and offers the hour."""
    before = participation.status
    _set(participation, Status.EXCUSED, now)
    if not participation.rdv.motif.is_collective:
        _free(participation.rdv, now)
    _journal_status(participation, before, author=author, now=now, reason="exchange")
    followups.settle(participation.rdv, author=author, now=now, participation=participation)
    notices.given_back(participation, now=now)
    notices.agent_told(participation.rdv, kind="cancelled", author=author, now=now)


def lock_rdv(rdv: Rdv, *, with_agents: Iterable[int] = ()) -> Rdv:
    """Agents in id order, then the Rdv's row: the one order of locks (holding.py)."""
    lock_agents([*rdv.rdv_agents.values_list("agent_id", flat=True), *with_agents])
    return (
        Rdv.objects.select_for_update(of=("self",), no_key=True)
        .select_related("motif__departement", "motif__service", "site")
        .get(pk=rdv.pk)
    )


def lock_participation(participation: Participation) -> Participation:
    rdv = lock_rdv(participation.rdv)
    locked = (
        Participation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("usager", "responsable")
        .get(pk=participation.pk)
    )
    locked.rdv = rdv
    return locked


def _require_version(locked: Rdv, expected: int | None) -> None:
    if expected is not None and locked.schedule_version != expected:
        raise ChangedMeanwhile


def _cancel(
    participation: Participation, status: Status, *, author: Author, now: datetime, reason: str, is_told: bool = True
) -> None:
    before = participation.status
    _set(participation, status, now)
    if not participation.rdv.motif.is_collective:
        _free(participation.rdv, now)
    _journal_status(participation, before, author=author, now=now, reason=reason)
    if is_told:
        notices.cancelled(participation, by_service=status is Status.REVOKED, now=now)
    else:
        notices.given_back(participation, now=now)


def _set(participation: Participation, status: Status, now: datetime) -> None:
    participation.status = status.value
    participation.status_at = now
    # A yes given before does not stand beside a cancellation; put back, the person is asked again.
    participation.save(update_fields=["status", "status_at", *confirmed.clear(participation)])


def _free(rdv: Rdv, now: datetime) -> None:
    release_rdv(rdv)
    rdv.cancelled_at = now
    rdv.save(update_fields=["cancelled_at"])


def _take_again(rdv: Rdv, now: datetime) -> bool:
    """Under lock: put the agents' Occupations back. False when somebody else has the hour."""
    if rdv.is_live:
        return True
    agent_ids = sorted(rdv.rdv_agents.values_list("agent_id", flat=True))
    drop_dead_options_of(agent_ids, now)
    forget_released(agent_ids, rdv.starts_at, rdv.ends_at)
    try:
        take(
            motif=rdv.motif,
            agent_ids=agent_ids,
            starts_at=rdv.starts_at,
            ends_at=rdv.ends_at,
            place=place_of(rdv.motif, rdv.site, visit_place(rdv)),
            rdv=rdv,
            is_blocking=not rdv.is_overbooked,
        )
    except CreneauUnavailable:
        return False
    rdv.cancelled_at = None
    rdv.save(update_fields=["cancelled_at"])
    return True


def _journal_status(participation: Participation, before: str, *, author: Author, now: datetime, reason: str) -> None:
    journal.write(
        "participation.status",
        subject=("rdv", participation.rdv.uuid),
        departement_code=participation.departement_id,
        author=author,
        now=now,
        data={
            "participation": participation.uuid,
            "before": before,
            "after": participation.status,
            "starts_at": participation.rdv.starts_at,
            "reason": reason,
        },
    )
