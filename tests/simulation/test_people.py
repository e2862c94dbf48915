"""The invented people: their rates are those of the table, whatever the seed; the same person does the same thing."""

from collections import Counter
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from rdv.simulation.desk import add_desk_time, desk_time, openings
from rdv.simulation.people import Acceptance, People, answer_delay, answers, dice, fate_of

MONTH = timedelta(days=28)
DRAWS = 6000


def fates(people, *, lead=MONTH):
    return [fate_of(people, dice("test", n), lead=lead) for n in range(DRAWS)]


def test_people_forget_and_cancel_as_often_as_the_sources_say():
    people = People()
    found = fates(people)
    assert sum(one.forgets for one in found) / DRAWS == pytest.approx(people.no_show, abs=0.015)
    cancelled = [one.cancels_before for one in found if one.cancels_before is not None]
    assert len(cancelled) / DRAWS == pytest.approx(people.cancel, abs=0.02)
    late = sum(one <= timedelta(days=1) for one in cancelled) / len(cancelled)
    assert late == pytest.approx(people.cancel_late, abs=0.05)


def test_a_reminder_reaches_the_part_of_the_absent_that_the_source_says():
    found = [one for one in fates(People()) if one.forgets]
    left = sum(not (one.cancels_when_reminded or one.comes_when_reminded) for one in found) / len(found)
    assert left == pytest.approx(People().reminded, abs=0.06)
    assert not any(one.cancels_when_reminded and one.comes_when_reminded for one in found)


def test_an_hour_booked_the_day_before_is_forgotten_less():
    fresh = sum(one.forgets for one in fates(People(), lead=timedelta(hours=20))) / DRAWS
    assert fresh == pytest.approx(People().no_show * 0.62, abs=0.015)


def test_nobody_cancels_before_they_booked():
    found = fates(replace(People(), cancel=0.9), lead=timedelta(hours=10))
    assert all(one.cancels_before is None or one.cancels_before < timedelta(hours=10) for one in found)


def test_half_of_the_answers_come_within_the_median_and_nearly_all_within_a_day():
    delays = [answer_delay(People(), dice("delay", n)) / timedelta(minutes=1) for n in range(DRAWS)]
    assert sum(one <= 29 for one in delays) / DRAWS == pytest.approx(0.5, abs=0.03)
    assert sum(one <= 45 for one in delays) / DRAWS == pytest.approx(0.6, abs=0.03)
    assert sum(one <= 1440 for one in delays) / DRAWS > 0.98


def test_each_person_has_their_own_rate_and_keeps_it():
    acceptance, people = Acceptance(0.08, 0.30), People()
    rates = [answers(people, acceptance, 1, n) * people.yes for n in range(500)]
    assert rates == [answers(people, acceptance, 1, n) * people.yes for n in range(500)]
    assert 0.08 <= min(rates) < 0.10
    assert 0.28 < max(rates) <= 0.30


@pytest.mark.parametrize("text", ["0", "0.9", "0.3..0.1", "often"])
def test_a_rate_that_means_nothing_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - float's own words, or ours
        Acceptance.read(text)


@pytest.mark.parametrize(("text", "said"), [("0.08..0.30", "0.08..0.3"), ("0.2", "0.2")])
def test_a_rate_is_read_and_said_again(text, said):
    assert str(Acceptance.read(text)) == said


def test_every_figure_has_its_source_and_a_range_around_it():
    for one in fields(People):
        assert one.metadata["source"]
        assert one.metadata["low"] <= one.default <= one.metadata["high"]


def test_the_desk_is_closed_at_noon_at_night_and_at_the_weekend():
    friday = datetime(2027, 1, 15, 16, 0, tzinfo=UTC)  # 17:00 on the wall
    assert add_desk_time(friday, timedelta(0)) == friday
    assert add_desk_time(friday, timedelta(hours=1)) == datetime(2027, 1, 18, 8, 0, tzinfo=UTC)
    assert desk_time(friday, datetime(2027, 1, 18, 13, 0, tzinfo=UTC)) == timedelta(hours=4, minutes=30)
    assert Counter({add_desk_time(friday, timedelta(hours=n)).weekday() for n in range(12)}).keys() <= {0, 1, 4}


def test_the_desk_opens_twice_a_day_from_monday_to_friday():
    thursday, monday = datetime(2027, 1, 14, 6, 0, tzinfo=UTC), datetime(2027, 1, 18, 12, 0, tzinfo=UTC)
    found = [(one.weekday(), one.hour, one.minute) for one in openings(thursday, monday)]
    assert found == [(3, 7, 30), (3, 12, 30), (4, 7, 30), (4, 12, 30), (0, 7, 30)]
