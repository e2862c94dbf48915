"""Rhythms: their days, their instants across the changes of hour, their words."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from rdv.domain.holidays import is_holiday
from rdv.domain.intervals import Interval
from rdv.domain.recurrence import (
    Recurrence,
    RecurrenceError,
    Rhythm,
    describe,
    occurrence_days,
    to_instants,
    to_rrule,
)
from tests.domain import oracle
from tests.domain.strategies import MINUTE, PARIS, ZONES, calm, clock_stretches, days_near_changes

HORIZON = date(2028, 2, 11)
WEEKLY = Recurrence(Rhythm.WEEKLY)
EVERY_SECOND_MONDAY = Recurrence(Rhythm.WEEKLY, interval=2, weekdays=(0,))


def never(_: date) -> bool:
    return False


def holidays_of(code: str) -> Callable[[date], bool]:
    return lambda day: is_holiday(day, code)


def days(rec: Recurrence, first: date, count: int = 4, closed: Callable[[date], bool] = never) -> list[str]:
    found = occurrence_days(rec, first, HORIZON, closed=closed)
    return [day.isoformat() for day, _ in zip(found, range(count), strict=False)]


def instants(day: date, start: str, end: str, zone: ZoneInfo = PARIS) -> Interval | None:
    return to_instants(day, time.fromisoformat(start), time.fromisoformat(end), zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestWorkedExamples:
    def test_3_a_plage_stays_at_nine_and_leaves_easter_monday_out(self) -> None:
        found = days(WEEKLY, date(2027, 3, 22), 2, closed=holidays_of("62"))
        assert found == ["2027-03-22", "2027-04-05"]
        before, after = instants(date(2027, 3, 22), "09:00", "12:00"), instants(date(2027, 4, 5), "09:00", "12:00")
        assert before == Interval(utc("2027-03-22 08:00"), utc("2027-03-22 11:00"))
        assert after == Interval(utc("2027-04-05 07:00"), utc("2027-04-05 10:00"))

    def test_4_la_reunion_has_its_own_hours_and_its_own_day(self) -> None:
        reunion = ZoneInfo("Indian/Reunion")
        found = days(WEEKLY, date(2027, 12, 13), 3, closed=holidays_of("974"))
        assert found == ["2027-12-13", "2027-12-27", "2028-01-03"]
        opening = instants(date(2027, 12, 13), "08:00", "10:00", reunion)
        assert opening == Interval(utc("2027-12-13 04:00"), utc("2027-12-13 06:00"))

    def test_5_good_friday_closes_moselle_and_not_pas_de_calais(self) -> None:
        friday = date(2027, 3, 26)
        assert days(WEEKLY, friday, 1, closed=holidays_of("57")) == ["2027-04-02"]
        assert days(WEEKLY, friday, 1, closed=holidays_of("62")) == ["2027-03-26"]

    def test_10_every_second_monday_keeps_its_days_when_its_hours_change(self) -> None:
        found = days(EVERY_SECOND_MONDAY, date(2027, 1, 11))
        assert found == ["2027-01-11", "2027-01-25", "2027-02-08", "2027-02-22"]
        moved = instants(date(2027, 1, 25), "14:00", "16:00")
        assert moved == Interval(utc("2027-01-25 13:00"), utc("2027-01-25 15:00"))

    def test_11_the_second_tuesday_of_each_month(self) -> None:
        rule = Recurrence(Rhythm.MONTHLY_WEEKDAY)
        assert days(rule, date(2027, 2, 9), 3) == ["2027-02-09", "2027-03-09", "2027-04-13"]


class TestDays:
    def test_once_is_one_day(self) -> None:
        assert days(Recurrence(Rhythm.ONCE), date(2027, 1, 11)) == ["2027-01-11"]

    def test_once_ignores_what_only_repetitions_use(self) -> None:
        rule = Recurrence(Rhythm.ONCE, interval=0, weekdays=(9,), until=date(2020, 1, 1))
        assert days(rule, date(2027, 1, 11)) == ["2027-01-11"]

    def test_once_on_a_closed_day_or_after_the_horizon_is_nothing(self) -> None:
        once = Recurrence(Rhythm.ONCE)
        assert days(once, date(2027, 12, 25), closed=holidays_of("62")) == []
        assert days(once, HORIZON + timedelta(days=1)) == []

    def test_several_weekdays_one_week_out_of_two(self) -> None:
        rule = Recurrence(Rhythm.WEEKLY, interval=2, weekdays=(3, 0))
        # It begins on a Thursday: the Monday of that week is already past.
        assert days(rule, date(2027, 1, 14)) == ["2027-01-14", "2027-01-25", "2027-01-28", "2027-02-08"]

    def test_a_weekly_rule_may_begin_before_its_first_chosen_day(self) -> None:
        rule = Recurrence(Rhythm.WEEKLY, weekdays=(4,))
        assert days(rule, date(2027, 1, 11), 2) == ["2027-01-15", "2027-01-22"]

    def test_until_is_included(self) -> None:
        rule = Recurrence(Rhythm.WEEKLY, until=date(2027, 1, 25))
        assert days(rule, date(2027, 1, 11)) == ["2027-01-11", "2027-01-18", "2027-01-25"]

    def test_the_horizon_is_included_and_bounds_a_rule_without_end(self) -> None:
        found = list(occurrence_days(WEEKLY, date(2027, 1, 11), date(2027, 1, 25), closed=never))
        assert found == [date(2027, 1, 11), date(2027, 1, 18), date(2027, 1, 25)]

    def test_a_closed_day_does_not_shift_the_others(self) -> None:
        found = days(EVERY_SECOND_MONDAY, date(2027, 3, 15), 3, closed=holidays_of("62"))
        assert found == ["2027-03-15", "2027-04-12", "2027-04-26"]

    def test_a_month_without_the_day_is_skipped(self) -> None:
        rule = Recurrence(Rhythm.MONTHLY_DAY)
        assert days(rule, date(2027, 1, 31)) == ["2027-01-31", "2027-03-31", "2027-05-31", "2027-07-31"]

    def test_every_third_month(self) -> None:
        rule = Recurrence(Rhythm.MONTHLY_DAY, interval=3)
        assert days(rule, date(2027, 1, 15), 3) == ["2027-01-15", "2027-04-15", "2027-07-15"]

    def test_a_fifth_weekday_comes_only_in_months_that_have_five(self) -> None:
        rule = Recurrence(Rhythm.MONTHLY_WEEKDAY)
        assert days(rule, date(2027, 1, 29), 3) == ["2027-01-29", "2027-04-30", "2027-07-30"]

    def test_one_week_out_of_two_crosses_the_new_year(self) -> None:
        rule = Recurrence(Rhythm.WEEKLY, interval=2)
        # 2026 has 53 weeks: counting by odd and even week numbers would slip here.
        assert days(rule, date(2026, 12, 28), 3) == ["2026-12-28", "2027-01-11", "2027-01-25"]


class TestValidation:
    @pytest.mark.parametrize("interval", [0, -1, 53])
    def test_an_interval_must_be_a_number_of_weeks(self, interval: int) -> None:
        with pytest.raises(RecurrenceError, match="toutes les combien de semaines"):
            Recurrence(Rhythm.WEEKLY, interval=interval).validate(date(2027, 1, 11))

    def test_the_interval_of_a_monthly_rule_is_told_in_months(self) -> None:
        with pytest.raises(RecurrenceError, match="toutes les combien de mois"):
            Recurrence(Rhythm.MONTHLY_DAY, interval=0).validate(date(2027, 1, 11))

    def test_the_end_cannot_come_before_the_beginning(self) -> None:
        rule = Recurrence(Rhythm.MONTHLY_DAY, until=date(2027, 1, 10))
        expected = "s’arrête le dimanche 10\u00a0janvier 2027, avant le premier jour, le lundi 11\u00a0janvier 2027"
        with pytest.raises(RecurrenceError, match=expected):
            rule.validate(date(2027, 1, 11))

    def test_weekdays_are_seven(self) -> None:
        with pytest.raises(RecurrenceError, match="entre lundi et dimanche"):
            Recurrence(Rhythm.WEEKLY, weekdays=(0, 7)).validate(date(2027, 1, 11))

    def test_one_week_out_of_two_must_begin_on_a_chosen_day(self) -> None:
        rule = Recurrence(Rhythm.WEEKLY, interval=2, weekdays=(0, 3))
        with pytest.raises(RecurrenceError, match=r"mercredi 13\u00a0janvier 2027, n’est pas .* \(lundi et jeudi\)"):
            rule.validate(date(2027, 1, 13))

    def test_a_rule_without_any_day_is_told(self) -> None:
        rule = Recurrence(Rhythm.WEEKLY, weekdays=(0,), until=date(2027, 1, 15))
        with pytest.raises(RecurrenceError, match=r"Aucun des jours choisis \(lundi\)"):
            rule.validate(date(2027, 1, 13))

    def test_days_of_a_wrong_rule_are_refused(self) -> None:
        with pytest.raises(RecurrenceError):
            days(Recurrence(Rhythm.WEEKLY, interval=0), date(2027, 1, 11))


class TestChangesOfHour:
    SPRING = date(2027, 3, 28)  # 2 h becomes 3 h at 01:00 UTC
    AUTUMN = date(2027, 10, 31)  # 3 h becomes 2 h at 01:00 UTC

    def test_an_opening_that_ends_in_the_missing_hour_ends_at_the_jump(self) -> None:
        expected = Interval(utc("2027-03-28 00:00"), utc("2027-03-28 01:00"))
        assert instants(self.SPRING, "01:00", "02:30") == expected

    def test_an_opening_that_begins_in_the_missing_hour_begins_at_the_jump(self) -> None:
        expected = Interval(utc("2027-03-28 01:00"), utc("2027-03-28 02:00"))
        assert instants(self.SPRING, "02:30", "04:00") == expected

    def test_an_opening_inside_the_missing_hour_is_nothing(self) -> None:
        assert instants(self.SPRING, "02:15", "02:45") is None
        assert instants(self.SPRING, "02:00", "03:00") is None

    def test_an_hour_shown_twice_means_its_first_time(self) -> None:
        start_twice = Interval(utc("2027-10-31 00:30"), utc("2027-10-31 03:00"))
        assert instants(self.AUTUMN, "02:30", "04:00") == start_twice
        end_twice = Interval(utc("2027-10-30 23:00"), utc("2027-10-31 00:30"))
        assert instants(self.AUTUMN, "01:00", "02:30") == end_twice
        both_twice = Interval(utc("2027-10-31 00:15"), utc("2027-10-31 00:45"))
        assert instants(self.AUTUMN, "02:15", "02:45") == both_twice

    def test_miquelon_jumps_on_another_day(self) -> None:
        miquelon = ZoneInfo("America/Miquelon")
        assert instants(date(2027, 3, 14), "02:00", "03:00", miquelon) is None
        clipped = Interval(utc("2027-03-14 04:00"), utc("2027-03-14 05:00"))
        assert instants(date(2027, 3, 14), "01:00", "02:30", miquelon) == clipped

    def test_the_marquises_are_half_an_hour_off(self) -> None:
        expected = Interval(utc("2027-01-11 18:30"), utc("2027-01-11 21:30"))
        assert instants(date(2027, 1, 11), "09:00", "12:00", ZoneInfo("Pacific/Marquesas")) == expected

    @pytest.mark.parametrize(("start", "end"), [("09:00", "09:00"), ("12:00", "09:00")])
    def test_hours_the_wrong_way_round_are_refused(self, start: str, end: str) -> None:
        with pytest.raises(ValueError, match="must end after its start"):
            instants(date(2027, 1, 11), start, end)


@calm
@given(day=days_near_changes(), hours=clock_stretches(), zone=st.sampled_from(ZONES))
def test_instants_are_those_of_the_clock_on_the_wall(day: date, hours: tuple[time, time], zone: str) -> None:
    start, end = hours
    expected = oracle.clock_minutes(day, start, end, ZoneInfo(zone))
    found = to_instants(day, start, end, ZoneInfo(zone))
    if not expected:
        assert found is None
    else:
        assert found == Interval(expected[0], expected[-1] + MINUTE)


first_days = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@st.composite
def rules(draw: st.DrawFn) -> tuple[Recurrence, date]:
    first = draw(first_days)
    others = draw(st.lists(st.integers(0, 6), max_size=3))
    until = draw(st.none() | st.integers(0, 400).map(lambda more: first + timedelta(days=more)))
    weekdays = (first.weekday(), *others) if others else ()
    return Recurrence(draw(st.sampled_from(Rhythm)), draw(st.integers(1, 5)), weekdays, until), first


def is_a_day_of(rec: Recurrence, first: date, day: date) -> bool:
    """The definition of each rhythm, asked of one day at a time."""
    if day < first or (rec.until is not None and day > rec.until and rec.rhythm is not Rhythm.ONCE):
        return False
    months = (day.year - first.year) * 12 + day.month - first.month
    mondays = (day - timedelta(days=day.weekday())) - (first - timedelta(days=first.weekday()))
    match rec.rhythm:
        case Rhythm.ONCE:
            return day == first
        case Rhythm.WEEKLY:
            return mondays.days // 7 % rec.interval == 0 and day.weekday() in (rec.weekdays or (first.weekday(),))
        case Rhythm.MONTHLY_DAY:
            return months % rec.interval == 0 and day.day == first.day
        case _:
            same_place = day.weekday() == first.weekday() and (day.day - 1) // 7 == (first.day - 1) // 7
            return months % rec.interval == 0 and same_place


@calm
@given(rule=rules(), closed_on=st.sets(st.integers(0, 400), max_size=30))
def test_days_are_those_of_the_definition(rule: tuple[Recurrence, date], closed_on: set[int]) -> None:
    rec, first = rule
    horizon = first + timedelta(days=400)
    closed = {first + timedelta(days=more) for more in closed_on}
    every_day = (first + timedelta(days=more) for more in range(401))
    expected = [day for day in every_day if is_a_day_of(rec, first, day) and day not in closed]
    assert list(occurrence_days(rec, first, horizon, closed=closed.__contains__)) == expected


@calm
@given(rule=rules())
def test_the_rfc_text_says_the_same_days(rule: tuple[Recurrence, date]) -> None:
    rec, first = rule
    horizon = first + timedelta(days=400)
    start, end = datetime.combine(first, time.min), datetime.combine(horizon, time.min)
    told = [moment.date() for moment in rrulestr(to_rrule(rec, first), dtstart=start).between(start, end, inc=True)]
    assert told == list(occurrence_days(rec, first, horizon, closed=never))


@pytest.mark.parametrize(
    ("rec", "first", "expected"),
    [
        (Recurrence(Rhythm.ONCE), date(2027, 1, 11), "FREQ=DAILY;COUNT=1"),
        (
            Recurrence(Rhythm.WEEKLY, 2, (3, 0), date(2027, 6, 30)),
            date(2027, 1, 11),
            "FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=MO,TH;UNTIL=20270630",
        ),
        (Recurrence(Rhythm.MONTHLY_DAY, 3), date(2027, 1, 15), "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15"),
        (Recurrence(Rhythm.MONTHLY_WEEKDAY), date(2027, 2, 9), "FREQ=MONTHLY;INTERVAL=1;BYDAY=2TU"),
    ],
)
def test_rfc_text(rec: Recurrence, first: date, expected: str) -> None:
    assert to_rrule(rec, first) == expected


@pytest.mark.parametrize(
    ("rec", "first", "expected"),
    [
        (Recurrence(Rhythm.ONCE), date(2027, 1, 11), "le lundi 11~janvier 2027, de 9~h à 12~h"),
        (WEEKLY, date(2027, 1, 11), "chaque lundi, de 9~h à 12~h"),
        (
            Recurrence(Rhythm.WEEKLY, 2, (0, 3), date(2027, 6, 30)),
            date(2027, 1, 11),
            "chaque lundi et jeudi, une semaine sur deux, de 9~h à 12~h, jusqu’au mercredi 30~juin 2027",
        ),
        (Recurrence(Rhythm.WEEKLY, 14), date(2027, 1, 11), "chaque lundi, une semaine sur 14, de 9~h à 12~h"),
        (Recurrence(Rhythm.MONTHLY_DAY), date(2027, 2, 1), "le 1er de chaque mois, de 9~h à 12~h"),
        (
            Recurrence(Rhythm.MONTHLY_DAY, 3),
            date(2027, 1, 30),
            "le 30 du mois, un mois sur trois, sauf les mois sans 30, de 9~h à 12~h",
        ),
        (Recurrence(Rhythm.MONTHLY_WEEKDAY), date(2027, 2, 9), "le deuxième mardi de chaque mois, de 9~h à 12~h"),
        (
            Recurrence(Rhythm.MONTHLY_WEEKDAY, 2),
            date(2027, 1, 29),
            "le cinquième vendredi du mois, un mois sur deux, quand il existe, de 9~h à 12~h",
        ),
    ],
)
def test_words(rec: Recurrence, first: date, expected: str) -> None:
    assert describe(rec, first, time(9), time(12)) == expected.replace("~", "\u00a0")
