"""Free time, from rows to créneaux. Reads only; called by the searches and, under lock, by booking.

One statement subtracts ranges for all the agents asked about (engine.md, point 2); the pure domain lays créneaux on the
few stretches that remain. Home visits need the road, which depends on both places: rdv/services/visits.

    openings      |----------------------------|
    occupations        |==|      |=====|
    widened          |~|==|~|  |~|=====|~|             the motif's buffers moved onto the neighbours
    free          |--|      |--|       |-------|
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from agents.models import Site
from rdv.core.clock import local_date
from rdv.domain.creneaux import Agenda as FreeAgenda
from rdv.domain.creneaux import binome_among, lay_creneaux
from rdv.domain.intervals import Interval
from rdv.domain.travel import Point
from rdv.domain.windows import Window
from rdv.domain.windows import agent_window as domain_agent_window
from rdv.domain.windows import usager_window as domain_usager_window
from rdv.models import Modality, Motif, Rdv
from rdv.services.questions import EVERYBODY, LOOK_BACK, Agents, Creneau, Question, Stretches
from rdv.services.visits import followed_from, free_for_visits, leave_the_road
from usagers.models import Referent, Usager

NEAREST = 3


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
    public_on = local_date(now, motif.departement.zone) if is_public else None
    question = Question(motif, tuple(sites), agents, window, now, public_on, place)
    return lay(question, free_stretches(question))


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
    first: dict[int, datetime | None] = {site.pk: None for site in sites}
    found = creneaux_of(motif, sites=sites, agents=agents, window=window, now=now, is_public=is_public, place=place)
    for creneau in found:
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
    first: dict[int, Creneau] = {}
    for creneau in creneaux_of(
        motif, sites=sites, agents=agents, window=window, now=now, is_public=is_public, place=place
    ):
        for agent_id in creneau.agent_ids:
            first.setdefault(agent_id, creneau)
    return sorted(first.values())


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
    found = [
        Creneau(start, site_id, (agent_id,))
        for (agent_id, site_id), stretches in free.items()
        for start in lay_creneaux(
            stretches,
            duration=motif.duration,
            buffer_before=motif.buffer_before,
            buffer_after=motif.buffer_after,
            window=question.window,
        )
    ]
    return sorted(found)


def _lay_binomes(question: Question, free: Stretches) -> list[Creneau]:
    motif = question.motif
    by_site: dict[int, dict[int, FreeAgenda]] = defaultdict(dict)
    for (agent_id, site_id), stretches in free.items():
        # Buffers are already out of the stretches: nothing is busy any more.
        by_site[site_id][agent_id] = FreeAgenda(stretches, [])
    found = []
    for site_id, agendas in by_site.items():
        starts = binome_among(
            agendas,
            needed=motif.agents_needed,
            duration=motif.duration,
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
    free = _subtract_in_database(question, followers)
    return leave_the_road(question, free)


_FREE = """
WITH opened AS (
    SELECT o.agent_id, o.site_id, range_agg(tstzrange(o.starts_at, o.ends_at)) AS stretch
    FROM rdv_ouverture o
    WHERE {place}
      AND NOT o.is_cancelled
      AND o.starts_at > %(since)s - %(look_back)s AND o.starts_at < %(until)s AND o.ends_at > %(since)s
      AND o.motif_ids @> ARRAY[%(motif)s]::bigint[]
      AND (%(public_on)s::date IS NULL OR o.public_from IS NULL OR o.public_from <= %(public_on)s)
      AND NOT EXISTS (
          SELECT 1 FROM agents_fermeture f
          WHERE f.departement_id = %(departement)s AND f.starts_on <= o.local_on AND f.ends_on >= o.local_on
            AND (f.site_id IS NULL OR f.site_id = o.site_id))
      AND EXISTS (SELECT 1 FROM agents_agent a WHERE a.id = o.agent_id AND a.is_active)
    GROUP BY o.agent_id, o.site_id
)
SELECT agent_id, site_id, lower(free), upper(free)
FROM opened,
     unnest(stretch - coalesce((
         SELECT range_agg(tstzrange(b.starts_at - %(after)s, b.ends_at + %(before)s))
         FROM rdv_occupation b
         WHERE b.agent_id = opened.agent_id
           AND b.starts_at > %(since)s - %(look_back)s AND b.starts_at < %(until)s
           AND (b.expires_at IS NULL OR b.expires_at > %(now)s)
           -- freed, wanted by nobody, public in a few minutes: agents have it at once
           AND (b.kind <> 'option' OR b.is_blocking OR %(hides_released)s)
           AND b.option_id IS DISTINCT FROM %(ignore_option)s
           AND b.rdv_id IS DISTINCT FROM %(ignore_rdv)s
     ), '{{}}'::tstzmultirange)) AS free
WHERE upper(free) - lower(free) >= %(duration)s
ORDER BY agent_id, site_id, lower(free)
"""


def _subtract_in_database(
    question: Question, followers: Mapping[int, int] | None
) -> dict[tuple[int, int], list[Interval]]:
    motif, window = question.motif, question.window
    site_ids = [site.pk for site in question.sites]
    if followers is not None:
        place, agent_ids = "o.site_id IS NULL AND o.agent_id = ANY(%(agents)s)", list(followers)
    elif question.agents is EVERYBODY:
        place, agent_ids = "o.site_id = ANY(%(sites)s)", []
    else:
        place, agent_ids = "o.site_id = ANY(%(sites)s) AND o.agent_id = ANY(%(agents)s)", list(question.agents)
    parameters: dict[str, Any] = {
        "sites": site_ids,
        "agents": agent_ids,
        "since": window.earliest,
        # Buffers may spill over the last créneau: neighbours are looked at a little further.
        "until": window.latest + motif.duration + motif.buffer_before + motif.buffer_after,
        "look_back": LOOK_BACK,
        "motif": motif.pk,
        "departement": motif.departement_id,
        "public_on": question.public_on,
        "hides_released": question.hides_released,
        "before": motif.buffer_before,
        "after": motif.buffer_after,
        "duration": motif.duration,
        "now": question.now,
        # -1 is nobody: with NULL, IS DISTINCT FROM would drop the rows that have no option, no Rdv.
        "ignore_option": question.ignore_option or -1,
        "ignore_rdv": question.ignore_rdv or -1,
    }
    free: dict[tuple[int, int], list[Interval]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_FREE.format(place=place), parameters)
        for agent_id, site_id, start, end in cursor.fetchall():
            key = (agent_id, site_id if followers is None else followers[agent_id])
            free[key].append(Interval(start, end))
    return free


def agents_who_fit(question: Question, start: datetime) -> list[int]:
    """The agents who can take this very start (on today's grid or not), by id. Asked again under lock by booking."""
    wanted = Interval(start, start + question.motif.duration)
    free = free_stretches(question)
    return sorted({agent for (agent, _), found in free.items() if any(stretch.contains(wanted) for stretch in found)})


def nearest_starts(question: Question, start: datetime) -> list[datetime]:
    """The starts closest to the one that was lost, in order of time."""
    starts = {creneau.starts_at for creneau in lay(question, free_stretches(question))}
    return sorted(sorted(starts, key=lambda other: (abs(other - start), other))[:NEAREST])
