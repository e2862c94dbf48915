"""What an edit of openings would change, said before it is saved. Room: services. Reads only, called by the screens.

The same questions as the writers ask (rdv/services/plages), without writing: a test holds both together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from agents.models import Agent, Departement
from rdv.core.clock import local_date
from rdv.domain.intervals import Interval
from rdv.models import Ouverture, PlageOuverture, Rdv, RhythmChoice
from rdv.services.occurrences import instants_of, rule_of_occurrence
from rdv.services.plage_rules import (
    EditScope,
    PlageRule,
    closed_days,
    departement_of,
    horizon_of,
    occurrences,
    rule_of,
    validate,
    validate_for_one_day,
)
from rdv.services.plages import rows_to_rewrite, splits
from rdv.services.planning_effects import Cover, Overlap, cover_of, other_openings, overlaps_of, rdvs_left_outside


class Fate(StrEnum):
    KEPT = "kept"
    CHANGED = "changed"
    NEW = "new"
    REMOVED = "removed"
    BY_HAND = "by_hand"  # changed by hand: stays so
    CANCELLED = "cancelled"  # cancelled by hand: stays so
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class DateChange:
    """One day of the series: what it was, what it becomes (None: no opening)."""

    day: date
    fate: Fate
    before: Cover | None = None
    after: Cover | None = None
    holiday: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    rule_before: PlageRule | None
    rule_after: PlageRule | None
    dates: list[DateChange]
    outside: list[Rdv]  # booked, inside an opening before, in none after
    overlaps: list[Overlap]

    @property
    def words_after(self) -> str:
        return self.rule_after.words if self.rule_after else ""

    @property
    def hours_added(self) -> timedelta:
        """A week, on average; negative when hours are taken away."""
        before, after = self.rule_before, self.rule_after
        return (after.hours if after else timedelta(0)) - (before.hours if before else timedelta(0))

    @property
    def standing(self) -> list[DateChange]:
        return [one for one in self.dates if one.after is not None]

    @property
    def by_hand(self) -> list[DateChange]:
        return [one for one in self.dates if one.fate in (Fate.BY_HAND, Fate.CANCELLED)]

    @property
    def holidays(self) -> list[DateChange]:
        return [one for one in self.dates if one.fate is Fate.HOLIDAY]


def preview_create(*, agent: Agent, rule: PlageRule, now: datetime) -> Preview:
    """Raises what `create_plage` would raise."""
    validate(rule, agent, now=now)
    dates = list(_dates_of([], rule, departement_of(agent), begun=frozenset(), first=None, now=now))
    return _preview(None, rule, sorted(dates, key=_by_day), agent=agent, plage=None, now=now)


def preview_edit(
    *,
    plage: PlageOuverture,
    scope: EditScope | str,
    day: date,
    rule: PlageRule,
    now: datetime,
    reset_changes: bool = False,
) -> Preview:
    """Raises what `edit_plage` would raise about the rule."""
    scope = EditScope(scope)
    if scope is EditScope.ONE:
        return _preview_one(plage, day, rule, now=now)
    validate(rule, plage.agent, now=now)
    rows = rows_to_rewrite(plage, scope, day, now=now)
    begun = frozenset(plage.ouvertures.filter(starts_at__lte=now).values_list("occurrence_on", flat=True))
    by_hand = [] if reset_changes else [row for row in rows if row.is_modified or row.is_cancelled]
    untouched = [row for row in rows if row not in by_hand]
    first = day if splits(plage, scope, day) else None
    kept_days = begun | {row.occurrence_on for row in by_hand}
    dates = [
        *(_kept_by_hand(row) for row in by_hand),
        *_dates_of(untouched, rule, plage.departement, begun=kept_days, first=first, now=now),
    ]
    return _preview(rule_of(plage), rule, sorted(dates, key=_by_day), agent=plage.agent, plage=plage, now=now)


def preview_cancel(*, plage: PlageOuverture, day: date, now: datetime) -> Preview:
    """What closing this day alone would change."""
    return _preview_row(plage, day, None, None, now=now)


def preview_end(*, plage: PlageOuverture, last_day: date, now: datetime) -> Preview:
    """What ending the series after `last_day` would change."""
    rows = plage.ouvertures.standing().filter(starts_at__gt=now).order_by("occurrence_on")
    dates = [
        DateChange(row.local_on, Fate.REMOVED, cover_of(row)) if row.occurrence_on > last_day else _kept(row)
        for row in rows
    ]
    return _preview(rule_of(plage), None, dates, agent=plage.agent, plage=plage, now=now)


def _preview_one(plage: PlageOuverture, day: date, rule: PlageRule, *, now: datetime) -> Preview:
    validate_for_one_day(rule, plage.agent)
    instants = instants_of(rule, plage.departement, now=now)
    single = replace(rule, rhythm=RhythmChoice.ONCE.value)
    return _preview_row(plage, day, _cover(rule, instants), single, now=now)


def _preview_row(
    plage: PlageOuverture, day: date, after: Cover | None, rule: PlageRule | None, *, now: datetime
) -> Preview:
    row = plage.ouvertures.filter(occurrence_on=day).select_related("departement", "site", "plage").first()
    before = None if row is None or row.is_cancelled else cover_of(row)
    if after is None:
        fate = Fate.REMOVED
    else:
        fate = Fate.NEW if before is None else Fate.KEPT if before == after else Fate.CHANGED
    zone = plage.departement.zone
    shown = local_date(after.interval.start, zone) if after else row.local_on if row else day
    change = DateChange(shown, fate, before, after)
    of_day = rule_of_occurrence(row) if row else None
    # The other days of the series are openings of their own here: an Rdv may fall into one of them.
    return _preview(of_day, rule, [change], agent=plage.agent, plage=plage, siblings_without=day, now=now)


def _by_day(change: DateChange) -> date:
    return change.day


def _cover(rule: PlageRule, instants: Interval) -> Cover:
    return Cover(instants, frozenset(rule.motif_ids), rule.site.pk if rule.site else None)


def _kept(row: Ouverture) -> DateChange:
    return DateChange(row.local_on, Fate.KEPT, cover_of(row), cover_of(row))


def _kept_by_hand(row: Ouverture) -> DateChange:
    if row.is_cancelled:
        return DateChange(row.occurrence_on, Fate.CANCELLED)
    return DateChange(row.local_on, Fate.BY_HAND, cover_of(row), cover_of(row))


def _dates_of(
    rows: Sequence[Ouverture],
    rule: PlageRule,
    departement: Departement,
    *,
    begun: frozenset[date],
    first: date | None,
    now: datetime,
) -> Iterator[DateChange]:
    """Rows that the rule writes again, against the days it has. `begun`: days that it leaves as they are."""
    last = horizon_of(departement, now)
    old = {row.occurrence_on: row for row in rows}
    for day, instants in occurrences(rule, departement, first=first, last=last, now=now):
        if day not in begun:
            yield _compared(day, old.pop(day, None), _cover(rule, instants))
    holidays = closed_days(rule, departement, last=last, now=now)
    for day, name in holidays.items():
        if day not in begun and (first is None or day >= first):
            row = old.pop(day, None)
            yield DateChange(day, Fate.HOLIDAY, cover_of(row) if row else None, None, name)
    for row in old.values():
        if not row.is_cancelled:
            yield DateChange(row.local_on, Fate.REMOVED, cover_of(row))


def _compared(day: date, row: Ouverture | None, after: Cover) -> DateChange:
    if row is None or row.is_cancelled:
        return DateChange(day, Fate.NEW, None, after)
    before = cover_of(row)
    same_hours = row.local_on == day and before.interval == after.interval
    return DateChange(day, Fate.KEPT if same_hours else Fate.CHANGED, before, after)


def _preview(
    rule_before: PlageRule | None,
    rule_after: PlageRule | None,
    dates: list[DateChange],
    *,
    agent: Agent,
    plage: PlageOuverture | None,
    now: datetime,
    siblings_without: date | None = None,
) -> Preview:
    before = [one.before for one in dates if one.before]
    after = [one.after for one in dates if one.after]
    kept = [cover.interval for cover in after]
    return Preview(
        rule_before=rule_before,
        rule_after=rule_after,
        dates=dates,
        outside=_outside(before, after, agent=agent, plage=plage, siblings_without=siblings_without, now=now),
        overlaps=overlaps_of(agent=agent, intervals=kept, without=plage, now=now),
    )


def _outside(
    before: list[Cover],
    after: list[Cover],
    *,
    agent: Agent,
    plage: PlageOuverture | None,
    siblings_without: date | None,
    now: datetime,
) -> list[Rdv]:
    spans = [cover.interval for cover in before]
    others = [cover_of(row) for row in other_openings(agent_id=agent.pk, intervals=spans, without=plage)]
    if plage is not None and siblings_without is not None:
        siblings = plage.ouvertures.standing().exclude(occurrence_on=siblings_without)
        others += [cover_of(row) for row in siblings]
    return rdvs_left_outside(agent_id=agent.pk, before=before, after=[*after, *others], now=now)
