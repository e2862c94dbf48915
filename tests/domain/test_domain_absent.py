"""Who takes which Rdv of an agent who is away, and which hours are proposed: pure rules."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdv.domain.absent import PROPOSED, Hour, Load, Need, read_hour, share_out, three_of
from rdv.domain.intervals import Interval

PARIS = ZoneInfo("Europe/Paris")
NINE = datetime(2027, 1, 11, 8, tzinfo=UTC)
HALF = timedelta(minutes=30)
EVEN = {1: Load(0, 36000), 2: Load(0, 36000), 3: Load(0, 36000)}


def need(key, start=NINE, candidates=(1, 2), length=HALF):
    return Need(key, Interval(start, start + length), candidates)


def hour(days=0, minutes=0, agent=1, site=7):
    start = NINE + timedelta(days=days, minutes=minutes)
    return Hour(start, start + HALF, site, (agent,))


def test_the_least_busy_takes_it():
    loads = {1: Load(3600, 36000), 2: Load(1800, 36000)}
    assert share_out([need(1)], loads) == {1: 2}


def test_whoever_has_no_opening_known_comes_last():
    assert share_out([need(1)], {1: Load(0, 0), 2: Load(30000, 36000)}) == {1: 2}


def test_nobody_is_given_two_at_once_and_the_one_with_fewest_candidates_is_served_first():
    assert share_out([need(1, candidates=(1, 2)), need(2, candidates=(1,))], EVEN) == {2: 1, 1: 2}


def test_what_is_given_counts_in_the_load_of_the_next():
    needs = [need(key, NINE + key * HALF, (1, 2, 3)) for key in range(6)]
    given_ = share_out(needs, EVEN)
    assert sorted(given_.values()) == [1, 1, 2, 2, 3, 3]


def test_the_minutes_around_count():
    before = need(1, NINE, (1,), timedelta(minutes=40))
    assert share_out([before, need(2, NINE + HALF, (1,))], EVEN) == {1: 1}


@given(st.lists(st.tuples(st.integers(0, 20), st.lists(st.integers(1, 5), unique=True, max_size=5)), max_size=12))
def test_whatever_is_asked_nobody_is_in_two_places_and_only_candidates_are_chosen(asked):
    needs = [need(key, NINE + slot * timedelta(minutes=10), who) for key, (slot, who) in enumerate(asked)]
    found = share_out(needs, {})
    by_key = {one.key: one for one in needs}
    for key, agent in found.items():
        assert agent in by_key[key].candidates
        clashes = [
            other
            for other, other_agent in found.items()
            if other != key and other_agent == agent and by_key[other].span.overlaps(by_key[key].span)
        ]
        assert clashes == []


def test_three_different_days_each_at_the_hour_closest_to_the_old_one():
    hours = [hour(day, minutes) for day in (1, 2, 3, 4) for minutes in (-60, 20, 90)]
    found = three_of(hours, like=NINE, zone=PARIS)
    assert found == [hour(1, 20), hour(2, 20), hour(3, 20)]


def test_one_day_only_gives_other_hours_of_it():
    hours = [hour(1, minutes) for minutes in (0, 10, 60, 120)]
    assert three_of(hours, like=NINE, zone=PARIS) == [hour(1, 0), hour(1, 60), hour(1, 120)]


def test_what_is_proposed_to_somebody_else_is_left_out():
    taken = [(1, Interval(NINE + timedelta(days=1), NINE + timedelta(days=1) + HALF))]
    found = three_of([hour(1), hour(1, agent=2), hour(2)], like=NINE, zone=PARIS, taken=taken)
    assert found == [hour(1, agent=2), hour(2)]


def test_the_hour_of_the_wall_is_kept_over_a_change_of_clocks():
    """28 March 2027: 9:00 in Paris is 8:00 UTC before, 7:00 UTC after."""
    before = datetime(2027, 3, 26, 8, tzinfo=UTC)
    same, later = (Hour(at, at + HALF, 1, (1,)) for at in (datetime(2027, 3, 29, h, tzinfo=UTC) for h in (7, 8)))
    assert three_of([same, later], like=before, zone=PARIS)[0] == same


def test_nothing_free_nothing_proposed():
    assert three_of([], like=NINE, zone=PARIS) == []
    assert PROPOSED == 3


def test_a_code_is_read_back():
    one = Hour(NINE, NINE + HALF, 7, (4, 9))
    assert read_hour(one.code) == (int(NINE.timestamp()), 7, (4, 9))


@pytest.mark.parametrize(
    "code", ["", "1_2", "1_2_3_4", "a_1_1", "1_1_", "-1_2_3", "99999999999_1_1", "1_²_1", "9" * 90]
)
def test_anything_else_is_nothing(code):
    assert read_hour(code) is None
