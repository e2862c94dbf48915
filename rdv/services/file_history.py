"""The whole history of a person's file, in words: who read it, who changed it, what became of their Rdv.

Room: services, reads only. What happened to an Rdv that the agent may not read is not told; of a workshop, only what
concerns this person. Who acted for a confidential service is told as "a service": the name alone would say which.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from agents.access import Scope, agents_kept_secret
from rdv.core.journal import Evenement
from rdv.services import console_rdv
from rdv.services.console_people import Caller, RdvLine
from usagers.access import file_ids

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Not told: values that a search of the journal is made for, kept one year beside the line that is told.
_UNTOLD = ("usager.values",)
# Of a workshop, these concern everybody in it.
WHOLE_RDV = ("rdv.moved", "rdv.move_undone", "rdv.cancelled")
SOME_SERVICE = "Un service que vous ne lisez pas"


@dataclass(frozen=True, slots=True)
class Entry:
    """`rdv`: the line of the Rdv it is about, with `words` then; a line of the file itself has its own words."""

    event: Evenement
    author: str
    rdv: RdvLine | None = None
    words: str = ""


def history(caller: Caller) -> "QuerySet[Evenement]":
    """The last first. The page cuts it."""
    lines = [*caller.rdvs.upcoming, *caller.rdvs.past]
    rdvs = [str(line.participation.rdv.uuid) for line in lines]
    own = Q(data__participation__in=caller.rdvs.readable_ids) | Q(kind__in=WHOLE_RDV)
    about_rdvs = Q(subject_type="rdv", subject_id__in=rdvs) & own
    about_file = Q(subject_type="usager", subject_id__in=[str(pk) for pk in file_ids(caller.usager)])
    return Evenement.objects.filter(about_file | about_rdvs).exclude(kind__in=_UNTOLD).order_by("-at", "-id")


def last_of_file(scope: Scope, caller: Caller, *, count: int) -> list[Entry]:
    """Who read, who changed: the last lines about this file, and about those made one with it."""
    ids = [str(pk) for pk in file_ids(caller.usager)]
    rows = Evenement.objects.filter(subject_type="usager", subject_id__in=ids).exclude(kind__in=_UNTOLD)
    return entries(scope, list(rows.order_by("-at", "-id")[:count]), caller)


def entries(scope: Scope, events: Sequence[Evenement], caller: Caller) -> list[Entry]:
    by_rdv = {str(line.participation.rdv.uuid): line for line in (*caller.rdvs.upcoming, *caller.rdvs.past)}
    of_rdvs = [event for event in events if event.subject_type == "rdv"]
    words = console_rdv.told(of_rdvs, caller.usager.departement.zone)
    told = {event.pk: said for event, said in zip(of_rdvs, words, strict=True)}
    secret = agents_kept_secret(scope, {event.author_id for event in events if _agent(event) and event.author_id})
    return [
        Entry(
            event,
            SOME_SERVICE if _agent(event) and event.author_id in secret else event.author_label,
            by_rdv.get(event.subject_id) if event.pk in told else None,
            told.get(event.pk, ""),
        )
        for event in events
    ]


def _agent(event: Evenement) -> bool:
    return event.author_kind == "agent"
