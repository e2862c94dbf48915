"""Free time, from rows to créneaux. Reads only; called by the searches and, under lock, by booking.

One statement subtracts ranges for all the agents asked about (engine.md, point 2); the pure domain lays créneaux on the
few stretches that remain. Home visits need the road, which depends on both places: rdv/services/visits.

    openings      |----------------------------|
    occupations        |==|      |=====|
    widened          |~|==|~|  |~|=====|~|             the motif's buffers moved onto the neighbours
    free          |--|      |--|       |-------|
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from agents.models import Agent, Site
from rdv.core.clock import local_date
from rdv.domain.creneaux import Agenda as FreeAgenda
from rdv.domain.creneaux import binome_among, lay_spans
from rdv.domain.intervals import Span, interval_of
from rdv.domain.travel import Point
from rdv.domain.windows import Window
from rdv.domain.windows import agent_window as domain_agent_window
from rdv.domain.windows import usager_window as domain_usager_window
from rdv.models import Modality, Motif, Rdv
from rdv.services.free_sql import Asked, Key, subtract_first_days, subtract_window
from rdv.services.questions import EVERYBODY, Agents, Creneau, Question, Stretches
from rdv.services.visits import followed_from, free_for_visits, leave_the_road
from usagers.models import Referent, Usager

NEAREST = 3
# How far around a lost start others are looked for, before the whole window.
NEARBY_DAYS = (1, 7)
# How many openings of each place are looked at: 1, then 8, then 64...
ROUND_GROWTH = 8


def usager_window(motif: Motif, now: datetime) -> Window:
    return domain_usager_window(now, motif.min_notice, motif.horizon)


def agent_window(motif: Motif, now: datetime) -> Window:
    return domain_agent_window(now, max(motif.horizon, timedelta(days=180)))


def agents_asked(motif: Motif, agents: Agents, *, usager: Usager | None, today: date) -> Agents:
    """A follow-up motif offers only the référents' créneaux and, with no référent, none (domain.md)."""
    if not motif.is_follow_up:
        return agents
    if usager is None:
        return ()
    referents = set(Referent.objects.filter(usager=usager).current(today).values_list("agent_id", flat=True))
    return referents if agents is EVERYBODY else referents & set(agents)


def creneaux_of(
    motif: Motif,
    *,
    sites: Sequence[Site],
    agents: Agents,
    window: Window,
    now: datetime,
    is_public: bool = False,
    place: Point | None = None,
) -> list[Creneau]:
    """Every créneau of the window, one per agent (per start for a binôme), sorted by time."""
    return creneaux_in(_question(motif, sites, agents, window, now, is_public=is_public, place=place))


def creneaux_in(question: Question) -> list[Creneau]:
    return lay(question, free_stretches(question))


def _question(
    motif: Motif,
    sites: Sequence[Site],
    agents: Agents,
    window: Window,
    now: datetime,
    *,
    is_public: bool,
    place: Point | None,
) -> Question:
    public_on = local_date(now, motif.departement.zone) if is_public else None
    return Question(motif, tuple(sites), agents, window, now, public_on, place)


def public_creneaux(
    motif: Motif, *, site: Site, window: Window, now: datetime, place: Point | None = None
) -> list[datetime]:
    """What the web shows of one place: each hour once, whoever receives."""
    found = creneaux_of(motif, sites=[site], agents=EVERYBODY, window=window, now=now, is_public=True, place=place)
    return sorted({creneau.starts_at for creneau in found})


