"""Teams (équipes): the professionals whom people look at together. Written here only, by the administrator.

A team filters the console and the day board; it gives no right. Removed without trace elsewhere than in the journal.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from agents.models import Agent, Departement, Equipe, EquipeMembre, Site
from agents.services.refusals import FieldRefused
from rdv.core import journal
from rdv.core.db import constraint_errors
from rdv.core.errors import DomainError
from rdv.core.journal import Author

CONSTRAINTS: Mapping[str, DomainError] = {
    "equipe_name_once": FieldRefused("Une équipe de votre département porte déjà ce nom.", field="name")
}


@dataclass(frozen=True, slots=True)
class Team:
    """What an administrator says of an équipe. `site`: None for the whole département."""

    name: str
    site: Site | None
    agents: Collection[Agent]

    def told(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "site": self.site.pk if self.site else None,
            "agents": sorted(agent.pk for agent in self.agents),
        }


def create_team(*, departement: Departement, team: Team, author: Author, now: datetime) -> Equipe:
    """The same team sent twice is given back. Raises FieldRefused."""
    with transaction.atomic():
        twin = Equipe.objects.filter(departement=departement, name=team.name).first()
        if twin is not None and told(twin) == team.told():
            return twin
        with constraint_errors(CONSTRAINTS):
            made = Equipe.objects.create(departement=departement, site=team.site, name=team.name)
        _write_members(made, add=team.told()["agents"])
        _write("equipe.created", made, author, now, {"after": team.told()})
    return made


def update_team(*, equipe: Equipe, team: Team, author: Author, now: datetime) -> Equipe:
    """Write what changed, and tell it. Raises FieldRefused."""
    with transaction.atomic():
        locked = Equipe.objects.select_for_update(no_key=True, of=("self",)).get(pk=equipe.pk)
        before, after = told(locked), team.told()
        if before == after:
            return locked
        locked.name, locked.site = team.name, team.site
        with constraint_errors(CONSTRAINTS):
            locked.save(update_fields=["name", "site"])
        locked.membres.exclude(agent__in=after["agents"]).delete()
        _write_members(locked, add=set(after["agents"]) - set(before["agents"]))
        _write("equipe.updated", locked, author, now, {"before": before, "after": after})
    return locked


def remove_team(*, equipe: Equipe, author: Author, now: datetime) -> None:
    """Asked twice, done once: nothing hangs on a team but its members."""
    with transaction.atomic():
        locked = Equipe.objects.select_for_update(no_key=True, of=("self",)).filter(pk=equipe.pk).first()
        if locked is not None:
            _write("equipe.deleted", locked, author, now, {"before": told(locked)})
            locked.delete()


def told(equipe: Equipe) -> dict[str, Any]:
    members = EquipeMembre.objects.filter(equipe=equipe).order_by("agent_id").values_list("agent_id", flat=True)
    return {"name": equipe.name, "site": equipe.site_id, "agents": list(members)}


def _write_members(equipe: Equipe, *, add: Collection[int]) -> None:
    EquipeMembre.objects.bulk_create(
        [EquipeMembre(departement_id=equipe.departement_id, equipe=equipe, agent_id=pk) for pk in sorted(add)],
        ignore_conflicts=True,
    )


def _write(kind: str, equipe: Equipe, author: Author, now: datetime, data: Mapping[str, Any]) -> None:
    journal.write(
        kind,
        subject=("equipe", equipe.pk),
        departement_code=equipe.departement_id,
        author=author,
        now=now,
        data={"name": equipe.name, **data},
    )
