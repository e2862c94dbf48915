"""Other hours, held for one person who picks one by link: the only writer of Propositions.

Room: services. Called by the page of an Rdv ("proposer d'autres dates"), by absent (an agent is away), by a task.

    order of locks: agents (those of the Rdv and of every hour, by id)  ->  the list  ->  Rdv  ->  Proposition
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from agents.models import Site
from rdv.core.db import constraint_errors, lock_agents
from rdv.core.errors import DomainError
from rdv.core.journal import SYSTEM, Author
from rdv.core.links import hash_token, make_token
from rdv.core.sweeps import each_alone
from rdv.domain.absent import PROPOSED, Hour, read_hour, three_of
from rdv.domain.waiting import answer_deadline
from rdv.domain.windows import Window
from rdv.models import (
    Absence,
    AppelKind,
    Horaire,
    Motif,
    Option,
    Participation,
    Proposition,
    PropositionState,
    Purpose,
    Rdv,
)
from rdv.services import proposition_notices
from rdv.services.availability import agent_window, agents_asked, creneaux_in
from rdv.services.calls import open_appel
from rdv.services.choosing import Chosen
from rdv.services.errors import CreneauUnavailable, NotBookable
from rdv.services.followups import close_proposition, journal_proposition, subject_of
from rdv.services.holding import hold_within
from rdv.services.moving import visit_place
from rdv.services.questions import EVERYBODY, Agents, Question
from rdv.services.waitlist_rules import policy_of, quiet_of

__all__ = [
    "AlreadyProposed",
    "Asked",
    "HoursGone",
    "first_hours",
    "hours_from",
    "lapse_due",
    "propose",
    "subject_of",
    "withdraw",
]  # fmt: skip

# How soon a proposed hour may be: time to read the message and to come.
SOONEST = timedelta(hours=3)
# Between the last moment to answer and the first hour proposed.
MARGIN = timedelta(hours=1)
# Looked at first; the whole window only when nothing is free so soon.
SOON = timedelta(days=21)
# How long a hold outlives its answer's hour when no worker is there to end it.
WORKERS_AWAY = timedelta(hours=1)
SWEEP = 500


class AlreadyProposed(DomainError):  # noqa: N818 - named like the other refusals
    code = "already_proposed"
    message = "Des heures sont déjà proposées à cette personne. Reprenez-les d’abord."


class HoursGone(DomainError):  # noqa: N818
    code = "hours_gone"
    message = "Les heures choisies viennent d’être prises. En voici d’autres."


@dataclass(frozen=True, slots=True)
class Asked:
    """`participation` comes whole (its Rdv, motif, people). `key`: of the form, so that it makes one Proposition."""

    participation: Participation
    hours: Sequence[Hour]
    absence: Absence | None = None
    key: uuid.UUID | None = None


@transaction.atomic(durable=True)
def propose(*, asked: Asked, author: Author, now: datetime) -> Proposition:
    """Hold these hours and write to the person. The old Rdv stands until one is picked.

    Those that were taken meanwhile are left out. Raises HoursGone (none is left), AlreadyProposed, NotBookable.
    """
    rdv = asked.participation.rdv
    lock_agents([*rdv.rdv_agents.values_list("agent_id", flat=True), *agents_of(asked.hours)])
    locked = Rdv.objects.select_for_update(of=("self",), no_key=True).get(pk=rdv.pk)
    made = Proposition.objects.whole().filter(uuid=asked.key).first() if asked.key else None
    if made is not None and made.participation_id == asked.participation.pk:
        return made
    if not locked.is_live or locked.starts_at <= now or rdv.motif.is_collective:
        raise NotBookable("Ce rendez-vous ne peut plus changer de date.")
    return propose_within(asked=asked, author=author, now=now)


def propose_within(*, asked: Asked, author: Author, now: datetime) -> Proposition:
    """The same in the transaction of the caller, who holds the locks of all these agents."""
    participation = asked.participation
    hours, answer_by = in_time(participation.rdv, asked.hours, is_off=asked.absence is not None, now=now)
    options = _hold_all(participation, hours, answer_by=answer_by, author=author, now=now)
    if not options:
        raise HoursGone
    key = asked.key or uuid.uuid4()
    with constraint_errors({"proposition_one_live": AlreadyProposed}):
        proposition = Proposition.objects.create(
            departement_id=participation.departement_id,
            uuid=key,
            participation=participation,
            absence=asked.absence,
            was_at=participation.rdv.starts_at,
            sent_at=now,
            answer_by=answer_by,
            by_call=not proposition_notices.can_be_written_to(participation),
            created_by_kind=author.kind,
            created_by_id=author.id,
            link_hash=hash_token(make_token("choix", str(key))),
        )
    horaires = _write_hours(proposition, options)
    journal_proposition(
        proposition, "proposition.sent", author=author, now=now,
        data={"hours": [one.starts_at for one in horaires], "by_call": proposition.by_call},
    )  # fmt: skip
    if proposition.by_call:
        open_appel(participation, AppelKind.PROPOSITION, before=answer_by, now=now, absence=asked.absence,
                   proposition=proposition)  # fmt: skip
    proposition_notices.proposed(proposition, horaires, now=now)
    return proposition


def agents_of(hours: Iterable[Hour]) -> set[int]:
    return {agent_id for hour in hours for agent_id in hour.agent_ids}


def _hold_all(
    participation: Participation, hours: Sequence[Hour], *, answer_by: datetime, author: Author, now: datetime
) -> list[tuple[Hour, Option]]:
    held = []
    for hour in hours[:PROPOSED]:
        question = question_for(participation, now=now, agents=hour.agent_ids, site_ids=[hour.site_id])
        if not question.sites or not question.window.admits(hour.starts_at):
            continue
        try:
            option = hold_within(
                question,
                Chosen(tuple(sorted(hour.agent_ids)), "proposed"),
                starts_at=hour.starts_at,
                author=author,
                opened_at=now,
                purpose=Purpose.PICK,
                expires_at=min(answer_by + WORKERS_AWAY, hour.starts_at),
            )
        except CreneauUnavailable:
            continue
        held.append((hour, option))
    return held


def _write_hours(proposition: Proposition, options: Sequence[tuple[Hour, Option]]) -> list[Horaire]:
    return Horaire.objects.bulk_create(
        Horaire(
            departement_id=proposition.departement_id,
            proposition=proposition,
            option=option,
            position=number,
            site_id=hour.site_id,
            starts_at=option.starts_at,
            ends_at=option.ends_at,
            agent_ids=list(hour.agent_ids),
        )
        for number, (hour, option) in enumerate(options, start=1)
    )


# --- Which hours


def first_hours(participation: Participation, *, now: datetime, agents: Agents = EVERYBODY) -> list[Hour]:
    """A few free hours on the same site, different days first: soon if there are enough, else in the whole window."""
    rdv = participation.rdv
    question = question_for(participation, now=now, agents=agents, site_ids=[rdv.site_id])
    for until in (min(question.window.latest, question.window.earliest + SOON), question.window.latest):
        free = free_hours(question, Window(question.window.earliest, until), without=rdv)
        found = three_of(free, like=rdv.starts_at, zone=rdv.motif.departement.zone)
        if len(found) >= PROPOSED:
            break
    return found


def free_hours(question: Question, window: Window, *, without: Rdv | None = None) -> list[Hour]:
    """Every free hour of this window; not the one that the Rdv has already."""
    narrowed = Question(
        motif=question.motif,
        sites=question.sites,
        agents=question.agents,
        window=window,
        now=question.now,
        place=question.place,
        length=question.length,
    )
    needed = question.motif.agents_needed
    return [
        Hour(one.starts_at, one.starts_at + question.duration, one.site_id, one.agent_ids[:needed])
        for one in creneaux_in(narrowed)
        if without is None or one.starts_at != without.starts_at
    ]


def question_for(participation: Participation, *, now: datetime, agents: Agents, site_ids: Sequence[int]) -> Question:
    """What the service may propose instead of this Rdv: as long as it is, be it the motif's length or another."""
    rdv, motif = participation.rdv, participation.rdv.motif
    today = now.astimezone(motif.departement.zone).date()
    sites = Site.objects.active().filter(departement=rdv.departement_id, pk__in=site_ids, motif_sites__motif=motif)
    latest = agent_window(motif, now).latest
    return Question(
        motif=motif,
        sites=tuple(sites.distinct().order_by("id")),
        agents=agents_asked(motif, agents, usager=participation.usager, today=today),
        window=Window((now + SOONEST).replace(microsecond=0), latest),
        now=now,
        place=visit_place(rdv),
        length=None if rdv.length == motif.duration else rdv.length,
    )


