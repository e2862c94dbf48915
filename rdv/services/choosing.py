"""Which agent gets an unnamed créneau (engine.md, point 8). Reads only; the reason goes to the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from rdv.core.clock import local_date
from rdv.domain.loads import Candidate, choose_agent
from rdv.models import Motif
from usagers.models import Referent, Usager

AROUND = timedelta(weeks=2)  # two weeks before, two after: the 4 weeks around


@dataclass(frozen=True, slots=True)
class Chosen:
    agent_ids: tuple[int, ...]
    reason: str


_LOADS = """
SELECT a.id,
       coalesce((SELECT sum(extract(epoch FROM b.ends_at - b.starts_at)) FROM rdv_occupation b
                 WHERE b.agent_id = a.id AND b.kind = 'rdv' AND b.starts_at BETWEEN %(since)s AND %(until)s), 0),
       coalesce((SELECT sum(extract(epoch FROM o.ends_at - o.starts_at)) FROM rdv_ouverture o
                 WHERE o.agent_id = a.id AND NOT o.is_cancelled
                   AND o.starts_at BETWEEN %(since)s AND %(until)s), 0),
       (SELECT max(r.created_at) FROM rdv_occupation b JOIN rdv_rdv r ON r.id = b.rdv_id
        WHERE b.agent_id = a.id AND b.starts_at BETWEEN %(since)s AND %(until)s)
FROM unnest(%(agents)s::bigint[]) AS a(id)
"""


def choose(
    agent_ids: Sequence[int], *, motif: Motif, starts_at: datetime, usager: Usager | None, now: datetime
) -> Chosen:
    """The agents who will receive: one, or `motif.agents_needed` for a binôme."""
    needed = motif.agents_needed
    if len(agent_ids) <= needed:
        return Chosen(tuple(sorted(agent_ids)), "only")
    candidates = _candidates(agent_ids, motif=motif, starts_at=starts_at, usager=usager, now=now)
    chosen: list[int] = []
    reasons: list[str] = []
    while len(chosen) < needed:
        choice = choose_agent([one for one in candidates if one.agent_id not in chosen])
        chosen.append(choice.agent_id)
        reasons.append(choice.reason.value)
    return Chosen(tuple(sorted(chosen)), reasons[0])


def _candidates(
    agent_ids: Sequence[int], *, motif: Motif, starts_at: datetime, usager: Usager | None, now: datetime
) -> list[Candidate]:
    referents: set[int] = set()
    if usager is not None:
        today = local_date(now, motif.departement.zone)
        referents = set(Referent.objects.filter(usager=usager).current(today).values_list("agent_id", flat=True))
    parameters: dict[str, Any] = {"agents": list(agent_ids), "since": starts_at - AROUND, "until": starts_at + AROUND}
    with connection.cursor() as cursor:
        cursor.execute(_LOADS, parameters)
        rows = cursor.fetchall()
    return [
        Candidate(
            agent_id=agent_id,
            is_referent=agent_id in referents,
            is_sector=False,  # everybody here already answers for the whole département: no sector narrows it
            load_ratio=float(booked) / float(working) if working else 0.0,
            last_assigned_at=last,
        )
        for agent_id, booked, working, last in rows
    ]
