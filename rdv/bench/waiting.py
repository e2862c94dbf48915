"""From a cancellation to the first Offre committed, with 10,000 people waiting in the département. Room: bench.

Undone by cleaning.clean: the load makes no waiting list, so that every row of one is of the bench.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from agents.models import Departement, Site
from rdv.bench.measuring import Question
from rdv.bench.searches import SELECT_1
from rdv.bench.world import World
from rdv.bench.writes import USAGER, Asked, free_hours
from rdv.core.links import hash_token
from rdv.models import Inscription, Motif, Offre, Origin, Participation
from rdv.services.booking import Booking, book_option
from rdv.services.cancelling import cancel_participation
from rdv.services.holding import hold_creneau
from rdv.services.questions import EVERYBODY
from usagers.models import Usager

WAITING = 10_000
NAME = "first_offer_10k"
# Of three people, one says which places, one which half-days, one takes anything.
KINDS = 3
ALL_HALF_DAYS = 12


def waiting(world: World) -> Iterator[Question]:
    departement = world.usual[0]
    count = _people_wait(world, departement)
    hours = (hour for hour in free_hours(world) if hour[0].departement_id == departement.pk)
    yield Question(NAME, lambda: _cancel(world, hours), SELECT_1, times=100, extra={"waiting": count})


def _people_wait(world: World, departement: Departement) -> int:
    motifs, sites = world.motifs(departement), world.sites(departement)
    Motif.objects.filter(pk__in=[motif.pk for motif in motifs]).update(has_waitlist=True)
    for motif in motifs:
        motif.has_waitlist = True
    people = Usager.objects.of(departement).order_by("pk").values_list("pk", flat=True)
    pairs = [(usager_id, motif) for motif in motifs for usager_id in people][:WAITING]
    rows = [_row(world, number, *pair, sites) for number, pair in enumerate(world.random.sample(pairs, len(pairs)))]
    return len(Inscription.objects.bulk_create(rows, batch_size=2000))


def _row(world: World, number: int, usager_id: int, motif: Motif, sites: list[Site]) -> Inscription:
    key, kind = uuid.uuid4(), number % KINDS
    return Inscription(
        departement_id=motif.departement_id,
        uuid=key,
        usager_id=usager_id,
        motif=motif,
        motifs=[motif.pk],
        sites=sorted(site.pk for site in world.random.sample(sites, min(3, len(sites)))) if kind == 1 else [],
        half_days=world.random.randrange(1, 1 << ALL_HALF_DAYS) if kind == 2 else 0,
        origin=Origin.WEB,
        opened_at=world.now - timedelta(minutes=world.random.randrange(60 * 24 * 60)),
        link_hash=hash_token(str(key)),
        created_by_kind="usager",
    )


def _cancel(world: World, hours: Iterator[tuple[Motif, Site, datetime]]) -> Asked:
    """Booked first, not timed. The offer is made in the transaction of the cancellation: both are committed at once."""
    motif, site, start = next(hours)
    option = hold_creneau(
        motif=motif, site=site, starts_at=start, agents=EVERYBODY, author=USAGER, opened_at=world.now, now=world.now
    )
    usager = world.an_usager(motif.departement, start=start, end=start + motif.duration)
    booking = Booking(usager=usager, origin=Origin.WEB)
    participation = book_option(token=option.token, booking=booking, author=USAGER, now=world.now).participations.get()
    return lambda: _cancelled(participation, world.now)


def _cancelled(participation: Participation, now: datetime) -> Offre:
    cancel_participation(participation=participation, by_service=False, author=USAGER, now=now)
    return Offre.objects.latest("pk")
