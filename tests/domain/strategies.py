"""What Hypothesis draws for the domain: stretches of minutes, questions, days around the changes of hour."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st

from rdv.domain.intervals import Interval
from rdv.domain.windows import Window

# No deadline: a busy machine is not a bug.
calm = settings(deadline=None, max_examples=150)

MINUTE = timedelta(minutes=1)
# The night of the change of hour in Europe/Paris: nothing in UTC may care.
ORIGIN = datetime(2027, 3, 27, 23, 0, tzinfo=UTC)
SPAN = 360  # minutes of the drawn world

PARIS = ZoneInfo("Europe/Paris")
ZONES = [
    "Europe/Paris",
    "America/Miquelon",
    "America/Martinique",
    "America/Guadeloupe",
    "America/Cayenne",
    "America/St_Barthelemy",
    "Indian/Reunion",
    "Indian/Mayotte",
    "Pacific/Noumea",
    "Pacific/Wallis",
    "Pacific/Tahiti",
    "Pacific/Marquesas",
    # Not French, but hard: a jump of half an hour, a jump at midnight.
    "Australia/Lord_Howe",
    "America/Havana",
]
CHANGE_DAYS = [
    date(2027, 3, 28),  # Paris, spring
    date(2027, 10, 31),  # Paris, autumn
    date(2027, 3, 14),  # Miquelon and Havana, spring
    date(2027, 11, 7),  # Miquelon and Havana, autumn
    date(2027, 4, 4),  # Lord Howe, autumn
    date(2027, 10, 3),  # Lord Howe, spring
]


def at(minute: int) -> datetime:
    return ORIGIN + minute * MINUTE


def stretch(start: int, end: int) -> Interval:
    return Interval(at(start), at(end))


@dataclass(frozen=True)
class Question:
    """A search of one agent, in whole minutes from ORIGIN."""

    openings: list[tuple[int, int]]
    busy: list[tuple[int, int]]
    duration: int
    before: int
    after: int
    earliest: int
    latest: int

    @property
    def window(self) -> Window:
        return Window(at(self.earliest), at(self.latest))

    @property
    def opened(self) -> list[Interval]:
        return [stretch(*pair) for pair in self.openings]

    @property
    def taken(self) -> list[Interval]:
        return [stretch(*pair) for pair in self.busy]

    @property
    def motif(self) -> dict[str, timedelta]:
        return {
            "duration": self.duration * MINUTE,
            "buffer_before": self.before * MINUTE,
            "buffer_after": self.after * MINUTE,
        }


def pairs(longest: int = 200) -> st.SearchStrategy[tuple[int, int]]:
    return st.builds(lambda start, length: (start, start + length), st.integers(0, SPAN), st.integers(1, longest))


questions = st.builds(
    Question,
    openings=st.lists(pairs(), max_size=4),
    busy=st.lists(pairs(60), max_size=5),
    duration=st.integers(1, 75),
    before=st.integers(0, 20),
    after=st.integers(0, 20),
    earliest=st.integers(-30, SPAN),
    latest=st.integers(0, SPAN + 200),
)

interval_lists = st.lists(st.builds(lambda pair: stretch(*pair), pairs(60)), max_size=6)

clock_times = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@st.composite
def days_near_changes(draw: st.DrawFn) -> date:
    return draw(st.sampled_from(CHANGE_DAYS)) + timedelta(days=draw(st.integers(-1, 1)))


@st.composite
def clock_stretches(draw: st.DrawFn) -> tuple[time, time]:
    """A start and a later end; half of them in the small hours, where the clock jumps."""
    hours = draw(st.sampled_from([range(24), range(4)]))
    minutes = sorted(draw(st.lists(st.integers(0, len(hours) * 60 - 1), min_size=2, max_size=2, unique=True)))
    start, end = (time(one // 60, one % 60) for one in minutes)
    return start, end
