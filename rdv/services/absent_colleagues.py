"""Who is free at the very time of each Rdv of an agent who is away: one statement for all of them.

Room: services, reads only. Called by absent_plan. Same motif, same site; a follow-up asks for a référent of the person,
a session for anybody of the service on the site. Whoever is chosen is asked again under lock, by moving.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from agents.models import AGENDA_ROLES
from rdv.domain.absent import Load, Need
from rdv.domain.intervals import Interval
from rdv.models import Modality, Rdv
from rdv.services.questions import LOOK_BACK

# Two weeks before, two after: how busy somebody is (engine.md, point 8).
AROUND = timedelta(weeks=2)


@dataclass(frozen=True, slots=True)
class Colleagues:
    """`free`: Rdv id -> agents free then, the least busy first."""

    free: Mapping[int, Sequence[int]]
    loads: Mapping[int, Load]
    spans: Mapping[int, Interval]

    def needs(self) -> list[Need]:
        return [Need(key, self.spans[key], candidates) for key, candidates in self.free.items()]


_FREE = """
WITH need AS (
    SELECT * FROM unnest(%(keys)s::bigint[], %(motifs)s::bigint[], %(services)s::bigint[], %(sites)s::bigint[],
        %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(from)s::timestamptz[], %(until)s::timestamptz[],
        %(away)s::boolean[], %(follow)s::boolean[], %(collective)s::boolean[], %(usagers)s::bigint[], %(days)s::date[])
      AS n(key, motif, service, site, starts_at, ends_at, busy_from, busy_until, is_away, is_follow_up, is_collective,
           usager, local_on)
), open AS (
    SELECT n.key, o.agent_id
    FROM need n JOIN rdv_ouverture o
      ON NOT o.is_cancelled AND o.motif_ids @> ARRAY[n.motif]::bigint[]
     AND o.starts_at > n.starts_at - %(look_back)s AND o.starts_at <= n.starts_at AND o.ends_at >= n.ends_at
     AND (o.site_id = n.site OR (n.is_away AND o.site_id IS NULL AND EXISTS (
            SELECT 1 FROM agents_affectation f WHERE f.agent_id = o.agent_id AND f.site_id = n.site
               AND f.role = ANY(%(roles)s) AND f.starts_on <= n.local_on
               AND (f.ends_on IS NULL OR f.ends_on >= n.local_on))))
    WHERE NOT n.is_collective AND o.departement_id = %(departement)s
    UNION
    SELECT n.key, f.agent_id
    FROM need n JOIN agents_affectation f ON f.site_id = n.site AND f.role = ANY(%(roles)s)
         AND f.starts_on <= n.local_on AND (f.ends_on IS NULL OR f.ends_on >= n.local_on)
         JOIN agents_agentservice s ON s.agent_id = f.agent_id AND s.service_id = n.service
    WHERE n.is_collective
), fit AS (
    SELECT DISTINCT open.key, open.agent_id
    FROM open JOIN need n ON n.key = open.key
    JOIN agents_agent a ON a.id = open.agent_id AND a.is_active
    WHERE open.agent_id <> %(absent)s
      AND NOT EXISTS (SELECT 1 FROM rdv_rdvagent l WHERE l.rdv_id = n.key AND l.agent_id = open.agent_id)
      AND (NOT n.is_follow_up OR EXISTS (
            SELECT 1 FROM usagers_referent r WHERE r.usager_id = n.usager AND r.agent_id = open.agent_id
               AND r.starts_on <= %(today)s AND (r.ends_on IS NULL OR r.ends_on >= %(today)s)))
      AND NOT EXISTS (
            SELECT 1 FROM agents_fermeture c WHERE c.departement_id = %(departement)s
               AND c.starts_on <= n.local_on AND c.ends_on >= n.local_on
               AND (c.site_id IS NULL OR c.site_id = n.site))
      AND NOT EXISTS (
            SELECT 1 FROM rdv_occupation b WHERE b.agent_id = open.agent_id
               AND b.starts_at > n.busy_from - %(look_back)s AND b.starts_at < n.busy_until AND b.ends_at > n.busy_from
               AND (b.expires_at IS NULL OR b.expires_at > %(now)s) AND (b.kind <> 'option' OR b.is_blocking))
), load AS (
    SELECT a.agent_id,
       coalesce((SELECT sum(extract(epoch FROM b.ends_at - b.starts_at)) FROM rdv_occupation b
                 WHERE b.agent_id = a.agent_id AND b.kind = 'rdv'
                   AND b.starts_at BETWEEN %(since)s AND %(to)s), 0) AS booked,
       coalesce((SELECT sum(extract(epoch FROM o.ends_at - o.starts_at)) FROM rdv_ouverture o
                 WHERE o.agent_id = a.agent_id AND NOT o.is_cancelled
                   AND o.starts_at BETWEEN %(since)s AND %(to)s), 0) AS working
    FROM (SELECT DISTINCT agent_id FROM fit) AS a
)
SELECT fit.key, fit.agent_id, load.booked, load.working FROM fit JOIN load ON load.agent_id = fit.agent_id
ORDER BY fit.key, fit.agent_id
"""


def free_colleagues(rdvs: Sequence[Rdv], *, absent_id: int, today: date, now: datetime) -> Colleagues:
    """`rdvs` come whole (rdv/access.whole_rdvs) and are of one département. Raises nothing; nobody is an answer."""
    asked = [one for one in rdvs if one.starts_at > now]
    spans = {one.pk: _span(one) for one in asked}
    if not asked:
        return Colleagues({}, {}, {})
    free: dict[int, list[int]] = defaultdict(list)
    loads: dict[int, Load] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FREE, _parameters(asked, spans, absent_id, today, now))
        for key, agent_id, booked, working in cursor.fetchall():
            free[key].append(agent_id)
            loads[agent_id] = Load(float(booked), float(working))
    for candidates in free.values():
        candidates.sort(key=lambda pk: (loads[pk].ratio, pk))
    return Colleagues(free, loads, spans)


def _span(rdv: Rdv) -> Interval:
    """Its time with the minutes around it."""
    return Interval(rdv.starts_at - rdv.motif.buffer_before, rdv.ends_at + rdv.motif.buffer_after)


def _parameters(
    rdvs: Sequence[Rdv], spans: Mapping[int, Interval], absent_id: int, today: date, now: datetime
) -> dict[str, Any]:
    zone = rdvs[0].motif.departement.zone
    first = rdvs[0].starts_at
    return {
        "keys": [one.pk for one in rdvs],
        "motifs": [one.motif_id for one in rdvs],
        "services": [one.motif.service_id for one in rdvs],
        "sites": [one.site_id for one in rdvs],
        "starts": [one.starts_at for one in rdvs],
        "ends": [one.ends_at for one in rdvs],
        "from": [spans[one.pk].start for one in rdvs],
        "until": [spans[one.pk].end for one in rdvs],
        "away": [one.modality != Modality.PUBLIC_OFFICE for one in rdvs],
        "follow": [one.motif.is_follow_up for one in rdvs],
        "collective": [one.motif.is_collective for one in rdvs],
        "usagers": [_usager_id(one) for one in rdvs],
        "days": [one.starts_at.astimezone(zone).date() for one in rdvs],
        "departement": rdvs[0].departement_id,
        "absent": absent_id,
        "roles": [role.value for role in AGENDA_ROLES],
        "look_back": LOOK_BACK,
        "today": today,
        "now": now,
        "since": first - AROUND,
        "to": first + AROUND,
    }


def _usager_id(rdv: Rdv) -> int:
    return next((one.usager_id for one in rdv.participations.all() if one.is_live), 0)
