"""The hole of an agenda that the console was opened from: whose, when, where, and the motifs that fit into it.

Room: services, reads only. Called by the console. What cannot be read, or is out of reach, is no hole: the console
then opens as usual. The hour itself is asked again by the hold, under lock.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from django.http import Http404

from agents.access import Scope
from agents.models import Agent, Site
from rdv.access import agent_seen, motifs_for_agent
from rdv.domain.intervals import Interval, span_of
from rdv.domain.windows import Window
from rdv.models import Motif, Ouverture
from rdv.services.availability import agent_window, agents_asked, free_stretches
from rdv.services.console_motifs import AHEAD, SHOWN, MotifList, MotifRow, answers, sites_of_motif
from rdv.services.questions import EVERYBODY, Creneau, Question
from usagers.models import Usager

# "1799999100.7": the instant, then the agent.
_POINTED = re.compile(r"([0-9]{1,11})\.([0-9]{1,18})")
LATEST = 2**33


@dataclass(frozen=True, slots=True)
class Hole:
    """`motif_ids`: those of the opening. `site` is None for an opening of visits or calls."""

    starts_at: datetime
    agent: Agent
    site: Site | None
    motif_ids: frozenset[int]


def pointed(starts_at: datetime, agent_id: int) -> str:
    """How the agenda writes a hole into an address."""
    return f"{int(starts_at.timestamp())}.{agent_id}"


def hole_of(scope: Scope, text: str, *, today: date, now: datetime) -> Hole | None:
    """None once the hour is past, closed, or somebody else's."""
    found = _POINTED.fullmatch(text)
    if found is None or int(found[1]) > LATEST:
        return None
    starts_at = datetime.fromtimestamp(int(found[1]), UTC)
    if starts_at <= now:
        return None
    try:
        agent = agent_seen(scope, int(found[2]), today=today)
    except Http404:
        return None
    around = Ouverture.objects.standing().filter(
        agent=agent, starts_at__gt=starts_at - timedelta(days=1), starts_at__lte=starts_at, ends_at__gt=starts_at
    )
    rows = list(around.select_related("site").order_by("starts_at", "id"))
    if not rows:
        return None
    return Hole(starts_at, agent, rows[0].site, frozenset(pk for row in rows for pk in row.motif_ids))


def hour_in(hole: Hole, question: Question) -> Creneau | None:
    """The hour that was pointed at, on today's grid or not, when this motif fits there."""
    motif, asked = question.motif, question.agents
    if motif.agents_needed > 1 or motif.is_collective or motif.pk not in hole.motif_ids:
        return None
    # A follow-up motif stays with the référents of the person.
    if not question.window.admits(hole.starts_at) or (asked is not EVERYBODY and hole.agent.pk not in asked):
        return None
    at = replace(question, agents=(hole.agent.pk,), window=Window(hole.starts_at, hole.starts_at))
    begins, ends = span_of(Interval(hole.starts_at, hole.starts_at + motif.duration))
    for (agent_id, site_id), stretches in sorted(free_stretches(at).items()):
        if any(first <= begins and ends <= last for first, last in stretches):
            return Creneau(hole.starts_at, site_id, (agent_id,))
    return None


def motifs_in(
    hole: Hole, scope: Scope, sites: Sequence[Site], *, text: str, usager: Usager | None, now: datetime
) -> MotifList:
    """The motifs of the opening that fit at this very hour. One question for each of them."""
    offered = motifs_for_agent(scope).filter(pk__in=hole.motif_ids, is_collective=False, agents_needed=1)
    fitting = []
    for motif in offered.order_by("service__position", "position", "name", "id"):
        places = sites_of_motif(scope, motif, sites)
        if places and hour_in(hole, _question(hole, motif, places, usager, now)) is not None:
            fitting.append(motif)
    found = [motif for motif in fitting if answers(motif, text)][:SHOWN]
    rows = tuple(MotifRow(motif, number, hole.starts_at, None) for number, motif in enumerate(found, start=1))
    return MotifList(rows, len(found), len(fitting), now + AHEAD)


def _question(hole: Hole, motif: Motif, places: Sequence[Site], usager: Usager | None, now: datetime) -> Question:
    today = now.astimezone(motif.departement.zone).date()
    agents = agents_asked(motif, (hole.agent.pk,), usager=usager, today=today)
    return Question(motif, tuple(places), agents, agent_window(motif, now), now)
