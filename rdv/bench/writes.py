"""What writes: a booking, openings, and two hundred people on one créneau. Room: bench; undone by cleaning.clean."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, connections

from agents.models import Departement, Site
from rdv.bench.measuring import Question, line, milliseconds
from rdv.bench.scales import MONDAY, WEEKS_FULL
from rdv.bench.searches import SELECT_1
from rdv.bench.world import EMPTY_FROM, World
from rdv.core.journal import Author
from rdv.domain.windows import Window
from rdv.models import Motif, Origin, Ouverture, PlageOuverture, Rdv
from rdv.services import availability, planning
from rdv.services.booking import Booking, book_option
from rdv.services.errors import CreneauUnavailable
from rdv.services.holding import hold_creneau
from rdv.services.questions import EVERYBODY
from rdv.services.questions import Question as Search

Asked = Callable[[], object]
USAGER = Author("usager", None, "Usager")
CLIENTS = 200
WORST_MS = 2000


def writes(world: World) -> Iterator[Question]:
    hours = free_hours(world)
    yield Question("book", lambda: _book(world, hours), SELECT_1, target_ms=25)
    yield Question("save_weekly_plage", lambda: _save_plage(world), SELECT_1, times=100, target_ms=60)
    yield Question("edit_occurrence", lambda: _edit(world), SELECT_1, times=100, target_ms=15)


def free_hours(world: World) -> Iterator[tuple[Motif, Site, datetime]]:
    """Hours of the weeks that are empty, never the same twice."""
    given: set[tuple[int, datetime]] = set()
    while True:
        departement = world.a_departement()
        motif, site = world.a_motif(departement), world.a_site(departement)
        start = EMPTY_FROM + timedelta(days=world.random.randrange(35))
        window = Window(start, start + timedelta(days=2))
        found = availability.public_creneaux(motif, site=site, window=window, now=world.now)
        left = [at for at in found if (site.pk, at) not in given]
        if left:
            at = world.random.choice(left)
            given.add((site.pk, at))
            yield motif, site, at


def _book(world: World, hours: Iterator[tuple[Motif, Site, datetime]]) -> Asked:
    motif, site, start = next(hours)
    booking = _somebody(world, motif, start)
    return lambda: _hold_and_book(motif, site, start, booking, world.now)


def _somebody(world: World, motif: Motif, start: datetime) -> Booking:
    usager = world.an_usager(motif.departement, start=start, end=start + motif.duration)
    return Booking(usager=usager, origin=Origin.WEB)


def _hold_and_book(motif: Motif, site: Site, start: datetime, booking: Booking, now: datetime) -> Rdv:
    option = hold_creneau(
        motif=motif, site=site, starts_at=start, agents=EVERYBODY, author=USAGER, opened_at=now, now=now
    )
    return book_option(token=option.token, booking=booking, author=USAGER, now=now)


def _save_plage(world: World) -> Callable[[], PlageOuverture]:
    departement, days = world.a_departement(), world.random.randrange(5)
    agent = world.an_agent(departement)
    motifs = world.motifs(departement)
    site = world.a_site(departement)
    author = Author("agent", agent.pk, agent.full_name, "agent")
    return lambda: planning.create_plage(
        departement=departement,
        agent=agent,
        author=author,
        now=world.now,
        site=site,
        motifs=motifs,
        first_day=MONDAY + timedelta(days=days),
        starts_time=time(17),
        ends_time=time(19),
        rhythm="weekly",
        weekdays=[days],
    )


def _edit(world: World) -> Asked:
    """An occurrence of a plage of the bench: the loaded ones stay as they are."""
    plage = _save_plage(world)()
    day = MONDAY + timedelta(weeks=world.random.randrange(1, 50))
    rows = Ouverture.objects.filter(plage=plage, occurrence_on__gte=day).select_related("plage", "departement")
    row = rows.order_by("occurrence_on")[0]
    author = Author("agent", row.agent_id, "Claire Vasseur", "agent")
    return lambda: planning.edit_occurrence(ouverture=row, author=author, now=world.now, ends_time=time(18, 30))


# --- Two hundred people on one hour.


def rush(world: World) -> dict[str, Any]:
    motif, site, start = _last_hour(world)
    people = [_somebody(world, motif, start) for _ in range(CLIENTS)]
    answers: Counter[str] = Counter()
    spent: list[float] = []
    gate = threading.Barrier(CLIENTS)

    def run(booking: Booking) -> None:
        with connection.cursor() as cursor:  # connected before the race begins
            cursor.execute("SELECT 1")
        gate.wait(timeout=60)
        kinds: list[str] = []
        spent.append(milliseconds(lambda: kinds.append(_answer(motif, site, start, booking, world.now))))
        answers.update(kinds)
        connections.close_all()

    threads = [threading.Thread(target=run, args=[booking]) for booking in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    question = Question("rush_200", lambda: lambda: None, SELECT_1, target_ms=WORST_MS)
    yard = [milliseconds(SELECT_1.ask) for _ in range(CLIENTS)]
    told = line(question, world.scale.name, spent, yard)
    refused = answers["refused"]
    errors = {kind: count for kind, count in answers.items() if kind not in ("booked", "refused")}
    worst = round(max(spent), 1)
    return told | {"booked": answers["booked"], "refused": refused, "errors": errors, "worst_ms": worst}


def _answer(motif: Motif, site: Site, start: datetime, booking: Booking, now: datetime) -> str:
    try:
        _hold_and_book(motif, site, start, booking, now)
    except CreneauUnavailable:
        return "refused"
    except Exception as error:  # noqa: BLE001 - whatever else happened is an error 500, and is counted
        return type(error).__name__
    return "booked"


def _last_hour(world: World) -> tuple[Motif, Site, datetime]:
    """A hole of the full weeks where one agent alone is free."""
    while True:
        departement = world.a_departement()
        motif, site = _half_hour(world, departement), world.a_site(departement)
        day = _weekday(world)
        window = Window(day, day + timedelta(days=1))
        question = Search(motif, (site,), EVERYBODY, window, world.now)
        found = availability.creneaux_of(motif, sites=[site], agents=EVERYBODY, window=window, now=world.now)
        for creneau in found:
            if len(availability.agents_who_fit(question, creneau.starts_at)) == 1:
                return motif, site, creneau.starts_at


def _half_hour(world: World, departement: Departement) -> Motif:
    return next(motif for motif in world.motifs(departement) if motif.duration_min == 30)


def _weekday(world: World) -> datetime:
    day: date = MONDAY + timedelta(weeks=world.random.randrange(1, WEEKS_FULL), days=world.random.randrange(5))
    return datetime.combine(day, time(), world.now.tzinfo)
