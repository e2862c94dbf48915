"""Absences of agents: dated or recurrent. Room: services. Called by the planning screens, the absent-agent screen, the
API and imports, through rdv/services/planning.

Creating one over booked Rdv is allowed: nothing is cancelled without somebody saying so, and the Rdv concerned are
handed back to be looked at.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple

from django.db import transaction

from agents.models import Agent
from rdv.core import journal
from rdv.core.db import lock_agents
from rdv.core.journal import Author
from rdv.domain import french
from rdv.domain.intervals import Interval, merge, subtract
from rdv.domain.recurrence import Recurrence, RecurrenceError, Rhythm, describe
from rdv.models import Absence, AbsenceKind, Occupation, Rdv, RhythmChoice, SourceKind
from rdv.services.absence_pieces import DAY_END, DAY_START, pieces_of
from rdv.services.expansion import expand_absence
from rdv.services.plage_rules import PlanningRefused, departement_of, horizon_of, validate_hours
from rdv.services.planning_effects import affected_rdvs
from rdv.services.waitlist_queue import note_freed


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceRule:
    """Dated: `first_day` at `starts_time` to `last_day` at `ends_time`. Recurrent: these hours on each day.

    `ends_time` = DAY_END is midnight; whole days run from DAY_START to DAY_END.
    """

    first_day: date
    last_day: date | None = None
    starts_time: time = DAY_START
    ends_time: time = DAY_END
    rhythm: str = RhythmChoice.ONCE.value
    every: int = 1
    weekdays: Sequence[int] = ()
    until: date | None = None
    kind: str = AbsenceKind.LEAVE.value
    note: str = ""

    @property
    def is_once(self) -> bool:
        return self.rhythm == Rhythm.ONCE

    @property
    def is_whole_days(self) -> bool:
        return self.starts_time == DAY_START and self.ends_time == DAY_END

    @property
    def words(self) -> str:
        if self.is_once:
            return _dated_words(self)
        recurrence = Recurrence(Rhythm(self.rhythm), self.every, tuple(self.weekdays), self.until)
        words = describe(recurrence, self.first_day, self.starts_time, self.ends_time)
        return words.replace(_hours_words(DAY_START, DAY_END), "toute la journée")

    def columns(self) -> dict[str, Any]:
        return {
            "first_day": self.first_day,
            "last_day": (self.last_day or self.first_day) if self.is_once else None,
            "starts_time": self.starts_time,
            "ends_time": self.ends_time,
            "rhythm": self.rhythm,
            "every": 1 if self.is_once else self.every,
            "weekdays": sorted(set(self.weekdays)) if self.rhythm == Rhythm.WEEKLY else [],
            "until": None if self.is_once else self.until,
            "kind": self.kind,
            "note": self.note,
        }

    def told(self) -> dict[str, Any]:
        """For the journal: the private note is not copied there."""
        return {name: value for name, value in self.columns().items() if name != "note"} | {"words": self.words}


class SavedAbsence(NamedTuple):
    absence: Absence
    affected: list[Rdv]


def rule_of_absence(absence: Absence) -> AbsenceRule:
    return AbsenceRule(
        first_day=absence.first_day,
        last_day=absence.last_day,
        starts_time=absence.starts_time,
        ends_time=absence.ends_time,
        rhythm=absence.rhythm,
        every=absence.every,
        weekdays=tuple(absence.weekdays),
        until=absence.until,
        kind=absence.kind,
        note=absence.note,
    )


def _hours_words(starts: time, ends: time) -> str:
    return f"de {french.hour(starts)} à {french.hour(ends)}"


def _dated_words(rule: AbsenceRule) -> str:
    """ "du lundi 11 janvier 2027 à 14 h au vendredi 15 janvier 2027 à 12 h"."""
    last_day = rule.last_day or rule.first_day
    first = french.day_year(rule.first_day)
    if last_day == rule.first_day:
        hours = "toute la journée" if rule.is_whole_days else _hours_words(rule.starts_time, rule.ends_time)
        return f"le {first}, {hours}"
    # Not said when it is the edge of the day: "à 0 h" helps nobody.
    starts = "" if rule.starts_time == DAY_START else f" à {french.hour(rule.starts_time)}"
    ends = "" if rule.ends_time == DAY_END else f" à {french.hour(rule.ends_time)}"
    return f"du {first}{starts} au {french.day_year(last_day)}{ends}"


def create_absence(
    *, agent: Agent, rule: AbsenceRule, author: Author, now: datetime, key: uuid.UUID | None = None
) -> SavedAbsence:
    """Write it and take the agent's time, from the pieces that are not over up to the horizon.

    `key`: a form sent twice with the same key makes one absence (it becomes its uuid). Raises PlanningRefused.
    """
    with transaction.atomic(durable=True):
        return create_within(agent=agent, rule=rule, author=author, now=now, key=key)


def create_within(
    *, agent: Agent, rule: AbsenceRule, author: Author, now: datetime, key: uuid.UUID | None = None
) -> SavedAbsence:
    """The same in the transaction of the caller."""
    lock_agents([agent.pk])
    made = Absence.objects.filter(uuid=key, agent=agent).first() if key else None
    if made is not None:
        return SavedAbsence(made, affected_by(made, now=now))
    validate_absence(rule, agent, now=now)
    absence = _unsaved(agent, rule)
    absence.uuid = key or absence.uuid
    absence.save()
    expand_absence(absence, now=now)
    _write(absence, "absence.created", author=author, now=now, data={"after": rule.told()})
    return SavedAbsence(absence, affected_by(absence, now=now))


def edit_absence(*, absence: Absence, rule: AbsenceRule, author: Author, now: datetime) -> SavedAbsence:
    """Take the time of the new rule instead; what is past stays as it was."""
    with transaction.atomic(durable=True):
        lock_agents([absence.agent_id])
        absence = _reread(absence)
        validate_absence(rule, absence.agent, now=now)
        before = rule_of_absence(absence)
        for name, value in rule.columns().items():
            setattr(absence, name, value)
        lifted = _taken_ahead(absence, now=now)
        _clear_ahead(absence, now=now, replaced_by=_pieces_ahead(absence, now=now))
        absence.expanded_until = None
        absence.save()
        _note_lifted(absence, lifted, without=_pieces_ahead(absence, now=now), now=now)
        expand_absence(absence, now=now)
        _write(absence, "absence.edited", author=author, now=now, data={"before": before.told(), "after": rule.told()})
        return SavedAbsence(absence, affected_by(absence, now=now))


def delete_absence(*, absence: Absence, author: Author, now: datetime) -> None:
    """Give the time to come back. What is past stays in the agenda; one that runs ends now."""
    with transaction.atomic(durable=True):
        lock_agents([absence.agent_id])
        absence = _reread(absence)
        lifted = _taken_ahead(absence, now=now)
        _clear_ahead(absence, now=now, replaced_by=[])
        _note_lifted(absence, lifted, without=[], now=now)
        absence.is_ended = True
        absence.save(update_fields=["is_ended"])
        _write(absence, "absence.deleted", author=author, now=now, data={"before": rule_of_absence(absence).told()})


def preview_absence(*, agent: Agent, rule: AbsenceRule, now: datetime) -> list[Rdv]:
    """The booked Rdv that this absence would touch; refuses what saving would refuse."""
    validate_absence(rule, agent, now=now)
    return affected_by(_unsaved(agent, rule), now=now)


def pieces_ahead(agent: Agent, rule: AbsenceRule, *, now: datetime) -> list[Interval]:
    """What an absence that is not written yet would take."""
    return _pieces_ahead(_unsaved(agent, rule), now=now)


def affected_by(absence: Absence, *, now: datetime) -> list[Rdv]:
    return affected_rdvs(agent_id=absence.agent_id, intervals=_pieces_ahead(absence, now=now), now=now)


def validate_absence(rule: AbsenceRule, agent: Agent, *, now: datetime) -> None:
    """Raise PlanningRefused with the sentence for the person."""
    last_day = rule.last_day or rule.first_day
    if not rule.is_once or last_day == rule.first_day:
        validate_hours(rule.starts_time, rule.ends_time)
    if rule.is_once and last_day < rule.first_day:
        raise PlanningRefused("Le dernier jour doit être après le premier.", field="last_day")
    try:
        Recurrence(Rhythm(rule.rhythm), rule.every, tuple(rule.weekdays), rule.until).validate(rule.first_day)
    except RecurrenceError as error:
        raise PlanningRefused(str(error), field="first_day") from error
    absence = _unsaved(agent, rule)
    if rule.first_day <= horizon_of(absence.departement, now) and not _pieces_ahead(absence, now=now):
        raise PlanningRefused(
            "Cette absence est déjà passée\u00a0: choisissez un jour ou une heure à venir.", field="first_day"
        )


def _unsaved(agent: Agent, rule: AbsenceRule) -> Absence:
    return Absence(departement=departement_of(agent), agent=agent, **rule.columns())


def _reread(absence: Absence) -> Absence:
    """As it is now that the agenda is ours."""
    rows = Absence.objects.select_for_update(of=("self",), no_key=True).select_related(
        "departement", "agent__departement"
    )
    found = rows.get(pk=absence.pk)
    if found.is_ended:
        raise PlanningRefused("Cette absence vient d’être supprimée.")
    return found


def _pieces_ahead(absence: Absence, *, now: datetime) -> list[Interval]:
    last = horizon_of(absence.departement, now)
    return [piece for piece in pieces_of(absence, first=None, last=last) if piece.end > now]


def _clear_ahead(absence: Absence, *, now: datetime, replaced_by: Iterable[Interval]) -> None:
    """Remove the pieces to come. The one that runs is cut at `now`, unless a new one takes its place."""
    rows = Occupation.objects.filter(absence=absence)
    rows.filter(starts_at__gte=now).delete()
    for running in rows.filter(ends_at__gt=now):
        if any(running.starts_at < piece.end and piece.start < running.ends_at for piece in replaced_by):
            running.delete()
        else:
            running.ends_at = now
            running.save(update_fields=["ends_at"])


def _taken_ahead(absence: Absence, *, now: datetime) -> list[Interval]:
    rows = Occupation.objects.filter(absence=absence, ends_at__gt=now).order_by("starts_at")
    return [Interval(max(row.starts_at, now), row.ends_at) for row in rows]


def _note_lifted(absence: Absence, lifted: Sequence[Interval], *, without: Sequence[Interval], now: datetime) -> None:
    """What the absence no longer takes may suit somebody who waits."""
    for piece in subtract(merge(lifted), merge(without)):
        note_freed(
            departement_code=absence.departement_id,
            agent_id=absence.agent_id,
            starts_at=piece.start,
            ends_at=piece.end,
            source_kind=SourceKind.ABSENCE,
            source_uuid=absence.uuid,
            now=now,
        )


def _write(absence: Absence, kind: str, *, author: Author, now: datetime, data: dict[str, Any]) -> None:
    journal.write(
        kind,
        subject=("absence", absence.uuid),
        departement_code=absence.departement_id,
        author=author,
        now=now,
        data={"agent": absence.agent_id, **data},
    )
