"""The road: distance, time, what is unknown."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdv.domain.travel import Point, Stop, busy_with_road, distance_km, travel_time
from tests.domain.strategies import calm, stretch

ARRAS, LENS = Point(50.2910, 2.7775), Point(50.4289, 2.8318)
HOUR = timedelta(hours=1)
points = st.builds(Point, st.floats(-89, 89), st.floats(-180, 180))


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def north_of(point: Point, km: float) -> Point:
    return Point(point.lat + km / 111.195, point.lon)


def test_worked_example_12_twelve_kilometres_are_half_an_hour() -> None:
    here = north_of(ARRAS, 12)
    assert distance_km(ARRAS, here) == pytest.approx(12, abs=0.001)
    assert travel_time(ARRAS, here, fallback=HOUR) == minutes(30)


@pytest.mark.parametrize(
    ("km", "expected"),
    [
        (0.06, 10),  # one street away: 5 to drive, 5 to park
        (2.5, 10),  # 4.9 minutes -> 5
        (2.6, 15),  # 5.1 minutes -> 10
        (40.0, 85),  # 78 minutes -> 80
    ],
)
def test_the_road_is_rounded_up_then_parked(km: float, expected: int) -> None:
    assert travel_time(ARRAS, north_of(ARRAS, km), fallback=HOUR) == minutes(expected)


def test_a_known_distance() -> None:
    # Arras to Lens, about 15.8 km as the crow flies.
    assert distance_km(ARRAS, LENS) == pytest.approx(15.8, abs=0.1)


def test_a_great_circle_crosses_the_antimeridian() -> None:
    assert distance_km(Point(-17.0, 179.5), Point(-17.0, -179.5)) == pytest.approx(106.3, abs=0.5)


def test_the_other_side_of_the_earth() -> None:
    assert distance_km(Point(0, 0), Point(0, 180)) == pytest.approx(20015, abs=1)


def test_the_same_place_costs_nothing() -> None:
    assert travel_time(ARRAS, ARRAS, fallback=HOUR) == timedelta(0)
    assert travel_time(ARRAS, north_of(ARRAS, 0.04), fallback=HOUR) == timedelta(0)


@pytest.mark.parametrize(("a", "b"), [(None, ARRAS), (ARRAS, None), (None, None)])
def test_unknown_coordinates_cost_the_configured_band(a: Point | None, b: Point | None) -> None:
    assert travel_time(a, b, fallback=minutes(25)) == minutes(25)


def test_each_stop_is_widened_by_its_own_road() -> None:
    near, unknown = Stop(stretch(0, 60), north_of(ARRAS, 12)), Stop(stretch(200, 230), None)
    found = busy_with_road([near, unknown], here=ARRAS, fallback=minutes(20))
    assert found == [stretch(-30, 90), stretch(180, 250)]


@calm
@given(a=points, b=points)
def test_the_road_is_the_same_both_ways(a: Point, b: Point) -> None:
    assert distance_km(a, b) == pytest.approx(distance_km(b, a))
    assert 0 <= distance_km(a, b) <= 20016
    there = travel_time(a, b, fallback=HOUR)
    assert there == timedelta(0) or (there >= minutes(10) and there % minutes(5) == timedelta(0))
