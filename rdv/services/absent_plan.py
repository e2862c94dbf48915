"""An agent is away: each Rdv concerned, what is proposed for it, what became of it. Reads only.

Room: services. Called by rdv/views/absent. Every line is preset to the best choice; what is shown is what is saved.

    a colleague at the same hour  >  other hours held for the person  >  cancelled, on the waiting list  >  a call
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Prefetch

from agents.access import Scope
from agents.models import Agent
from rdv.access import may_read_rdv, may_write_rdv, whole_rdvs
from rdv.domain import french
from rdv.domain.absent import Hour, share_out, three_of
from rdv.domain.intervals import Interval
from rdv.domain.windows import Window
from rdv.models import (
    Absence,
    Appel,
    Horaire,
    Modality,
    Participation,
    Proposition,
    Rdv,
    Suite,
    SuiteChoice,
    SuiteState,
)
from rdv.services import planning, proposition_notices
from rdv.services.absences import AbsenceRule, pieces_ahead
from rdv.services.absent_colleagues import Colleagues, free_colleagues
from rdv.services.availability import agents_who_fit
from rdv.services.moving import visit_place
from rdv.services.propositions import SOON, HoursGone, free_hours, in_time, question_for
from rdv.services.questions import EVERYBODY

# How many colleagues one may choose among for one Rdv, the least busy first.
COLLEAGUES_SHOWN = 5
# So near, a message may be read too late: the person is phoned.
TOO_NEAR = timedelta(hours=2)
LATER = "later"


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that may be done with an Rdv: what the form posts, what the list says."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One Rdv concerned. `ways` is empty when there is nothing to decide any more, or nothing that this agent may."""

    rdv: Rdv
    people: tuple[Participation, ...]
    is_masked: bool
    suite: Suite | None = None
    proposition: Proposition | None = None
    appel: Appel | None = None
    ways: tuple[Way, ...] = ()
    preset: str = ""
    hours: tuple[Hour, ...] = ()

    @property
    def was_at(self) -> datetime:
        return self.suite.was_at if self.suite else self.rdv.starts_at

    @property
    def names(self) -> str:
        return french.joined([one.usager.full_name for one in self.people[:3]]) or self.rdv.title


@dataclass(frozen=True, slots=True)
class Plan:
    agent: Agent
    rule: AbsenceRule
    absence: Absence | None
    lines: tuple[Line, ...]
    names: Mapping[int, str]

    @property
    def open(self) -> list[Line]:
        return [line for line in self.lines if line.ways]


def plan_new(agent: Agent, rule: AbsenceRule, *, scope: Scope, now: datetime, today: date) -> Plan:
    """Before anything is written. Raises PlanningRefused, as saving would."""
    affected = planning.preview_absence(agent=agent, rule=rule, now=now)
    rdvs = _whole(one.pk for one in affected)
    away = pieces_ahead(agent, rule, now=now)
    return _plan(agent, rule, None, rdvs, away, scope=scope, now=now, today=today)


def plan_of(absence: Absence, *, scope: Scope, now: datetime, today: date) -> Plan:
    """An absence that is written: what was decided, what is left."""
    affected = [one.pk for one in planning.affected_by(absence, now=now)]
    known = list(absence.suites.values_list("rdv_id", flat=True))
    rdvs = _whole({*affected, *known})
    rule = planning.rule_of_absence(absence)
    return _plan(absence.agent, rule, absence, rdvs, [], scope=scope, now=now, today=today)


def _whole(ids: Iterable[int]) -> list[Rdv]:
    return list(whole_rdvs().filter(pk__in=list(ids)).order_by("starts_at", "id"))


def _plan(
    agent: Agent,
    rule: AbsenceRule,
    absence: Absence | None,
    rdvs: Sequence[Rdv],
    away: Sequence[Interval],
    *,
    scope: Scope,
    now: datetime,
    today: date,
) -> Plan:
    known = _Known(absence, rdvs)
    lines = [known.line(rdv, scope) for rdv in rdvs]
    to_decide = [line.rdv for line in lines if _is_open(line, agent, now) and not line.is_masked]
    colleagues = _reached(free_colleagues(to_decide, absent_id=agent.pk, today=today, now=now), to_decide, now=now)
    names = {one.pk: one.full_name for one in Agent.objects.filter(pk__in=_named(colleagues, lines))}
    chooser = _Chooser(agent, colleagues, names, away, now)
    decided = [chooser.with_ways(line) if line.rdv in to_decide else line for line in lines]
    decided.sort(key=lambda line: (line.was_at, line.rdv.pk))
    return Plan(agent, rule, absence, tuple(decided), names | {agent.pk: agent.full_name})


