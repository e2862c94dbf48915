"""What closing days would change, before anything is saved. Room: services. Reads only; for rdv/views/closures.

An administrator reads the Rdv that their other roles let them read, and the number of the others.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from agents.access import Scope
from agents.models import Departement, Fermeture, Site
from rdv.access import may_read_rdv, whole_rdvs
from rdv.core import clock
from rdv.models import Inscription, Offre, Ouverture, Rdv

# Named on the page; the rest is a number.
SHOWN = 12
ONE_DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Closing:
    """Whole days, both included; `site` None is the whole département."""

    departement: Departement
    site: Site | None
    starts_on: date
    ends_on: date

    @property
    def span(self) -> tuple[datetime, datetime]:
        zone = self.departement.zone
        return clock.midnight(self.starts_on, zone), clock.midnight(self.ends_on + ONE_DAY, zone)

    @property
    def there(self) -> Q:
        return Q(departement=self.departement) if self.site is None else Q(departement=self.departement, site=self.site)


@dataclass(frozen=True, slots=True)
class Effects:
    """`open_hours`, counted up, are offered to nobody any more; `rdvs` can be read by who asks, of `rdv_count`.
    `offered` have an hour of the list there that will be taken back, `waiting` wait for what is received these days."""

    open_hours: int
    rdv_count: int
    rdvs: tuple[Rdv, ...]
    offered: int
    waiting: int

    @property
    def untold(self) -> int:
        return self.rdv_count - len(self.rdvs)


def effects_of(scope: Scope, closing: Closing, *, now: datetime) -> Effects:
    start, end = closing.span
    openings = _openings(closing, now)
    motif_ids = {pk for ids in openings.values_list("motif_ids", flat=True).distinct() for pk in ids}
    open_time: timedelta = openings.aggregate(total=Sum(F("ends_at") - F("starts_at")))["total"] or timedelta()
    live = Rdv.objects.live().filter(closing.there, starts_at__gte=max(start, now), starts_at__lt=end)
    offered = Offre.objects.live().filter(closing.there, starts_at__gte=start, starts_at__lt=end)
    waiting = Inscription.objects.waiting().filter(departement=closing.departement, motif__in=motif_ids)
    return Effects(
        open_hours=-(-open_time // HOUR),
        rdv_count=live.count(),
        rdvs=_readable(scope, closing, now),
        offered=offered.count(),
        waiting=waiting.count(),
    )


def _openings(closing: Closing, now: datetime) -> QuerySet[Ouverture]:
    """Those of these days that no closure hides yet."""
    hidden = Fermeture.objects.filter(
        Q(site__isnull=True) | Q(site=OuterRef("site")),
        departement=OuterRef("departement"),
        starts_on__lte=OuterRef("local_on"),
        ends_on__gte=OuterRef("local_on"),
    )
    days = (closing.starts_on, closing.ends_on)
    rows = Ouverture.objects.standing().filter(closing.there, local_on__range=days, ends_at__gt=now)
    return rows.filter(~Exists(hidden))


def _readable(scope: Scope, closing: Closing, now: datetime) -> tuple[Rdv, ...]:
    start, end = closing.span
    mine = Q(site__in=scope.site_ids) | Q(rdv_agents__agent=scope.agent_id)
    rows = whole_rdvs().filter(closing.there, mine, starts_at__gte=max(start, now), starts_at__lt=end)
    found = rows.filter(cancelled_at__isnull=True).distinct().order_by("starts_at", "id")[: 4 * SHOWN]
    return tuple([rdv for rdv in found if may_read_rdv(scope, rdv)][:SHOWN])
