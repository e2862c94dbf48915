"""The day board of a site, as facts: a column per professional, what fills their day, who is expected, who is here.

Room: services, reads only: nine queries, whatever the number of professionals. Plain values, no model: a board of
twenty people is read again every half-minute by everybody at the desk. What the reader may not see is already taken
out: a masked Rdv has a time and nothing else.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from agents.access import Scope
from agents.models import Site
from rdv.core.clock import day_bounds
from rdv.domain.intervals import Interval, merge, subtract
from rdv.domain.statuses import Status
from rdv.domain.travel import Point, travel_time
from rdv.models import Modality
from rdv.services.agenda import SAME_ROUND, SHORTEST_HOLE, Kind
from rdv.services.board_facts import Block, Board, Column, Person, Visit
from rdv.services.board_rows import BusyRow, Member, PersonRow, RdvRow, Rows, read_rows
from rdv.services.confirmed import Answer, answer_of

STEP = timedelta(minutes=5)


def read_board(site: Site, on: date, *, scope: Scope, team: int | None, now: datetime) -> Board:
    """`team`: an Equipe of this site, or None for everybody. One that is gone is forgotten."""
    departement = site.departement
    start, end = day_bounds(on, departement.zone)
    rows = read_rows(site, on, start=start, end=end, now=now)
    visits = {
        row.pk: _visit(row, rows, departement.zone, now) for row in rows.rdvs.values() if _may_read(row, rows, scope)
    }
    members = _members(rows, team)
    board = Board(on, now, note=rows.note)
    board.teams = [(pk, one.name) for pk, one in rows.teams.items()]
    board.team = team if team in rows.teams else None
    road = timedelta(minutes=departement.unknown_travel_min)
    day = _Day(scope, site.pk, rows, visits, Interval(start, end), road, now)
    for member in members:
        column = day.column(member)
        (board.columns if column.is_present else board.away).append(column)
    board.cancelled = sorted(
        (visit for pk, visit in visits.items() if not visit.is_live and rows.rdvs[pk].site_id == site.pk),
        key=lambda visit: visit.starts_at,
    )
    return board


def _members(rows: Rows, team: int | None) -> list[Member]:
    wanted = rows.teams[team].agent_ids if team in rows.teams else None
    return [member for member in rows.members if wanted is None or member.agent_id in wanted]


def _may_read(row: RdvRow, rows: Rows, scope: Scope) -> bool:
    agent_ids = [agent_id for agent_id, _ in rows.agents_of.get(row.pk, ())]
    return scope.may_read(site_id=row.site_id, service_id=row.service_id, agent_ids=agent_ids)


def _answer(row: RdvRow, one: PersonRow, zone: ZoneInfo, now: datetime) -> Answer:
    return answer_of(
        status=one.status,
        confirmed_at=one.confirmed_at,
        starts_at=row.starts_at,
        agreed_at=max(one.created_at, row.moved_at or one.created_at),
        asks=row.asks,
        days=row.reminder_days,
        zone=zone,
        now=now,
    )


def _visit(row: RdvRow, rows: Rows, zone: ZoneInfo, now: datetime) -> Visit:
    people = tuple(
        Person(
            participation=one.uuid,
            usager=one.usager,
            name=f"{one.first_name} {one.last_name}".strip(),
            search_key=one.search_key,
            status=Status(one.status),
            arrived_at=one.arrived_at,
            late_minutes=one.late_minutes,
            needs=one.needs,
            companion=one.companion,
            answer=_answer(row, one, zone, now),
            first_name=one.first_name.strip(),
            version=row.schedule_version,
        )
        for one in rows.people_of.get(row.pk, ())
    )
    return Visit(
        uuid=row.uuid,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        motif=row.motif,
        title=row.title,
        is_collective=row.is_collective,
        capacity=row.capacity,
        seats_taken=row.seats_taken,
        modality=Modality(row.modality),
        town=row.town,
        site_id=row.site_id,
        site_name=row.site_name,
        is_overbooked=row.is_overbooked,
        is_live=row.is_live,
        people=people,
        agents=tuple(rows.agents_of.get(row.pk, ())),
        asks=row.asks,
    )


@dataclass(frozen=True, slots=True)
class _Day:
    """What is needed to lay one column."""

    scope: Scope
    site_id: int
    rows: Rows
    visits: dict[int, Visit]
    bounds: Interval
    unknown_road: timedelta
    now: datetime

    def column(self, member: Member) -> Column:
        agent_id = member.agent_id
        taken = self.rows.busy_of.get(agent_id, [])
        rdvs = [row for row in self.rows.rdvs_of(agent_id) if row.is_live]
        blocks = _reviewed([*map(self._rdv, rdvs), *self._others(taken)])
        trips = self._trips(rdvs)
        openings = merge(self._within(self.rows.openings_of.get(agent_id, [])))
        busy = [Interval(row.starts_at, row.ends_at) for row in taken]
        busy += [Interval(block.starts_at, block.ends_at) for block in [*blocks, *trips]]
        holes = _holes(openings, busy, self.now)
        everything = sorted([*blocks, *trips, *holes], key=lambda block: (block.starts_at, block.ends_at, block.kind))
        return Column(agent_id, member.name, member.profession, openings, everything, self._may_book(member))

    def _rdv(self, row: RdvRow) -> Block:
        visit = self.visits.get(row.pk)
        kind = Kind.RDV if visit else Kind.MASKED
        return Block(kind, row.starts_at, row.ends_at, visit=visit, is_here=row.site_id == self.site_id)

    def _others(self, taken: Iterable[BusyRow]) -> list[Block]:
        """Absences and holds. For whom something is held is said to nobody here."""
        found = []
        for row in taken:
            if row.kind == "absence":
                found.append(Block(Kind.ABSENCE, row.starts_at, row.ends_at, absence=row.absence))
            elif row.kind == "option":
                token = row.token if row.is_waitlist and self._may_take(row) else None
                found.append(
                    Block(
                        Kind.HELD,
                        row.starts_at,
                        row.ends_at,
                        expires_at=row.expires_at,
                        is_waitlist=row.is_waitlist,
                        token=token,
                    )
                )
        return found

    def _may_take(self, row: BusyRow) -> bool:
        return self.scope.may_write(site_id=row.site_id, service_id=row.service_id, agent_ids=[row.agent_id])

    def _may_book(self, member: Member) -> bool:
        """The console proposes hours of one's own services; a secretary's, of all that are not confidential."""
        scope = self.scope
        if member.agent_id == scope.agent_id:
            return True
        hidden = scope.confidential_ids - scope.service_ids
        booked = member.service_ids - hidden if scope.is_secretaire else member.service_ids & scope.service_ids
        return bool(booked)

    def _within(self, found: Iterable[Interval]) -> list[Interval]:
        return [
            Interval(max(one.start, self.bounds.start), min(one.end, self.bounds.end))
            for one in found
            if one.start < self.bounds.end and self.bounds.start < one.end
        ]

    def _trips(self, rdvs: Sequence[RdvRow]) -> list[Block]:
        """The road between two places in a row, as in the agenda; to or from a masked Rdv, it is masked."""
        trips = []
        placed = sorted((row for row in rdvs if row.is_placed), key=lambda row: row.starts_at)
        for before, after in pairwise(placed):
            by_road = before.is_home or after.is_home
            if not by_road or after.starts_at - before.ends_at > SAME_ROUND or before.ends_at >= after.starts_at:
                continue
            road = travel_time(_point(before), _point(after), fallback=self.unknown_road)
            if road:
                start = max(before.ends_at, after.starts_at - road)
                is_read = before.pk in self.visits and after.pk in self.visits
                trips.append(Block(Kind.TRIP if is_read else Kind.MASKED, start, after.starts_at))
        return trips


def _point(row: RdvRow) -> Point | None:
    return None if row.latitude is None or row.longitude is None else Point(row.latitude, row.longitude)


def _reviewed(blocks: list[Block]) -> list[Block]:
    """An Rdv over another one, or over an absence, says so."""
    by_kind: dict[bool, list[Block]] = defaultdict(list)
    for block in blocks:
        by_kind[block.kind in (Kind.RDV, Kind.MASKED)].append(block)
    rdvs = by_kind[True]
    absences = [block for block in by_kind[False] if block.kind is Kind.ABSENCE]
    found = []
    for block in rdvs:
        double = any(other is not block and other.meets(block) for other in rdvs)
        away = any(other.meets(block) for other in absences)
        found.append(replace(block, has_double=double, on_absence=away) if double or away else block)
    return found + by_kind[False]


def _holes(openings: Sequence[Interval], busy: Sequence[Interval], now: datetime) -> list[Block]:
    """What is open, not taken (with the minutes around each Rdv), and still to come."""
    soonest = now + (datetime.min.replace(tzinfo=now.tzinfo) - now) % STEP
    found = []
    for hole in subtract(openings, busy):
        start = max(hole.start, soonest)
        if hole.end - start >= SHORTEST_HOLE:
            found.append(Block(Kind.FREE, start, hole.end))
    return found
