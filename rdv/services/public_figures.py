"""Figures that anybody may read: the whole département over a period of whole days, never a number of few people.

Room: services. Reads only. Called by rdv/views/public/figures, which keeps the answer an hour: two queries at most.

    hours       one agent (the first of them), one start: lost when nobody was seen in it
    told        participations whose outcome somebody wrote
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from agents.models import Departement, Site
from rdv.models import Inscription, InscriptionState, Motif
from rdv.services.waitlist_figures import Figures, figures_of

# Under this, a number could tell of somebody.
FEW = 5


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of the Rdv. Counts; `delay`: from the booking to the hour, one person in two waited less."""

    hours: int
    lost: int
    told: int
    noshow: int
    booked: int
    online: int
    delay: timedelta | None


@dataclass(frozen=True, slots=True)
class PublicFigures:
    list: Figures
    rdv: Outcomes
    waiting: int


_OUTCOMES = """
WITH told AS (
    SELECT r.id, r.starts_at, p.status, p.origin, p.created_at,
           (SELECT min(ra.agent_id) FROM rdv_rdvagent ra WHERE ra.rdv_id = r.id) AS agent,
           m.is_collective
    FROM rdv_rdv r JOIN rdv_participation p ON p.rdv_id = r.id JOIN rdv_motif m ON m.id = r.motif_id
    WHERE r.departement_id = %(departement)s AND r.starts_at >= %(since)s AND r.starts_at < %(until)s
), hours AS (
    SELECT bool_or(status = 'seen') AS is_used FROM told
    WHERE NOT is_collective AND status <> 'unknown' GROUP BY agent, starts_at
)
SELECT (SELECT count(*) FROM hours), (SELECT count(*) FROM hours WHERE NOT is_used),
       count(*) FILTER (WHERE status IN ('seen', 'noshow')), count(*) FILTER (WHERE status = 'noshow'),
       count(*), count(*) FILTER (WHERE origin = 'web'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM starts_at - created_at))
           FILTER (WHERE NOT is_collective)
FROM told
"""


def public_figures(departement: Departement, *, since: datetime, until: datetime) -> PublicFigures:
    motifs, sites = list(Motif.objects.of(departement)), list(Site.objects.of(departement))
    total, _lines = figures_of(departement=departement, motifs=motifs, sites=sites, since=since, until=until)
    waiting = Inscription.objects.filter(
        departement=departement, state__in=(InscriptionState.WAITING, InscriptionState.OFFERED)
    )
    return PublicFigures(total, _outcomes(departement, since, until), waiting.count())


def _outcomes(departement: Departement, since: datetime, until: datetime) -> Outcomes:
    parameters: dict[str, Any] = {"departement": departement.code, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES, parameters)
        *counts, delay = cursor.fetchone()
    hours, lost, told, noshow, booked, online = counts
    median = timedelta(seconds=float(delay)) if delay is not None else None
    return Outcomes(hours, lost, told, noshow, booked, online, median)


def said(number: int) -> str:
    """1 234, or "moins de 5"; none is said as it is: nobody is in it."""
    if 0 < number < FEW:
        return f"moins de {FEW}"
    return f"{number:,}".replace(",", "\u202f")


def share(part: int, whole: int) -> int | None:
    """Of a hundred. None where the two numbers would tell of a few people: part, rest or whole."""
    few = range(1, FEW)
    if whole < FEW or part in few or whole - part in few:
        return None
    return round(100 * part / whole)
