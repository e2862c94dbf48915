"""What the pages show of propositions: the hours that may be proposed, what is proposed now. Reads only.

Room: services. Called by the page of an Rdv, the link and the call list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from agents.models import Agent, Site
from rdv.domain.absent import Hour
from rdv.domain.windows import Window
from rdv.models import Horaire, Participation, Proposition
from rdv.services import public_reading
from rdv.services.propositions import SOON, HoursGone, first_hours, free_hours, in_time, question_for
from rdv.services.questions import EVERYBODY

# How many free hours are shown to choose among.
SHOWN = 24


@dataclass(frozen=True, slots=True)
class SomeHours:
    """`hours`: to choose among, in order of time, the `best` ones in it."""

    hours: Sequence[Hour]
    best: Sequence[Hour]
    answer_by: datetime | None


def some_hours(participation: Participation, *, agents: Sequence[int] | None, now: datetime) -> SomeHours:
    """`agents` None: everybody who receives the motif on this site."""
    rdv = participation.rdv
    asked = EVERYBODY if agents is None else list(agents)
    question = question_for(participation, now=now, agents=asked, site_ids=[rdv.site_id])
    window = Window(question.window.earliest, min(question.window.latest, question.window.earliest + SOON))
    free = free_hours(question, window, without=rdv) or free_hours(question, question.window, without=rdv)
    try:
        best, answer_by = in_time(rdv, first_hours(participation, now=now, agents=asked), is_off=False, now=now)
    except HoursGone:
        best, answer_by = [], None
    shown = {one.starts_at: one for one in [*_spread(free), *best]}
    return SomeHours([shown[at] for at in sorted(shown)], best, answer_by)


def _spread(free: Sequence[Hour]) -> list[Hour]:
    """One line for each start, whoever receives; the first days, a few hours of each."""
    by_start: dict[datetime, Hour] = {}
    for one in sorted(free, key=lambda hour: (hour.starts_at, hour.agent_ids)):
        by_start.setdefault(one.starts_at, one)
    starts = list(by_start.values())
    step = max(1, len(starts) // SHOWN)
    return starts[::step][:SHOWN]


def live_proposition(participation: Participation) -> Proposition | None:
    """With its hours."""
    return with_hours(Proposition.objects.live().filter(participation=participation)).first()


def hours_still_held(proposition: Proposition, *, now: datetime) -> list[Horaire]:
    """Those that may be picked. Its hours are prefetched."""
    return [one for one in proposition.horaires.all() if one.option_id is not None and one.starts_at > now]


def with_hours(rows: "QuerySet[Proposition]") -> "QuerySet[Proposition]":
    return rows.prefetch_related(Prefetch("horaires", Horaire.objects.select_related("site").order_by("position")))


def names_of_hours(hours: Iterable[Hour]) -> list[tuple[Hour, Site, tuple[Agent, ...]]]:
    """Each hour with its place and who receives. Two queries."""
    found = list(hours)
    sites = {one.pk: one for one in Site.objects.filter(pk__in={hour.site_id for hour in found})}
    ids = {pk for hour in found for pk in hour.agent_ids}
    agents = {one.pk: one for one in Agent.objects.filter(pk__in=ids)}
    return [
        (hour, sites[hour.site_id], tuple(agents[pk] for pk in hour.agent_ids if pk in agents))
        for hour in found
        if hour.site_id in sites
    ]


def participation_now(proposition: Proposition) -> Participation | None:
    """What a pick became: the same person, in the Rdv that was moved or booked."""
    rows = Participation.objects.filter(rdv=proposition.rdv_id, usager=proposition.participation.usager_id)
    found = rows.order_by("-created_at", "-id").values_list("uuid", flat=True).first()
    return public_reading.participation_with_rdv(str(found)) if found is not None else None
