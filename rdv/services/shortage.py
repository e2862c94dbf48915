"""Why there are so few free hours: what each thing takes away, from the widest to the narrowest, down to what is left.

Room: services, reads only. Called by the console (F9, and by itself when nothing is free).

    opened 34   - taken 25   - absence 6   - held for the list 2   - your filter 1   =   left 0

Each step subtracts one more thing and counts the créneaux again, so that a line is what it takes from those above it.
The last subtraction is the engine's own answer (rdv/services/availability): the figures always end on what the table of
hours shows. A day alone can be asked.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from agents.models import Agent, Site
from rdv.core.clock import local_date, midnight
from rdv.domain.holidays import holiday_name
from rdv.domain.travel import Point
from rdv.domain.windows import Window
from rdv.models import Booker, Motif, MotifSite
from rdv.services.availability import agent_window, agents_asked, creneaux_in, usager_window
from rdv.services.console_matrix import AFTERNOON
from rdv.services.questions import EVERYBODY, Agents, Creneau, Question
from rdv.services.shortage_steps import Loss, Taker, laid_on, next_opening, openings_of, pieces_of, taken_from
from usagers.models import Usager

LOOK = timedelta(days=42)


@dataclass(frozen=True, slots=True)
class Shortage:
    opened: int
    sites: int
    agents: int
    losses: tuple[Loss, ...]
    left: int
    public: int | None  # of those left, how many the web shows; None when the public does not book this motif
    window: Window
    holiday: str  # its name, when a day alone is asked
    next_opening: date | None  # where nothing is opened at all
    elsewhere: tuple[str, ...]  # sites of this motif where the agent has no right: not counted
    later: Creneau | None  # the first hour beyond the window, when none is left in it
    people: Mapping[int, Agent]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the secretary filters by: a site, an agent, a half of the day, the first day looked at or a day alone."""

    site: Site | None = None
    agent_id: int | None = None
    team: Collection[int] | None = None
    moment: str = "journee"
    from_day: date | None = None
    only_day: date | None = None


def shortage_of(
    motif: Motif,
    *,
    sites: Sequence[Site],
    choice: Choice,
    now: datetime,
    usager: Usager | None = None,
    place: Point | None = None,
    ignore_option: int | None = None,
) -> Shortage:
    """About a dozen queries, whatever the number of professionals."""
    window = _window(motif, choice, now)
    question = Question(motif, tuple(sites), EVERYBODY, window, now, place=place, ignore_option=ignore_option)
    openings = openings_of(question)
    losses, counted = taken_from(question, openings)
    found = creneaux_in(question)
    losses.append(Loss(Taker.ROAD, counted - len(found)))
    left, by_choice = _filtered(question, found, choice, usager)
    losses += by_choice
    people = Agent.objects.in_bulk({one.agent_id for one in openings})
    return Shortage(
        opened=laid_on(question, pieces_of(openings)),
        sites=len({one.site_id for one in openings}),
        agents=len(people),
        losses=tuple(loss for loss in losses if loss.hours),
        left=len(left),
        public=_public_count(question, left),
        window=window,
        holiday=_holiday(motif, choice.only_day),
        next_opening=None if openings else next_opening(question),
        elsewhere=_elsewhere(motif, sites),
        later=None if left else _later(question, choice, usager),
        people=people,
    )


def _window(motif: Motif, choice: Choice, now: datetime) -> Window:
    whole = agent_window(motif, now)
    zone = motif.departement.zone
    if choice.only_day is not None:
        start, end = midnight(choice.only_day, zone), midnight(choice.only_day + timedelta(days=1), zone)
        return Window(max(whole.earliest, start), min(whole.latest, end - timedelta(seconds=1)))
    earliest = whole.earliest
    if choice.from_day is not None:
        earliest = max(earliest, midnight(choice.from_day, zone))
    return Window(earliest, min(whole.latest, earliest + LOOK))


# --- What the secretary's choices take ---


def _filtered(
    question: Question, found: Sequence[Creneau], choice: Choice, usager: Usager | None
) -> tuple[list[Creneau], list[Loss]]:
    """What passes every filter, and a line for each of them with the first hour it costs."""
    zone = question.motif.departement.zone
    today = local_date(question.now, zone)
    allowed: Agents = agents_asked(question.motif, EVERYBODY, usager=usager, today=today)
    tests: dict[Taker, Callable[[Creneau], bool]] = {
        Taker.REFERENT: lambda one: allowed is EVERYBODY or bool(set(allowed) & set(one.agent_ids)),
        Taker.SITE: lambda one: choice.site is None or one.site_id == choice.site.pk,
        Taker.AGENT: lambda one: choice.agent_id is None or choice.agent_id in one.agent_ids,
        Taker.TEAM: lambda one: choice.team is None or set(one.agent_ids) <= set(choice.team),
        Taker.MOMENT: lambda one: (
            choice.moment == "journee"
            or (one.starts_at.astimezone(zone).hour < AFTERNOON) == (choice.moment == "matin")
        ),
    }
    left, losses = list(found), []
    for taker, test in tests.items():
        others = [other for name, other in tests.items() if name is not taker]
        back = (one for one in found if not test(one) and all(other(one) for other in others))
        passed = [one for one in left if test(one)]
        way_out = next(back, None) if taker is not Taker.REFERENT else None
        losses.append(Loss(taker, len(left) - len(passed), way_out=way_out))
        left = passed
    return left, losses


def _later(question: Question, choice: Choice, usager: Usager | None) -> Creneau | None:
    """The first hour beyond what was looked at, with the same filters."""
    whole = agent_window(question.motif, question.now)
    if question.window.latest >= whole.latest:
        return None
    beyond = replace(question, window=Window(question.window.latest + timedelta(seconds=1), whole.latest))
    left, _ = _filtered(beyond, creneaux_in(beyond), choice, usager)
    return left[0] if left else None


# --- Words around it ---


def _public_count(question: Question, left: Sequence[Creneau]) -> int | None:
    motif = question.motif
    if motif.who_books != Booker.EVERYONE or motif.is_follow_up:
        return None
    window = usager_window(motif, question.now)
    asked = replace(
        question,
        window=Window(max(window.earliest, question.window.earliest), min(window.latest, question.window.latest)),
        public_on=local_date(question.now, motif.departement.zone),
    )
    shown = {(one.starts_at, one.site_id) for one in creneaux_in(asked)}
    return sum((one.starts_at, one.site_id) in shown for one in left)


def _holiday(motif: Motif, day: date | None) -> str:
    return (holiday_name(day, motif.departement_id) or "") if day is not None else ""


def _elsewhere(motif: Motif, sites: Sequence[Site]) -> tuple[str, ...]:
    rows = (
        MotifSite.objects.filter(motif=motif)
        .filter(site__is_active=True)
        .exclude(site__in=sites)
        .order_by("site__search_key")
    )
    return tuple(rows.values_list("site__name", flat=True))