def first_creneaux(
    motif: Motif,
    *,
    sites: Sequence[Site],
    agents: Agents,
    window: Window,
    now: datetime,
    is_public: bool = False,
    place: Point | None = None,
) -> dict[int, datetime | None]:
    """The first free start of each site, in one question for all of them."""
    question = _question(motif, sites, agents, window, now, is_public=is_public, place=place)
    first: dict[int, datetime | None] = {site.pk: None for site in sites}
    if may_walk(question) and motif.modality == Modality.PUBLIC_OFFICE:
        found: Iterable[Creneau] = walk(question, Key.SITE).values()
    else:
        found = first_by_agent(
            motif, sites=sites, agents=agents, window=window, now=now, is_public=is_public, place=place
        )
    for creneau in sorted(found):
        if first[creneau.site_id] is None:
            first[creneau.site_id] = creneau.starts_at
    return first


def first_by_agent(
    motif: Motif,
    *,
    sites: Sequence[Site],
    agents: Agents,
    window: Window,
    now: datetime,
    is_public: bool = False,
    place: Point | None = None,
) -> list[Creneau]:
    """The earliest créneau of each agent, sorted by time; those who have none are not in it."""
    question = _question(motif, sites, agents, window, now, is_public=is_public, place=place)
    if may_walk(question) and motif.agents_needed == 1:
        return sorted(walk(question, Key.AGENT).values())
    first: dict[int, Creneau] = {}
    for creneau in creneaux_in(question):
        for agent_id in creneau.agent_ids:
            first.setdefault(agent_id, creneau)
    return sorted(set(first.values()))


def sessions_of(motif: Motif, *, sites: Sequence[Site], window: Window) -> list[Rdv]:
    """The workshops of these places, full ones included: "complet" is an answer too."""
    return list(
        Rdv.objects.live()
        .filter(motif=motif, site__in=sites, starts_at__range=(window.earliest, window.latest))
        .select_related("site", "motif")
        .order_by("starts_at", "id")
    )


def lay(question: Question, free: Stretches) -> list[Creneau]:
    """Créneaux on free stretches (already shortened by buffers and road)."""
    motif = question.motif
    if motif.agents_needed > 1:
        return _lay_binomes(question, free)
    at = _Instants()
    found = []
    for (agent_id, site_id), stretches in free.items():
        who = (agent_id,)
        for starts in _laid(question, stretches):
            found += [Creneau(at[start], site_id, who) for start in starts]
    return sorted(found)


def _laid(question: Question, stretches: Iterable[Span]) -> list[range]:
    motif = question.motif
    buffers = motif.buffer_before + motif.buffer_after
    return lay_spans(stretches, duration=question.duration, buffers=buffers, window=question.window)


def _first_only(question: Question, free: Stretches) -> list[Creneau]:
    """The first créneau of each agent at each place, sorted: all that a search for the earliest shows."""
    at = _Instants()
    found = []
    for (agent_id, site_id), stretches in free.items():
        starts = [laid[0] for laid in _laid(question, stretches) if laid]
        if starts:
            found.append(Creneau(at[min(starts)], site_id, (agent_id,)))
    return sorted(found)


class _Instants(dict[int, datetime]):
    """Seconds since 1970 as instants; agents who open at the same hour share them."""

    def __missing__(self, second: int) -> datetime:
        self[second] = instant = datetime.fromtimestamp(second, UTC)
        return instant


def _lay_binomes(question: Question, free: Stretches) -> list[Creneau]:
    motif = question.motif
    by_site: dict[int, dict[int, FreeAgenda]] = defaultdict(dict)
    for (agent_id, site_id), stretches in free.items():
        # Buffers are already out of the stretches: nothing is busy any more.
        by_site[site_id][agent_id] = FreeAgenda([interval_of(stretch) for stretch in stretches], [])
    found = []
    for site_id, agendas in by_site.items():
        starts = binome_among(
            agendas,
            needed=motif.agents_needed,
            duration=question.duration,
            buffer_before=timedelta(0),
            buffer_after=motif.buffer_before + motif.buffer_after,
            window=question.window,
        )
        found += [Creneau(start, site_id, tuple(agent_ids)) for start, agent_ids in starts.items()]
    return sorted(found)


