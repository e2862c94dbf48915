"""Lays out openings, 13 months ahead and three months back, and absences.

Room: management. Called by run.py. The rules and their days are those of rdv.domain.recurrence; services would refuse
the past, which the demo needs.
"""

from dataclasses import dataclass
from datetime import date, time

from agents.models import Agent, Site
from rdv.domain.recurrence import occurrence_days, to_instants
from rdv.management.seed.copying import copy_rows
from rdv.management.seed.institution import Institution, last_day_of
from rdv.management.seed.rhythms import PlageSeed, plages_of
from rdv.management.seed.team import CLAIRE
from rdv.management.seed.world import DAY, WEEK, World, new_uuid
from rdv.models import (
    Absence,
    AbsenceKind,
    Motif,
    Occupation,
    OccupationKind,
    Ouverture,
    PlageMotif,
    PlageOuverture,
    RhythmChoice,
)
from rdv.services.absence_pieces import DAY_END, DAY_START, pieces_of
from rdv.services.plage_rules import horizon_of


@dataclass(slots=True)
class Opening:
    """One dated opening of the plan. `base`: the site from which its agent works."""

    row: Ouverture
    agent: Agent
    site: Site | None
    base: Site
    motifs: list[Motif]


def build_plages(world: World, built: Institution) -> list[Opening]:
    """Write rules and occurrences; answers those that are not closed, by time."""
    planned = _plan_plages(world, built)
    PlageOuverture.objects.bulk_create(plage for plage, _ in planned)
    PlageMotif.objects.bulk_create(
        PlageMotif(departement=world.departement, plage=plage, motif=motif)
        for plage, motifs in planned
        for motif in motifs
    )
    openings = [opening for plage, motifs in planned for opening in _expand(world, built, plage, motifs)]
    copy_rows(opening.row for opening in openings)
    standing = [one for one in openings if not built.is_closed(one.site, one.row.local_on)]
    return sorted(standing, key=lambda one: (one.row.starts_at, one.row.agent_id, one.row.plage_id))


def _plan_plages(world: World, built: Institution) -> list[tuple[PlageOuverture, list[Motif]]]:
    dice = world.dice("plages")
    order = {slug: number for number, slug in enumerate(built.sites)}
    seen: dict[tuple[str, str], int] = {}
    planned = []
    for seed in built.seeds.values():
        sites = tuple(slug for slug in seed.posts if slug in built.sites)
        # Two colleagues of one trade and place do not open on the same days; a child welfare team does.
        mates = seen.setdefault((seed.duty, sites[0] if sites else ""), 0)
        seen[seed.duty, sites[0] if sites else ""] += 1 if seed.duty != "child" else 0
        shift = order.get(sites[0], 0) + 2 * mates if sites else 0
        for rule in plages_of(seed, sites=sites, shift=shift):
            motifs = [built.motifs[slug] for slug in rule.motifs if _is_offered(built, slug, rule.site, sites)]
            if motifs:
                plage = _plage(world, built, rule)
                plage.uuid = new_uuid(dice)
                if seed.leaves_in_weeks is not None:
                    plage.until = last_day_of(world, seed.leaves_in_weeks)
                planned.append((plage, motifs))
    return planned


def _is_offered(built: Institution, motif: str, site: str | None, posts: tuple[str, ...]) -> bool:
    return (motif, site or posts[0]) in built.offered


def _plage(world: World, built: Institution, rule: PlageSeed) -> PlageOuverture:
    week = world.first_day if rule.from_week is None else world.monday + rule.from_week * WEEK
    return PlageOuverture(
        departement=world.departement,
        agent=built.agents[rule.agent],
        site=built.sites[rule.site] if rule.site else None,
        title=rule.title,
        first_day=_first_day(world, rule, week + rule.weekday * DAY),
        starts_time=rule.starts,
        ends_time=rule.ends,
        rhythm=rule.rhythm,
        every=rule.every,
        weekdays=[rule.weekday] if rule.rhythm == RhythmChoice.WEEKLY else [],
        public_from=None if rule.public_week is None else world.monday + rule.public_week * WEEK,
        expanded_until=horizon_of(world.departement, world.now),
    )


def _first_day(world: World, rule: PlageSeed, day: date) -> date:
    if rule.rhythm != RhythmChoice.WEEKLY or rule.every == 1:
        return day
    # One week out of two: Claire's Wednesday is one of this week's; the others alternate with their names.
    if rule.agent == CLAIRE:
        return day + (world.monday - world.first_day) % (2 * WEEK)
    return day + (len(rule.agent) % 2) * WEEK


