"""What making two files one would do, and what stands in its way. Reads only.

Room: services. Called by rdv/services/merging under its locks, and by the screen that shows it before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q

from rdv.models import LIVE_STATUSES, Inscription, InscriptionState, Participation
from usagers.models import Proche, Referent, Usager


class Clash(StrEnum):
    SAME_RDV = "same_rdv"  # both are registered in one Rdv
    SAME_TIME = "same_time"  # each has an Rdv to come at the same time
    OFFERED = "offered"  # both wait for one motif, and one is being offered a place


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`participations`: of the two Rdv that clash, for whoever may read them; empty for a wait."""

    kind: Clash
    participations: tuple[Participation, ...] = ()
    inscription: Inscription | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    obstacles: tuple[Obstacle, ...]
    # Past Rdv of the other file at the same time as one of the kept file: both are kept, knowingly.
    overlapping: frozenset[int]
    # Waits for one motif: the older request goes on, these end.
    closing: tuple[Inscription, ...]
    upcoming: int
    past: int
    waits: int
    proches: int
    referents: int


def plan_of(kept: Usager, other: Usager, *, now: datetime) -> Plan:
    own, theirs = _live(kept), _live(other)
    obstacles, overlapping = _meetings(own, theirs, now)
    waits = _open_waits(kept, other)
    doubled = _doubled(waits)
    obstacles += [Obstacle(Clash.OFFERED, inscription=pair[0]) for pair in doubled if _is_offered(pair)]
    rows = Participation.objects.filter(usager=other)
    upcoming = rows.filter(ends_at__gt=now).count()
    return Plan(
        obstacles=tuple(obstacles),
        overlapping=frozenset(overlapping),
        closing=tuple(pair[1] for pair in doubled if not _is_offered(pair)),
        upcoming=upcoming,
        past=rows.count() - upcoming,
        waits=sum(one.usager_id == other.pk for one in waits),
        proches=Proche.objects.filter(Q(responsable=other) | Q(person=other)).count(),
        referents=Referent.objects.filter(usager=other).count(),
    )


def _live(usager: Usager) -> list[Participation]:
    rows = Participation.objects.filter(usager=usager, status__in=LIVE_STATUSES)
    return list(rows.select_related("rdv__motif", "rdv__site").order_by("starts_at", "id"))


def _meetings(
    own: Sequence[Participation], theirs: Sequence[Participation], now: datetime
) -> tuple[list[Obstacle], list[int]]:
    """Rdv of both at the same time. One that an agent doubled knowingly is no obstacle: the database lets it be."""
    obstacles, overlapping = [], []
    for row in theirs:
        for met in own:
            if not (met.starts_at < row.ends_at and row.starts_at < met.ends_at):
                continue
            if met.rdv_id == row.rdv_id:
                obstacles.append(Obstacle(Clash.SAME_RDV, (row,)))
            elif row.may_overlap or met.may_overlap:
                continue
            elif row.ends_at > now and met.ends_at > now:
                obstacles.append(Obstacle(Clash.SAME_TIME, (met, row)))
            else:
                overlapping.append(row.pk)
    return obstacles, overlapping


def _open_waits(kept: Usager, other: Usager) -> list[Inscription]:
    """The older request first."""
    rows = Inscription.objects.open().filter(usager__in=[kept.pk, other.pk])
    return list(rows.select_related("motif").order_by("opened_at", "id"))


def _doubled(waits: Sequence[Inscription]) -> list[tuple[Inscription, Inscription]]:
    """(older, younger) of the two files for one motif, or one session: the rank of the older is the person's."""
    first: dict[tuple[int | None, int | None], Inscription] = {}
    pairs = []
    for one in waits:
        key = (None, one.atelier_id) if one.atelier_id else (one.motif_id, None)
        if key in first:
            pairs.append((first[key], one))
        else:
            first[key] = one
    return pairs


def _is_offered(pair: tuple[Inscription, Inscription]) -> bool:
    return any(one.state == InscriptionState.OFFERED for one in pair)
