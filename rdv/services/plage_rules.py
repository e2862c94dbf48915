"""What a rule of openings says, and what it may not say. Room: services. Called by the other planning services and by
the forms; writes nothing.

A `PlageRule` is the plain content of a PlageOuverture: what the form gives, what the preview lays out, what is saved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NotRequired, Required, TypedDict

from dateutil.relativedelta import relativedelta

from agents.models import Agent, Departement, Site
from rdv.core.clock import local_date
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.domain.holidays import holiday_name, is_holiday
from rdv.domain.intervals import Interval
from rdv.domain.recurrence import Recurrence, RecurrenceError, Rhythm, describe, occurrence_days, to_instants
from rdv.models import Modality, Motif, MotifSite, PlageOuverture, RhythmChoice

# The longest horizon of a motif: openings and absences are written this far (engine.md, point 1).
HORIZON = relativedelta(months=13)
MONTHS_A_YEAR, WEEKS_A_YEAR = 12, 52


class EditScope(StrEnum):
    ONE = "one"
    FOLLOWING = "following"
    ALL = "all"


class PlanningRefused(DomainError):  # noqa: N818 - named as the other refusals of the services (rdv/services/errors.py)
    """An opening or an absence that has no sense. `field` names the column to correct, when there is one."""

    code = "planning_refused"

    def __init__(self, message: str | None = None, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class PlageFields(TypedDict):
    """The keywords of `create_plage`."""

    site: NotRequired[Site | None]
    motifs: Required[Sequence[Motif]]
    first_day: Required[date]
    starts_time: Required[time]
    ends_time: Required[time]
    rhythm: NotRequired[str]
    every: NotRequired[int]
    weekdays: NotRequired[Sequence[int]]
    until: NotRequired[date | None]
    on_holidays: NotRequired[bool]
    public_from: NotRequired[date | None]
    title: NotRequired[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlageRule:
    motifs: Sequence[Motif]
    first_day: date
    starts_time: time
    ends_time: time
    site: Site | None = None
    rhythm: str = RhythmChoice.ONCE.value
    every: int = 1
    weekdays: Sequence[int] = ()
    until: date | None = None
    on_holidays: bool = False
    public_from: date | None = None
    title: str = ""

    @property
    def recurrence(self) -> Recurrence:
        return Recurrence(Rhythm(self.rhythm), self.every, tuple(self.weekdays), self.until)

    @property
    def words(self) -> str:
        """ "chaque lundi, de 9 h à 12 h"."""
        return describe(self.recurrence, self.first_day, self.starts_time, self.ends_time)

    @property
    def motif_ids(self) -> list[int]:
        return sorted(motif.pk for motif in self.motifs)

    @property
    def hours(self) -> timedelta:
        """Open time of a week, on average and holidays apart; of the only day of a rule without repetition."""
        # Hours of the wall clock, on purpose: this is how people count them, twice a year too.
        day = datetime.combine(self.first_day, self.ends_time) - datetime.combine(self.first_day, self.starts_time)
        if self.rhythm == Rhythm.ONCE:
            return day
        if self.rhythm == Rhythm.WEEKLY:
            return day * max(1, len(set(self.weekdays))) / self.every
        return day * MONTHS_A_YEAR / WEEKS_A_YEAR / self.every

    def columns(self) -> dict[str, Any]:
        """The columns of the PlageOuverture row. A rule that does not use a column leaves it as if never typed."""
        is_weekly, is_once = self.rhythm == Rhythm.WEEKLY, self.rhythm == Rhythm.ONCE
        return {
            "site": self.site,
            "first_day": self.first_day,
            "starts_time": self.starts_time,
            "ends_time": self.ends_time,
            "rhythm": self.rhythm,
            "every": 1 if is_once else self.every,
            "weekdays": sorted(set(self.weekdays)) if is_weekly else [],
            "until": None if is_once else self.until,
            "on_holidays": self.on_holidays,
            "public_from": self.public_from,
            "title": self.title,
        }

    def told(self) -> dict[str, Any]:
        """For the journal: plain values."""
        told = self.columns() | {"site": self.site.pk if self.site else None, "motifs": self.motif_ids}
        return told | {"words": self.words}


def rule_of(plage: PlageOuverture) -> PlageRule:
    """The rule as saved. Two queries unless site and motifs were fetched with the plage."""
    return PlageRule(
        site=plage.site,
        motifs=sorted(plage.motifs.all(), key=lambda motif: motif.pk),
        first_day=plage.first_day,
        starts_time=plage.starts_time,
        ends_time=plage.ends_time,
        rhythm=plage.rhythm,
        every=plage.every,
        weekdays=tuple(plage.weekdays),
        until=plage.until,
        on_holidays=plage.on_holidays,
        public_from=plage.public_from,
        title=plage.title,
    )


def horizon_of(departement: Departement, now: datetime) -> date:
    """The last day that is written, on the wall of the département."""
    # Months are added to a date, never to an instant: no change of hour is crossed.
    return local_date(now, departement.zone) + HORIZON


def occurrences(
    rule: PlageRule, departement: Departement, *, last: date, now: datetime, first: date | None = None
) -> Iterator[tuple[date, Interval]]:
    """The days of the rule with their instants, holidays out, from `first` to `last`, those not over at `now`."""
    start = max(local_date(now, departement.zone), first or rule.first_day)

    def is_closed(day: date) -> bool:
        return not rule.on_holidays and is_holiday(day, departement.code)

    for day in occurrence_days(rule.recurrence, rule.first_day, last, closed=is_closed):
        if day < start:
            continue
        instants = to_instants(day, rule.starts_time, rule.ends_time, departement.zone)
        if instants is not None and instants.end > now:
            yield day, instants


def closed_days(rule: PlageRule, departement: Departement, *, last: date, now: datetime) -> dict[date, str]:
    """The holidays on which this rule does not open, with their names."""
    if rule.on_holidays:
        return {}
    open_rule = replace(rule, on_holidays=True)
    found = (
        (day, holiday_name(day, departement.code)) for day, _ in occurrences(open_rule, departement, last=last, now=now)
    )
    return {day: name for day, name in found if name}


def validate(rule: PlageRule, agent: Agent, *, now: datetime) -> None:
    """Raise PlanningRefused with the sentence for the person."""
    validate_hours(rule.starts_time, rule.ends_time)
    try:
        rule.recurrence.validate(rule.first_day)
    except RecurrenceError as error:
        raise PlanningRefused(str(error), field="first_day") from error
    _validate_motifs(rule, agent)
    _validate_days(rule, agent, now)


def validate_for_one_day(rule: PlageRule, agent: Agent) -> None:
    """The same for a single occurrence, whose day is checked by its writer."""
    validate_hours(rule.starts_time, rule.ends_time)
    _validate_motifs(rule, agent)


def validate_hours(starts_time: time, ends_time: time) -> None:
    if starts_time >= ends_time:
        raise PlanningRefused(
            f"L’heure de fin ({french.hour(ends_time)}) doit être après l’heure de début ({french.hour(starts_time)}).",
            field="ends_time",
        )


def _validate_motifs(rule: PlageRule, agent: Agent) -> None:
    if not rule.motifs:
        raise PlanningRefused("Choisissez au moins un motif de rendez-vous.", field="motifs")
    if any(motif.departement_id != agent.departement_id for motif in rule.motifs):
        raise PlanningRefused("Ce motif est celui d’un autre département.", field="motifs")
    if rule.site is None:
        _refuse_motifs([motif for motif in rule.motifs if motif.modality == Modality.PUBLIC_OFFICE], _NEEDS_A_SITE)
        return
    # The search reads an opening of a site for what happens there, and an opening without site for the rest.
    _refuse_motifs([motif for motif in rule.motifs if motif.modality != Modality.PUBLIC_OFFICE], _NEEDS_NO_SITE)
    offered = set(MotifSite.objects.filter(site=rule.site, motif__in=rule.motifs).values_list("motif_id", flat=True))
    _refuse_motifs([motif for motif in rule.motifs if motif.pk not in offered], _NOT_THERE.format(site=rule.site.name))


_NEEDS_A_SITE = "{motifs}\u00a0: ce rendez-vous se passe sur place. Choisissez le lieu."
_NEEDS_NO_SITE = (
    "{motifs}\u00a0: ce rendez-vous ne se passe pas sur place. "
    "Choisissez «\u00a0Sans lieu\u00a0», dans une ouverture à part."
)
_NOT_THERE = "{{motifs}}\u00a0: ce rendez-vous n’est pas proposé à {site}. Choisissez un autre lieu ou un autre motif."


def _refuse_motifs(motifs: Sequence[Motif], sentence: str) -> None:
    if motifs:
        names = french.joined([f"«\u00a0{motif.name}\u00a0»" for motif in motifs])
        raise PlanningRefused(sentence.format(motifs=names), field="motifs")


def _validate_days(rule: PlageRule, agent: Agent, now: datetime) -> None:
    """At least one day to come; a rule that begins after the horizon has them later."""
    departement = departement_of(agent)
    last = horizon_of(departement, now)
    if rule.first_day > last or next(occurrences(rule, departement, last=last, now=now), None) is not None:
        return
    holidays = closed_days(rule, departement, last=last, now=now)
    if holidays:
        day, name = next(iter(holidays.items()))
        raise PlanningRefused(
            f"Le {french.day_year(day)} est férié ({name}). "
            "Pour ouvrir ce jour-là, décochez «\u00a0Fermer les jours fériés\u00a0».",
            field="first_day",
        )
    raise PlanningRefused(
        "Aucune date à venir\u00a0: choisissez un jour et une heure qui ne sont pas passés.", field="first_day"
    )


def departement_of(agent: Agent) -> Departement:
    """Only operators of the platform have none, and they have no agenda."""
    if agent.departement is None:
        raise PlanningRefused("Cette personne n’a pas d’agenda.")
    return agent.departement
