"""One test per drawing of rdv/domain/intervals.py, then the set operations against sets of minutes."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from rdv.domain.intervals import Interval, intersect, merge, subtract
from tests.domain.oracle import minutes_of
from tests.domain.strategies import ORIGIN, calm, interval_lists, stretch


def drawn(line: str) -> list[Interval]:
    """Each run of letters in the drawing is a stretch; one character is one minute."""
    runs, start = [], None
    for position, character in enumerate(line + " "):
        if character != " " and start is None:
            start = position
        if character == " " and start is not None:
            runs.append(stretch(start, position))
            start = None
    return runs


def one(line: str) -> Interval:
    (only,) = drawn(line)
    return only


class TestTwoStretches:
    @staticmethod
    def check(a: str, b: str, common: str, *, contains: bool = False) -> None:
        first, second = one(a), one(b)
        expected = one(common) if common else None
        assert first.overlaps(second) is (expected is not None)
        assert first.intersection(second) == expected
        assert first.contains(second) is contains

    def test_a_before(self) -> None:
        self.check("aaa", "    bbb", "")

    def test_b_meets(self) -> None:
        self.check("aaa", "   bbb", "")

    def test_c_overlaps(self) -> None:
        self.check("aaaa", "  bbbb", "  cc")

    def test_d_finished_by(self) -> None:
        self.check("aaaaa", "  bbb", "  ccc", contains=True)

    def test_e_contains(self) -> None:
        self.check("aaaaa", " bbb", " ccc", contains=True)

    def test_f_starts(self) -> None:
        self.check("aaa", "bbbbb", "ccc")

    def test_g_equals(self) -> None:
        self.check("aaa", "bbb", "ccc", contains=True)

    def test_h_started_by(self) -> None:
        self.check("aaaaa", "bbb", "ccc", contains=True)

    def test_i_during(self) -> None:
        self.check(" aaa", "bbbbb", " ccc")

    def test_j_finishes(self) -> None:
        self.check("  aaa", "bbbbb", "  ccc")

    def test_k_overlapped_by(self) -> None:
        self.check("  aaaa", "bbbb", "  cc")

    def test_l_met_by(self) -> None:
        self.check("   aaa", "bbb", "")

    def test_m_after(self) -> None:
        self.check("    aaa", "bbb", "")


class TestMerge:
    def test_overlapping(self) -> None:
        assert merge([one("aaaa"), one("  bbbb")]) == drawn("mmmmmm")

    def test_touching(self) -> None:
        assert merge([one("aaa"), one("   bbb")]) == drawn("mmmmmm")

    def test_inside(self) -> None:
        assert merge([one("aaaaaa"), one("  bb")]) == drawn("mmmmmm")

    def test_apart(self) -> None:
        assert merge([one("    bb"), one("aa")]) == drawn("mm  mm")


class TestSubtract:
    def test_1_nothing_taken(self) -> None:
        assert subtract(drawn("oooooo"), []) == drawn("ffffff")

    def test_2_all_taken(self) -> None:
        assert subtract(drawn(" oooo"), drawn("bbbbbb")) == []

    def test_3_a_hole(self) -> None:
        assert subtract(drawn("oooooo"), drawn("  bb")) == drawn("ff  ff")

    def test_4_head_taken(self) -> None:
        assert subtract(drawn(" oooooo"), drawn("bbb")) == drawn("   ffff")

    def test_5_tail_taken(self) -> None:
        assert subtract(drawn("oooooo"), drawn("    bbb")) == drawn("ffff")

    def test_6_only_touching(self) -> None:
        assert subtract(drawn("  oooo"), drawn("bb    bb")) == drawn("  ffff")

    def test_7_one_busy_over_two_openings(self) -> None:
        assert subtract(drawn("ooo   ooo"), drawn("  bbbbb")) == drawn("ff     ff")

    def test_8_two_busy_that_overlap(self) -> None:
        taken = [one(" bbb"), one("  bbb")]
        assert subtract(drawn("oooooooo"), taken) == drawn("o    ooo")


class TestIntersect:
    def test_1_partly(self) -> None:
        assert intersect(drawn("aaaa"), drawn("  bbbb")) == drawn("  ii")

    def test_2_one_over_two(self) -> None:
        assert intersect(drawn("aaaaaaaa"), drawn(" bb  bb")) == drawn(" bb  bb")

    def test_3_touching(self) -> None:
        assert intersect(drawn("aaa"), drawn("   bbb")) == []

    def test_4_touching_pieces_count_as_one(self) -> None:
        assert intersect([one("aa"), one("  aa")], drawn("bbbb")) == drawn("iiii")


class TestWhatAnIntervalRefuses:
    def test_an_empty_stretch(self) -> None:
        with pytest.raises(ValueError, match="end after its start"):
            Interval(ORIGIN, ORIGIN)

    def test_a_reversed_stretch(self) -> None:
        with pytest.raises(ValueError, match="end after its start"):
            Interval(ORIGIN, ORIGIN - timedelta(minutes=1))

    def test_a_naive_instant(self) -> None:
        with pytest.raises(ValueError, match="must be in UTC"):
            Interval(datetime(2027, 1, 11, 9), datetime(2027, 1, 11, 10))

    @pytest.mark.parametrize("zone", ["Europe/Paris", "Europe/London"])
    def test_an_instant_of_a_zone_that_changes_its_hour(self, zone: str) -> None:
        # London shows the same hour as UTC in January; adding six months to it would not.
        start = datetime(2027, 1, 11, 9, tzinfo=ZoneInfo(zone))
        with pytest.raises(ValueError, match="must be in UTC"):
            Interval(start, start + timedelta(hours=1))

    def test_utc_under_another_name_is_welcome(self) -> None:
        start = datetime(2027, 1, 11, 9, tzinfo=ZoneInfo("UTC"))
        assert Interval(start, start + timedelta(hours=1)).duration == timedelta(hours=1)


def test_widening_moves_both_ends() -> None:
    assert one("  aa").widened(timedelta(minutes=2), timedelta(minutes=1)) == one("wwwww")


def test_intervals_sort_by_start_then_end() -> None:
    assert sorted([one(" bb"), one("aaa"), one("aa")]) == [one("aa"), one("aaa"), one(" bb")]


def assert_tidy(result: list[Interval]) -> None:
    """Sorted, and with a gap between any two."""
    assert all(left.end < right.start for left, right in pairwise(result))


@calm
@given(a=interval_lists)
def test_merge_keeps_exactly_the_minutes(a: list[Interval]) -> None:
    result = merge(a)
    assert minutes_of(result) == minutes_of(a)
    assert_tidy(result)


@calm
@given(a=interval_lists, b=interval_lists)
def test_subtract_is_the_difference_of_minutes(a: list[Interval], b: list[Interval]) -> None:
    result = subtract(a, b)
    assert minutes_of(result) == minutes_of(a) - minutes_of(b)
    assert_tidy(result)


@calm
@given(a=interval_lists, b=interval_lists)
def test_intersect_is_the_common_minutes(a: list[Interval], b: list[Interval]) -> None:
    result = intersect(a, b)
    assert minutes_of(result) == minutes_of(a) & minutes_of(b)
    assert_tidy(result)
