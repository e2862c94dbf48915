"""What is known of each date of a series before anything is written, and what could be taken instead.

Room: services, reads only. Called by the page of a series. A dozen queries at the most, whatever the number of dates.

    Tue 12 Jan 14:00   free
    Tue 26 Jan 14:00   taken           -> 15:00 that day, Wed 27 at 9:00...
    Tue  9 Feb 14:00   leave           -> Wed 10 at 9:00...
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from agents.models import Agent, Fermeture
from rdv.core.clock import local_date, midnight
from rdv.domain.holidays import holiday_name
from rdv.domain.intervals import Interval, span_of
from rdv.domain.windows import Window
from rdv.models import Modality, Motif, Occupation, OccupationKind, Ouverture, Participation, Rdv
from rdv.services.availability import agents_asked, free_stretches, lay
from rdv.services.console_matrix import Slot
from rdv.services.moving import visit_place
from rdv.services.questions import EVERYBODY, LOOK_BACK, Agents, Creneau, Question, Stretches

SHOWN = 8  # hours proposed instead, the nearest ones
WEEK = timedelta(days=7)
ONE_DAY = timedelta(days=1)


class Known(StrEnum):
    """What stands at that hour; a code of the page."""

    FREE = "free"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    ABSENT = "absent"
    TAKEN = "taken"
    HELD = "held"
    NOT_OPEN = "not_open"
    BUSY = "busy"  # the person has another Rdv
    ROAD = "road"  # not enough time to come and go


@dataclass(frozen=True, slots=True)
class Line:
    """One date of the rule. `wanted`: its own hour; `instead`: the nearest free ones of its week, when it is not."""

    day: date
    wanted: Creneau
    known: Known
    label: str
    instead: tuple[Creneau, ...]

    @property
    def is_free(self) -> bool:
        return self.known is Known.FREE

    @property
    def hours(self) -> tuple[Creneau, ...]:
        """What may be taken on this line."""
        return (self.wanted,) if self.is_free else self.instead


@dataclass(frozen=True, slots=True)
class Report:
    lines: tuple[Line, ...]
    agents: dict[int, Agent]

    @property
    def free(self) -> int:
        return sum(line.is_free for line in self.lines)


def value_of(creneau: Creneau) -> str:
    """What the form posts; forms.console.read_creneau reads it."""
    return Slot(creneau).value


def report_of(participation: Participation, days: Sequence[date], *, now: datetime, with_everybody: bool) -> Report:
    """`participation` comes whole, its agents prefetched (a door of rdv/access)."""
    rdv = participation.rdv
    own = tuple(sorted(link.agent_id for link in rdv.rdv_agents.all()))
    if not days:
        return Report((), {})
    question = _question(participation, days, EVERYBODY if with_everybody else own, now)
    free = free_stretches(question)
    wanted = [_wanted(rdv, day, own) for day in days]
    busy = _busy_of_person(participation, question.window)
    facts = None
    lines = []
    for day, creneau in zip(days, wanted, strict=True):
        at = Interval(creneau.starts_at, creneau.starts_at + rdv.length)
        if creneau.starts_at > now and not _meets(at, busy) and _fits(free, creneau, rdv):
            lines.append(Line(day, creneau, Known.FREE, "", ()))
            continue
        facts = facts or _Facts(rdv, own, question.window, now)
        known, label = (Known.BUSY, "") if _meets(at, busy) else facts.why(day, at)
        instead = _instead(question, free, creneau, busy)
        lines.append(Line(day, creneau, known, label, instead))
    ids = {pk for line in lines for one in line.hours for pk in one.agent_ids}
    return Report(tuple(lines), Agent.objects.in_bulk(ids))


def _question(participation: Participation, days: Sequence[date], agents: Agents, now: datetime) -> Question:
    """From the Monday of the first date to the Sunday of the last one."""
    rdv = participation.rdv
    motif, zone = rdv.motif, rdv.motif.departement.zone
    first, last = _monday(days[0]), _monday(days[-1]) + WEEK
    earliest = max(now.replace(microsecond=0), midnight(first, zone))
    asked = agents_asked(motif, agents, usager=participation.usager, today=local_date(now, zone))
    window = Window(earliest, midnight(last, zone) - timedelta(seconds=1))
    return Question(motif, (rdv.site,), asked, window, now, place=visit_place(rdv), length=rdv.length)


def _wanted(rdv: Rdv, day: date, own: tuple[int, ...]) -> Creneau:
    zone = rdv.motif.departement.zone
    hour: time = rdv.starts_at.astimezone(zone).time()
    # The same hour of the wall on both sides of a change of hour: combined locally, then turned into an instant.
    return Creneau(datetime.combine(day, hour, tzinfo=zone).astimezone(UTC), rdv.site_id, own)


def _fits(free: Stretches, creneau: Creneau, rdv: Rdv) -> bool:
    begins, ends = span_of(Interval(creneau.starts_at, creneau.starts_at + rdv.length))
    return len(creneau.agent_ids) == rdv.motif.agents_needed and all(
        any(first <= begins and ends <= last for first, last in free.get((agent_id, creneau.site_id), []))
        for agent_id in creneau.agent_ids
    )


def _instead(
    question: Question, free: Stretches, wanted: Creneau, busy: Sequence[Interval]
) -> tuple[Creneau, ...]:  # fmt: skip
    """The nearest first: that day before the others of the week, the same people before somebody else."""
    zone = question.motif.departement.zone
    day = local_date(wanted.starts_at, zone)
    start, end = midnight(_monday(day), zone), midnight(_monday(day) + WEEK, zone)
    window = Window(max(question.window.earliest, start), min(question.window.latest, end - timedelta(seconds=1)))
    if window.is_empty:
        return ()
    opens, closes = span_of(Interval(start, end))
    week = {key: [one for one in found if one[0] < closes and one[1] > opens] for key, found in free.items()}
    laid = lay(replace(question, window=window), week)
    found = [one for one in laid if not _meets(Interval(one.starts_at, one.starts_at + question.duration), busy)]

    def order(one: Creneau) -> tuple[bool, bool, timedelta, Creneau]:
        is_other_day = local_date(one.starts_at, zone) != day
        return is_other_day, one.agent_ids != wanted.agent_ids, abs(one.starts_at - wanted.starts_at), one

    return tuple(sorted(found, key=order)[:SHOWN])


def _busy_of_person(participation: Participation, window: Window) -> list[Interval]:
    """What the person has already, with anybody: they cannot be at two places."""
    rows = Participation.objects.live().filter(
        usager=participation.usager_id, starts_at__lt=window.latest + ONE_DAY, ends_at__gt=window.earliest
    )
    return [Interval(start, end) for start, end in rows.order_by("id").values_list("starts_at", "ends_at")]


def _meets(at: Interval, others: Sequence[Interval]) -> bool:
    return any(at.overlaps(other) for other in others)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


class _Facts:
    """Why an hour is not free, asked once for all the dates and only when one of them is not."""

    def __init__(self, rdv: Rdv, own: Sequence[int], window: Window, now: datetime) -> None:
        motif, zone = rdv.motif, rdv.motif.departement.zone
        self.rdv, self.own = rdv, own
        first, last = local_date(window.earliest, zone), local_date(window.latest, zone)
        on_site = motif.modality == Modality.PUBLIC_OFFICE
        self.closures = [
            row
            for row in Fermeture.objects.meeting(motif.departement, first, last)
            if row.site_id is None or (on_site and row.site_id == rdv.site_id)
        ]
        self.openings = _openings(motif, own, window)
        self.taken: dict[str, list[Interval]] = defaultdict(list)
        rows = Occupation.objects.standing(now).meeting(window.earliest, window.latest).filter(agent_id__in=own)
        for kind, start, end in rows.order_by("id").values_list("kind", "starts_at", "ends_at"):
            self.taken[kind].append(Interval(start, end))

    def why(self, day: date, at: Interval) -> tuple[Known, str]:
        closure = next((row for row in self.closures if row.starts_on <= day <= row.ends_on), None)
        if closure is not None:
            return Known.CLOSED, closure.label
        is_open = all(
            any(one.start <= at.start and at.end <= one.end for one in self.openings[agent_id])
            for agent_id in self.own
        )  # fmt: skip
        holiday = holiday_name(day, self.rdv.departement_id)
        if holiday and not is_open:
            return Known.HOLIDAY, holiday
        motif = self.rdv.motif
        around = at.widened(motif.buffer_before, motif.buffer_after)
        for kind, known in _TAKERS:
            if _meets(around, self.taken[kind]):
                return known, ""
        return (Known.ROAD if is_open else Known.NOT_OPEN), ""


_TAKERS = (
    (OccupationKind.ABSENCE, Known.ABSENT),
    (OccupationKind.RDV, Known.TAKEN),
    (OccupationKind.OPTION, Known.HELD),
)


def _openings(motif: Motif, agent_ids: Sequence[int], window: Window) -> dict[int, list[Interval]]:
    rows = Ouverture.objects.standing().filter(
        agent_id__in=agent_ids,
        motif_ids__contains=[motif.pk],
        starts_at__gt=window.earliest - LOOK_BACK,
        starts_at__lt=window.latest,
    )
    found: dict[int, list[Interval]] = defaultdict(list)
    for agent_id, start, end in rows.order_by("id").values_list("agent_id", "starts_at", "ends_at"):
        found[agent_id].append(Interval(start, end))
    return found
