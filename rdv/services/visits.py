"""Availability of what happens away from the site: home visits and the road, and who is followed from which site.

Reads only; called by rdv/services/availability. The road depends on both places, so it is not stored: the occupations
that have a place are read, and widened by the road to or from the place of the question.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from agents.models import AGENDA_ROLES, Affectation, Site
from rdv.core.clock import local_date
from rdv.domain.intervals import Interval, Span, interval_of, merge, span_of, subtract
from rdv.domain.travel import Point, Stop, busy_with_road, openings_with_road
from rdv.models import Motif, Occupation, OccupationKind, Ouverture
from rdv.services.questions import EVERYBODY, LOOK_BACK, Question, Stretches


@dataclass(slots=True)
class Kept:
    """What keeps one agent: somewhere (a road leads there and back), or nowhere in particular."""

    stops: list[Stop] = field(default_factory=list)
    elsewhere: list[Interval] = field(default_factory=list)


def followed_from(question: Question) -> dict[int, int]:
    """agent id -> the asked site they work from, for motifs that happen elsewhere (home, phone, visio)."""
    today = local_date(question.now, question.motif.departement.zone)
    rows = (
        Affectation.objects.current(today)
        .filter(site__in=question.sites, role__in=AGENDA_ROLES)
        .order_by("agent_id", "site_id")
        .values_list("agent_id", "site_id")
    )
    if question.agents is not EVERYBODY:
        rows = rows.filter(agent_id__in=question.agents)
    found: dict[int, int] = {}
    for agent_id, site_id in rows:
        if site_id is not None:
            found.setdefault(agent_id, site_id)
    return found


def leave_the_road(
    question: Question, free: dict[tuple[int, int], list[Span]], visits: Mapping[int, list[Stop]]
) -> None:
    """Around the agents' home visits, an Rdv on site also needs the road back: taken out of their stretches."""
    places = {site.pk: site_point(site) for site in question.sites}
    for (agent_id, site_id), stretches in free.items():
        if agent_id in visits:
            busy = busy_with_road(visits[agent_id], here=places[site_id], fallback=_unknown_road(question.motif))
            left = subtract([interval_of(stretch) for stretch in stretches], busy)
            free[agent_id, site_id] = [span_of(stretch) for stretch in left]


def free_for_visits(question: Question) -> Stretches:
    followers = followed_from(question)
    if not followers:
        return {}
    openings = _openings_of_visits(question, followers)
    kept = _kept(openings, question)
    motif, fallback = question.motif, _unknown_road(question.motif)
    bases = {site.pk: site_point(site) for site in question.sites}
    free: dict[tuple[int, int], list[Span]] = {}
    for agent_id, opened in openings.items():
        site_id = followers[agent_id]
        reached = openings_with_road(merge(opened), base=bases[site_id], here=question.place, fallback=fallback)
        agent_kept = kept[agent_id]
        busy = busy_with_road(agent_kept.stops, here=question.place, fallback=fallback) + agent_kept.elsewhere
        widened = [taken.widened(motif.buffer_after, motif.buffer_before) for taken in busy]
        free[agent_id, site_id] = [span_of(stretch) for stretch in subtract(reached, widened)]
    return free


def _openings_of_visits(question: Question, followers: Mapping[int, int]) -> dict[int, list[Interval]]:
    window = question.window
    rows = (
        Ouverture.objects.standing()
        .filter(
            agent_id__in=followers,
            agent__is_active=True,
            site=None,
            motif_ids__contains=[question.motif.pk],
            starts_at__gt=window.earliest - LOOK_BACK,
            starts_at__lt=window.latest + question.duration,
            ends_at__gt=window.earliest,
        )
        .order_by("starts_at")
    )
    if question.public_on is not None:
        rows = rows.exclude(public_from__gt=question.public_on)
    closed = _closed_days(question)
    found: dict[int, list[Interval]] = defaultdict(list)
    for agent_id, local_on, start, end in rows.values_list("agent_id", "local_on", "starts_at", "ends_at"):
        if local_on not in closed:
            found[agent_id].append(Interval(start, end))
    return found


def _closed_days(question: Question) -> "_ClosedDays":
    departement = question.motif.departement
    zone = departement.zone
    first, last = local_date(question.window.earliest, zone), local_date(question.window.latest, zone)
    rows = departement.fermetures.filter(site=None, starts_on__lte=last, ends_on__gte=first)
    return _ClosedDays(list(rows.order_by("starts_on").values_list("starts_on", "ends_on")))


@dataclass(frozen=True, slots=True)
class _ClosedDays:
    ranges: list[tuple[date, date]]

    def __contains__(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.ranges)


def _kept(agent_ids: Iterable[int], question: Question) -> dict[int, Kept]:
    window = question.window
    rows = Occupation.objects.standing(question.now).filter(
        agent_id__in=list(agent_ids),
        starts_at__gt=window.earliest - LOOK_BACK,
        starts_at__lt=window.latest + question.duration + LOOK_BACK,
    )
    if not question.hides_released:
        # Freed, wanted by nobody, public in a few minutes: agents have it at once.
        rows = rows.exclude(kind=OccupationKind.OPTION, is_blocking=False)
    if question.ignore_option is not None:
        rows = rows.exclude(option_id=question.ignore_option)
    if question.ignore_rdv is not None:
        rows = rows.exclude(rdv_id=question.ignore_rdv)
    found: dict[int, Kept] = defaultdict(Kept)
    values = rows.order_by("starts_at").values_list(
        "agent_id", "starts_at", "ends_at", "latitude", "longitude", "is_home_visit"
    )
    for agent_id, start, end, latitude, longitude, is_visit in values:
        place = Point(latitude, longitude) if latitude is not None and longitude is not None else None
        if is_visit or place is not None:
            found[agent_id].stops.append(Stop(Interval(start, end), place))
        else:
            found[agent_id].elsewhere.append(Interval(start, end))
    return found


def site_point(site: Site) -> Point | None:
    if site.latitude is None or site.longitude is None:
        return None
    return Point(site.latitude, site.longitude)


def _unknown_road(motif: Motif) -> timedelta:
    return timedelta(minutes=motif.departement.unknown_travel_min)
