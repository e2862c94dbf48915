"""The road between two home visits.

Room: domain (pure). Called by availability and booking for motifs at home. One function, `travel_time`, says how long
the road takes, so that a routing service can replace it.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from rdv.domain.intervals import Interval

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
ROAD_FACTOR = 1.3  # how much longer than the crow's flight a road is
SPEED_KM_H = 40.0
# Two addresses so close are one place (same building, or the same address placed twice by the address service).
SAME_PLACE_KM = 0.05
ROUNDING = timedelta(minutes=5)
PARKING = timedelta(minutes=5)
ZERO = timedelta(0)


class Point(NamedTuple):
    """WGS 84, in degrees."""

    lat: float
    lon: float


class Stop(NamedTuple):
    """Something that keeps the agent somewhere; `place` is None when its coordinates are unknown."""

    interval: Interval
    place: Point | None


def distance_km(a: Point, b: Point) -> float:
    """Great-circle distance (haversine, which stays exact for the short distances of a département)."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat, half_lon = (lat_b - lat_a) / 2, math.radians(b.lon - a.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def travel_time(a: Point | None, b: Point | None, *, fallback: timedelta) -> timedelta:
    """Distance x 1.3 at 40 km/h, rounded up to 5 minutes, plus 5 minutes to park and ring the bell.

    The same place (under 50 m) costs nothing: two visits in one building follow each other. Unknown coordinates cost
    `fallback`, the distance band that the département configured for the commune.
    """
    if a is None or b is None:
        return fallback
    distance = distance_km(a, b)
    if distance < SAME_PLACE_KM:
        return ZERO
    road = timedelta(hours=distance * ROAD_FACTOR / SPEED_KM_H)
    return -(-road // ROUNDING) * ROUNDING + PARKING


def busy_with_road(stops: Iterable[Stop], *, here: Point | None, fallback: timedelta) -> list[Interval]:
    """The busy stretches of an agent as seen from `here`: each stop, plus the road from and to it."""
    widened = []
    for stop in stops:
        road = travel_time(stop.place, here, fallback=fallback)
        widened.append(stop.interval.widened(road, road))
    return widened


def openings_with_road(
    openings: Sequence[Interval], *, base: Point | None, here: Point | None, fallback: timedelta
) -> list[Interval]:
    """The openings once the agent has driven from the site where they begin; those too short for the road vanish."""
    road = travel_time(base, here, fallback=fallback)
    return [Interval(opening.start + road, opening.end) for opening in openings if opening.duration > road]
