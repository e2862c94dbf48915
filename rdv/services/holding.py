"""Holding a créneau, or a workshop's seat, while a form is filled (engine.md, "Booking").

Locks are always taken in one order, so that no two transactions wait for each other in a ring:
agents in id order, then the workshop's row, then the option's row, then occupations.
"""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from agents.models import Site
from rdv.core.clock import local_date
from rdv.core.db import constraint_errors, lock_agents
from rdv.core.journal import Author
from rdv.core.sweeps import each_alone
from rdv.core.together import Tail, insert_together
from rdv.domain.travel import Point
from rdv.domain.windows import Window
from rdv.models import (
    EXTEND_BY,
    HOLD_FOR,
    Booker,
    Motif,
    MotifSite,
    OccupationKind,
    Option,
    OptionAgent,
    Purpose,
    Rdv,
    SourceKind,
)
from rdv.services.availability import agent_window, agents_asked, agents_who_fit, usager_window
from rdv.services.choosing import Chosen, choose
from rdv.services.errors import AlreadyExtended, CreneauUnavailable, NotBookable, OptionExpired, WorkshopFull
from rdv.services.occupying import drop_dead_options_of, nearest_of, occupations, place_of, taking_errors
from rdv.services.questions import Agents, Question
from rdv.services.waitlist_queue import note_freed, note_seats
from usagers.models import Usager

# How many times an unnamed créneau is tried with another agent when the chosen one was taken meanwhile.
TRIES = 12
# How many dead options one sweep looks at; the next one comes a minute later.
SWEEP = 1000


def hold_creneau(
    *,
    motif: Motif,
    site: Site,
    starts_at: datetime,
    agents: Agents,
    author: Author,
    opened_at: datetime,
    now: datetime,
    usager: Usager | None = None,
    place: Point | None = None,
) -> Option:
    """Hold this start for 10 minutes. Raises CreneauUnavailable (with the nearest others) or NotBookable.

    Unnamed agents: the least loaded who is free; if that one is taken in between, the next, each in a transaction of
    its own, so that locks are always taken in id order.
    """
    question = question_for(
        motif, site=site, agents=agents, author=author, opened_at=opened_at, now=now, usager=usager, place=place
    )
    if not question.window.admits(starts_at):
        raise CreneauUnavailable(nearest_of(question, starts_at))
    for _ in range(TRIES):
        candidates = agents_who_fit(question, starts_at)
        if len(candidates) < motif.agents_needed:
            break
        chosen = choose(candidates, motif=motif, starts_at=starts_at, usager=usager, now=now)
        try:
            return _hold(question, chosen, starts_at=starts_at, author=author, opened_at=opened_at)
        except CreneauUnavailable:
            continue
    raise CreneauUnavailable(nearest_of(question, starts_at))


def question_for(
    motif: Motif,
    *,
    site: Site,
    agents: Agents,
    author: Author,
    opened_at: datetime,
    now: datetime,
    usager: Usager | None = None,
    place: Point | None = None,
) -> Question:
    """What this author may ask: window, agents, what is hidden from the public. Raises NotBookable."""
    is_public = not author.is_agent
    if motif.is_archived or motif.is_collective or (is_public and motif.who_books != Booker.EVERYONE):
        raise NotBookable
    if not site.is_active or not MotifSite.objects.filter(motif=motif, site=site).exists():
        raise NotBookable
    today = local_date(now, motif.departement.zone)
    # A start stays bookable for the time of the form: the window is the one of the screen's opening, never the past.
    window = usager_window(motif, opened_at) if is_public else agent_window(motif, opened_at)
    return Question(
        motif=motif,
        sites=(site,),
        agents=agents_asked(motif, agents, usager=usager, today=today),
        window=Window(max(window.earliest, now.replace(microsecond=0)), window.latest),
        now=now,
        public_on=today if is_public else None,
        place=place,
    )


@transaction.atomic(durable=True)
def _hold(question: Question, chosen: Chosen, *, starts_at: datetime, author: Author, opened_at: datetime) -> Option:
    # Forgotten by a crash, the form is told that its hour is no longer held (docs/decisions/0022).
    lock_agents(chosen.agent_ids, may_be_forgotten=True)
    return hold_within(question, chosen, starts_at=starts_at, author=author, opened_at=opened_at)


