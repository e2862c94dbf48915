"""A move undone, for two minutes, by whoever made it: the old hour is taken again if it is still free.

Room: services. Called by the page of an Rdv and the agenda. As the undo of a cancellation (cancelling): an offer of the
waiting list without an answer gives way politely; a yes has been said, and the Rdv stays where it is.

    order of locks: agents (old and new, by id)  ->  Rdv  ->  the list  ->  rows
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from agents.models import Site
from rdv.core import journal
from rdv.core.db import constraint_errors
from rdv.core.errors import DomainError
from rdv.core.journal import Author, Evenement
from rdv.domain import french
from rdv.models import Rdv
from rdv.services import agent_notices, followups, notices, waitlist_withdraw
from rdv.services.cancelling import lock_rdv
from rdv.services.errors import ChangedMeanwhile, CreneauUnavailable, UsagerBusy
from rdv.services.moving import change_agents, visit_place
from rdv.services.occupying import drop_dead_options_of, place_of, release_rdv, take
from rdv.services.texts import Was
from rdv.services.undo_record import MOVED, UNMOVED, Before, before_of
from rdv.services.waitlist_hold import forget_released


class UndoOver(DomainError):  # noqa: N818 - named like the other refusals
    code = "undo_over"
    message = "Les 2 minutes pour défaire sont passées. Déplacez le rendez-vous de nouveau."


class OldHourTaken(DomainError):  # noqa: N818
    """The Rdv stays where the move had put it."""

    code = "old_hour_taken"

    def __init__(self, *, wanted: datetime, stays: datetime) -> None:
        super().__init__(
            f"L’heure d’avant ({french.day_hour(wanted)}) a été donnée à quelqu’un d’autre. "
            f"Le rendez-vous reste {french.day_hour(stays)}."
        )


@dataclass(frozen=True, slots=True)
class Undone:
    """`tells`: a message leaves, since the one of the move had left already."""

    rdv: Rdv
    tells: bool = False


@transaction.atomic(durable=True)
def undo_move(*, rdv: Rdv, version: int | None, author: Author, now: datetime) -> Undone:
    """`version`: the schedule version that the page showed. Asked twice, done once.

    Raises UndoOver (too late, or another's move), ChangedMeanwhile (touched since), OldHourTaken, UsagerBusy: nothing
    has changed then.
    """
    line = _last_move(rdv)
    locked = lock_rdv(rdv, with_agents=line.data["before"]["agents"] if line else ())
    if _is_done(locked, version):
        return Undone(locked)
    if version != locked.schedule_version:
        raise ChangedMeanwhile
    before = _require_undoable(locked, author=author, now=now)
    return _undo(locked, before, author=author, now=now)


def _last_move(rdv: Rdv) -> Evenement | None:
    return Evenement.objects.about("rdv", rdv.uuid).filter(kind=MOVED).order_by("-id").first()


def _is_done(rdv: Rdv, version: int | None) -> bool:
    return Evenement.objects.about("rdv", rdv.uuid).filter(kind=UNMOVED, data__version=version).exists()


def _require_undoable(rdv: Rdv, *, author: Author, now: datetime) -> Before:
    """Under lock. Any line written after the move is somebody who relied on the new hour."""
    last = Evenement.objects.about("rdv", rdv.uuid).order_by("-id").first()
    line = _last_move(rdv)
    before = before_of(line) if line is not None else None
    if line is None or before is None or (line.author_kind, line.author_id) != (author.kind, author.id):
        raise UndoOver
    if now > before.until:
        raise UndoOver
    if last is None or last.pk != line.pk or before.version != rdv.schedule_version:
        raise ChangedMeanwhile
    return before


def _undo(rdv: Rdv, before: Before, *, author: Author, now: datetime) -> Undone:
    was, was_line = Was(rdv.starts_at, rdv.site.name), agent_notices.moved_line(rdv)
    there = sorted(rdv.rdv_agents.values_list("agent_id", flat=True))
    left = _data(rdv, there)
    waitlist_withdraw.take_back_move(rdv=rdv, since=before.line.at, now=now)
    _put_back(rdv, before, there, now=now)
    followups.settle(rdv, author=author, now=now)
    followups.unsettle(rdv, since=before.line.at, author=author, now=now)
    journal.write(
        UNMOVED,
        subject=("rdv", rdv.uuid),
        departement_code=rdv.departement_id,
        author=author,
        now=now,
        data={"version": before.version, "before": left, "after": _data(rdv, before.agent_ids),
              "told": before.line.data.get("told")},
    )  # fmt: skip
    tells = False
    for participation in rdv.participations.live().select_related("usager", "responsable").order_by("id"):
        participation.rdv = rdv
        tells |= notices.move_undone(participation, was=was, moved_at=before.line.at, now=now)
    agent_notices.move_undone(
        rdv, author=author, moved_at=before.line.at, was_at=was.starts_at, was_line=was_line,
        gone=set(there) - set(before.agent_ids), now=now,
    )  # fmt: skip
    return Undone(rdv, tells)


def _put_back(rdv: Rdv, before: Before, there: list[int], *, now: datetime) -> None:
    """The hour that the Rdv leaves was free, and public, two minutes ago: it is no news for the waiting list."""
    zone = rdv.motif.departement.zone
    taken = OldHourTaken(wanted=before.starts_at.astimezone(zone), stays=rdv.starts_at.astimezone(zone))
    drop_dead_options_of(before.agent_ids, now)
    forget_released(before.agent_ids, before.starts_at, before.ends_at)
    release_rdv(rdv)
    rdv.starts_at, rdv.ends_at = before.starts_at, before.ends_at
    rdv.site = Site.objects.get(departement=rdv.departement_id, pk=before.site_id)
    rdv.schedule_version += 1
    rdv.is_overbooked, rdv.moved_at = before.is_overbooked, before.moved_at
    with constraint_errors({"participation_no_two_at_once": UsagerBusy}):
        rdv.save(update_fields=["starts_at", "ends_at", "site", "schedule_version", "is_overbooked", "moved_at"])
    change_agents(rdv, there, before.agent_ids)
    try:
        take(
            motif=rdv.motif,
            agent_ids=before.agent_ids,
            starts_at=rdv.starts_at,
            ends_at=rdv.ends_at,
            place=place_of(rdv.motif, rdv.site, visit_place(rdv)),
            rdv=rdv,
            is_blocking=not rdv.is_overbooked,
        )
    except CreneauUnavailable as refusal:
        raise taken from refusal
    for uuid, kept in before.people.items():
        rdv.participations.filter(uuid=uuid).update(**kept)


def _data(rdv: Rdv, agent_ids: list[int] | tuple[int, ...]) -> dict[str, object]:
    return {"starts_at": rdv.starts_at, "ends_at": rdv.ends_at, "site": rdv.site_id, "agents": list(agent_ids)}
