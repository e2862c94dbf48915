"""Créneaux: the worked examples of the design, then every answer against the minute-by-minute oracle."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rdv.domain.creneaux import (
    Agenda,
    binome,
    binome_among,
    common_free_time,
    creneaux,
    fits,
    free_time,
    lay_creneaux,
    lay_spans,
    merge_public,
    round_up,
)
from rdv.domain.intervals import Interval, interval_of, span_of
from rdv.domain.recurrence import to_instants
from rdv.domain.travel import Point, Stop, busy_with_road, openings_with_road
from rdv.domain.windows import Window, agent_window, usager_window
from tests.domain import oracle
from tests.domain.strategies import MINUTE, ORIGIN, PARIS, SPAN, Question, at, calm, questions, stretch

MONDAY = date(2027, 1, 11)
TUESDAY = date(2027, 1, 12)


def local(clock: str, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=PARIS).astimezone(UTC)


def between(start: str, end: str, day: date = MONDAY) -> Interval:
    found = to_instants(day, time.fromisoformat(start), time.fromisoformat(end), PARIS)
    assert found is not None
    return found


def clocks(starts: list[datetime]) -> list[str]:
    return [start.astimezone(PARIS).strftime("%H:%M") for start in starts]


MORNING = between("09:00", "12:00")
ALL_DAY = Window(local("00:00"), local("23:59"))
HALF_HOUR = timedelta(minutes=30)


class TestWorkedExamples:
    def test_1_an_rdv_and_an_absence_are_taken_out(self) -> None:
        busy = [between("09:30", "10:00"), between("11:00", "11:45")]
        assert clocks(creneaux([MORNING], busy, duration=HALF_HOUR, window=ALL_DAY)) == ["09:00", "10:00", "10:30"]

    def test_2_the_buffer_after_moves_the_grid(self) -> None:
        # The Rdv of 10:00-10:30 occupies its agent until 10:40, its own buffer included.
        starts = creneaux(
            [MORNING],
            [between("10:00", "10:40")],
            duration=HALF_HOUR,
            buffer_after=timedelta(minutes=10),
            window=ALL_DAY,
        )
        assert clocks(starts) == ["09:00", "10:40", "11:20"]

    def test_6_the_usager_waits_for_the_notice_and_the_agent_does_not(self) -> None:
        openings = [between("09:00", "10:00"), between("09:00", "10:00", TUESDAY)]
        now, horizon = local("08:50"), timedelta(days=90)
        public = usager_window(now, timedelta(hours=24), horizon)
        assert creneaux(openings, [], duration=HALF_HOUR, window=public) == [
            local("09:00", TUESDAY),
            local("09:30", TUESDAY),
        ]
        assert creneaux(openings, [], duration=HALF_HOUR, window=agent_window(now, horizon)) == [
            local("09:00"),
            local("09:30"),
            local("09:00", TUESDAY),
            local("09:30", TUESDAY),
        ]

    def test_7_the_present_cuts_the_opening_before_rounding(self) -> None:
        window = agent_window(local("09:07"), timedelta(days=90))
        starts = creneaux([MORNING], [], duration=timedelta(minutes=45), window=window)
        assert clocks(starts) == ["09:10", "09:55", "10:40"]

    def test_8_a_binome_needs_both(self) -> None:
        agendas = {1: Agenda([between("09:00", "11:00")], []), 2: Agenda([between("10:00", "12:00")], [])}
        assert clocks(binome(agendas, duration=HALF_HOUR, window=ALL_DAY)) == ["10:00", "10:30"]

    def test_9_the_public_sees_one_hour_for_two_agents(self) -> None:
        openings = [between("10:00", "10:30")]
        per_agent = {one: creneaux(openings, [], duration=HALF_HOUR, window=ALL_DAY) for one in (2, 1)}
        assert merge_public(per_agent) == {local("10:00"): [1, 2]}
        # One of them is booked: the hour stays, with one agent; then with nobody.
        per_agent[1] = creneaux(openings, openings, duration=HALF_HOUR, window=ALL_DAY)
        assert merge_public(per_agent) == {local("10:00"): [2]}
        per_agent[2] = creneaux(openings, openings, duration=HALF_HOUR, window=ALL_DAY)
        assert merge_public(per_agent) == {}

    def test_12_the_road_of_a_home_visit_is_kept_free(self) -> None:
        previous, here = Point(50.0, 2.0), Point(50.0 + 12 / 111.195, 2.0)
        visit = Stop(between("09:00", "10:00"), previous)
        busy = busy_with_road([visit], here=here, fallback=timedelta(hours=1))
        openings = [between("09:00", "12:00")]
        starts = creneaux(openings, busy, duration=timedelta(hours=1), window=ALL_DAY)
        assert clocks(starts) == ["10:30"]

    def test_13_without_referent_there_is_nobody_and_so_nothing(self) -> None:
        assert merge_public({}) == {}
        assert binome({}, duration=HALF_HOUR, window=ALL_DAY) == []
        assert binome_among({}, needed=1, duration=HALF_HOUR, window=ALL_DAY) == {}
        assert common_free_time([]) == []


class TestGrid:
    def test_the_first_start_is_rounded_up_to_five_minutes(self) -> None:
        assert round_up(local("09:07")) == local("09:10")
        assert round_up(local("09:10")) == local("09:10")
        assert round_up(local("09:10") + timedelta(microseconds=1)) == local("09:15")

    def test_touching_openings_are_one(self) -> None:
        openings = [between("09:00", "09:40"), between("09:40", "10:00")]
        assert clocks(creneaux(openings, [], duration=HALF_HOUR, window=ALL_DAY)) == ["09:00", "09:30"]

    def test_buffers_may_spill_outside_the_opening(self) -> None:
        quarter = timedelta(minutes=15)
        starts = creneaux(
            [between("09:00", "09:30")],
            [],
            duration=HALF_HOUR,
            buffer_before=quarter,
            buffer_after=quarter,
            window=ALL_DAY,
        )
        assert clocks(starts) == ["09:00"]

    def test_both_buffers_add_up_between_two_rdv(self) -> None:
        # The Rdv of 09:30-10:00 holds 10 minutes after it; the new one wants 15 before itself.
        busy = [between("09:30", "10:10")]
        starts = creneaux(
            [between("09:30", "11:00")], busy, duration=HALF_HOUR, buffer_before=timedelta(minutes=15), window=ALL_DAY
        )
        assert clocks(starts) == ["10:25"]

    def test_both_ends_of_the_window_are_included(self) -> None:
        window = Window(local("09:30"), local("10:30"))
        assert clocks(creneaux([MORNING], [], duration=HALF_HOUR, window=window)) == ["09:30", "10:00", "10:30"]
        shorter = Window(local("09:30"), local("10:30") - timedelta(seconds=1))
        assert clocks(creneaux([MORNING], [], duration=HALF_HOUR, window=shorter)) == ["09:30", "10:00"]

    def test_an_empty_window_shows_nothing(self) -> None:
        assert creneaux([MORNING], [], duration=HALF_HOUR, window=Window(local("10:00"), local("09:00"))) == []

    def test_a_start_shown_stays_valid_when_the_grid_has_moved(self) -> None:
        """Shown at 9:04, confirmed at 9:06: 09:05 is over, but 09:35 still fits though no longer on the grid."""
        shown = creneaux([MORNING], [], duration=HALF_HOUR, window=agent_window(local("09:04"), timedelta(days=1)))
        now_shown = creneaux([MORNING], [], duration=HALF_HOUR, window=agent_window(local("09:06"), timedelta(days=1)))
        assert local("09:35") in shown
        assert local("09:35") not in now_shown
        assert fits(local("09:35"), [MORNING], [], duration=HALF_HOUR)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"duration": timedelta(0)},
            {"duration": timedelta(minutes=-30)},
            {"duration": HALF_HOUR, "buffer_before": timedelta(minutes=-1)},
            {"duration": HALF_HOUR, "buffer_after": timedelta(minutes=-1)},
        ],
    )
    def test_a_motif_without_length_is_refused(self, wrong: dict[str, timedelta]) -> None:
        with pytest.raises(ValueError, match="lasts some time"):
            creneaux([MORNING], [], window=ALL_DAY, **wrong)
        with pytest.raises(ValueError, match="lasts some time"):
            fits(local("09:00"), [MORNING], [], **wrong)

    def test_an_opening_through_the_change_of_hour_keeps_its_real_length(self) -> None:
        # 01:00-04:00 of the wall clock is two hours on the night when 2 h becomes 3 h.
        spring = date(2027, 3, 28)
        night = between("01:00", "04:00", spring)
        window = Window(night.start, night.end)
        starts = creneaux([night], [], duration=HALF_HOUR, window=window)
        assert clocks(starts) == ["01:00", "01:30", "03:00", "03:30"]


class TestBinomeAmong:
    def test_any_two_of_three_make_a_binome(self) -> None:
        agendas = {
            3: Agenda([between("09:00", "10:00")], []),
            1: Agenda([between("09:00", "11:00")], []),
            2: Agenda([between("10:00", "11:00")], [between("10:30", "11:00")]),
        }
        found = binome_among(agendas, needed=2, duration=HALF_HOUR, window=ALL_DAY)
        assert {clocks([start])[0]: agents for start, agents in found.items()} == {
            "09:00": [1, 3],
            "09:30": [1, 3],
            "10:00": [1, 2],
        }

    def test_more_than_enough_are_all_named(self) -> None:
        agendas = {one: Agenda([between("09:00", "09:30")], []) for one in (1, 2, 3)}
        assert binome_among(agendas, needed=2, duration=HALF_HOUR, window=ALL_DAY) == {local("09:00"): [1, 2, 3]}

    def test_too_few_make_none(self) -> None:
        agendas = {1: Agenda([MORNING], []), 2: Agenda([], [])}
        assert binome_among(agendas, needed=2, duration=HALF_HOUR, window=ALL_DAY) == {}

    def test_nobody_needed_is_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="at least one"):
            binome_among({1: Agenda([MORNING], [])}, needed=0, duration=HALF_HOUR, window=ALL_DAY)


def test_the_road_from_the_site_begins_the_opening() -> None:
    site, here = Point(50.0, 2.0), Point(50.0 + 12 / 111.195, 2.0)
    openings = [between("09:00", "12:00"), between("14:00", "14:30")]
    kept = openings_with_road(openings, base=site, here=here, fallback=timedelta(hours=1))
    assert kept == [between("09:30", "12:00")]


# Against the oracle.


@calm
@given(question=questions)
@example(question=Question([(0, 180)], [(60, 100)], 30, 0, 10, 0, 400))
@example(question=Question([(3, 33)], [], 30, 20, 20, 0, 400))
def test_creneaux_are_those_of_the_oracle(question: Question) -> None:
    expected = [at(minute) for minute in oracle.creneaux(question)]
    assert creneaux(question.opened, question.taken, window=question.window, **question.motif) == expected


@calm
@given(question=questions, start=st.integers(-10, SPAN + 200))
def test_fits_is_the_answer_of_the_oracle(question: Question, start: int) -> None:
    expected = oracle.fits(question, start)
    assert fits(at(start), question.opened, question.taken, **question.motif) is expected


@calm
@given(question=questions)
def test_what_is_shown_fits_and_an_empty_answer_means_nothing_fits(question: Question) -> None:
    shown = creneaux(question.opened, question.taken, window=question.window, **question.motif)
    assert all(oracle.fits(question, (start - ORIGIN) // MINUTE) for start in shown)
    marks = [minute for minute in range(question.earliest, question.latest + 1) if minute % 5 == 0]
    assert bool(shown) is any(oracle.fits(question, minute) for minute in marks)


@calm
@example(question=Question([(0, 146), (149, 213)], [(0, 5)], duration=1, before=19, after=7, earliest=0, latest=311))
@given(question=questions)
def test_two_shown_creneaux_can_both_be_booked(question: Question) -> None:
    """Booking one of them, buffers included, leaves every other of the same opening valid.

    Two openings nearer to each other than the buffers show both of their ends: whichever is booked first stays.
    """
    shown = creneaux(question.opened, question.taken, window=question.window, **question.motif)
    for booked in shown:
        occupied = Interval(booked, booked + question.motif["duration"]).widened(
            question.motif["buffer_before"], question.motif["buffer_after"]
        )
        around = next(one for one in question.opened if one.start <= booked < one.end)
        others = [start for start in shown if start != booked and around.start <= start < around.end]
        bare = {"duration": question.motif["duration"]}
        assert all(fits(start, question.opened, [*question.taken, occupied], **bare) for start in others)


@calm
@given(question=questions)
def test_laying_on_free_time_is_the_same_search_in_two_steps(question: Question) -> None:
    """What SQL does when it subtracts by itself."""
    motif = question.motif
    free = free_time(
        question.opened,
        question.taken,
        buffer_before=motif["buffer_before"],
        buffer_after=motif["buffer_after"],
    )
    two_steps = lay_creneaux(free, window=question.window, **motif)
    assert two_steps == creneaux(question.opened, question.taken, window=question.window, **motif)


@calm
@given(question=questions)
def test_laying_in_seconds_gives_the_same_starts(question: Question) -> None:
    """What the search does with the stretches of thousands of agents."""
    motif = question.motif
    free = free_time(
        question.opened,
        question.taken,
        buffer_before=motif["buffer_before"],
        buffer_after=motif["buffer_after"],
    )
    buffers = motif["buffer_before"] + motif["buffer_after"]
    spans = [span_of(one) for one in free]
    laid = lay_spans(spans, duration=motif["duration"], buffers=buffers, window=question.window)
    starts = [datetime.fromtimestamp(start, UTC) for starts in laid for start in starts]
    assert starts == lay_creneaux(free, window=question.window, **motif)
    assert [interval_of(span) for span in spans] == free


def test_a_fraction_of_a_second_is_never_given_away() -> None:
    half = timedelta(milliseconds=500)
    assert interval_of(span_of(Interval(ORIGIN + half, ORIGIN + MINUTE - half))) == Interval(
        ORIGIN + 2 * half, ORIGIN + MINUTE - 2 * half
    )


@calm
@given(first=questions, second=questions)
def test_a_binome_fits_both_agendas(first: Question, second: Question) -> None:
    agendas = {1: Agenda(first.opened, first.taken), 2: Agenda(second.opened, second.taken)}
    together = binome(agendas, window=first.window, **first.motif)
    alike = Question(
        second.openings, second.busy, first.duration, first.before, first.after, first.earliest, first.latest
    )
    possible = {
        minute
        for minute in range(first.earliest, first.latest + 1)
        if oracle.fits(first, minute) and oracle.fits(alike, minute)
    }
    assert {(start - ORIGIN) // MINUTE for start in together} <= possible
    # Only the first start of a stretch is on a mark of 5 minutes, but without such a mark there is no first start.
    assert bool(together) is any(minute % 5 == 0 for minute in possible)
    team = binome_among(agendas, needed=2, window=first.window, **first.motif)
    assert team == {start: [1, 2] for start in together}


@calm
@given(asked=st.lists(questions, min_size=1, max_size=3), needed=st.integers(1, 3))
def test_a_team_among_many_names_exactly_those_who_fit(asked: list[Question], needed: int) -> None:
    head = asked[0]
    alike = [
        Question(one.openings, one.busy, head.duration, head.before, head.after, head.earliest, head.latest)
        for one in asked
    ]
    agendas = {number: Agenda(one.opened, one.taken) for number, one in enumerate(alike)}
    found = binome_among(agendas, needed=needed, window=head.window, **head.motif)
    for start, agents in found.items():
        minute = (start - ORIGIN) // MINUTE
        assert agents == [number for number, one in enumerate(alike) if oracle.fits(one, minute)]
        assert len(agents) >= needed


def test_the_drawn_world_crosses_the_change_of_hour() -> None:
    assert stretch(0, SPAN).contains(Interval(local("01:59", date(2027, 3, 28)), local("03:01", date(2027, 3, 28))))
