"""Who is away over an hour. Reads only.

Room: services. Asked under the agents' locks by whatever an agent places by hand (moving, seats, cancelling), and said
before by agenda_hours. The searches for free hours know absences by themselves: they subtract every Occupation.

An absence declared over a booked Rdv does not block (the database would refuse it, absence_pieces) and stays so when
the Rdv is gone: the exclusion constraint says nothing of it. Hence this question, whatever `is_blocking` says.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q

from rdv.domain import french
from rdv.models import Motif, Occupation, OccupationKind
from rdv.services.errors import CreneauUnavailable

# Why an Rdv was cancelled: written by rdv/services/absent.
REASON = "Professionnel absent"
# What takes the time of an agent, as people see it: what the database holds apart, and every absence.
TAKES_TIME = Q(is_blocking=True) | Q(kind=OccupationKind.ABSENCE)


class AgentAway(CreneauUnavailable):
    """Somebody who would receive is absent then."""

    code = "agent_away"

    def __init__(self, names: Iterable[str], nearest: Iterable[datetime] = ()) -> None:
        super().__init__(list(nearest))
        said = french.joined(list(dict.fromkeys(names)))
        self.message = f"Absence à cette heure{french.NBSP}: {said}. Choisissez une autre heure."


def absences_over(motif: Motif, agent_ids: Collection[int], starts_at: datetime, ends_at: datetime) -> list[Occupation]:
    """Buffers included, as an Rdv of this motif takes them."""
    rows = Occupation.objects.meeting(starts_at - motif.buffer_before, ends_at + motif.buffer_after)
    found = rows.filter(kind=OccupationKind.ABSENCE, agent__in=agent_ids)
    return list(found.select_related("agent").order_by("starts_at", "id"))


def require_present(motif: Motif, agent_ids: Collection[int], starts_at: datetime, ends_at: datetime) -> None:
    """Raises AgentAway."""
    found = absences_over(motif, agent_ids, starts_at, ends_at)
    if found:
        raise AgentAway(row.agent.full_name for row in found)
