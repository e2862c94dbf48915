"""The rules alone: windows by distance, the clock that stops in quiet hours, who comes first."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdv.domain.holidays import is_holiday
from rdv.domain.waiting import (
    CROWD,
    Policy,
    PolicyError,
    Quiet,
    Tier,
    answer_deadline,
    effective_class,
    half_day_bit,
    next_waking,
    order_key,
    policy_from,
    release_delay,
)
from tests.factories import utc

PARIS = ZoneInfo("Europe/Paris")
REUNION = ZoneInfo("Indian/Reunion")
H = timedelta(hours=1)


def quiet(code="62", zone=PARIS):
    return Quiet(zone, lambda day: is_holiday(day, code))


def local(zone, *parts):
    return datetime(*parts, tzinfo=zone).astimezone(ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("left", "tier", "people", "minutes"),
    [
        (timedelta(days=7, seconds=1), Tier.LONG, 1, 1440),
        (timedelta(days=7), Tier.MIDDLE, 1, 240),
        (timedelta(hours=48), Tier.MIDDLE, 1, 240),
        (timedelta(hours=48, seconds=-1), Tier.NEAR, 5, 120),
        (timedelta(hours=3), Tier.NEAR, 5, 120),
        (timedelta(hours=3, seconds=-1), Tier.SHORT, CROWD, 20),
    ],
)
def test_windows_by_distance(left, tier, people, minutes):
    policy = Policy()
    assert policy.tier_of(left) is tier
    assert (policy.people(tier), policy.answer_time(tier)) == (people, timedelta(minutes=minutes))


def test_nearer_windows_are_tried_after_that_of_the_distance_never_longer_ones():
    policy = Policy()
    assert policy.tiers_from(timedelta(days=8)) == tuple(Tier)
    assert policy.tiers_from(timedelta(hours=4)) == (Tier.NEAR, Tier.SHORT)
    assert policy.tiers_from(timedelta(hours=1)) == (Tier.SHORT,)


@pytest.mark.parametrize(
    ("sent", "length", "deadline"),
    [
        # Tuesday 10:00 + 4 h
        ((2027, 1, 12, 10), 4 * H, (2027, 1, 12, 14)),
        # Tuesday 19:30 + 1 h: half an hour, the night, half an hour
        ((2027, 1, 12, 19, 30), H, (2027, 1, 13, 8, 30)),
        # To the very edge of the evening
        ((2027, 1, 12, 19), H, (2027, 1, 12, 20)),
        # In the night: counted from 8:00
        ((2027, 1, 12, 23), H, (2027, 1, 13, 9)),
        ((2027, 1, 13, 3), H, (2027, 1, 13, 9)),
        # 24 h are two waking days of 12
        ((2027, 1, 12, 10), 24 * H, (2027, 1, 14, 10)),
        # Saturday 18:00 + 4 h over a Sunday
        ((2027, 1, 16, 18), 4 * H, (2027, 1, 18, 10)),
        # Saturday before Easter, over Sunday and Easter Monday
        ((2027, 3, 27, 19), 2 * H, (2027, 3, 30, 9)),
        # The night the clock goes forward (Sunday 2027-03-28 in Paris): Saturday evening to Tuesday, waking hours only
        ((2027, 10, 30, 19), 2 * H, (2027, 11, 2, 9)),  # clock back on the 31st, then 1 November
    ],
)
def test_the_clock_stops_in_quiet_hours(sent, length, deadline):
    assert answer_deadline(local(PARIS, *sent), length, quiet()) == local(PARIS, *deadline)


def test_the_wall_of_the_departement_decides():
    sent = utc(2027, 1, 12, 15, 30)  # 16:30 in Paris, 19:30 on La Réunion
    assert answer_deadline(sent, H, quiet()) == utc(2027, 1, 12, 16, 30)
    assert answer_deadline(sent, H, quiet("974", REUNION)) == local(REUNION, 2027, 1, 13, 8, 30)
    eve = local(REUNION, 2027, 12, 18, 19)  # Saturday, then Sunday, then 20 December, a holiday there
    assert answer_deadline(eve, 2 * H, quiet("974", REUNION)) == local(REUNION, 2027, 12, 21, 9)


@given(
    st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31)).map(lambda d: d.replace(tzinfo=ZoneInfo("UTC"))),
    st.integers(1, 3 * 1440),
    st.sampled_from([("62", PARIS), ("974", REUNION), ("972", ZoneInfo("America/Martinique"))]),
)
def test_a_deadline_is_awake_and_leaves_the_whole_time(sent, minutes, place):
    silence = quiet(*place)
    length = timedelta(minutes=minutes)
    deadline = answer_deadline(sent, length, silence)
    assert deadline >= sent + length
    wall = deadline.astimezone(place[1])
    assert silence.is_awake(wall.date())
    assert 8 <= wall.hour + wall.minute / 60 <= 20
    assert answer_deadline(sent, length + timedelta(minutes=1), silence) > deadline


def test_when_a_phone_may_ring():
    assert next_waking(local(PARIS, 2027, 1, 12, 10), quiet()) == local(PARIS, 2027, 1, 12, 10)
    assert next_waking(local(PARIS, 2027, 1, 12, 20), quiet()) == local(PARIS, 2027, 1, 13, 8)
    assert next_waking(local(PARIS, 2027, 1, 16, 21), quiet()) == local(PARIS, 2027, 1, 18, 8)


def test_settings_lie_one_over_the_other_and_absurd_ones_are_refused():
    assert policy_from({"long_people": 2, "ageing_days": 7}, {"ageing_days": 10}) == Policy(
        long_people=2, ageing_days=10
    )
    for bad in ({"nope": 1}, {"ageing_days": 0}, {"near_answer_min": -1}, {"long_people": True}, {"quiet_from_h": 8}):
        with pytest.raises(PolicyError):
            policy_from(bad)


def test_a_class_is_gained_every_three_weeks_and_never_passes_the_first():
    opened = utc(2027, 1, 4)
    days = [(0, 3), (20, 3), (21, 2), (41, 2), (42, 1), (63, 0), (400, 0)]
    assert [effective_class(3, opened, opened + timedelta(days=d), 21) for d, _ in days] == [c for _, c in days]


def test_within_a_class_the_oldest_request_comes_first():
    now = utc(2027, 2, 1)
    old, young = utc(2027, 1, 20), utc(2027, 1, 25)
    asked = [(3, young, 1), (3, old, 2), (1, young, 3), (3, old, 4), (3, utc(2026, 11, 1), 5)]
    ranked = sorted(asked, key=lambda a: order_key(*a, now=now, ageing_days=21))
    assert [pk for _, _, pk in ranked] == [5, 3, 2, 4, 1]


def test_half_days():
    assert half_day_bit(datetime(2027, 1, 11, 9)) == 1
    assert half_day_bit(datetime(2027, 1, 11, 12)) == 2
    assert half_day_bit(datetime(2027, 1, 16, 14)) == 1 << 11
    assert half_day_bit(datetime(2027, 1, 17, 9)) == 0
    assert date(2027, 1, 17).weekday() == 6


def test_the_public_comes_after_a_quarter_of_an_hour_at_most():
    assert release_delay(0.0, Policy()) == timedelta(0)
    assert timedelta(minutes=14) < release_delay(0.999, Policy()) < timedelta(minutes=15)
