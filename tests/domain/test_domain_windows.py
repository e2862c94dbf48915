"""Windows and deadlines: to the second, in elapsed hours."""

from datetime import UTC, datetime, timedelta

import pytest

from rdv.domain.windows import Window, agent_window, cancel_deadline, may_still_cancel, usager_window
from tests.domain.strategies import PARIS

NOW = datetime(2027, 1, 11, 7, 50, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def test_the_public_window_goes_from_notice_to_horizon_both_included() -> None:
    window = usager_window(NOW, DAY, 90 * DAY)
    assert window == Window(NOW + DAY, NOW + 90 * DAY)
    assert window.admits(NOW + DAY)
    assert window.admits(NOW + 90 * DAY)
    assert not window.admits(NOW + DAY - SECOND)
    assert not window.admits(NOW + 90 * DAY + SECOND)


def test_an_agent_sees_everything_from_now_on() -> None:
    window = agent_window(NOW, 90 * DAY)
    assert window.admits(NOW)
    assert not window.admits(NOW - SECOND)
    assert window.latest == NOW + 90 * DAY


def test_a_fraction_of_a_second_refuses_nothing() -> None:
    late = NOW.replace(microsecond=900_000)
    assert usager_window(late, DAY, 90 * DAY).admits(NOW + DAY)
    assert agent_window(late, DAY).admits(NOW)
    assert may_still_cancel(late, NOW + timedelta(hours=4), 4)


def test_a_notice_longer_than_the_horizon_leaves_nothing() -> None:
    window = usager_window(NOW, 10 * DAY, 7 * DAY)
    assert window.is_empty
    assert not any(window.admits(NOW + one * DAY) for one in range(20))
    assert not usager_window(NOW, 7 * DAY, 7 * DAY).is_empty


def test_cancelling_is_possible_until_the_deadline_included() -> None:
    starts_at = NOW + timedelta(hours=4)
    assert cancel_deadline(starts_at, 4) == NOW
    assert may_still_cancel(NOW, starts_at, 4)
    assert not may_still_cancel(NOW + SECOND, starts_at, 4)


def test_without_deadline_one_cancels_until_the_beginning_excluded() -> None:
    assert may_still_cancel(NOW - SECOND, NOW, 0)
    assert not may_still_cancel(NOW, NOW, 0)


def test_delays_are_elapsed_hours_across_the_change_of_hour() -> None:
    # Sunday 28 March 2027 has 23 hours in Paris: 24 hours before Monday 00:30 is Saturday 23:30 on the wall.
    starts_at = datetime(2027, 3, 29, 0, 30, tzinfo=PARIS).astimezone(UTC)
    deadline = cancel_deadline(starts_at, 24)
    assert starts_at - deadline == timedelta(hours=24)
    assert deadline.astimezone(PARIS).strftime("%A %H:%M") == "Saturday 23:30"


@pytest.mark.parametrize("wrong", [NOW.replace(tzinfo=None), NOW.astimezone(PARIS)])
def test_only_utc_is_accepted(wrong: datetime) -> None:
    with pytest.raises(ValueError, match="must be in UTC"):
        usager_window(wrong, DAY, 90 * DAY)
    with pytest.raises(ValueError, match="must be in UTC"):
        Window(wrong, NOW)
    with pytest.raises(ValueError, match="must be in UTC"):
        cancel_deadline(wrong, 4)
