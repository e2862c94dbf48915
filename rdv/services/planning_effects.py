"""What a change of openings or an absence does to what is already booked. Room: services. Reads only.

Called by the previews and by absences. Nothing here cancels anything: people are told, and decide.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from agents.models import Agent
from rdv.core.clock import local_date
from rdv.domain.intervals import Interval, intersect, merge
from rdv.domain.recurrence import describe
from rdv.models import Absence, Occupation, OccupationKind, Ouverture, PlageOuverture, Rdv
from rdv.services.plage_rules import departement_of


@dataclass(frozen=True, slots=True)
class Cover:
    """A stretch during which some motifs are received at a site (None: anywhere)."""

    interval: Interval
    motif_ids: frozenset[int]
    site_id: int | None

    def receives(self, rdv: Rdv) -> bool:
        return rdv.motif_id in self.motif_ids and self.site_id in (None, rdv.site_id)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another opening of the same agent, or an absence, on the same hours: `days` times, first on `first_day`."""

    owner: PlageOuverture | Absence
    first_day: date
    days: int

    @property
    def words(self) -> str:
        if isinstance(self.owner, Absence):
            return f"l’absence «\u00a0{self.owner.get_kind_display()}\u00a0»"
        rule = describe(self.owner.recurrence, self.owner.first_day, self.owner.starts_time, self.owner.ends_time)
        title = f" «\u00a0{self.owner.title}\u00a0»" if self.owner.title else ""
        return f"l’ouverture{title} ({rule})"


def cover_of(ouverture: Ouverture) -> Cover:
    interval = Interval(ouverture.starts_at, ouverture.ends_at)
    return Cover(interval, frozenset(ouverture.motif_ids), ouverture.site_id)


def affected_rdvs(*, agent_id: int, intervals: Sequence[Interval], now: datetime) -> list[Rdv]:
    """The live Rdv of this agent, not over yet, that touch one of these stretches; sorted by time."""
    asked = merge(intervals)
    if not asked:
        return []
    found = _rdvs_between(agent_id, Interval(asked[0].start, asked[-1].end), now)
    return [rdv for rdv in found if intersect(asked, [Interval(rdv.starts_at, rdv.ends_at)])]


def rdvs_left_outside(*, agent_id: int, before: Sequence[Cover], after: Sequence[Cover], now: datetime) -> list[Rdv]:
    """The Rdv that an opening contained and that none contains any more. They stay booked."""
    if not before:
        return []
    asked = merge(cover.interval for cover in before)
    found = _rdvs_between(agent_id, Interval(asked[0].start, asked[-1].end), now)
    was_inside, is_inside = _Coverage(before), _Coverage(after)
    return [rdv for rdv in found if was_inside.contains(rdv) and not is_inside.contains(rdv)]


class _Coverage:
    """Whether openings hold a whole Rdv, for its motif and its site. Merged once per (motif, site)."""

    def __init__(self, covers: Sequence[Cover]) -> None:
        self.covers = covers
        self.merged: dict[tuple[int, int], list[Interval]] = {}

    def contains(self, rdv: Rdv) -> bool:
        key = (rdv.motif_id, rdv.site_id)
        if key not in self.merged:
            self.merged[key] = merge(cover.interval for cover in self.covers if cover.receives(rdv))
        wanted = Interval(rdv.starts_at, rdv.ends_at)
        return any(stretch.contains(wanted) for stretch in self.merged[key])


def _rdvs_between(agent_id: int, span: Interval, now: datetime) -> list[Rdv]:
    return list(
        Rdv.objects.live()
        .between(max(span.start, now), span.end)
        .filter(rdv_agents__agent_id=agent_id)
        .select_related("motif__service", "site")
        .prefetch_related("participations__usager", "rdv_agents")
        .order_by("starts_at", "id")
    )


def other_openings(*, agent_id: int, intervals: Sequence[Interval], without: PlageOuverture | None) -> list[Ouverture]:
    """The standing openings of the agent around these stretches, but those of one plage."""
    if not intervals:
        return []
    start, end = min(one.start for one in intervals), max(one.end for one in intervals)
    rows = Ouverture.objects.standing().filter(agent_id=agent_id, starts_at__lt=end, ends_at__gt=start)
    if without is not None:
        rows = rows.exclude(plage=without)
    return list(rows.select_related("plage").order_by("starts_at", "id"))


def overlaps_of(
    *, agent: Agent, intervals: Sequence[Interval], without: PlageOuverture | None, now: datetime
) -> list[Overlap]:
    """Warnings, not refusals: a second opening on the same hours may be meant, and an absence may be lifted."""
    if not intervals:
        return []
    zone = departement_of(agent).zone
    asked = merge(intervals)
    openings = other_openings(agent_id=agent.pk, intervals=asked, without=without)
    absences = (
        Occupation.objects.filter(agent=agent, kind=OccupationKind.ABSENCE)
        .meeting(asked[0].start, asked[-1].end)
        .select_related("absence")
        .order_by("starts_at", "id")
    )
    days: dict[PlageOuverture | Absence, set[date]] = defaultdict(set)

    def note(owner: PlageOuverture | Absence | None, starts_at: datetime, ends_at: datetime) -> None:
        if owner is not None and ends_at > now and intersect(asked, [Interval(starts_at, ends_at)]):
            days[owner].add(local_date(starts_at, zone))

    for opening in openings:
        note(opening.plage, opening.starts_at, opening.ends_at)
    for away in absences:
        note(away.absence, away.starts_at, away.ends_at)
    return [Overlap(owner, min(found), len(found)) for owner, found in days.items()]
