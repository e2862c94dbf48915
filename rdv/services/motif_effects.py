"""What a change of a motif does to the hours that may be chosen, before it is saved. Room: services. Reads only.

Called by rdv/views/agenda/motifs. Not for home visits (the road depends on who asks) nor workshops (their sessions are
set one by one) nor follow-ups (the hours are those of each person's référents).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from agents.models import Site
from rdv.models import Booker, Modality, Motif, Rdv
from rdv.services.availability import agent_window, creneaux_of, usager_window
from rdv.services.questions import EVERYBODY

# What decides which hours are free.
FIELDS = frozenset(
    {"duration_min", "buffer_before_min", "buffer_after_min", "agents_needed", "min_notice_min", "horizon_days"}
)


@dataclass(frozen=True, slots=True)
class Loss:
    """How many starts may be chosen now, and how many after the change."""

    before: int
    after: int

    @property
    def seen(self) -> str:
        """What the page has shown: it is saved when it still holds."""
        return f"{self.before}-{self.after}"


def loss_of(motif: Motif, changed: Motif, *, now: datetime) -> Loss | None:
    """None when more than half of the hours stay. `changed` is the motif as it would be, not saved."""
    if not _is_counted(motif):
        return None
    before = _free_starts(motif, now)
    loss = Loss(before, _free_starts(changed, now) if before else 0)
    return loss if 2 * loss.after < before else None


@dataclass(frozen=True, slots=True)
class SiteLoss:
    """A motif no longer offered on a site: Rdv to come that stay booked, hours that nobody could choose any more."""

    motif: Motif
    site: Site
    rdvs: int
    hours: int

    @property
    def seen(self) -> str:
        return f"{self.motif.pk}.{self.site.pk}.{self.rdvs}.{self.hours}"


def losses_on_sites(motif: Motif, removed: Collection[int], *, now: datetime) -> list[SiteLoss]:
    """By site, those where something would be lost; nothing is where it is off already."""
    found = []
    for site in Site.objects.filter(motif_sites__motif=motif, pk__in=removed).order_by("search_key", "id"):
        rdvs = Rdv.objects.live().filter(motif=motif, site=site, starts_at__gt=now).count()
        hours = _free_starts(motif, now, [site]) if _is_counted(motif) and site.is_active else 0
        if rdvs or hours:
            found.append(SiteLoss(motif, site, rdvs, hours))
    return found


def _is_counted(motif: Motif) -> bool:
    return not (motif.is_archived or motif.is_collective or motif.is_follow_up or motif.modality == Modality.HOME)


def _free_starts(motif: Motif, now: datetime, sites: Sequence[Site] | None = None) -> int:
    if sites is None:
        sites = list(Site.objects.active().filter(motif_sites__motif=motif.pk))
    window = agent_window(motif, now) if motif.who_books == Booker.AGENTS else usager_window(motif, now)
    return len(creneaux_of(motif, sites=sites, agents=EVERYBODY, window=window, now=now))
