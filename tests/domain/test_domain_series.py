"""The days of a series, counted by hand."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdv.domain.series import LONGEST, MOST, Pace, Unit, days_of, ordinal, words_of

TUESDAY = date(2027, 1, 12)  # the second Tuesday of January
WEEKS, MONTHS = Unit.WEEKS, Unit.MONTHS


@pytest.mark.parametrize(
    ("pace", "expected"),
    [
        (Pace(1, WEEKS, 3), [date(2027, 1, 19), date(2027, 1, 26), date(2027, 2, 2)]),
        (Pace(2, WEEKS, 2), [date(2027, 1, 26), date(2027, 2, 9)]),
        (Pace(1, MONTHS, 3), [date(2027, 2, 9), date(2027, 3, 9), date(2027, 4, 13)]),
        (Pace(3, MONTHS, 2), [date(2027, 4, 13), date(2027, 7, 13)]),
        (Pace(1, WEEKS, until=date(2027, 1, 26)), [date(2027, 1, 19), date(2027, 1, 26)]),
    ],
)
def test_days_counted_by_hand(pace, expected):
    assert list(days_of(pace, first=TUESDAY, today=TUESDAY).days) == expected


def test_the_fifth_weekday_leaves_out_the_months_without_one():
    days = days_of(Pace(1, MONTHS, 2), first=date(2027, 3, 30), today=TUESDAY).days
    assert list(days) == [date(2027, 6, 29), date(2027, 8, 31)]


def test_from_a_past_first_day_the_rhythm_goes_on_and_today_is_left_out():
    days = days_of(Pace(2, WEEKS, 2), first=date(2026, 12, 15), today=TUESDAY).days
    assert list(days) == [date(2027, 1, 26), date(2027, 2, 9)]


@pytest.mark.parametrize(
    ("pace", "is_cut"),
    [
        (Pace(1, WEEKS, 26), False),
        (Pace(12, MONTHS, 2), True),
        (Pace(1, WEEKS, until=TUESDAY + timedelta(weeks=26)), False),
        (Pace(1, WEEKS, until=TUESDAY + timedelta(weeks=27)), True),
    ],
)
def test_what_is_left_out_is_known(pace, is_cut):
    assert days_of(pace, first=TUESDAY, today=TUESDAY).is_cut is is_cut


@given(
    every=st.integers(1, 12),
    unit=st.sampled_from(Unit),
    count=st.none() | st.integers(1, 40),
    ahead=st.integers(0, 500),
    back=st.integers(-400, 200),
)
def test_never_too_many_nor_too_far_always_the_same_weekday(every, unit, count, ahead, back):
    first = TUESDAY + timedelta(days=back)
    pace = Pace(every, unit, count, TUESDAY + timedelta(days=ahead))
    days = days_of(pace, first=first, today=TUESDAY).days
    assert len(days) <= min(count or MOST, MOST)
    assert list(days) == sorted(set(days))
    assert all(max(first, TUESDAY) < day <= TUESDAY + min(LONGEST, timedelta(days=ahead)) for day in days)
    assert {day.weekday() for day in days} <= {first.weekday()}


def test_in_words():
    assert words_of(Pace(1, WEEKS, 2), TUESDAY) == "toutes les semaines, le mardi"
    assert words_of(Pace(3, WEEKS, 2), TUESDAY) == "toutes les 3\xa0semaines, le mardi"
    assert words_of(Pace(1, MONTHS, 2), TUESDAY) == "chaque mois, le deuxième mardi"
    assert words_of(Pace(2, MONTHS, 2), TUESDAY) == "tous les 2\xa0mois, le deuxième mardi"
    assert [ordinal(one) for one in (1, 2, 26)] == ["1er", "2e", "26e"]
