"""The saved teams that filter the hours of the console. Reads only.

Those of the sites looked at, and those of the whole département. A team filters what one sees already: no right comes
with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from agents.models import Departement, Equipe, Site


@dataclass(frozen=True, slots=True)
class SavedTeam:
    pk: int
    name: str
    agent_ids: frozenset[int]


def saved_teams(departement: Departement, sites: Sequence[Site]) -> tuple[SavedTeam, ...]:
    """By name, those that have somebody."""
    rows = (
        Equipe.objects.of(departement)
        .filter(Q(site__in=sites) | Q(site=None), membres__isnull=False)
        .annotate(agent_ids=ArrayAgg("membres__agent"))
        .values_list("pk", "name", "agent_ids")
    )
    return tuple(SavedTeam(pk, name, frozenset(agent_ids)) for pk, name, agent_ids in rows)
