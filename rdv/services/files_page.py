"""What the page of a person shows beside the console: what they wait for, what may be sent again, files made one.

Room: services, reads only. Called by rdv/views/console/usagers, merging and files.
"""

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agents.access import Scope, agents_kept_secret
from notifications.models import Message
from notifications.services import messages_of
from rdv.access import motifs_for_agent
from rdv.models import Inscription, Participation
from rdv.services.console_people import Caller
from rdv.services.file_history import SOME_SERVICE
from rdv.services.merging_plan import Obstacle, Plan
from rdv.services.notices import can_be_resent, recipient_of
from rdv.services.waitlist_desk import Standing, standings
from usagers.models import Fusion, Usager

# The same words as in the history, within a sentence.
SOME_SERVICE_DID = SOME_SERVICE[:1].lower() + SOME_SERVICE[1:]


@dataclass(frozen=True, slots=True)
class Wait:
    """Something this person waits for, that the agent may read."""

    inscription: Inscription
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class ToldObstacle:
    """`rdvs`: what the agent may read of it; `masked`: how many they may not."""

    kind: str
    rdvs: tuple[Participation, ...]
    masked: int
    inscription: Inscription | None


def waits_of(scope: Scope, usager: Usager, *, now: datetime) -> tuple[list[Wait], int]:
    """What goes on, the oldest request first, and how many are for motifs that this agent does not read."""
    rows = list(Inscription.objects.open().whole().filter(usager=usager).order_by("opened_at", "id"))
    if not rows:
        return [], 0
    readable = set(motifs_for_agent(scope).filter(pk__in=[one.motif_id for one in rows]).values_list("pk", flat=True))
    found = [one for one in rows if one.motif_id in readable]
    ranks = standings(found, now=now)
    return [Wait(one, ranks.get(one.pk)) for one in found], len(rows) - len(found)


def resendable(caller: Caller, messages: Sequence[Message], *, now: datetime) -> frozenset[int]:
    """Of these messages, those whose news still holds: their Rdv is to come. Their ids."""
    ahead = {str(line.participation.uuid): line.participation for line in caller.rdvs.upcoming}
    return frozenset(
        one.pk for one in messages if (found := ahead.get(one.subject_id)) and can_be_resent(one, found, now=now)
    )


def message_to_resend(caller: Caller, uuid: uuids.UUID, *, now: datetime) -> Message | None:
    """One message of this person about an Rdv that the agent reads, if it may be sent again."""
    about = messages_of(recipient_of(caller.usager)).filter(subject_type="participation", is_secret=False)
    found = about.filter(uuid=uuid, subject_id__in=caller.rdvs.readable_ids).first()
    return found if found is not None and resendable(caller, [found], now=now) else None


@dataclass(frozen=True, slots=True)
class Reunion:
    """Two files made one, and by whom: never the name of somebody of a service that the reader does not read."""

    fusion: Fusion
    by: str


def fusions_of(scope: Scope, usager: Usager, *, now: datetime) -> list[Reunion]:
    """Files made one with this one that can still be parted, the last first."""
    rows = Fusion.objects.live().filter(kept=usager).select_related("merged").order_by("-at")
    return told_fusions(scope, [one for one in rows if one.can_be_undone(now)])


def told_fusions(scope: Scope, fusions: Sequence[Fusion]) -> list[Reunion]:
    secret = agents_kept_secret(scope, {one.by_id for one in fusions if one.by_id is not None})
    return [Reunion(one, SOME_SERVICE_DID if one.by_id in secret else one.by_label) for one in fusions]


def told_obstacles(scope: Scope, plan: Plan) -> list[ToldObstacle]:
    return [_told(scope, one) for one in plan.obstacles]


def _told(scope: Scope, obstacle: Obstacle) -> ToldObstacle:
    readable = tuple(one for one in obstacle.participations if _may_read(scope, one))
    return ToldObstacle(obstacle.kind, readable, len(obstacle.participations) - len(readable), obstacle.inscription)


def _may_read(scope: Scope, participation: Participation) -> bool:
    rdv = participation.rdv
    agent_ids = list(rdv.rdv_agents.values_list("agent_id", flat=True))
    return scope.may_read(site_id=rdv.site_id, service_id=rdv.motif.service_id, agent_ids=agent_ids)
