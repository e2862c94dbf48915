"""For whom a freed hour would do: the motifs that fit there, and who comes first over all of them.

Room: services. Reads only. Called by waitlist_offer, under the lock of the list.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection

from rdv.domain.waiting import Tier, order_key
from rdv.models import Inscription, Modality, Motif
from rdv.services.waitlist_hold import fits, place_for
from rdv.services.waitlist_match import Freed, candidates
from rdv.services.waitlist_rules import deadline_of, policy_of

# How many homes are looked at first; all of them in the end.
VISITS_LOOKED_AT = 50


def choices_of(freed: Freed, now: datetime) -> list[Freed]:
    """The same place for each motif that somebody waits for and that fits there."""
    if freed.atelier_id is not None:
        return [freed] if freed.motif.has_waitlist else []
    found = []
    for motif in _motifs_waited_for(freed):
        choice = replace(freed, motif=motif, ends_at=freed.starts_at + motif.duration)
        # A visit fits or not by where the person lives: asked person by person.
        if motif.modality == Modality.HOME or fits(choice, now=now):
            found.append(choice)
    return found


_WAITED_FOR = """
SELECT m.id FROM rdv_motif m
WHERE m.departement_id = %(departement)s AND m.has_waitlist AND NOT m.is_archived AND NOT m.is_collective
  AND m.agents_needed = cardinality(%(agents)s::bigint[])
  AND EXISTS (SELECT 1 FROM rdv_motifsite ms JOIN agents_site s ON s.id = ms.site_id AND s.is_active
              WHERE ms.motif_id = m.id AND ms.site_id = %(site)s)
  AND EXISTS (SELECT 1 FROM rdv_inscription i WHERE i.state = 'waiting' AND i.motifs @> ARRAY[m.id])
  AND EXISTS (SELECT 1 FROM rdv_ouverture o WHERE o.agent_id = ANY (%(agents)s::bigint[]) AND NOT o.is_cancelled
              AND o.motif_ids @> ARRAY[m.id] AND o.starts_at <= %(start)s AND o.ends_at > %(start)s
              AND o.starts_at > %(start)s - interval '26 hours')
ORDER BY m.id
"""


def _motifs_waited_for(freed: Freed) -> list[Motif]:
    parameters: dict[str, Any] = {
        "departement": freed.motif.departement_id,
        "agents": list(freed.agent_ids),
        "site": freed.site.pk,
        "start": freed.starts_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITED_FOR, parameters)
        ids = [row[0] for row in cursor.fetchall()]
    return list(Motif.objects.filter(pk__in=ids).select_related("departement", "service").order_by("id"))


class Chosen:
    """Who is asked, for what, until when."""

    __slots__ = ("answer_by", "freed", "people", "tier")

    def __init__(self, freed: Freed, tier: Tier, answer_by: datetime, people: list[Inscription]) -> None:
        self.freed, self.tier, self.answer_by, self.people = freed, tier, answer_by, people


def in_order(choices: list[Freed], now: datetime) -> list[Chosen]:
    """The person who comes first over all motifs decides for which motif the place is held; the others after, should
    the place not be free for that one."""
    found = []
    for choice in choices:
        limits = deadline_of(choice.motif, choice.starts_at, now=now)
        if limits is None:
            continue
        policy = policy_of(choice.motif)
        people = _people(choice, policy.people(limits[0]), now)
        if people:
            first = people[0]
            key = order_key(first.priority, first.opened_at, first.pk, now=now, ageing_days=policy.ageing_days)
            found.append((key, choice.motif.pk, Chosen(choice, limits[0], limits[1], people)))
    return [one[2] for one in sorted(found, key=lambda one: one[:2])]


def _people(freed: Freed, limit: int, now: datetime) -> list[Inscription]:
    if freed.motif.modality != Modality.HOME:
        return candidates(freed, now=now, limit=limit)
    # One road, one person: the first whose home the agent reaches, however many live too far.
    seen, asked = 0, VISITS_LOOKED_AT
    while len(found := candidates(freed, now=now, limit=asked)) > seen:
        for person in found[seen:]:
            if fits(freed, now=now, place=place_for(freed, person.usager)):
                return [person]
        seen, asked = len(found), asked * 4
    return []
