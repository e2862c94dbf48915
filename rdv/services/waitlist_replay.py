"""Why this person: an offer replayed from the journal. Who stood before and what the hour did not meet.

Room: services. Reads only. Called by rdv/views/waiting/replay. Names are those that the agent may read on the list;
the others are "une personne": the reason is told, not who.
"""

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agents.access import Scope
from rdv.access import offres_for_writing, waiting_for_agent
from rdv.core.journal import Evenement
from rdv.models import Inscription, Offre
from rdv.services.waitlist_match import SENTENCES

SENT = "offre.sent"
SOMEBODY = "Une personne d’un autre service"


@dataclass(frozen=True, slots=True)
class Passed:
    """Somebody who stood before on the list. `inscription` is None when this agent may not read it."""

    inscription: Inscription | None
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.inscription.usager.full_name if self.inscription else SOMEBODY


@dataclass(frozen=True, slots=True)
class Replay:
    """`rank` and `asked` are None when the journal no longer keeps the line."""

    offre: Offre
    rank: int | None
    asked: int | None
    level: int | None
    tier: str
    opened_at: datetime
    passed: tuple[Passed, ...]
    before: tuple[Offre, ...]
    together: tuple[Offre, ...]
    after: tuple[Offre, ...]
    lines: tuple[Evenement, ...]


def replay_of(scope: Scope, offre: Offre) -> Replay:
    """`offre` comes from a door."""
    lines = list(Evenement.objects.about("offre", offre.uuid).order_by("at", "id"))
    sent: dict[str, Any] = next((line.data for line in lines if line.kind == SENT), {})
    same_hour = _same_hour(scope, offre)
    together = tuple(one for one in same_hour if one.group == offre.group and one.pk != offre.pk)
    others = [one for one in same_hour if one.group != offre.group]
    return Replay(
        offre=offre,
        rank=sent.get("rank"),
        asked=sent.get("asked"),
        level=sent.get("class"),
        tier=str(sent.get("tier", "")),
        opened_at=offre.inscription.opened_at,
        passed=_passed(scope, _passed_over(offre, sent, same_hour)),
        before=tuple(one for one in others if one.sent_at <= offre.sent_at),
        together=together,
        after=tuple(one for one in others if one.sent_at > offre.sent_at),
        lines=tuple(lines),
    )


def _same_hour(scope: Scope, offre: Offre) -> list[Offre]:
    """Everybody who was asked for this hour since it was freed."""
    rows = offres_for_writing(scope).filter(
        starts_at=offre.starts_at, site=offre.site_id, first_agent=offre.first_agent, freed_at=offre.freed_at
    )
    return list(rows.order_by("sent_at", "id"))


def _passed_over(offre: Offre, sent: dict[str, Any], same_hour: Sequence[Offre]) -> list[dict[str, Any]]:
    """The line of the first of a group says it for all of them, less those asked at the same time."""
    found: list[dict[str, Any]] = list(sent.get("passed_over") or [])
    if found or not sent or sent.get("rank") == 1:
        return found
    group = [str(one.uuid) for one in same_hour if one.group == offre.group]
    first = Evenement.objects.filter(subject_type="offre", subject_id__in=group, kind=SENT, data__rank=1).first()
    return list(first.data.get("passed_over") or []) if first else []


def _passed(scope: Scope, told: Sequence[dict[str, Any]]) -> tuple[Passed, ...]:
    asked = [uuids.UUID(str(one["inscription"])) for one in told]
    known = {one.uuid: one for one in waiting_for_agent(scope).filter(uuid__in=asked)} if asked else {}
    return tuple(
        Passed(known.get(key), tuple(SENTENCES.get(code, code) for code in one["reasons"]))
        for key, one in zip(asked, told, strict=True)
    )