def free_stretches(question: Question) -> Stretches:
    """Where a whole créneau may lie, per (agent, site). Nobody asked, nothing found."""
    if question.window.is_empty or not question.sites or (question.agents is not EVERYBODY and not question.agents):
        return {}
    if question.motif.modality == Modality.HOME:
        return free_for_visits(question)
    followers = None
    if question.motif.modality != Modality.PUBLIC_OFFICE:
        followers = followed_from(question)
        if not followers:
            return {}
    found = subtract_window(question, followers)
    leave_the_road(question, found.free, found.visits)
    return found.free


def may_walk(question: Question) -> bool:
    """Whether the stored lengths bound this question: they know neither the road nor what it looks through."""
    return (
        question.motif.modality != Modality.HOME
        and question.ignore_rdv is None
        and question.ignore_option is None
        and not question.window.is_empty
    )


def walk(question: Question, key: Key) -> dict[int, Creneau]:
    """The first créneau of each place, or of each agent: from one day that may have something to the next.

    Few days are looked at: those whose longest free stretch may hold the motif. A day that had nothing after all
    (buffers, a hold that lives, the road) leads to the next ones, more of them at each round.
    """
    followers = None
    if question.motif.modality != Modality.PUBLIC_OFFICE:
        followers = followed_from(question)
    asked = [Asked(one) for one in _keys(question, key, followers)]
    first: dict[int, Creneau] = {}
    openings = 1
    while asked:
        found, last = subtract_first_days(question, followers, key=key, asked=asked, openings=openings)
        leave_the_road(question, found.free, found.visits)
        laid = _first_only(question, found.free) if question.motif.agents_needed == 1 else lay(question, found.free)
        for creneau in laid:
            first.setdefault(creneau.site_id if key is Key.SITE else creneau.agent_id, creneau)
        asked = [Asked(one.key, last[one.key]) for one in asked if one.key in last and one.key not in first]
        openings *= ROUND_GROWTH
    return first


def _keys(question: Question, key: Key, followers: Mapping[int, int] | None) -> list[int]:
    if key is Key.SITE:
        return [site.pk for site in question.sites]
    if followers is not None:
        return list(followers)
    if question.agents is not EVERYBODY:
        return list(question.agents)
    # Whoever has openings there is of the same département (a constraint), whatever their affectations.
    return list(Agent.objects.active().filter(departement=question.motif.departement_id).values_list("pk", flat=True))


def agents_who_fit(question: Question, start: datetime) -> list[int]:
    """The agents who can take this very start (on today's grid or not), by id. Asked again under lock by booking."""
    begins, ends = start.timestamp(), (start + question.duration).timestamp()
    if question.window.admits(start):  # only what lies around it is read
        question = replace(question, window=Window(start, start))
    free = free_stretches(question)
    return sorted({agent for (agent, _), found in free.items() if any(a <= begins and ends <= b for a, b in found)})


def nearest_starts(question: Question, start: datetime) -> list[datetime]:
    """The starts closest to the one that was lost, in order of time. Most are found a few days around it."""
    for days in (*NEARBY_DAYS, None):
        window = question.window if days is None else _days_around(question, start, days)
        starts = {creneau.starts_at for creneau in creneaux_in(replace(question, window=window))}
        nearest = sorted(starts, key=lambda other: (abs(other - start), other))[:NEAREST]
        if len(nearest) == NEAREST or window == question.window:
            break
    return sorted(nearest)


def _days_around(question: Question, start: datetime, days: int) -> Window:
    """Whole local days, so that créneaux are laid as over the whole window: no opening runs over midnight."""
    zone, window = question.motif.departement.zone, question.window
    day = local_date(start, zone)
    first = datetime.combine(day - timedelta(days=days), time(), zone).astimezone(UTC)
    last = datetime.combine(day + timedelta(days=days + 1), time(), zone).astimezone(UTC) - timedelta(seconds=1)
    return Window(max(window.earliest, first), min(window.latest, last))
