"""What another absence of the same agent takes already: said before one is written twice, and when one is deleted and
the time stays taken. Room: services, reads only. Called by the planning and absent-agent screens."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from agents.models import Agent
from rdv.domain.intervals import Interval
from rdv.models import Absence, Occupation
from rdv.services.absences import AbsenceRule, pieces_ahead, rule_of_absence


def overlapping(agent: Agent, rule: AbsenceRule, *, now: datetime, besides: UUID | None = None) -> list[Absence]:
    """The absences that take some of the time to come of this rule, by id. `besides`: the one that is asked about, or
    the key of a form that has made its own already."""
    pieces = sorted(pieces_ahead(agent, rule, now=now), key=lambda piece: piece.start)
    if not pieces:
        return []
    last = max(piece.end for piece in pieces)
    rows = Occupation.objects.meeting(pieces[0].start, last).filter(agent=agent, absence__isnull=False, ends_at__gt=now)
    if besides is not None:
        rows = rows.exclude(absence__uuid=besides)
    taken = rows.values_list("absence_id", "starts_at", "ends_at")
    ids = {pk for pk, start, end in taken if _meets(Interval(max(start, now), end), pieces)}
    return list(Absence.objects.filter(pk__in=ids).order_by("id"))


def words_of(absences: Sequence[Absence]) -> list[str]:
    """ "Congé, le lundi 11 janvier 2027, toute la journée": their nature and days, never their note."""
    return [f"{one.get_kind_display()}, {rule_of_absence(one).words}" for one in absences]


def _meets(taken: Interval, pieces: Sequence[Interval]) -> bool:
    return any(piece.start < taken.end and taken.start < piece.end for piece in pieces)
