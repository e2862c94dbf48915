"""A week of openings copied to another week, or to a colleague: what would be added or left out, then the writing.

Room: services. Called by the planning screens; whose planning is read and written was decided by the doors.

    Claire, week of 11 January          Claire, week of 25 January
      Mon 9:00-12:00   ------------->     Mon 9:00-12:00     added, as an opening of one day
      Tue 14:00-17:00  ------------->     Tue 13:30-15:00    left out: she is open at these hours already
"""

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db import transaction

from agents.models import Agent, Fermeture
from rdv.core import journal
from rdv.core.clock import midnight
from rdv.core.db import lock_agents
from rdv.core.journal import Author
from rdv.domain.holidays import holiday_name
from rdv.domain.intervals import Interval
from rdv.domain.recurrence import to_instants
from rdv.models import Motif, Occupation, OccupationKind, Ouverture, PlageOuverture
from rdv.services.plage_rules import PlageRule, PlanningRefused, departement_of, horizon_of
from rdv.services.plages import create_within
from rdv.services.planning_doors import motifs_to_open, sites_to_open

WEEK = timedelta(days=7)


class Fate(StrEnum):
    """What becomes of one opening; a code of the page."""

    ADDED = "added"
    AWAY = "away"  # added, and the person is away then
    OVERLAP = "overlap"
    HOLIDAY = "holiday"
    CLOSED = "closed"
    PAST = "past"
    SITE = "site"  # they do not receive there
    MOTIFS = "motifs"  # none of these motifs is theirs
    TOO_FAR = "too_far"


@dataclass(frozen=True, slots=True)
class Copied:
    """One opening of the week: where it comes from, what it becomes."""

    source: Ouverture
    rule: PlageRule
    fate: Fate
    label: str = ""
    # Motifs of the source that this colleague does not receive.
    without: tuple[str, ...] = ()

    @property
    def is_added(self) -> bool:
        return self.fate in (Fate.ADDED, Fate.AWAY)


@dataclass(frozen=True, slots=True)
class Copy:
    """What is asked. Weeks by their Monday."""

    source: Agent
    target: Agent
    from_week: date
    to_week: date


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def preview_copy(copy: Copy, *, now: datetime, today: date) -> list[Copied]:
    """Each opening of the source week, in order of time. A bounded number of queries, whatever the week holds."""
    rows = _openings(copy.source, copy.from_week)
    if not rows:
        return []
    motifs = {motif.pk: motif for motif in Motif.objects.filter(pk__in={pk for row in rows for pk in row.motif_ids})}
    target = _Target(copy, now=now, today=today)
    if copy.source == copy.target:  # their own week: what they receive there already
        target.motif_ids |= {pk for pk, motif in motifs.items() if not motif.is_archived}
    found: list[Copied] = []
    for row in rows:
        rule, without = _rule(row, copy, motifs, target.motif_ids)
        fate, label, instants = target.fate_of(rule)
        found.append(Copied(row, rule, fate, label, without))
        if found[-1].is_added and instants is not None:
            target.openings.append(instants)  # two of the week never overlap once copied
    return found


def _openings(agent: Agent, week: date) -> list[Ouverture]:
    zone = departement_of(agent).zone
    rows = Ouverture.objects.standing().filter(
        agent=agent, starts_at__gte=midnight(week, zone), starts_at__lt=midnight(week + WEEK, zone)
    )
    return list(rows.select_related("site", "plage", "departement").order_by("starts_at", "id"))


def _rule(
    row: Ouverture, copy: Copy, motifs: dict[int, Motif], allowed: frozenset[int]
) -> tuple[PlageRule, tuple[str, ...]]:
    """The same hours of the wall, that many weeks away, with the motifs that the other one receives."""
    zone = row.departement.zone
    kept = [motifs[pk] for pk in sorted(row.motif_ids) if pk in motifs and pk in allowed]
    without = tuple(motifs[pk].name for pk in sorted(row.motif_ids) if pk in motifs and pk not in allowed)
    rule = PlageRule(
        site=row.site,
        motifs=kept,
        first_day=row.local_on + (copy.to_week - copy.from_week),
        starts_time=row.starts_at.astimezone(zone).time(),
        ends_time=row.ends_at.astimezone(zone).time(),
        on_holidays=row.plage.on_holidays,
        # A date of publication is of its own week: it moves with it.
        public_from=row.public_from + (copy.to_week - copy.from_week) if row.public_from else None,
        title=row.plage.title,
    )
    return rule, without


