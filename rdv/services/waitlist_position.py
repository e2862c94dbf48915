"""Where somebody stands on the list, and how long others waited. Room: services. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from rdv.models import Inscription, Motif, Offre, OffreState
from rdv.services.waitlist_match import CLASS
from rdv.services.waitlist_rules import policy_of

# Figures of "how long did others wait": over this long, and only when there are enough of them to mean something.
OBSERVED_OVER = timedelta(days=90)
OBSERVED_ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Position:
    """`rank` 1 is next. `observed_delay_days`: how long those served lately waited (median); None: too few to say."""

    rank: int
    waiting: int
    observed_delay_days: int | None


_RANK = f"""
SELECT count(*) FILTER (WHERE ({CLASS}, i.opened_at, i.id) < (me.class, me.opened_at, me.id)), count(*)
FROM rdv_inscription i, (SELECT {CLASS} AS class, i.opened_at, i.id, i.motif_id, i.motifs, i.sites, i.departement_id
                         FROM rdv_inscription i WHERE i.id = %(inscription)s) AS me
WHERE i.departement_id = me.departement_id AND i.state IN ('waiting', 'offered') AND i.motifs && me.motifs
  AND (cardinality(i.sites) = 0 OR cardinality(me.sites) = 0 OR i.sites && me.sites)
"""  # noqa: S608 - constants; values are parameters


def position_of(inscription: Inscription, now: datetime) -> Position:
    """Among those who wait for the same motif and could get the same places."""
    policy = policy_of(inscription.motif)
    parameters: dict[str, Any] = {"inscription": inscription.pk, "now": now, "ageing": policy.ageing_days}
    with connection.cursor() as cursor:
        cursor.execute(_RANK, parameters)
        before, waiting = cursor.fetchone()
    return Position(before + 1, waiting, observed_delay_days(inscription.motif, now))


def observed_delay_days(motif: Motif, now: datetime) -> int | None:
    """Median of the waits that ended with a yes lately."""
    rows = Offre.objects.filter(motif=motif, state=OffreState.ACCEPTED, answered_at__gte=now - OBSERVED_OVER)
    pairs = rows.values_list("answered_at", "inscription__opened_at")
    waits = sorted(answered - opened for answered, opened in pairs if answered is not None)
    return waits[len(waits) // 2].days if len(waits) >= OBSERVED_ENOUGH else None
