"""When people are asked whether they come, and when those who did not answer are phoned.

Room: domain (pure). Called by rdv/services/notices (what leaves), confirming_calls (whom to phone) and the screens.

    booked ......... reminder asks ....... second SMS ....... Rdv
                     2 days before, 10-12  1 day before, 10-12, at least 20 h after the last question
                                           calls, from 8:00 of the working day before
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Booked or moved so shortly before: the person has just agreed, nobody asks again.
LATE = timedelta(hours=48)
# A reminder so soon after the booking would only say it again.
REMINDER_GAP = timedelta(hours=12)
# Two questions closer than this would be one too many.
BETWEEN_QUESTIONS = timedelta(hours=20)
# Reminders leave between these local hours, spread by person: neither at night, nor all at once.
REMINDERS_FROM = time(10, 0)
REMINDERS_SPREAD_MIN = 120
# No question leaves later in the day, however late the worker is.
QUESTIONS_UNTIL = time(19, 0)
CALLS_FROM = time(8, 0)
FRIDAY = 4
# Nobody is phoned more working days ahead (constraint motif_call_days_sane), whatever the holidays between.
FARTHEST_DAYS = 21


def reminder_morning(starts_at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Ten o'clock on the wall, so many days before. Ten to noon is never in a change of hour: minutes may be added."""
    day = starts_at.astimezone(zone).date() - timedelta(days=days)
    return datetime.combine(day, REMINDERS_FROM, tzinfo=zone)


def questions_end(at: datetime, zone: ZoneInfo) -> datetime:
    """Seven in the evening of that day, on the wall."""
    return datetime.combine(at.astimezone(zone).date(), QUESTIONS_UNTIL, tzinfo=zone)


def mornings(*, starts_at: datetime, agreed_at: datetime, days: Iterable[int | None], zone: ZoneInfo) -> list[datetime]:
    """When reminders begin to leave, in order; none for what was booked or moved too shortly before. `days`: those of
    the motif's reminders; `agreed_at`: when the hour was booked, or moved."""
    if starts_at - agreed_at < LATE:
        return []
    planned = sorted(reminder_morning(starts_at, one, zone) for one in days if one is not None)
    return [one for one in planned if agreed_at + REMINDER_GAP < one < starts_at]


def was_asked(
    *, starts_at: datetime, agreed_at: datetime, days: Iterable[int | None], zone: ZoneInfo, now: datetime
) -> bool:
    """The last of the reminders has left, for somebody who can be written to."""
    found = mornings(starts_at=starts_at, agreed_at=agreed_at, days=days, zone=zone)
    return bool(found) and found[-1] + timedelta(minutes=REMINDERS_SPREAD_MIN) <= now


def calls_from(day: date, working_days: int, zone: ZoneInfo, is_holiday: Callable[[date], bool]) -> datetime:
    """From when those who did not answer for that local day are phoned: a morning, so many working days before.

    Rdv on a Monday, 1 working day:   | fri 8:00 ->  sat  sun | MON
    """
    left = working_days
    for _ in range(FARTHEST_DAYS):
        day -= timedelta(days=1)
        left -= day.weekday() <= FRIDAY and not is_holiday(day)
        if left == 0:
            break
    return datetime.combine(day, CALLS_FROM, tzinfo=zone)


def last_day_to_call(now: datetime, working_days: int, zone: ZoneInfo, is_holiday: Callable[[date], bool]) -> date:
    """The farthest local day whose calls have begun: today, at least."""
    today = now.astimezone(zone).date()
    last = today
    for ahead in range(1, FARTHEST_DAYS):
        day = today + timedelta(days=ahead)
        if calls_from(day, working_days, zone, is_holiday) > now:
            break
        last = day
    return last