def in_time(rdv: Rdv, hours: Sequence[Hour], *, is_off: bool, now: datetime) -> tuple[list[Hour], datetime]:
    """The hours that leave time to answer, in order, and until when one answers: the policy of the waiting list, by how
    near the first one is; never after the old Rdv, when it stands."""
    ordered = sorted(hours, key=lambda one: one.starts_at)
    while ordered:
        answer_by = deadline(rdv.motif, ordered[0].starts_at, now=now)
        if not is_off:
            answer_by = min(answer_by, rdv.starts_at - MARGIN)
        if now < answer_by <= ordered[0].starts_at - MARGIN:
            return ordered, answer_by
        if answer_by <= now:
            break
        ordered = ordered[1:]
    raise HoursGone


def deadline(motif: Motif, first: datetime, *, now: datetime) -> datetime:
    policy = policy_of(motif)
    tier = policy.tier_of(first - now)
    return answer_deadline(now, policy.answer_time(tier), quiet_of(motif.departement, policy))


def hours_from(codes: Sequence[str], rdv: Rdv) -> list[Hour]:
    """What a form carries back, on the site of the Rdv. What cannot be read is left out; whether it is free is asked
    when it is held."""
    found = []
    for code in codes:
        read = read_hour(code)
        if read is not None and read[2] and read[1] == rdv.site_id:
            starts_at = datetime.fromtimestamp(read[0], UTC)
            agents = read[2][: rdv.motif.agents_needed]
            found.append(Hour(starts_at, starts_at + rdv.length, rdv.site_id, agents))
    return found


