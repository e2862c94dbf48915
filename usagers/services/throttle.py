"""How many codes may be asked, counted in the database: the count survives a restart and a broker that is down.

Called by usagers.services.codes with the address and the network locked, so that two requests never count alike.

    limits of an address:   3 in 15 minutes    (a person who retries, not a machine that rings a phone all night)
                            8 in 24 hours
    limit of a network:    30 in one hour      (a family, a public computer, an MDS hall behind one address)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from usagers.models import LoginCode


@dataclass(frozen=True, slots=True)
class Limit:
    count: int
    period: timedelta


ADDRESS_LIMITS = (Limit(3, timedelta(minutes=15)), Limit(8, timedelta(hours=24)))
NETWORK_LIMITS = (Limit(30, timedelta(hours=1)),)
LONGEST = max(limit.period for limit in (*ADDRESS_LIMITS, *NETWORK_LIMITS))


def next_allowed_at(*, address_hash: str, network_hash: str, now: datetime) -> datetime | None:
    """None when a code may be sent now, else the first instant when it may."""
    waits = [_free_at("address_hash", address_hash, limit, now) for limit in ADDRESS_LIMITS]
    if network_hash:
        waits += [_free_at("network_hash", network_hash, limit, now) for limit in NETWORK_LIMITS]
    return max((wait for wait in waits if wait is not None), default=None)


def _free_at(field: str, value: str, limit: Limit, now: datetime) -> datetime | None:
    asked = LoginCode.objects.asked_since(now - limit.period).filter(**{field: value})
    # The oldest of the last `count` codes must leave the period before another may be sent.
    oldest = asked.order_by("-created_at").values_list("created_at", flat=True)[limit.count - 1 : limit.count].first()
    return oldest + limit.period if oldest else None
