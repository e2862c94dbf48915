"""The little geometry make_communes needs: outlines written in WKB (well-known binary), their box and their centre.

Pure, degrees throughout. Exact enough for one commune, where the earth is flat; not for anything larger.
"""

import itertools
import struct
from typing import NamedTuple

WKB_POINT = 1
WKB_POLYGON = 3
WKB_MULTIPOLYGON = 6
HEADER_LENGTH = 5  # One byte for the byte order, four for the kind.
NEARBY_DEGREES = 0.02  # About 2 km: limits in the source are simplified.


class Point(NamedTuple):
    longitude: float
    latitude: float


class Box(NamedTuple):
    west: float
    south: float
    east: float
    north: float


class Ring(NamedTuple):
    is_hole: bool
    points: list[Point]


def _expect(wkb: bytes, offset: int, kind: int) -> int:
    order, found = struct.unpack_from("<BI", wkb, offset)
    if (order, found) != (1, kind):
        raise ValueError(f"little-endian WKB of kind {kind} expected, found order {order}, kind {found}")
    return offset + HEADER_LENGTH


def read_point(wkb: bytes) -> Point:
    """An empty point is NaN, NaN."""
    return Point(*struct.unpack_from("<dd", wkb, _expect(wkb, 0, WKB_POINT)))


def read_rings(wkb: bytes) -> list[Ring]:
    """All the rings of a MULTIPOLYGON; the first ring of each polygon is its outline, the others are holes."""
    offset = _expect(wkb, 0, WKB_MULTIPOLYGON)
    (polygons,) = struct.unpack_from("<I", wkb, offset)
    offset += 4
    rings: list[Ring] = []
    for _ in range(polygons):
        offset = _expect(wkb, offset, WKB_POLYGON)
        (count,) = struct.unpack_from("<I", wkb, offset)
        offset += 4
        for position in range(count):
            (length,) = struct.unpack_from("<I", wkb, offset)
            numbers = struct.unpack_from(f"<{2 * length}d", wkb, offset + 4)
            offset += 4 + 16 * length
            points = [Point(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
            rings.append(Ring(position > 0, points))
    return rings


def box_of(rings: list[Ring]) -> Box:
    longitudes = [point.longitude for ring in rings for point in ring.points]
    latitudes = [point.latitude for ring in rings for point in ring.points]
    return Box(min(longitudes), min(latitudes), max(longitudes), max(latitudes))


def is_near(point: Point, box: Box) -> bool:
    return (
        box.west - NEARBY_DEGREES <= point.longitude <= box.east + NEARBY_DEGREES
        and box.south - NEARBY_DEGREES <= point.latitude <= box.north + NEARBY_DEGREES
    )


def centroid(rings: list[Ring]) -> Point:
    """Centre of area, holes taken out."""
    area = longitude = latitude = 0.0
    for ring in rings:
        ring_area, center = _ring_centroid(ring.points)
        weight = -abs(ring_area) if ring.is_hole else abs(ring_area)
        area += weight
        longitude += weight * center.longitude
        latitude += weight * center.latitude
    return Point(longitude / area, latitude / area)


def _ring_centroid(points: list[Point]) -> tuple[float, Point]:
    """Signed area and centre of a closed ring (shoelace), measured from its first point to keep the digits."""
    origin = points[0]
    area = east = north = 0.0
    for one, other in itertools.pairwise(points):
        x1, y1 = one.longitude - origin.longitude, one.latitude - origin.latitude
        x2, y2 = other.longitude - origin.longitude, other.latitude - origin.latitude
        cross = x1 * y2 - x2 * y1
        area += cross / 2
        east += (x1 + x2) * cross
        north += (y1 + y2) * cross
    if not area:
        return 0.0, origin
    return area, Point(origin.longitude + east / (6 * area), origin.latitude + north / (6 * area))