# --- The end


@transaction.atomic(durable=True)
def withdraw(*, proposition: Proposition, author: Author, now: datetime) -> Proposition:
    """The service takes its proposal back; the old Rdv stands as it was. Asked twice, done once."""
    locked = lock_proposition(proposition)
    if locked.is_live:
        close_proposition(locked, PropositionState.WITHDRAWN, author=author, now=now)
    return locked


def lapse_due(now: datetime) -> int:
    """Nobody answered in time: the hours are free again, the person is to be phoned. Each in its own transaction."""
    lapsed = 0
    for proposition in Proposition.objects.due(now).order_by("answer_by", "id")[:SWEEP]:
        about = str(proposition.uuid)
        with each_alone("proposition_not_lapsed", proposition=about), transaction.atomic(durable=True):
            locked = lock_proposition(proposition)
            if locked.is_live and locked.answer_by <= now:
                close_proposition(locked, PropositionState.LAPSED, author=SYSTEM, now=now)
                call_instead(locked, now=now)
                lapsed += 1
    return lapsed


def call_instead(proposition: Proposition, *, now: datetime) -> None:
    """What the link did not settle, a call does: while the old hour, or a new one, may still be found."""
    participation = proposition.participation
    if participation.rdv.is_live and participation.rdv.starts_at <= now:
        return
    kind = AppelKind.ABSENCE if proposition.absence_id else AppelKind.PROPOSITION
    before = max(proposition.was_at, now + timedelta(days=1)) if proposition.absence_id else proposition.was_at
    open_appel(participation, kind, before=before, now=now, absence=proposition.absence, proposition=proposition)


def lock_proposition(proposition: Proposition, *, agent_ids: Iterable[int] = ()) -> Proposition:
    """Everything it touches; the proposition as it is now that nobody else decides."""
    rdv_id = proposition.participation.rdv_id
    own = Rdv.objects.get(pk=rdv_id).rdv_agents.values_list("agent_id", flat=True)
    held = [pk for ids in proposition.horaires.values_list("agent_ids", flat=True) for pk in ids]
    lock_agents([*own, *held, *agent_ids])
    Rdv.objects.select_for_update(of=("self",), no_key=True).get(pk=rdv_id)
    return Proposition.objects.whole().select_for_update(of=("self",), no_key=True).get(pk=proposition.pk)
