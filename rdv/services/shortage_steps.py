"""What is opened, and what takes it, one kind of thing after the other. Reads only; called by rdv/services/shortage."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from agents.models import Agent, Fermeture
from rdv.core.clock import local_date
from rdv.domain.intervals import Interval, merge, span_of, subtract
from rdv.domain.windows import Window
from rdv.models import Modality, Motif, Occupation, OccupationKind, Offre, Ouverture
from rdv.services.availability import agent_window, lay
from rdv.services.questions import LOOK_BACK, Creneau, Question
from rdv.services.visits import followed_from

# Absences that have a line of their own; the others are one line.
ABSENCES_NAMED = 3


class Taker(StrEnum):
    """What takes hours away."""

    CANCELLED = "annulees"
    CLOSED = "fermetures"
    ABSENCE = "absence"
    ABSENCES = "absences"
    RDV = "rdv"
    WAITLIST = "attente"
    HELD = "tenues"
    ROAD = "route"
    REFERENT = "referent"
    SITE = "site"
    AGENT = "agent"
    TEAM = "equipe"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Loss:
    """One line of the subtraction. `hours`: créneaux taken from what the lines above had left."""

    taker: Taker
    hours: int
    count: int = 0  # how many Rdv, holds, absences
    agent: Agent | None = None
    first: date | None = None
    last: date | None = None
    labels: tuple[str, ...] = ()
    # Without this filter alone, the others kept: the first hour that comes back.
    way_out: Creneau | None = None


Pieces = dict[tuple[int, int], list[Interval]]


@dataclass(frozen=True, slots=True)
class Opening:
    agent_id: int
    site_id: int  # where the agent is followed from, for what happens elsewhere
    day: date
    stretch: Interval
    is_cancelled: bool


def openings_of(question: Question) -> list[Opening]:
    motif, window = question.motif, question.window
    if window.is_empty:
        return []
    rows = Ouverture.objects.filter(
        motif_ids__contains=[motif.pk],
        agent__is_active=True,
        starts_at__gt=window.earliest - LOOK_BACK,
        starts_at__lt=window.latest + motif.duration,
        ends_at__gt=window.earliest,
    )
    if motif.modality == Modality.PUBLIC_OFFICE:
        rows, followers = rows.filter(site__in=question.sites), None
    else:
        followers = followed_from(question)
        rows = rows.filter(site=None, agent_id__in=followers)
    values = rows.order_by("starts_at", "id").values_list(
        "agent_id", "site_id", "local_on", "starts_at", "ends_at", "is_cancelled"
    )
    return [
        Opening(agent_id, site_id if followers is None else followers[agent_id], day, Interval(start, end), cancelled)
        for agent_id, site_id, day, start, end, cancelled in values
    ]


def pieces_of(openings: Iterable[Opening]) -> Pieces:
    found: Pieces = defaultdict(list)
    for one in openings:
        found[one.agent_id, one.site_id].append(one.stretch)
    return {key: merge(stretches) for key, stretches in found.items()}


def laid_on(question: Question, pieces: Pieces) -> int:
    """How many créneaux lie there."""
    return len(lay(question, {key: [span_of(stretch) for stretch in found] for key, found in pieces.items()}))


def next_opening(question: Question) -> date | None:
    """Where to look, when nothing is opened in the window."""
    latest = agent_window(question.motif, question.now).latest
    beyond = openings_of(replace(question, window=Window(question.window.latest, max(latest, question.window.latest))))
    return next((one.day for one in beyond if not one.is_cancelled), None)


@dataclass(frozen=True, slots=True)
class _Busy:
    agent_id: int
    stretch: Interval
    kind: str
    absence_id: int | None
    source_id: int | None  # the Rdv or the option: a binôme is one


def taken_from(question: Question, openings: Sequence[Opening]) -> tuple[list[Loss], int]:
    """The lines of what takes hours, in order, and how many hours are left after the last one."""
    closed = _Closures(question)
    kept = [one for one in openings if not one.is_cancelled]
    cancelled = len(openings) - len(kept)
    open_days = [one for one in kept if not closed.labels(one)]
    labels = sorted({label for one in kept for label in closed.labels(one)})
    count = _Counter(question, laid_on(question, pieces_of(openings)))
    losses = [
        count.after(pieces_of(kept), Taker.CANCELLED, count=cancelled),
        count.after(pieces_of(open_days), Taker.CLOSED, labels=tuple(labels)),
    ]
    busy = _busy(question, {one.agent_id for one in open_days})
    pieces = pieces_of(open_days)
    for taker, rows, facts in _in_order(busy, question):
        pieces = _without(pieces, rows, question.motif)
        losses.append(count.after(pieces, taker, **facts))
    return losses, count.left


class _Counter:
    """Counts the créneaux that lie on what remains, and says what the last thing took."""

    def __init__(self, question: Question, opened: int) -> None:
        self.question, self.left = question, opened

    def after(self, pieces: Pieces, taker: Taker, **facts: object) -> Loss:
        before, self.left = self.left, laid_on(self.question, pieces)
        return Loss(taker, before - self.left, **facts)  # type: ignore[arg-type]  # facts are fields of Loss


class _Closures:
    def __init__(self, question: Question) -> None:
        motif, window = question.motif, question.window
        zone = motif.departement.zone
        self.rows: list[Fermeture] = []
        self.is_on_site = motif.modality == Modality.PUBLIC_OFFICE
        if not window.is_empty:
            first, last = local_date(window.earliest, zone), local_date(window.latest, zone)
            self.rows = list(Fermeture.objects.meeting(motif.departement, first, last))

    def labels(self, opening: Opening) -> list[str]:
        """The closures that meet this opening. Those of a site say nothing of what happens elsewhere."""
        return [
            row.label
            for row in self.rows
            if row.starts_on <= opening.day <= row.ends_on
            and (row.site_id is None or (self.is_on_site and row.site_id == opening.site_id))
        ]


def _busy(question: Question, agent_ids: Iterable[int]) -> list[_Busy]:
    motif, window = question.motif, question.window
    rows = (
        Occupation.objects.standing(question.now)
        .filter(
            agent_id__in=list(agent_ids),
            starts_at__gt=window.earliest - LOOK_BACK,
            starts_at__lt=window.latest + motif.duration + motif.buffer_before + motif.buffer_after,
        )
        # Freed and public in a few minutes: agents have it at once.
        .exclude(kind=OccupationKind.OPTION, is_blocking=False)
    )
    if question.ignore_option is not None:
        rows = rows.exclude(option_id=question.ignore_option)
    values = rows.order_by("starts_at", "id").values_list(
        "agent_id", "starts_at", "ends_at", "kind", "absence_id", "rdv_id", "option_id"
    )
    return [
        _Busy(agent_id, Interval(start, end), kind, absence_id, rdv_id or option_id)
        for agent_id, start, end, kind, absence_id, rdv_id, option_id in values
    ]


def _without(pieces: Pieces, busy: Iterable[_Busy], motif: Motif) -> Pieces:
    taken: dict[int, list[Interval]] = defaultdict(list)
    for one in busy:
        taken[one.agent_id].append(one.stretch.widened(motif.buffer_after, motif.buffer_before))
    return {key: subtract(stretches, taken[key[0]]) for key, stretches in pieces.items()}


def _in_order(busy: Sequence[_Busy], question: Question) -> Iterable[tuple[Taker, Sequence[_Busy], dict[str, object]]]:
    """Absences, the longest first, then Rdv, then what is held."""
    yield from _absences([one for one in busy if one.kind == OccupationKind.ABSENCE], question)
    rdvs = [one for one in busy if one.kind == OccupationKind.RDV]
    yield Taker.RDV, rdvs, {"count": len({one.source_id for one in rdvs})}
    held = [one for one in busy if one.kind == OccupationKind.OPTION]
    ids = {one.source_id for one in held if one.source_id is not None}
    offered = set(Offre.objects.live().filter(option__in=ids).values_list("option", flat=True)) if ids else set()
    for taker, wanted in ((Taker.WAITLIST, True), (Taker.HELD, False)):
        rows = [one for one in held if (one.source_id in offered) is wanted]
        yield taker, rows, {"count": len({one.source_id for one in rows})}


def _absences(busy: Sequence[_Busy], question: Question) -> Iterable[tuple[Taker, Sequence[_Busy], dict[str, object]]]:
    zone = question.motif.departement.zone
    by_absence: dict[int | None, list[_Busy]] = defaultdict(list)
    for one in busy:
        by_absence[one.absence_id].append(one)
    longest = sorted(by_absence.values(), key=lambda rows: (-len(rows), rows[0].stretch))
    agents = Agent.objects.in_bulk({rows[0].agent_id for rows in longest[:ABSENCES_NAMED]})
    for rows in longest[:ABSENCES_NAMED]:
        first, last = local_date(rows[0].stretch.start, zone), local_date(rows[-1].stretch.start, zone)
        yield Taker.ABSENCE, rows, {"agent": agents[rows[0].agent_id], "first": first, "last": last, "count": 1}
    others = longest[ABSENCES_NAMED:]
    yield Taker.ABSENCES, [one for rows in others for one in rows], {"count": len(others)}
