"""What is still to come on a site, in numbers only: an administrator reads no Rdv. Reads only; for rdv/views/places."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from agents.models import Site
from rdv.models import Rdv


@dataclass(frozen=True, slots=True)
class Ahead:
    """`count` Rdv to come, the next one at `next_at`; None when there is none."""

    count: int
    next_at: datetime | None


def ahead_on(site: Site, *, now: datetime) -> Ahead:
    coming = Rdv.objects.live().filter(site=site, starts_at__gt=now)
    found = coming.aggregate(count=Count("id"), next_at=Min("starts_at"))
    return Ahead(found["count"], found["next_at"])