def _is_open(line: Line, agent: Agent, now: datetime) -> bool:
    """Something is still to be decided: nothing was, or what was could not be done."""
    there = any(link.agent_id == agent.pk for link in line.rdv.rdv_agents.all())
    is_ahead = line.rdv.is_live and line.rdv.starts_at > now and there
    return is_ahead and (line.suite is None or line.suite.state == SuiteState.FAILED)


def _named(colleagues: Colleagues, lines: Sequence[Line]) -> set[int]:
    shown = {pk for candidates in colleagues.free.values() for pk in candidates}
    return shown | {line.suite.agent_id for line in lines if line.suite and line.suite.agent_id}


def _reached(colleagues: Colleagues, rdvs: Sequence[Rdv], *, now: datetime) -> Colleagues:
    """For a visit at home the road decides too: asked visit by visit, of those who are free."""
    free = dict(colleagues.free)
    for rdv in rdvs:
        if rdv.modality == Modality.HOME and free.get(rdv.pk):
            free[rdv.pk] = _by_road(rdv, free[rdv.pk], now)
    return replace(colleagues, free={key: found for key, found in free.items() if found})


def _by_road(rdv: Rdv, candidates: Sequence[int], now: datetime) -> list[int]:
    people = _live(rdv)
    if not people:
        return []
    whole = people[0]
    whole.rdv = rdv
    question = replace(
        question_for(whole, now=now, agents=list(candidates), site_ids=[rdv.site_id]),
        window=Window(rdv.starts_at, rdv.starts_at),
        ignore_rdv=rdv.pk,
        place=visit_place(rdv),
    )
    fitting = set(agents_who_fit(question, rdv.starts_at))
    return [pk for pk in candidates if pk in fitting]


def _live(rdv: Rdv) -> list[Participation]:
    return [one for one in rdv.participations.all() if one.is_live]


class _Known:
    """What was decided already, read once for all the lines."""

    def __init__(self, absence: Absence | None, rdvs: Sequence[Rdv]) -> None:
        self.suites: dict[int, Suite] = {}
        self.propositions: dict[int, Proposition] = {}
        self.appels: dict[int, Appel] = {}
        if absence is None:
            return
        self.suites = {one.rdv_id: one for one in absence.suites.all()}
        people = [one.pk for rdv in rdvs for one in rdv.participations.all()]
        hours = Prefetch("horaires", Horaire.objects.select_related("site").order_by("position"))
        found = Proposition.objects.filter(participation__in=people, absence=absence).select_related("rdv__site")
        self.propositions = {one.participation_id: one for one in found.prefetch_related(hours).order_by("sent_at")}
        calls = Appel.objects.filter(participation__in=people).order_by("opened_at", "id")
        self.appels = {one.participation_id: one for one in calls}

    def line(self, rdv: Rdv, scope: Scope) -> Line:
        people = tuple(rdv.participations.all())
        live = tuple(_live(rdv)) or people
        return Line(
            rdv=rdv,
            people=live,
            is_masked=not (may_read_rdv(scope, rdv) and may_write_rdv(scope, rdv)),
            suite=self.suites.get(rdv.pk),
            proposition=next((self.propositions[one.pk] for one in people if one.pk in self.propositions), None),
            appel=next((self.appels[one.pk] for one in people if one.pk in self.appels), None),
        )


