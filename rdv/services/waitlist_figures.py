"""Figures of the waiting list: hours freed, offered, refilled, minutes rescued, time to fill, by motif and site.

Room: services. Reads only, no personal data. Called by rdv/views/waiting/figures.

    freed      hours that the list looked at, whatever freed them: those offered to somebody, and those that nobody of
               the list could take
    offered    hours that were proposed to at least one person
    refilled   hours that somebody of the list accepted
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from agents.access import Scope
from agents.models import Departement, Site
from rdv.access import motifs_for_agent, sites_of
from rdv.models import Motif


@dataclass(frozen=True, slots=True)
class Figures:
    freed: int = 0
    offered: int = 0
    refilled: int = 0
    offers: int = 0
    minutes: int = 0
    fill: timedelta | None = None

    @property
    def share(self) -> int | None:
        """Of a hundred freed hours, how many were refilled."""
        return round(100 * self.refilled / self.freed) if self.freed else None


@dataclass(frozen=True, slots=True)
class Line:
    motif: Motif
    site: Site
    figures: Figures


_COUNTED = """
WITH hours AS (
    SELECT o.motif_id, o.site_id, count(*) AS offers,
           max(extract(epoch FROM o.ends_at - o.starts_at) / 60) FILTER (WHERE o.state = 'accepted') AS minutes,
           min(extract(epoch FROM o.answered_at - o.freed_at)) FILTER (WHERE o.state = 'accepted') AS fill
    FROM rdv_offre o
    WHERE o.departement_id = %(departement)s AND o.freed_at >= %(since)s AND o.freed_at <= %(until)s
      AND o.motif_id = ANY (%(motifs)s::bigint[]) AND o.site_id = ANY (%(sites)s::bigint[])
    GROUP BY o.motif_id, o.site_id, o.starts_at, o.first_agent, o.atelier_id, o.source_uuid, o.freed_at
), released AS (
    SELECT (e.data->>'motif')::bigint AS motif_id, (e.data->>'site')::bigint AS site_id
    FROM rdv_evenement e
    WHERE e.departement_code = %(departement)s AND e.kind = 'waitlist.released'
      AND e.at >= %(since)s AND e.at <= %(until)s
      AND (e.data->>'motif')::bigint = ANY (%(motifs)s::bigint[])
      AND (e.data->>'site')::bigint = ANY (%(sites)s::bigint[])
      AND NOT EXISTS (
          SELECT 1 FROM rdv_offre o WHERE o.starts_at = (e.data->>'starts_at')::timestamptz
          AND o.site_id = (e.data->>'site')::bigint
          -- the journal keeps milliseconds
          AND date_trunc('milliseconds', o.freed_at) = (e.data->>'freed_at')::timestamptz
          AND o.first_agent = coalesce(
              (SELECT min(one::bigint) FROM jsonb_array_elements_text(e.data->'agents') AS one), 0))
), both_kinds AS (
    SELECT motif_id, site_id, offers, minutes, fill FROM hours
    UNION ALL SELECT motif_id, site_id, 0, NULL, NULL FROM released
)
SELECT motif_id, site_id, count(*), count(*) FILTER (WHERE offers > 0), count(minutes), sum(offers),
       coalesce(sum(minutes), 0), percentile_cont(0.5) WITHIN GROUP (ORDER BY fill)
FROM both_kinds GROUP BY GROUPING SETS ((motif_id, site_id), ())
"""


def figures_of(
    *, departement: Departement, motifs: Collection[Motif], sites: Collection[Site], since: datetime, until: datetime
) -> tuple[Figures, list[Line]]:
    """The whole, then each motif on each site where something was freed."""
    parameters: dict[str, Any] = {
        "departement": departement.code,
        "since": since,
        "until": until,
        "motifs": [one.pk for one in motifs],
        "sites": [one.pk for one in sites],
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, parameters)
        rows = {(row[0], row[1]): _read(row[2:]) for row in cursor.fetchall()}
    total = rows.pop((None, None), Figures())
    return total, list(_lines(rows, motifs, sites))


def _read(row: tuple[Any, ...]) -> Figures:
    freed, offered, refilled, offers, minutes, fill = row
    median = timedelta(seconds=float(fill)) if fill is not None else None
    return Figures(freed, offered, refilled, int(offers or 0), round(minutes), median)


def _lines(rows: dict[tuple[int, int], Figures], motifs: Collection[Motif], sites: Collection[Site]) -> Iterable[Line]:
    for motif in motifs:
        for site in sites:
            found = rows.get((motif.pk, site.pk))
            if found is not None:
                yield Line(motif, site, found)


def counted_for(scope: Scope, departement: Departement) -> tuple[list[Motif], list[Site]]:
    """What this agent may count: the whole département for its administrator, else their motifs on their sites."""
    if scope.is_admin:
        return list(Motif.objects.of(departement)), list(Site.objects.of(departement))
    motifs = motifs_for_agent(scope).order_by("service__position", "position", "name", "id")
    return list(motifs), sites_of(scope)
