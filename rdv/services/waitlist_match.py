"""Who is next for a freed hour: one question to the database, and the same conditions to explain the answer.

Room: services. Reads only. Called by waitlist_offer under the lock of the list, and by the screens ("why this person").

    wishes (indexed, cheap)  ->  sorted by class after ageing, age, id  ->  walked in order with what is dear to check
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db import connection
from django.db.models import Q

from agents.models import Site
from rdv.core.clock import local_date
from rdv.domain.waiting import half_day_bit, next_waking
from rdv.models import NEVER_SENT, UNDONE, Inscription, Motif, Participation, SourceKind
from rdv.services.waitlist_rules import policy_of, quiet_of


@dataclass(frozen=True, slots=True)
class Freed:
    """An hour of these agents, or a seat of `atelier`, that may go to somebody who waits for `motif`.

    `left_by`: those who just gave it up, and are not asked. `freed_at`: when it came free first. `chain`: how many
    exchanges led here. `was_hidden`: nobody could book it a moment ago, so that it may be held before it is public.
    """

    motif: Motif
    site: Site
    starts_at: datetime
    ends_at: datetime
    agent_ids: tuple[int, ...]
    source_kind: SourceKind
    freed_at: datetime
    source_uuid: uuid.UUID | None = None
    atelier_id: int | None = None
    left_by: tuple[int, ...] = ()
    chain: int = 0
    was_hidden: bool = True

    @property
    def first_agent(self) -> int:
        return min(self.agent_ids, default=0)


# Each condition has a name, for the sentence that explains it. The cheap ones first: they are asked of everybody.
WISHES = {
    "waiting": "i.state = 'waiting'",
    "motif": "i.motifs @> ARRAY[%(motif)s]::bigint[]",
    "session": "(i.atelier_id IS NULL OR i.atelier_id = %(atelier)s)",
    "site": "(cardinality(i.sites) = 0 OR %(site)s = ANY (i.sites))",
    "half_day": "(i.half_days = 0 OR i.half_days & %(bit)s <> 0)",
    "from_day": "(i.from_day IS NULL OR i.from_day <= %(day)s)",
    "until_day": "(i.until_day IS NULL OR i.until_day >= %(day)s)",
    "agent": "(i.agent_id IS NULL OR i.agent_id = ANY (%(agents)s::bigint[]))",
    "step_free": "(%(is_step_free)s OR NOT i.needs_step_free)",
    # Asked once for the hour, not for each person (an InitPlan): one of them who speaks it is enough.
    "language": """(i.language = '' OR i.language = ANY (ARRAY(
        SELECT unnest(a.languages) FROM agents_agent a WHERE a.id = ANY (%(agents)s::bigint[]))))""",
    "notice": "i.shortest_notice_min * interval '1 minute' <= %(left)s",
    "left": "NOT i.usager_id = ANY (%(left_by)s::bigint[])",
}
# The Rdv that a yes gives back: the one named when joining, or one taken since for a motif that is waited for
# (`given_back` says the same).
_EXCHANGED = """(p.id IS NOT DISTINCT FROM i.participation_id OR (
            r.motif_id = ANY(i.motifs) AND p.created_at >= i.opened_at AND i.atelier_id IS NULL
            AND p.starts_at > %(now)s))"""
CHECKS = {
    "erased": "EXISTS (SELECT 1 FROM usagers_usager u WHERE u.id = i.usager_id AND u.erased_at IS NULL)",
    "radius": """(i.radius_km IS NULL OR cardinality(i.sites) > 0 OR coalesce((
        SELECT 2 * 6371 * asin(least(1, sqrt(
            power(sin(radians(home.latitude - %(latitude)s) / 2), 2)
            + cos(radians(home.latitude)) * cos(radians(%(latitude)s))
              * power(sin(radians(home.longitude - %(longitude)s) / 2), 2)
        ))) FROM (SELECT coalesce(i.near_latitude, u.latitude) AS latitude,
                         coalesce(i.near_longitude, u.longitude) AS longitude
                  FROM usagers_usager u WHERE u.id = i.usager_id) AS home) <= i.radius_km, false))""",
    "referent": """(NOT (i.referent_only OR %(follow_up)s) OR EXISTS (
        SELECT 1 FROM usagers_referent r WHERE r.usager_id = i.usager_id AND r.agent_id = ANY (%(agents)s::bigint[])
        AND r.starts_on <= %(today)s AND (r.ends_on IS NULL OR r.ends_on >= %(today)s)))""",
    # "Something earlier": never a later hour than the Rdv that would be given back.
    "earlier": f"""NOT EXISTS (
        SELECT 1 FROM rdv_participation p JOIN rdv_rdv r ON r.id = p.rdv_id WHERE p.usager_id = i.usager_id
        AND p.status IN ('unknown', 'seen', 'noshow') AND p.starts_at <= %(starts_at)s AND {_EXCHANGED})""",  # noqa: S608 - constants
    "busy": f"""NOT EXISTS (
        SELECT 1 FROM rdv_participation p JOIN rdv_rdv r ON r.id = p.rdv_id WHERE p.usager_id = i.usager_id
        AND p.status IN ('unknown', 'seen', 'noshow') AND p.starts_at < %(ends_at)s AND p.ends_at > %(starts_at)s
        AND NOT {_EXCHANGED})""",  # noqa: S608 - constants
    "twice": """NOT EXISTS (
        SELECT 1 FROM rdv_offre o JOIN rdv_inscription oi ON oi.id = o.inscription_id
        WHERE oi.usager_id = i.usager_id AND o.starts_at = %(starts_at)s AND o.site_id = %(site)s
        AND o.first_agent = %(first_agent)s AND NOT o.reason = ANY(%(not_asked)s))
        AND (SELECT count(*) FROM rdv_offre o WHERE o.inscription_id = i.id AND o.starts_at = %(starts_at)s
        AND o.site_id = %(site)s AND o.first_agent = %(first_agent)s AND o.reason = %(never_sent)s) < 2""",
    "a_day": """(SELECT count(*) FROM rdv_offre o JOIN rdv_inscription oi ON oi.id = o.inscription_id
        WHERE oi.usager_id = i.usager_id AND o.sent_at >= %(midnight)s
        AND NOT o.reason = ANY(%(not_asked)s)) < %(offers_a_day)s""",
}
SENTENCES = {
    "waiting": "n’attend pas en ce moment",
    "motif": "attend pour un autre motif",
    "session": "attend pour un autre atelier",
    "site": "ne vient pas sur ce site",
    "half_day": "n’est pas libre cette demi-journée",
    "from_day": "ne peut pas avant une date plus tardive",
    "until_day": "voulait une date plus proche",
    "agent": "veut un autre professionnel",
    "step_free": "a besoin d’un accès sans marche",
    "language": "demande une langue que ce professionnel ne parle pas",
    "notice": "demande à être prévenu plus tôt",
    "left": "vient de libérer cette heure",
    "erased": "n’a plus de dossier",
    "radius": "a demandé un lieu plus proche",
    "referent": "n’est pas suivi par ce professionnel",
    "earlier": "a déjà un rendez-vous avant cette heure",
    "busy": "a un autre rendez-vous à cette heure",
    "twice": "a déjà été sollicité pour cette heure",
    "a_day": "a déjà reçu assez de propositions aujourd’hui",
}
# Class after ageing: rdv.domain.waiting.effective_class says the same, and a test compares them.
CLASS = """greatest(i.priority - floor(extract(epoch FROM %(now)s - i.opened_at) / (%(ageing)s * 86400)), 0)"""
_CANDIDATES = f"""
SELECT c.id FROM (
    SELECT i.*, {CLASS} AS class FROM rdv_inscription i
    WHERE i.departement_id = %(departement)s AND {" AND ".join(WISHES.values())}
    ORDER BY class, i.opened_at, i.id OFFSET 0
) AS c JOIN rdv_inscription i ON i.id = c.id
WHERE {" AND ".join(CHECKS.values())}
ORDER BY c.class, c.opened_at, c.id
LIMIT %(limit)s
"""  # noqa: S608 - constants of this module; values are parameters


def candidates(freed: Freed, *, now: datetime, limit: int) -> list[Inscription]:
    """Those to ask, first come first, at most `limit`."""
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, _parameters(freed, now) | {"limit": limit})
        ids = [row[0] for row in cursor.fetchall()]
    found = Inscription.objects.whole().in_bulk(ids)
    return [found[pk] for pk in ids]


def explain(freed: Freed, inscription: Inscription, *, now: datetime) -> list[str]:
    """Why this person is not asked for this hour; empty when they may be."""
    return [SENTENCES[name] for name in failing(freed, [inscription.pk], now=now)[inscription.pk]]


def failing(freed: Freed, ids: Sequence[int], *, now: datetime) -> dict[int, list[str]]:
    """inscription id -> names of the conditions that it does not meet."""
    conditions = WISHES | CHECKS
    columns = ", ".join(f"({condition})" for condition in conditions.values())
    sql = f"SELECT i.id, {columns} FROM rdv_inscription i WHERE i.id = ANY (%(ids)s::bigint[])"  # noqa: S608 - as above
    with connection.cursor() as cursor:
        cursor.execute(sql, _parameters(freed, now) | {"ids": list(ids)})
        rows = cursor.fetchall()
    return {row[0]: [name for name, is_met in zip(conditions, row[1:], strict=True) if not is_met] for row in rows}


def ahead_of(inscription: Inscription, freed: Freed, *, now: datetime, limit: int = 10) -> list[Inscription]:
    """Who stands before this person on the list of the motif, whether the hour suits them or not."""
    sql = f"""
        SELECT i.id FROM rdv_inscription i, (SELECT {CLASS} AS class, i.opened_at, i.id FROM rdv_inscription i
            WHERE i.id = %(inscription)s) AS me
        WHERE i.departement_id = %(departement)s AND i.state IN ('waiting', 'offered') AND {WISHES["motif"]}
          AND ({CLASS}, i.opened_at, i.id) < (me.class, me.opened_at, me.id)
        ORDER BY {CLASS}, i.opened_at, i.id LIMIT %(limit)s"""  # noqa: S608 - constants of this module
    with connection.cursor() as cursor:
        cursor.execute(sql, _parameters(freed, now) | {"inscription": inscription.pk, "limit": limit})
        ids = [row[0] for row in cursor.fetchall()]
    found = Inscription.objects.whole().in_bulk(ids)
    return [found[pk] for pk in ids]


def given_back(inscription: Inscription, now: datetime) -> Participation | None:
    """The Rdv to exchange: the one named when joining if it stands, else one taken since for a motif waited for."""
    taken_since = Q(rdv__motif__in=inscription.motifs, created_at__gte=inscription.opened_at)
    named = Q(pk=inscription.participation_id)
    mine = named | taken_since if inscription.atelier_id is None else named
    rows = Participation.objects.live().filter(mine, usager=inscription.usager_id, starts_at__gt=now)
    return rows.select_related("rdv__motif__departement", "rdv__site").order_by("starts_at", "id").first()


def _parameters(freed: Freed, now: datetime) -> dict[str, Any]:
    motif, site = freed.motif, freed.site
    zone, policy = motif.departement.zone, policy_of(motif)
    local = freed.starts_at.astimezone(zone)
    today = local_date(now, zone)
    return {
        "departement": motif.departement_id,
        "motif": motif.pk,
        "atelier": freed.atelier_id,
        "site": site.pk,
        "is_step_free": site.is_step_free or motif.modality != "public_office",
        "latitude": site.latitude,
        "longitude": site.longitude,
        "bit": half_day_bit(local),
        "day": local.date(),
        "today": today,
        "midnight": datetime.combine(today, time(0), tzinfo=zone),
        "agents": list(freed.agent_ids),
        "first_agent": freed.first_agent,
        "follow_up": motif.is_follow_up,
        # The warning that somebody asked for begins when their phone may ring, not at night.
        "left": freed.starts_at - next_waking(now, quiet_of(motif.departement, policy)),
        "left_by": list(freed.left_by),
        "starts_at": freed.starts_at,
        "ends_at": freed.ends_at,
        "now": now,
        "ageing": policy.ageing_days,
        "offers_a_day": policy.offers_a_day,
        "not_asked": [UNDONE, NEVER_SENT],
        "never_sent": NEVER_SENT,
    }