class _Chooser:
    """The ways of each line, and the best of them. Hours are looked for once by motif, site, length and référents."""

    def __init__(
        self, agent: Agent, colleagues: Colleagues, names: Mapping[int, str], away: Sequence[Interval], now: datetime
    ) -> None:
        self.colleagues, self.names, self.now = colleagues, names, now
        self.given = share_out(colleagues.needs(), colleagues.loads)
        # The absence that is not written yet takes the agent's own hours.
        self.taken: list[tuple[int, Interval]] = [(agent.pk, piece) for piece in away]
        self.free: dict[tuple[object, ...], list[Hour]] = {}

    def with_ways(self, line: Line) -> Line:
        rdv = line.rdv
        ways = [Way(f"{SuiteChoice.MOVE.value}:{pk}", f"{self.names[pk]}, même heure") for pk in self._colleagues(rdv)]
        hours = self._hours(line)
        if hours:
            zone = rdv.motif.departement.zone
            said = " · ".join(_short(hour, zone) for hour in hours)
            count = "1 date" if len(hours) == 1 else f"{len(hours)} dates"
            ways.append(Way(SuiteChoice.PROPOSE.value, f"Proposer {count} : {said}"))
        waits = rdv.motif.has_waitlist and not rdv.motif.is_collective
        ways.append(
            Way(SuiteChoice.CANCEL.value, "Annuler, priorité en liste d’attente" if waits else "Annuler et prévenir")
        )
        ways.append(Way(SuiteChoice.CALL.value, "Appeler : dans la liste d’appels"))
        ways.append(Way(LATER, "Ne rien faire pour l’instant"))
        preset = self._best(line, hours, waits=waits)
        if preset == SuiteChoice.PROPOSE.value or hours:
            self.taken += [(pk, Interval(one.starts_at, one.ends_at)) for one in hours for pk in one.agent_ids]
        return replace(line, ways=tuple(ways), preset=preset, hours=tuple(hours))

    def _colleagues(self, rdv: Rdv) -> list[int]:
        """The one it was given to first, then the others who are free."""
        free = list(self.colleagues.free.get(rdv.pk, ()))
        chosen = self.given.get(rdv.pk)
        ordered = [chosen, *[pk for pk in free if pk != chosen]] if chosen is not None else free
        return [pk for pk in ordered if pk in self.names][:COLLEAGUES_SHOWN]

    def _best(self, line: Line, hours: Sequence[Hour], *, waits: bool) -> str:
        rdv = line.rdv
        chosen = self.given.get(rdv.pk)
        if chosen is not None:
            return f"{SuiteChoice.MOVE.value}:{chosen}"
        if rdv.motif.is_collective:
            return SuiteChoice.CANCEL.value
        if rdv.starts_at - self.now < TOO_NEAR:
            return SuiteChoice.CALL.value
        if hours:
            return SuiteChoice.PROPOSE.value
        reached = all(proposition_notices.can_be_written_to(one) for one in line.people)
        return SuiteChoice.CANCEL.value if waits and reached else SuiteChoice.CALL.value

    def _hours(self, line: Line) -> list[Hour]:
        rdv = line.rdv
        people = _live(rdv)
        if rdv.motif.is_collective or not people:
            return []
        participation = people[0]
        participation.rdv = rdv
        zone = rdv.motif.departement.zone
        for is_whole in (False, True):
            free = self._free(participation, is_whole=is_whole)
            found = three_of(free, like=rdv.starts_at, zone=zone, taken=self.taken)
            if len(found) > 1 or is_whole:
                break
        try:
            return in_time(rdv, found, is_off=True, now=self.now)[0]
        except HoursGone:
            return []

    def _free(self, participation: Participation, *, is_whole: bool) -> list[Hour]:
        rdv = participation.rdv
        # A follow-up is asked of the référents of the person, a visit of the road to their home.
        own = rdv.motif.is_follow_up or rdv.modality == Modality.HOME
        key = (rdv.motif_id, rdv.site_id, rdv.length, participation.usager_id if own else None, is_whole)
        if key not in self.free:
            question = question_for(participation, now=self.now, agents=EVERYBODY, site_ids=[rdv.site_id])
            until = question.window.latest if is_whole else min(question.window.latest, question.window.earliest + SOON)
            self.free[key] = free_hours(question, Window(question.window.earliest, until))
        return self.free[key]


def _short(hour: Hour, zone: ZoneInfo) -> str:
    local = hour.starts_at.astimezone(zone)
    return f"{french.short_day(local)}, {local.hour}:{local.minute:02d}"