class _Target:
    """What the week to fill has already, and what its owner may open."""

    def __init__(self, copy: Copy, *, now: datetime, today: date) -> None:
        self.agent, self.now = copy.target, now
        self.departement = departement_of(copy.target)
        self.last = horizon_of(self.departement, now)
        start, end = (midnight(day, self.departement.zone) for day in (copy.to_week, copy.to_week + WEEK))
        self.site_ids = set(sites_to_open(copy.target, today=today).values_list("pk", flat=True))
        self.motif_ids = frozenset(motifs_to_open(copy.target).values_list("pk", flat=True))
        opened = Ouverture.objects.standing().filter(agent=copy.target, starts_at__lt=end, ends_at__gt=start)
        self.openings = [Interval(*pair) for pair in opened.order_by("id").values_list("starts_at", "ends_at")]
        away = Occupation.objects.filter(agent=copy.target, kind=OccupationKind.ABSENCE).meeting(start, end)
        self.absences = [Interval(*pair) for pair in away.order_by("id").values_list("starts_at", "ends_at")]
        self.closures = list(Fermeture.objects.meeting(self.departement, copy.to_week, copy.to_week + WEEK))

    def fate_of(self, rule: PlageRule) -> tuple[Fate, str, Interval | None]:
        instants = to_instants(rule.first_day, rule.starts_time, rule.ends_time, self.departement.zone)
        if instants is None or instants.end <= self.now:
            return Fate.PAST, "", None
        if rule.first_day > self.last:
            return Fate.TOO_FAR, "", None
        if rule.site is not None and rule.site.pk not in self.site_ids:
            return Fate.SITE, rule.site.name, None
        if not rule.motifs:
            return Fate.MOTIFS, "", None
        fate, label = self._day_of(rule)
        if fate is not None:
            return fate, label, None
        if any(instants.overlaps(other) for other in self.openings):
            return Fate.OVERLAP, "", None
        is_away = any(instants.overlaps(other) for other in self.absences)
        return (Fate.AWAY if is_away else Fate.ADDED), "", instants

    def _day_of(self, rule: PlageRule) -> tuple[Fate | None, str]:
        holiday = holiday_name(rule.first_day, self.departement.pk)
        if holiday and not rule.on_holidays:
            return Fate.HOLIDAY, holiday
        site_id = rule.site.pk if rule.site else None
        for row in self.closures:
            if row.starts_on <= rule.first_day <= row.ends_on and row.site_id in (None, site_id):
                return Fate.CLOSED, row.label
        return None, ""


@transaction.atomic(durable=True)
def copy_week(copy: Copy, *, key: uuids.UUID, author: Author, now: datetime, today: date) -> int:
    """Write what the preview says is added, each as an opening of one day; how many were.

    Sent twice it is once: an opening of the same key exists already. Asked again later, all of it overlaps.
    """
    departement = departement_of(copy.target)
    if copy.source.departement_id != copy.target.departement_id:
        raise PlanningRefused("Cet agent est celui d’un autre département.")
    lock_agents([copy.target.pk])
    if done := copied_before(copy, key):
        return done
    added = [one for one in preview_copy(copy, now=now, today=today) if one.is_added]
    made = [
        create_within(
            one.rule,
            departement=departement,
            agent=copy.target,
            key=_key_of(key, one.source),
            author=author,
            now=now,
        )
        for one in added
    ]
    if made:
        _write(copy, made, author=author, now=now)
    return len(made)


def copied_before(copy: Copy, key: uuids.UUID) -> int:
    """How many openings this very form has written already."""
    keys = [_key_of(key, row) for row in _openings(copy.source, copy.from_week)]
    return PlageOuverture.objects.filter(uuid__in=keys, agent=copy.target).count()


def _key_of(key: uuids.UUID, row: Ouverture) -> uuids.UUID:
    return uuids.uuid5(key, str(row.pk))


def _write(copy: Copy, made: Sequence[PlageOuverture], *, author: Author, now: datetime) -> None:
    """One fact, with its members."""
    journal.write(
        "planning.week_copied",
        subject=("agent", copy.target.pk),
        departement_code=departement_of(copy.target).pk,
        author=author,
        now=now,
        data={
            "from_agent": copy.source.pk,
            "from_week": copy.from_week,
            "to_week": copy.to_week,
            "plages": [plage.uuid for plage in made],
        },
    )
