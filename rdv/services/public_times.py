"""Free times as the public reads them: by place, then by day. Reads only; called by the public views.

A page shows the next days *that have a place*, wherever they are: a minimum notice longer than a week, or a full month,
leads to the first page that has something, never to an empty one.

    usager window   |......x..x.......................x...x.....|
    page 1                 [x  x                      x   x]            the days between are skipped
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.models import Site
from rdv.core.clock import local_date, midnight
from rdv.domain.travel import Point, distance_km
from rdv.domain.windows import Window
from rdv.models import Motif, Rdv
from rdv.services.availability import creneaux_of, first_creneaux, sessions_of, usager_window
from rdv.services.questions import EVERYBODY, Agents
from rdv.services.visits import site_point

DAYS_SHOWN = 4
# Most pages are answered by the first weeks; the whole horizon is read only when they are full.
FIRST_LOOK = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Search:
    """What a person looks for, at these places. `place`: where the visit is, for a motif at home."""

    motif: Motif
    sites: tuple[Site, ...]
    now: datetime
    agents: Agents = EVERYBODY
    place: Point | None = None

    @property
    def window(self) -> Window:
        return usager_window(self.motif, self.now)

    def starts(self, window: Window) -> list[tuple[datetime, int]]:
        """(start, site id), each hour once per place, whoever receives."""
        found = creneaux_of(
            self.motif,
            sites=self.sites,
            agents=self.agents,
            window=window,
            now=self.now,
            is_public=True,
            place=self.place,
        )
        return sorted({(creneau.starts_at, creneau.site_id) for creneau in found})

    def first_by_site(self, window: Window | None = None) -> dict[int, datetime | None]:
        return first_creneaux(
            self.motif,
            sites=self.sites,
            agents=self.agents,
            window=window or self.window,
            now=self.now,
            is_public=True,
            place=self.place,
        )

    def sessions(self) -> list[Rdv]:
        """The workshops to come, full ones included."""
        return sessions_of(self.motif, sites=self.sites, window=self.window)


@dataclass(frozen=True, slots=True)
class Days:
    """One page of days. `next_on` and `previous_on`: where the pages around begin."""

    days: dict[dt.date, list[tuple[datetime, int]]]
    next_on: dt.date | None = None
    previous_on: dt.date | None = None


def days_from(search: Search, start: dt.date | None) -> Days:
    """The page that holds `start`, or begins after it; the first one without `start`."""
    zone = search.motif.departement.zone
    window = search.window
    first_on, last_on = local_date(window.earliest, zone), local_date(window.latest, zone)
    # A day beyond the horizon is its last day: the calendar itself has an end, where no day can be added.
    look_until = midnight(max(first_on, min(start or first_on, last_on)), search.motif.departement.zone) + FIRST_LOOK
    found = _by_day(search, Window(window.earliest, min(look_until, window.latest)))
    after = [day for day in found if start is None or day >= start]
    if len(after) <= DAYS_SHOWN and look_until < window.latest:
        found = _by_day(search, window)
    return page_of(found, start)


def page_of(found: dict[dt.date, list[tuple[datetime, int]]], start: dt.date | None) -> Days:
    days = list(found)
    at = next((index for index, day in enumerate(days) if start is None or day >= start), None)
    if at is None:  # asked beyond the last day: the last page
        at = max(0, len(days) - DAYS_SHOWN)
    shown = days[at : at + DAYS_SHOWN]
    return Days(
        {day: found[day] for day in shown},
        next_on=days[at + DAYS_SHOWN] if at + DAYS_SHOWN < len(days) else None,
        previous_on=days[max(0, at - DAYS_SHOWN)] if at > 0 else None,
    )


def _by_day(search: Search, window: Window) -> dict[dt.date, list[tuple[datetime, int]]]:
    zone = search.motif.departement.zone
    found: dict[dt.date, list[tuple[datetime, int]]] = defaultdict(list)
    for start, site_id in search.starts(window):
        found[local_date(start, zone)].append((start, site_id))
    return dict(found)


def earlier_elsewhere(
    search: Search, others: Sequence[Site], first_here: datetime | None
) -> tuple[datetime, Site] | None:
    """The first free time of the other places, when it is before the first one here. At most one look."""
    if not others:
        return None
    window = search.window
    if first_here is not None:
        window = Window(window.earliest, min(window.latest, first_here - timedelta(seconds=1)))
    if window.is_empty:
        return None
    elsewhere = Search(search.motif, tuple(others), search.now, search.agents, search.place)
    firsts = elsewhere.first_by_site(window)
    found = [(start, site) for site in others if (start := firsts[site.pk]) is not None]
    return min(found, key=lambda pair: pair[0], default=None)


def nearest_to(search: Search, start: datetime, count: int) -> list[datetime]:
    """The free starts closest to this one (itself if it is free), in order of time."""
    starts = {at for at, _ in search.starts(search.window)}
    return sorted(sorted(starts, key=lambda other: (abs(other - start), other))[:count])


def km_from(place: Point | None, site: Site) -> float | None:
    """As the crow flies."""
    there = site_point(site)
    return distance_km(place, there) if place and there else None


def nearest_first(sites: Sequence[Site], place: Point | None) -> list[Site]:
    """By distance; those without coordinates last, by name."""

    def rank(site: Site) -> tuple[float, str, int]:
        km = km_from(place, site)
        return (float("inf") if km is None else km, site.search_key, site.pk)

    return sorted(sites, key=rank)
