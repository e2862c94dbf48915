"""Dates, hours and lists in French; "~" stands for the space that never breaks a line."""

from datetime import date, datetime, time, timedelta

import pytest

from rdv.domain import french

THURSDAY = date(2026, 11, 26)


def nbsp(text: str) -> str:
    return text.replace("~", "\u00a0")


@pytest.mark.parametrize(
    ("clock", "expected"),
    [(time(9), "9~h"), (time(9, 20), "9~h~20"), (time(9, 5), "9~h~05"), (time(0, 0), "0~h"), (time(14, 30), "14~h~30")],
)
def test_hours(clock: time, expected: str) -> None:
    assert french.hour(clock) == nbsp(expected)
    assert french.hour(datetime.combine(THURSDAY, clock)) == nbsp(expected)


def test_days() -> None:
    assert french.day(THURSDAY) == nbsp("jeudi 26~novembre")
    assert french.day_year(THURSDAY) == nbsp("jeudi 26~novembre 2026")
    assert french.day_hour(datetime.combine(THURSDAY, time(9, 20))) == nbsp("jeudi 26~novembre à 9~h~20")
    assert french.short_day(THURSDAY) == nbsp("jeu. 26~nov.")


def test_only_the_first_is_an_ordinal() -> None:
    assert french.day(date(2027, 2, 1)) == nbsp("lundi 1er~février")
    assert french.short_day(date(2027, 2, 1)) == nbsp("lun. 1er~févr.")
    assert french.day(date(2027, 2, 2)) == nbsp("mardi 2~février")


def test_every_weekday_and_month_has_its_name() -> None:
    week = [french.day(date(2027, 3, one)).split()[0] for one in range(1, 8)]
    assert week == ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
    year = [french.short_day(date(2027, one, 15)).split("\u00a0")[1] for one in range(1, 13)]
    expected = "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."
    assert year == expected.split()
    assert french.day(date(2027, 8, 15)) == nbsp("dimanche 15~août")


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(0), "0~minute"),
        (timedelta(minutes=1), "1~minute"),
        (timedelta(minutes=20), "20~minutes"),
        (timedelta(minutes=60), "1~heure"),
        (timedelta(minutes=65), "1~h~05"),
        (timedelta(minutes=90), "1~h~30"),
        (timedelta(hours=4), "4~heures"),
        (timedelta(hours=24), "24~heures"),
        (timedelta(hours=48), "2~jours"),
        (timedelta(hours=50), "50~heures"),
        (timedelta(days=90), "90~jours"),
        (timedelta(minutes=4, seconds=1), "5~minutes"),
    ],
)
def test_durations(length: timedelta, expected: str) -> None:
    assert french.duration(length) == nbsp(expected)


@pytest.mark.parametrize(
    ("words", "expected"), [([], ""), (["a"], "a"), (["a", "b"], "a et b"), (["a", "b", "c"], "a, b et c")]
)
def test_lists(words: list[str], expected: str) -> None:
    assert french.joined(words) == expected


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        (0, "aujourd’hui"),
        (1, "demain"),
        (2, "dans 2~jours"),
        (3, "dans 3~jours"),
        (-1, "hier"),
        (-3, "il y a 3~jours"),
    ],
)
def test_relative_days(distance: int, expected: str) -> None:
    assert french.relative_day(THURSDAY + timedelta(days=distance), THURSDAY) == nbsp(expected)


def test_things_typed_as_lines_lose_their_capital_in_a_sentence_but_not_a_name_of_letters():
    assert french.things(["Vos factures du mois", "RIB", "À voir"]) == "vos factures du mois, RIB et à voir"
    assert french.things(["A", ""]) == "a et "
    assert french.things([]) == ""
