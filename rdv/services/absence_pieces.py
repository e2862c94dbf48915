"""An absence into Occupations: one row per day of the wall, at most 25 hours long. Room: services.

Called by absences and expansion, under the agent's lock.

    Wednesday 14:00 to Friday 12:00     |--wed--|------thu------|--fri--|
    booked meanwhile                               |rdv|
    written                             |blocks |~~ does not ~~~|blocks |

A piece over a booked Rdv or a held place does not block (the database would refuse it); it still takes the agent's
time, for the search subtracts every Occupation.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from agents.models import Departement
from rdv.domain.intervals import Interval, merge
from rdv.domain.recurrence import Recurrence, Rhythm, occurrence_days, to_instants
from rdv.models import Absence, Occupation, OccupationKind
from rdv.services.occupying import drop_dead_options_of

ONE_DAY = timedelta(days=1)
# An absence until this hour lasts until midnight: "the whole day" is from DAY_START to DAY_END.
DAY_START, DAY_END = time.min, time.max


def pieces_of(absence: Absence, *, first: date | None, last: date) -> Iterator[Interval]:
    """The days of the absence between `first` and `last`, both included."""
    for day, starts, ends in _wall_pieces(absence, last):
        if first is None or day >= first:
            piece = _instants(day, starts, ends, absence.departement)
            if piece is not None:
                yield piece


def _wall_pieces(absence: Absence, last: date) -> Iterator[tuple[date, time, time]]:
    if absence.rhythm != Rhythm.ONCE:
        for day in occurrence_days(absence.recurrence, absence.first_day, last, closed=_never):
            yield day, absence.starts_time, absence.ends_time
        return
    last_day = absence.last_day or absence.first_day
    every_day = Recurrence(Rhythm.WEEKLY, weekdays=tuple(range(7)))
    for day in occurrence_days(every_day, absence.first_day, min(last, last_day), closed=_never):
        starts = absence.starts_time if day == absence.first_day else DAY_START
        yield day, starts, absence.ends_time if day == last_day else DAY_END


def _never(day: date) -> bool:
    return False


def _instants(day: date, starts: time, ends: time, departement: Departement) -> Interval | None:
    if ends != DAY_END:
        return to_instants(day, starts, ends, departement.zone) if starts < ends else None
    # Until midnight: the first instant of the next day, whatever the length of this one.
    begun = to_instants(day, starts, ends, departement.zone)
    next_day = to_instants(day + ONE_DAY, DAY_START, time(12), departement.zone)
    return Interval(begun.start, next_day.start) if begun and next_day else None


def write_pieces(absence: Absence, *, first: date | None, last: date, now: datetime) -> list[Interval]:
    """Write those that are not over; answers what was written."""
    pieces = [piece for piece in pieces_of(absence, first=first, last=last) if piece.end > now]
    if not pieces:
        return []
    drop_dead_options_of([absence.agent_id], now)
    taken = _blocking_rows(absence.agent_id, pieces)
    taken_starts = [stretch.start for stretch in taken]

    def is_free(piece: Interval) -> bool:
        # Only the last stretch that begins before the end of the piece can touch it: they are merged, thus apart.
        before = bisect_left(taken_starts, piece.end)
        return before == 0 or taken[before - 1].end <= piece.start

    Occupation.objects.bulk_create(
        Occupation(
            departement_id=absence.departement_id,
            agent_id=absence.agent_id,
            starts_at=piece.start,
            ends_at=piece.end,
            kind=OccupationKind.ABSENCE,
            absence=absence,
            is_blocking=is_free(piece),
        )
        for piece in pieces
    )
    return pieces


def _blocking_rows(agent_id: int, pieces: Sequence[Interval]) -> list[Interval]:
    rows = Occupation.objects.filter(agent_id=agent_id, is_blocking=True).meeting(pieces[0].start, pieces[-1].end)
    return merge(Interval(start, end) for start, end in rows.values_list("starts_at", "ends_at"))
