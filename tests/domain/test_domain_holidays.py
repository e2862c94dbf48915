"""Public holidays: the national ones, the local ones, and a calendar that does not run out."""

from datetime import date

import pytest

from rdv.domain.holidays import SUBDIVISIONS, holiday_name, is_holiday

NATIONAL_2027 = {
    date(2027, 1, 1): "Jour de l’an",
    date(2027, 3, 29): "Lundi de Pâques",
    date(2027, 5, 1): "Fête du Travail",
    date(2027, 5, 6): "Ascension",
    date(2027, 5, 8): "Fête de la Victoire",
    date(2027, 5, 17): "Lundi de Pentecôte",
    date(2027, 7, 14): "Fête nationale",
    date(2027, 8, 15): "Assomption",
    date(2027, 11, 1): "Toussaint",
    date(2027, 11, 11): "Armistice",
    date(2027, 12, 25): "Noël",
}


@pytest.mark.parametrize("code", ["62", "2A", "75", *sorted(SUBDIVISIONS)])
@pytest.mark.parametrize("day", NATIONAL_2027)
def test_national_days_are_kept_everywhere(day: date, code: str) -> None:
    assert holiday_name(day, code) == NATIONAL_2027[day]
    assert is_holiday(day, code)


def test_mainland_has_eleven_days() -> None:
    days = [date.fromordinal(one) for one in range(date(2027, 1, 1).toordinal(), date(2028, 1, 1).toordinal())]
    assert {day for day in days if is_holiday(day, "62")} == set(NATIONAL_2027)


@pytest.mark.parametrize("code", ["57", "67", "68"])
def test_alsace_and_moselle_have_two_more(code: str) -> None:
    assert holiday_name(date(2027, 3, 26), code) == "Vendredi saint"
    assert holiday_name(date(2027, 12, 26), code) == "Saint-Étienne"


@pytest.mark.parametrize(
    ("code", "month", "day"),
    [
        ("971", 5, 27),
        ("972", 5, 22),
        ("973", 6, 10),
        ("974", 12, 20),
        ("976", 4, 27),
        ("977", 10, 9),
        ("978", 5, 28),
    ],
)
def test_abolition_of_slavery_has_a_date_in_each_territory(code: str, month: int, day: int) -> None:
    assert holiday_name(date(2027, month, day), code) == "Abolition de l’esclavage"
    assert not is_holiday(date(2027, month, day), "62")


def test_an_ordinary_day_has_no_name() -> None:
    assert holiday_name(date(2027, 1, 12), "62") is None
    assert not is_holiday(date(2027, 1, 12), "62")
    assert not is_holiday(date(2027, 3, 26), "62")


@pytest.mark.parametrize(("year", "easter_monday"), [(2050, date(2050, 4, 11)), (2099, date(2099, 4, 13))])
def test_the_calendar_does_not_run_out(year: int, easter_monday: date) -> None:
    assert is_holiday(easter_monday, "62")
    assert is_holiday(date(year, 12, 26), "67")
    assert is_holiday(date(year, 12, 20), "974")


def test_two_holidays_on_one_day_are_both_named() -> None:
    # Ascension fell on 1 May in 2008.
    name = holiday_name(date(2008, 5, 1), "62")
    assert name is not None
    assert set(name.split(" et ")) == {"Ascension", "Fête du Travail"}
