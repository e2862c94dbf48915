"""Columns of the agenda, and rows of the grid: pure functions, tried on any day."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rdv.core.clock import day_bounds
from rdv.services.agenda_layout import WIDTHS, place_side_by_side
from rdv.views.agenda.grid import DAY, minute_of

START = dt.datetime(2027, 1, 12, tzinfo=dt.UTC)
PARIS, REUNION = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion")


@dataclass(frozen=True)
class Thing:
    first: int
    length: int

    @property
    def starts_at(self):
        return START + dt.timedelta(minutes=self.first)

    @property
    def ends_at(self):
        return self.starts_at + dt.timedelta(minutes=self.length)


def things(*pairs):
    return [Thing(first, length) for first, length in pairs]


def places(*pairs):
    return [(place.place, place.of) for _, place in place_side_by_side(things(*pairs))]


def test_one_after_the_other_takes_the_whole_width():
    assert places((0, 30), (30, 30), (90, 30)) == [(1, 1), (1, 1), (1, 1)]


def test_the_drawing_of_the_module():
    assert places((0, 30), (0, 60), (30, 30), (60, 30)) == [(1, 2), (2, 2), (1, 2), (1, 1)]


def test_five_share_the_width_of_six():
    assert {of for _, of in places(*[(0, 30)] * 5)} == {6}


def test_beyond_six_nobody_is_lost():
    assert len(places(*[(0, 30)] * 9)) == 9


def crowd(found):
    """How many at once, at the worst moment."""
    return max((sum(1 for t in found if t.first <= at.first < t.first + t.length) for at in found), default=0)


@given(st.lists(st.builds(Thing, st.integers(0, 120).map(lambda n: n * 5), st.integers(5, 120)), max_size=25))
def test_two_of_one_column_never_meet(found):
    placed = place_side_by_side(found)
    assert sorted(map(repr, found)) == sorted(repr(thing) for thing, _ in placed)
    assume(crowd(found) <= WIDTHS[-1])
    for number, (one, place) in enumerate(placed):
        assert place.of in WIDTHS
        assert 1 <= place.place <= place.of
        for other, its_place in placed[number + 1 :]:
            if one.first < other.first + other.length and other.first < one.first + one.length:
                assert not _touch(place, its_place)


def _touch(a, b):
    """Do their stretches of the twelve columns of the grid share one?"""
    left, right = ((p.place - 1) * 12 // p.of for p in (a, b))
    return left < right + 12 // b.of and right < left + 12 // a.of


@given(st.dates(dt.date(2000, 1, 1), dt.date(2150, 1, 1)), st.sampled_from([PARIS, REUNION]), st.integers(0, 25 * 60))
def test_a_day_is_from_midnight_to_midnight_on_the_wall(day, zone, minutes):
    start, end = day_bounds(day, zone)
    assert (end - start) in (dt.timedelta(hours=23), dt.timedelta(hours=24), dt.timedelta(hours=25))
    assert minute_of(start, day, zone) == 0
    assert minute_of(end, day, zone) == DAY
    at = start + dt.timedelta(minutes=minutes)
    local = at.astimezone(zone)
    expected = local.hour * 60 + local.minute if local.date() == day else DAY
    assert minute_of(at, day, zone) == expected


@pytest.mark.parametrize(("day", "hours"), [((2027, 3, 28), 23), ((2027, 10, 31), 25), ((2028, 2, 29), 24)])
def test_short_and_long_days(day, hours):
    start, end = day_bounds(dt.date(*day), PARIS)
    assert end - start == dt.timedelta(hours=hours)