def hold_within(
    question: Question,
    chosen: Chosen,
    *,
    starts_at: datetime,
    author: Author,
    opened_at: datetime,
    purpose: Purpose = Purpose.FORM,
    expires_at: datetime | None = None,
) -> Option:
    """The same in the transaction of the caller, who holds the agents' locks. Raises CreneauUnavailable."""
    motif, site, now = question.motif, question.sites[0], question.now
    drop_dead_options_of(chosen.agent_ids, now)
    # Asked again under the lock, of those who were chosen alone.
    fitting = set(agents_who_fit(replace(question, agents=chosen.agent_ids), starts_at))
    if not fitting.issuperset(chosen.agent_ids):
        raise CreneauUnavailable
    ends_at = starts_at + question.duration
    option = Option(
        departement_id=motif.departement_id,
        motif=motif,
        site=site,
        starts_at=starts_at,
        ends_at=ends_at,
        expires_at=expires_at or now + HOLD_FOR,
        purpose=purpose,
        author_kind=author.kind,
        author_id=author.id,
        choice_reason=chosen.reason,
        opened_at=opened_at,
        latitude=question.place.lat if question.place else None,
        longitude=question.place.lon if question.place else None,
    )
    links = [OptionAgent(departement_id=motif.departement_id, agent_id=agent_id) for agent_id in chosen.agent_ids]
    taken = occupations(
        motif=motif,
        agent_ids=chosen.agent_ids,
        starts_at=starts_at,
        ends_at=ends_at,
        place=place_of(motif, site, question.place),
        kind=OccupationKind.OPTION,
        expires_at=option.expires_at,
    )
    with taking_errors(ends_all=True):
        insert_together(option, Tail("option_id", links), Tail("option_id", taken))
    return option


@transaction.atomic(durable=True)
def hold_seat(*, atelier: Rdv, author: Author, opened_at: datetime, now: datetime) -> Option:
    """Hold one seat of a workshop while the form is filled. Raises WorkshopFull, NotBookable."""
    locked = lock_workshop(atelier.pk)
    if not locked.is_live or (not author.is_agent and not _may_join(locked, now)):
        raise NotBookable
    Option.objects.dead(now).filter(atelier=locked).delete()
    with constraint_errors({"rdv_capacity": WorkshopFull}):
        return Option.objects.create(
            departement_id=locked.departement_id,
            motif=locked.motif,
            site_id=locked.site_id,
            atelier=locked,
            starts_at=locked.starts_at,
            ends_at=locked.ends_at,
            expires_at=now + HOLD_FOR,
            author_kind=author.kind,
            author_id=author.id,
            opened_at=opened_at,
        )


def _may_join(atelier: Rdv, now: datetime) -> bool:
    return atelier.motif.who_books == Booker.EVERYONE and usager_window(atelier.motif, now).admits(atelier.starts_at)


@transaction.atomic(durable=True)
def extend_option(*, option: Option, now: datetime) -> Option:
    """ "Plus de temps": once (WCAG 2.2.1). Raises OptionExpired, AlreadyExtended."""
    lock_agents(option.option_agents.values_list("agent_id", flat=True))
    locked = Option.objects.select_for_update(of=("self",), no_key=True).get(pk=option.pk)
    if locked.rdv_id is not None or locked.expires_at <= now or locked.purpose != Purpose.FORM:
        raise OptionExpired
    if locked.has_extended:
        raise AlreadyExtended
    locked.expires_at += EXTEND_BY
    locked.has_extended = True
    locked.save(update_fields=["expires_at", "has_extended"])
    locked.occupations.update(expires_at=locked.expires_at)
    return locked


@transaction.atomic(durable=True)
def release_option(*, option: Option, now: datetime) -> None:
    """The person went back: the time is free at once. Nothing happens when it became an Rdv."""
    _lock_held(option)
    _note_freed(option, now)
    Option.objects.filter(pk=option.pk, rdv__isnull=True, purpose=Purpose.FORM).delete()


def drop_dead_options(now: datetime) -> int:
    """The sweep: each dead option in a transaction of its own, in the order of locks of a booking.

    An option confirmed a moment earlier has its Rdv and is left alone: the condition is asked again under lock.
    """
    dropped = 0
    for option in Option.objects.dead(now).order_by("id")[:SWEEP]:
        with each_alone("option_not_dropped", option=option.pk), transaction.atomic(durable=True):
            _lock_held(option)
            _note_freed(option, now)
            count, _ = Option.objects.dead(now).filter(pk=option.pk).delete()
            dropped += bool(count)
    return dropped


def _note_freed(option: Option, now: datetime) -> None:
    """A form that came to nothing: its time, or its seat, may suit somebody who waits."""
    if option.rdv_id is not None or option.purpose != Purpose.FORM:
        return
    for agent_id in option.option_agents.values_list("agent_id", flat=True):
        note_freed(
            departement_code=option.departement_id,
            agent_id=agent_id,
            starts_at=option.starts_at,
            ends_at=option.ends_at,
            source_kind=SourceKind.OPTION,
            source_uuid=option.token,
            now=now,
        )
    if option.atelier_id is not None:
        note_seats(
            departement_code=option.departement_id,
            atelier_id=option.atelier_id,
            starts_at=option.starts_at,
            ends_at=option.ends_at,
            source_kind=SourceKind.OPTION,
            now=now,
        )


def _lock_held(option: Option) -> None:
    """What an option holds, in the order of locks: agents, or the workshop's row."""
    lock_agents(option.option_agents.values_list("agent_id", flat=True))
    if option.atelier_id is not None:
        lock_workshop(option.atelier_id)


def lock_workshop(rdv_id: int) -> Rdv:
    """The row whose seats are counted. After the agents' locks, before any option's or participation's row."""
    return Rdv.objects.select_for_update(of=("self",), no_key=True).select_related("motif__departement").get(pk=rdv_id)
