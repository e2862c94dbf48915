"""The only place that writes Occupations of Rdv and options, under the agents' locks.

Who calls: booking, moving, cancelling (and planning for absences, by its own rows).
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from django.db import connection

from agents.models import Site
from rdv.core.db import constraint_errors
from rdv.domain.travel import Point
from rdv.models import Modality, Motif, Occupation, OccupationKind, Option, Rdv
from rdv.services.availability import agents_who_fit, nearest_starts
from rdv.services.errors import CreneauUnavailable
from rdv.services.questions import EVERYBODY, Question
from rdv.services.visits import site_point

# Each booking runs both: half a millisecond of building queries less than by the ORM, which would write the same.
_DROP_DEAD = "DELETE FROM rdv_occupation WHERE agent_id = ANY(%(agents)s) AND expires_at <= %(now)s"
_RELEASE = """
DELETE FROM rdv_occupation
WHERE agent_id = ANY(%(agents)s) AND expires_at IS NOT NULL AND (option_id = %(option)s OR expires_at <= %(now)s)
"""


def drop_dead_options_of(agent_ids: Sequence[int], now: datetime) -> None:
    """Under the agents' locks: what died stops being in the way of the exclusion constraint."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP_DEAD, {"agents": list(agent_ids), "now": now})


def take(
    *,
    motif: Motif,
    agent_ids: Sequence[int],
    starts_at: datetime,
    ends_at: datetime,
    place: Point | None,
    rdv: Rdv | None = None,
    option: Option | None = None,
    is_blocking: bool = True,
    nearest: Sequence[datetime] = (),
) -> None:
    """Insert one row per agent, for an Rdv or an option that exists. The exclusion constraint is the net.

    Raises CreneauUnavailable when the database refuses; the transaction around it goes on.
    """
    rows = occupations(
        motif=motif,
        agent_ids=agent_ids,
        starts_at=starts_at,
        ends_at=ends_at,
        place=place,
        kind=OccupationKind.RDV if rdv else OccupationKind.OPTION,
        expires_at=option.expires_at if option else None,
        is_blocking=is_blocking,
    )
    for row in rows:
        row.rdv, row.option = rdv, option
    with taking_errors(nearest):
        Occupation.objects.bulk_create(rows)


def taking_errors(nearest: Sequence[datetime] = (), *, ends_all: bool = False) -> AbstractContextManager[None]:
    """CreneauUnavailable when the database refuses what is inserted inside."""
    return constraint_errors({"occupation_no_overlap": CreneauUnavailable(nearest)}, ends_all=ends_all)


def occupations(
    *,
    motif: Motif,
    agent_ids: Sequence[int],
    starts_at: datetime,
    ends_at: datetime,
    place: Point | None,
    kind: OccupationKind,
    expires_at: datetime | None = None,
    is_blocking: bool = True,
) -> list[Occupation]:
    """One row per agent, buffers included, not written yet and without what they are for."""
    return [
        Occupation(
            departement_id=motif.departement_id,
            agent_id=agent_id,
            starts_at=starts_at - motif.buffer_before,
            ends_at=ends_at + motif.buffer_after,
            kind=kind,
            expires_at=expires_at,
            is_blocking=is_blocking,
            latitude=place.lat if place else None,
            longitude=place.lon if place else None,
            is_home_visit=motif.modality == Modality.HOME,
        )
        for agent_id in agent_ids
    ]


def release_rdv(rdv: Rdv) -> None:
    Occupation.objects.filter(rdv=rdv).delete()


def release_option_rows(option: Option, agent_ids: Sequence[int], now: datetime) -> None:
    """What this option held, and with it what died on the same agendas (`drop_dead_options_of`)."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, {"agents": list(agent_ids), "now": now, "option": option.pk})


def require_fit(question: Question, starts_at: datetime, agent_ids: Sequence[int]) -> None:
    """Every one of these agents can take this start, asked again under their locks. Raises CreneauUnavailable."""
    fitting = set(agents_who_fit(question, starts_at))
    if not fitting.issuperset(agent_ids):
        raise CreneauUnavailable(nearest_of(question, starts_at))


def nearest_of(question: Question, starts_at: datetime) -> list[datetime]:
    """Alternatives on the same places, by anybody: what the loser is shown in the same page."""
    wide = Question(
        motif=question.motif,
        sites=question.sites,
        agents=question.agents if question.motif.is_follow_up else EVERYBODY,
        window=question.window,
        now=question.now,
        public_on=question.public_on,
        place=question.place,
        ignore_option=question.ignore_option,
        ignore_rdv=question.ignore_rdv,
        length=question.length,
    )
    return nearest_starts(wide, starts_at)


def place_of(motif: Motif, site: Site, visit: Point | None) -> Point | None:
    """Where the agent is during it: the visit's place, the site, or nowhere in particular (phone, visio)."""
    if motif.modality == Modality.HOME:
        return visit
    return site_point(site) if motif.modality == Modality.PUBLIC_OFFICE else None
