"""Doors of the day board and of the waiting people of an agent. Reads only; nothing found and nothing allowed: 404."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agents.access import Scope
from agents.models import Departement
from rdv.core.clock import day_bounds, local_date
from rdv.domain.statuses import Status
from rdv.models import Occupation, Participation


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody in the waiting room, for one of this agent's Rdv."""

    name: str
    starts_at: datetime
    arrived_at: datetime


def here_for(scope: Scope, departement: Departement, *, now: datetime) -> Sequence[Here]:
    """Who waits for this agent now, the first come first. One query."""
    start, end = day_bounds(local_date(now, departement.zone), departement.zone)
    today = Occupation.objects.meeting(start, end).filter(agent=scope.agent_id, rdv__cancelled_at=None).values("rdv")
    rows = Participation.objects.filter(
        departement=departement,
        rdv__in=today,
        starts_at__gte=start,
        starts_at__lt=end,
        arrived_at__isnull=False,
        status=Status.UNKNOWN.value,
    )
    found = rows.order_by("arrived_at", "id").values_list(
        "usager__first_name", "usager__last_name", "starts_at", "arrived_at"
    )
    return [
        Here(f"{first} {last}".strip(), starts_at, arrived_at)
        for first, last, starts_at, arrived_at in found
        if arrived_at
    ]