def _expand(world: World, built: Institution, plage: PlageOuverture, motifs: list[Motif]) -> list[Opening]:
    site, agent = plage.site, plage.agent
    base = site or built.posts_of(built.seeds[agent.full_name])[0]
    horizon = horizon_of(world.departement, world.now)
    openings = []
    for day in occurrence_days(plage.recurrence, plage.first_day, horizon, closed=world.is_holiday):
        instants = to_instants(day, plage.starts_time, plage.ends_time, world.zone)
        if instants is None:
            continue
        row = Ouverture(
            departement=world.departement,
            plage=plage,
            agent=agent,
            site=site,
            occurrence_on=day,
            local_on=day,
            starts_at=instants.start,
            ends_at=instants.end,
            motif_ids=sorted(motif.pk for motif in motifs),
            public_from=plage.public_from,
        )
        openings.append(Opening(row, agent, site, base, motifs))
    return openings


def build_absences(world: World, built: Institution) -> None:
    """Dated ones first: a meeting that falls in somebody's leave does not block twice."""
    dice = world.dice("absences")
    rows = _dated(world, built) + _recurrent(world, built)
    for row in rows:
        row.uuid = new_uuid(dice)
        row.expanded_until = horizon_of(world.departement, world.now)
    Absence.objects.bulk_create(rows)
    copy_rows(piece for row in rows for piece in _pieces(world, row))


def _dated(world: World, built: Institution) -> list[Absence]:
    """A week of leave behind or ahead for most, and a day or two of training or sickness."""
    dice = world.dice("leave")
    rows = []
    for key, seed in built.seeds.items():
        if not seed.duty or key == CLAIRE:
            continue
        week = dice.choice((-11, -9, -8, -6, -5, -4, 3, 4, 6, 7, 9))
        monday = world.monday + week * WEEK
        rows.append(_absence(world, built.agents[key], AbsenceKind.LEAVE, monday, monday + 4 * DAY))
        day = world.monday + dice.choice((-10, -7, -3, -2, 1, 2, 5)) * WEEK + dice.randrange(5) * DAY
        kind = AbsenceKind.TRAINING if day > world.today else dice.choice((AbsenceKind.SICK, AbsenceKind.TRAINING))
        if not monday <= day <= monday + 4 * DAY:
            rows.append(_absence(world, built.agents[key], kind, day, day))
    leave = world.monday - 7 * WEEK
    if CLAIRE in built.agents:
        rows.append(_absence(world, built.agents[CLAIRE], AbsenceKind.LEAVE, leave, leave + 4 * DAY))
    return rows


def _recurrent(world: World, built: Institution) -> list[Absence]:
    """The weekly meeting of a service: Friday for health, Tuesday for social work."""
    rows = []
    for key, seed in built.seeds.items():
        if seed.duty in ("nurse", "doctor", "midwife"):
            day = world.first_day + 4 * DAY
        elif seed.duty in ("social", "budget"):
            day = world.first_day + 1 * DAY
        else:
            continue
        rows.append(
            Absence(
                departement=world.departement,
                agent=built.agents[key],
                kind=AbsenceKind.MEETING,
                note="Réunion de service",
                first_day=day,
                starts_time=time(8, 30),
                ends_time=time(9, 30),
                rhythm=RhythmChoice.WEEKLY,
                weekdays=[day.weekday()],
            )
        )
    return rows


def _absence(world: World, agent: Agent, kind: AbsenceKind, first: date, last: date) -> Absence:
    return Absence(
        departement=world.departement,
        agent=agent,
        kind=kind,
        first_day=first,
        last_day=last,
        starts_time=DAY_START,
        ends_time=DAY_END,
    )


def _pieces(world: World, absence: Absence) -> list[Occupation]:
    rows = []
    for piece in pieces_of(absence, first=None, last=horizon_of(world.departement, world.now)):
        is_free = world.diary.is_free(absence.agent_id, piece.start, piece.end)
        if is_free:
            world.diary.take(absence.agent_id, piece.start, piece.end)
        rows.append(
            Occupation(
                departement=world.departement,
                agent_id=absence.agent_id,
                starts_at=piece.start,
                ends_at=piece.end,
                kind=OccupationKind.ABSENCE,
                absence=absence,
                is_blocking=is_free,
            )
        )
    return rows


def build_training(world: World, built: Institution, day: date) -> None:
    """Claire's training of the current week, entered after somebody was booked on that day: an Rdv to look at again."""
    if world.is_holiday(day):
        return
    row = _absence(world, built.agents[CLAIRE], AbsenceKind.TRAINING, day, day)
    row.uuid = new_uuid(world.dice("training"))
    row.note = "Formation allaitement, à Arras"
    row.expanded_until = horizon_of(world.departement, world.now)
    row.save()
    copy_rows(_pieces(world, row))
