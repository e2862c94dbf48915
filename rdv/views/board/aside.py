"""Beside the columns: who is expected, who waits, which hours are free in the next two hours. Pure, no query.

Room: views. A Board of rdv/services/board comes in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rdv.core.text import search_key
from rdv.domain import french
from rdv.domain.statuses import Status
from rdv.services.agenda import Kind
from rdv.services.board_facts import Board, Person, Visit
from rdv.views.agenda.lines import short_length
from rdv.views.board.persons import shown_person
from rdv.views.board.words import Badge, Need, Reader, hole_url, needs_of, stamp_of

# Who is expected soon: those of the last hours who have not come, and of the next one.
SOON = timedelta(minutes=60)
SHOWN = 6
# Somebody who waits longer than this, in minutes, is to be looked after.
LONG_WAIT = 30
HOLES = timedelta(hours=2)
MINUTE = timedelta(minutes=1)
HOUR = re.compile(r"^(\d{1,2})(?:[:h ]\s?(\d{2}))?h?$")


@dataclass(frozen=True, slots=True)
class Expected:
    """A line: who, at what hour, with whom; `stamp` when they may be noted as arrived."""

    visit: Visit
    person: Person
    hour: str
    with_whom: str
    badge: Badge
    needs: tuple[Need, ...]
    stamp: str


@dataclass(frozen=True, slots=True)
class Waiting:
    visit: Visit
    person: Person
    minutes: int
    is_long: bool
    hour: str
    with_whom: str
    needs: tuple[Need, ...]
    url: str


@dataclass(frozen=True, slots=True)
class Hole:
    hour: str
    length: str
    name: str
    url: str


def visits_here(board: Board, reader: Reader) -> list[Visit]:
    return [visit for visit in board.visits if visit.site_id == reader.site_id]


def expected_soon(board: Board, reader: Reader) -> list[Expected]:
    """On the day itself only: nobody is waited for on another day."""
    found = [
        _expected(visit, person, reader)
        for visit in visits_here(board, reader)
        if visit.starts_at < reader.now + SOON and reader.now < visit.ends_at
        for person in visit.live
        if person.status is Status.UNKNOWN and person.arrived_at is None
    ]
    return found[:SHOWN] if board.on == reader.asked.today else []


def found_by(board: Board, words: str, reader: Reader) -> list[Expected]:
    """Everybody of the day who answers: beginnings of names in any order, or the hour. Those still to come first."""
    asked = hour_in(words)
    wanted = search_key(words).split()
    if not wanted:
        return []
    found = [
        _expected(visit, person, reader)
        for visit in visits_here(board, reader)
        for person in visit.live
        if (asked and reader.hour(visit.starts_at) == asked)
        or (not asked and all(f" {word}" in f" {person.search_key}" for word in wanted))
    ]
    return sorted(found, key=lambda one: not one.stamp)


def hour_in(words: str) -> str:
    """10, 10h, 10:00, 10 h 30 -> "10:00"; "" when it is a name."""
    found = HOUR.match(words.strip().lower().replace("\u00a0", " ").replace(" h ", "h").replace(" h", "h"))
    return f"{int(found.group(1))}:{found.group(2) or '00'}" if found else ""


def _expected(visit: Visit, person: Person, reader: Reader) -> Expected:
    is_today = reader.asked.day == reader.asked.today
    shown = shown_person(visit, person, reader, is_today=is_today)
    may_arrive = any(gesture.code == "arrive" for gesture in shown.gestures)
    return Expected(
        visit,
        person,
        reader.hour(visit.starts_at),
        with_whom(visit),
        shown.badge,
        needs_of([person]),
        stamp_of(person) if may_arrive else "",
    )


def with_whom(visit: Visit) -> str:
    return french.joined([name for _, name in visit.agents])


def waiting_room(board: Board, reader: Reader) -> list[Waiting]:
    """Who came and was not received yet, the first come first."""
    found = []
    for visit in visits_here(board, reader):
        for person in visit.live:
            if person.arrived_at is None or not person.waits:
                continue
            found.append(_waiting(visit, person, person.arrived_at, reader))
    return sorted(found, key=lambda one: _arrived(one.person))


def _waiting(visit: Visit, person: Person, since: datetime, reader: Reader) -> Waiting:
    minutes = max(0, (reader.now - since) // MINUTE)
    return Waiting(
        visit,
        person,
        minutes,
        minutes >= LONG_WAIT,
        reader.hour(visit.starts_at),
        with_whom(visit),
        needs_of([person]),
        f"{reader.asked.url(rdv=visit.uuid, nom='')}#choisi",
    )


def _arrived(person: Person) -> datetime:
    assert person.arrived_at is not None  # noqa: S101 - the waiting room holds those who arrived
    return person.arrived_at


def next_holes(board: Board, reader: Reader) -> list[Hole]:
    found = [
        (block, column)
        for column in board.columns
        if column.may_book
        for block in column.blocks
        if block.kind is Kind.FREE and block.starts_at < reader.now + HOLES and reader.now < block.ends_at
    ]
    found.sort(key=lambda pair: (pair[0].starts_at, pair[1].name))
    return [
        Hole(
            reader.hour(block.starts_at),
            short_length(block.ends_at - block.starts_at),
            column.name,
            hole_url(block, column, reader),
        )
        for block, column in found
    ]


def summary(board: Board, reader: Reader, waiting: Sequence[Waiting]) -> str:
    """34 Rdv, 10 vus, 4 en attente, 2 absents, 1 en retard."""
    visits = visits_here(board, reader)
    people = [(visit, person) for visit in visits for person in visit.live]
    seen = sum(person.status is Status.SEEN for _, person in people)
    away = sum(person.status is Status.NOSHOW for _, person in people)
    late = sum(visit.lateness(person, reader.now) > 0 for visit, person in people)
    words = [f"{len(visits) or 'Aucun'} Rdv"]
    words += [f"{seen} vu{_s(seen)}"] if seen else []
    words += [f"{len(waiting)} en attente"] if waiting else []
    words += [f"{away} absent{_s(away)}"] if away else []
    words += [f"{late} en retard"] if late and board.on == reader.asked.today else []
    return ", ".join(words)


def _s(count: int) -> str:
    return "s" if count > 1 else ""
