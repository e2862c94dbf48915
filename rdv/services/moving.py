"""Moving an Rdv: new Occupations, old ones released, in one transaction. The old place is freed only if the new is won.

Called by the usager's link, the console and the agenda (drag and its form twin).
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from agents.models import Site
from rdv.core import journal
from rdv.core.clock import local_date
from rdv.core.db import constraint_errors, lock_agents
from rdv.core.journal import Author
from rdv.domain.travel import Point
from rdv.domain.windows import Window, may_still_cancel
from rdv.models import Option, Rdv, RdvAgent
from rdv.services import confirmed, followups, notices, waitlist_sources
from rdv.services.able import require_able
from rdv.services.availability import agent_window, agents_who_fit, usager_window
from rdv.services.away import AgentAway, absences_over
from rdv.services.choosing import choose
from rdv.services.closures import closure_over
from rdv.services.errors import ChangedMeanwhile, CreneauUnavailable, NotBookable, TooLate, UsagerBusy
from rdv.services.occupying import (
    drop_dead_options_of,
    nearest_of,
    place_of,
    release_option_rows,
    release_rdv,
    take,
)
from rdv.services.questions import EVERYBODY, Agents, Question
from rdv.services.too_far import require_near
from rdv.services.undo_record import MOVED, Told, record_of, told_of

GONE = "Ce rendez-vous est annulé ou a commencé : il ne se déplace plus."
NO_MORE = "Ce rendez-vous ne peut plus être déplacé."


@dataclass(frozen=True, slots=True)
class Move:
    """Where an Rdv goes. None keeps what it has.

    `option_token`: the hold that keeps the new place while the person reads the confirmation page.
    `expected_version`: the schedule version the person saw; another one means somebody moved it meanwhile.
    `overbook_reason`: an agent knows that the time is taken or closed, and says why.
    """

    starts_at: datetime
    agents: Agents | None = None
    site: Site | None = None
    ends_at: datetime | None = None
    option_token: uuid.UUID | None = None
    expected_version: int | None = None
    overbook_reason: str = ""
    # The service proposed this very hour: the person may take it however near the old one is.
    is_proposed: bool = False


@dataclass(frozen=True, slots=True)
class _Target:
    agent_ids: tuple[int, ...]
    site: Site
    starts_at: datetime
    ends_at: datetime


@transaction.atomic(durable=True)
def move_rdv(*, rdv: Rdv, move: Move, author: Author, now: datetime) -> Rdv:
    """Raises CreneauUnavailable (nothing has changed then), TooLate, ChangedMeanwhile, UsagerBusy, NotBookable,
    NotTheirService, TooFar."""
    return move_within(rdv=rdv, move=move, author=author, now=now, is_undoable=author.is_agent)


def move_within(*, rdv: Rdv, move: Move, author: Author, now: datetime, is_undoable: bool = False) -> Rdv:
    """The same in the transaction of the caller: an answer to a Proposition, an agent who is away. `is_undoable`: for
    two minutes (undo_move), which the message waits for."""
    option = _option_of(move)
    if option is not None and option.rdv_id == rdv.pk:
        return Rdv.objects.get(pk=rdv.pk)  # a replay of the same form
    old_agents = sorted(rdv.rdv_agents.values_list("agent_id", flat=True))
    question = _question(rdv, move, author=author, now=now, old_agents=old_agents, option=option)
    target = _target(rdv, move, question, old_agents, option)
    lock_agents([*old_agents, *target.agent_ids])
    locked = (
        Rdv.objects.select_for_update(of=("self",), no_key=True)
        .select_related("motif__departement", "site")
        .get(pk=rdv.pk)
    )
    _require_movable(locked, move, author=author, now=now)
    comes = set(target.agent_ids) - set(old_agents)
    if comes and author.is_agent:
        require_able(locked.motif, comes)
    if author.is_agent:
        require_near(target.starts_at, now=now, zone=locked.motif.departement.zone)
    if option is not None:
        release_option_rows(option, target.agent_ids, now)
        Option.objects.filter(pk=option.pk).update(rdv=locked)
    is_held = option is not None and option.expires_at > now
    _require_fit(locked, question, target, move, old_agents=old_agents, author=author, is_held=is_held)
    return _write(locked, target, move, old_agents=old_agents, author=author, now=now, is_undoable=is_undoable)


def _option_of(move: Move) -> Option | None:
    if move.option_token is None:
        return None
    return Option.objects.select_related("site").filter(token=move.option_token).first()


def _question(
    rdv: Rdv, move: Move, *, author: Author, now: datetime, old_agents: list[int], option: Option | None
) -> Question:
    motif, site = rdv.motif, move.site or rdv.site
    length = move.ends_at - move.starts_at if move.ends_at else rdv.length
    window = agent_window(motif, now) if author.is_agent else usager_window(motif, option.opened_at if option else now)
    return Question(
        motif=motif,
        sites=(site,),
        agents=old_agents if move.agents is None else move.agents,
        window=Window(now, window.latest),
        now=now,
        public_on=None if author.is_agent else local_date(now, motif.departement.zone),
        place=visit_place(rdv),
        ignore_option=option.pk if option else None,
        ignore_rdv=rdv.pk,
        # What is proposed to an agent after a refusal lasts as long as the Rdv that they move.
        length=None if length == motif.duration or not author.is_agent else length,
    )


def visit_place(rdv: Rdv) -> Point | None:
    if rdv.latitude is None or rdv.longitude is None:
        return None
    return Point(rdv.latitude, rdv.longitude)


def _target(rdv: Rdv, move: Move, question: Question, old_agents: list[int], option: Option | None) -> _Target:
    ends_at = move.ends_at or move.starts_at + (rdv.ends_at - rdv.starts_at)
    if option is not None:
        held = tuple(sorted(option.option_agents.values_list("agent_id", flat=True)))
        return _Target(held, option.site or question.sites[0], option.starts_at, option.ends_at)
    if move.agents is None:
        agent_ids = tuple(old_agents)
    elif move.agents is EVERYBODY:
        agent_ids = _unnamed(question, move, rdv)
    else:
        agent_ids = tuple(sorted(move.agents))
    return _Target(agent_ids, question.sites[0], move.starts_at, ends_at)


def _unnamed(question: Question, move: Move, rdv: Rdv) -> tuple[int, ...]:
    fitting = agents_who_fit(question, move.starts_at)
    if len(fitting) < rdv.motif.agents_needed:
        raise CreneauUnavailable(nearest_of(question, move.starts_at))
    usager = next((p.usager for p in rdv.participations.select_related("usager").order_by("id")), None)
    return choose(fitting, motif=rdv.motif, starts_at=move.starts_at, usager=usager, now=question.now).agent_ids


def is_movable(rdv: Rdv, *, now: datetime) -> bool:
    """Begun, it is said who came: moved, it would be "vu" in the future. For agents too."""
    return rdv.is_live and rdv.starts_at > now


def _require_movable(rdv: Rdv, move: Move, *, author: Author, now: datetime) -> None:
    if not is_movable(rdv, now=now):
        raise NotBookable(GONE if author.is_agent else NO_MORE)
    if move.starts_at <= now:
        raise NotBookable(NO_MORE)
    if move.expected_version is not None and rdv.schedule_version != move.expected_version:
        raise ChangedMeanwhile
    if (
        not author.is_agent
        and not move.is_proposed
        and not may_still_cancel(now, rdv.starts_at, rdv.motif.cancel_hours)
    ):
        raise TooLate


def _require_fit(
    rdv: Rdv,
    question: Question,
    target: _Target,
    move: Move,
    *,
    old_agents: list[int],
    author: Author,
    is_held: bool,
) -> None:
    if is_held or (author.is_agent and move.overbook_reason.strip()):
        return
    drop_dead_options_of(target.agent_ids, question.now)
    if author.is_agent and (question.motif.is_collective or _stays(rdv, target, old_agents)):
        _require_open(rdv, question, target, old_agents)
        return
    wanted = target.ends_at - target.starts_at
    if author.is_agent and wanted != question.motif.duration:
        question = replace(question, length=wanted)  # made longer or shorter: that length must be free
    if not set(agents_who_fit(question, target.starts_at)).issuperset(target.agent_ids):
        raise CreneauUnavailable(nearest_of(question, target.starts_at))


def _stays(rdv: Rdv, target: _Target, old_agents: list[int]) -> bool:
    """Only its end changes."""
    there = (rdv.starts_at, rdv.site_id, set(old_agents))
    return there == (target.starts_at, target.site.pk, set(target.agent_ids))


def _require_open(rdv: Rdv, question: Question, target: _Target, old_agents: list[int]) -> None:
    """An agent lengthens or shortens, or places a session: the exclusion constraint still refuses what is taken.
    Nothing new comes to a closed day, or over an absence, without saying why; what is there already may end earlier or
    later."""
    if _is_new_day(rdv, target) and closure_over(rdv.motif, target.site, target.starts_at, target.ends_at):
        raise CreneauUnavailable(nearest_of(question, target.starts_at))
    away = absences_over(rdv.motif, target.agent_ids, target.starts_at, target.ends_at)
    if away and _stays(rdv, target, old_agents):
        known = {row.pk for row in absences_over(rdv.motif, old_agents, rdv.starts_at, rdv.ends_at)}
        away = [row for row in away if row.pk not in known]
    if away:
        raise AgentAway((row.agent.full_name for row in away), nearest_of(question, target.starts_at))


def _is_new_day(rdv: Rdv, target: _Target) -> bool:
    zone = rdv.motif.departement.zone
    there = local_date(rdv.starts_at, zone), rdv.site_id
    return there != (local_date(target.starts_at, zone), target.site.pk)


def _write(
    rdv: Rdv,
    target: _Target,
    move: Move,
    *,
    old_agents: list[int],
    author: Author,
    now: datetime,
    is_undoable: bool,
) -> Rdv:
    told = told_of(rdv)
    data = {"before": _data(rdv, old_agents), "told": told.as_data(rdv.schedule_version)}
    if is_undoable:
        data["undo"] = record_of(rdv)
    was = waitlist_sources.Place(rdv.starts_at, rdv.ends_at, rdv.site)
    is_overbooked = bool(move.overbook_reason.strip()) and author.is_agent
    release_rdv(rdv)
    rdv.starts_at, rdv.ends_at, rdv.site = target.starts_at, target.ends_at, target.site
    rdv.schedule_version += 1
    rdv.is_overbooked = is_overbooked
    has_moved = (was.starts_at, was.site.pk) != (rdv.starts_at, rdv.site.pk)
    rdv.moved_at = now if has_moved else rdv.moved_at
    with constraint_errors({"participation_no_two_at_once": UsagerBusy}):
        rdv.save(update_fields=["starts_at", "ends_at", "site", "schedule_version", "is_overbooked", "moved_at"])
    change_agents(rdv, old_agents, target.agent_ids)
    take(
        motif=rdv.motif,
        agent_ids=target.agent_ids,
        starts_at=target.starts_at,
        ends_at=target.ends_at,
        place=place_of(rdv.motif, target.site, visit_place(rdv)),
        rdv=rdv,
        is_blocking=not is_overbooked,
    )
    if has_moved:
        _forget_the_day(rdv, was.starts_at)
    followups.settle(rdv, author=author, now=now)
    # The last line of what this move writes: whatever comes after it is somebody else.
    journal.write(
        MOVED,
        subject=("rdv", rdv.uuid),
        departement_code=rdv.departement_id,
        author=author,
        now=now,
        data=data | {"after": _data(rdv, target.agent_ids), "overbooked": move.overbook_reason.strip()},
    )
    at = notices.told_at(old_starts_at=was.starts_at, starts_at=rdv.starts_at, now=now) if is_undoable else now
    _tell_people(rdv, told, now=now, at=at)
    gone = set(old_agents) - set(target.agent_ids)
    notices.agent_told(rdv, kind="moved", author=author, now=now, was_at=was.starts_at, gone_agent_ids=gone)
    waitlist_sources.moved(rdv, was=was, agent_ids=old_agents, now=now)
    return rdv


def _data(rdv: Rdv, agent_ids: Iterable[int]) -> dict[str, Any]:
    return {"starts_at": rdv.starts_at, "ends_at": rdv.ends_at, "site": rdv.site_id, "agents": list(agent_ids)}


def is_told_later(rdv: Rdv, starts_at: datetime, *, now: datetime) -> bool:
    """Moved there by an agent: its message waits until the move cannot be undone any more."""
    return notices.told_at(old_starts_at=rdv.starts_at, starts_at=starts_at, now=now) > now


def _tell_people(rdv: Rdv, told: Told, *, now: datetime, at: datetime) -> None:
    for participation in rdv.participations.live().select_related("usager", "responsable").order_by("id"):
        participation.rdv = rdv
        notices.moved(
            participation,
            old_starts_at=told.starts_at,
            old_site_name=told.site_name,
            now=now,
            at=at,
            unsaid_since=told.unsaid_since,
        )


def _forget_the_day(rdv: Rdv, old_starts_at: datetime) -> None:
    """A yes was about the old hour and place; lateness about the old hour; an arrival (rdv/services/arrivals) about
    its day."""
    zone = rdv.motif.departement.zone
    stale: dict[str, str | None] = dict(confirmed.NOTHING)
    if rdv.starts_at != old_starts_at:
        stale["late_minutes"] = None
    if local_date(rdv.starts_at, zone) != local_date(old_starts_at, zone):
        stale["arrived_at"] = None
    rdv.participations.update(**stale)


def change_agents(rdv: Rdv, old: list[int], new: tuple[int, ...]) -> None:
    if set(old) == set(new):
        return
    rdv.rdv_agents.exclude(agent_id__in=new).delete()
    RdvAgent.objects.bulk_create(
        RdvAgent(departement_id=rdv.departement_id, rdv=rdv, agent_id=agent_id) for agent_id in set(new) - set(old)
    )
