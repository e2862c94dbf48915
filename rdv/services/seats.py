"""The sessions of a collective motif: a new one, its title, its seats raised or lowered. Room: services. Called by the
agenda's screens and the page of a session.

New seats go to those who wait, in the same transaction. Never fewer than the people already there.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from agents.models import Site
from rdv.core import journal
from rdv.core.db import constraint_errors, lock_agents
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.models import Motif, Rdv, SourceKind
from rdv.services import notices
from rdv.services.able import require_able
from rdv.services.away import require_present
from rdv.services.booking import create_rdv
from rdv.services.closures import day_off_words
from rdv.services.errors import ChangedMeanwhile, NotBookable, WorkshopFull
from rdv.services.holding import lock_workshop
from rdv.services.occupying import drop_dead_options_of
from rdv.services.too_far import require_near
from rdv.services.waitlist_queue import note_seats, somebody_waits
from rdv.services.waitlist_sources import OFFERS_PER_ROW, offer_seats

# What one room can hold: a slip of the finger is not 5,000 offers.
MOST_PLACES = 500


class DayOff(DomainError):  # noqa: N818 - named like the other refusals
    """Closed, or a public holiday: a session is posed there knowingly, or not at all."""

    code = "day_off"

    def __init__(self, message: str) -> None:
        super().__init__()
        self.message = message


class TooFewSeats(WorkshopFull):
    code = "too_few_seats"

    def __init__(self, taken: int) -> None:
        places = f"{taken} places sont prises ou proposées" if taken > 1 else "Une place est prise ou proposée"
        super().__init__(f"{places}\u00a0: la séance ne peut pas en avoir moins.")


@transaction.atomic(durable=True)
def create_workshop(
    *,
    motif: Motif,
    site: Site,
    agent_ids: Sequence[int],
    starts_at: datetime,
    ends_at: datetime,
    title: str,
    capacity: int,
    author: Author,
    now: datetime,
    key: uuid.UUID | None = None,
    is_day_off_known: bool = False,
) -> Rdv:
    """A session of a collective motif; it takes the agents' time.

    `key`: a form sent twice with the same key makes one session (it becomes its uuid). `is_day_off_known`: the agent
    has read that the day is closed, or a holiday. Raises CreneauUnavailable, NotBookable, NotTheirService, TooFar,
    DayOff.
    """
    if not motif.is_collective or not agent_ids or starts_at <= now:
        raise NotBookable
    require_near(starts_at, now=now, zone=motif.departement.zone)
    require_able(motif, agent_ids)
    lock_agents(agent_ids)
    made = Rdv.objects.filter(uuid=key).first() if key else None
    if made is not None and (made.motif_id, made.starts_at, made.ends_at) == (motif.pk, starts_at, ends_at):
        return made
    day_off = "" if is_day_off_known else day_off_words(motif, site, starts_at, ends_at)
    if day_off:
        raise DayOff(day_off)
    drop_dead_options_of(agent_ids, now)
    require_present(motif, agent_ids, starts_at, ends_at)
    rdv = create_rdv(
        motif=motif,
        site=site,
        agent_ids=agent_ids,
        starts_at=starts_at,
        ends_at=ends_at,
        author=author,
        now=now,
        title=title,
        capacity=capacity,
        key=key if made is None else None,
    )
    journal.write(
        "rdv.workshop_created",
        subject=("rdv", rdv.uuid),
        departement_code=rdv.departement_id,
        author=author,
        now=now,
        data={"starts_at": starts_at, "ends_at": ends_at, "capacity": capacity, "agents": list(agent_ids)},
    )
    notices.agent_told(rdv, kind="booked", author=author, now=now)
    if motif.has_waitlist and somebody_waits(rdv.departement_id):
        _offer_added(lock_workshop(rdv.pk), source_kind=SourceKind.OPENING, now=now)
    return rdv


@transaction.atomic(durable=True)
def change_capacity(*, atelier: Rdv, capacity: int, author: Author, now: datetime, expected: int | None = None) -> Rdv:
    """Raises NotBookable (not a session to come), WorkshopFull (fewer seats than people), ChangedMeanwhile
    (`expected`: the seats that the page showed). Asked twice, done once."""
    locked = lock_workshop(atelier.pk)
    if not locked.motif.is_collective or not locked.is_live or locked.starts_at <= now:
        raise NotBookable
    if not 1 <= capacity <= MOST_PLACES:
        raise NotBookable
    if locked.capacity == capacity:
        return locked
    if expected is not None and locked.capacity != expected:
        raise ChangedMeanwhile
    before, locked.capacity = locked.capacity, capacity
    with constraint_errors({"rdv_capacity": TooFewSeats(locked.seats_taken)}):
        locked.save(update_fields=["capacity"])
    journal.write(
        "rdv.capacity",
        subject=("rdv", locked.uuid),
        departement_code=locked.departement_id,
        author=author,
        now=now,
        data={"before": before, "after": capacity},
    )
    if capacity > before:
        _offer_added(locked, source_kind=SourceKind.CAPACITY, now=now)
    locked.refresh_from_db(fields=["seats_taken"])
    return locked


@transaction.atomic(durable=True)
def change_title(*, atelier: Rdv, title: str, author: Author, now: datetime, expected: str | None = None) -> Rdv:
    """Raises NotBookable (not a session to come), ChangedMeanwhile (`expected`: the title that the page showed). Asked
    twice, done once. Hour and place stand: no message leaves for it, those that wait say the new title."""
    locked = lock_workshop(atelier.pk)
    if not locked.motif.is_collective or not locked.is_live or locked.starts_at <= now:
        raise NotBookable
    title = title.strip()
    if locked.title == title:
        return locked
    if expected is not None and locked.title != expected.strip():
        raise ChangedMeanwhile
    before, locked.title = locked.title, title
    locked.save(update_fields=["title"])
    journal.write(
        "rdv.title",
        subject=("rdv", locked.uuid),
        departement_code=locked.departement_id,
        author=author,
        now=now,
        data={"before": before, "after": title},
    )
    for participation in locked.participations.live().select_related("usager", "responsable").order_by("id"):
        participation.rdv = locked
        notices.retitled(participation, now=now)
    return locked


def _offer_added(atelier: Rdv, *, source_kind: SourceKind, now: datetime) -> None:
    """At once, before anybody else sees them; a great many: the rest within a minute."""
    if offer_seats(atelier, source_kind=source_kind, now=now) < OFFERS_PER_ROW:
        return
    note_seats(
        departement_code=atelier.departement_id,
        atelier_id=atelier.pk,
        starts_at=atelier.starts_at,
        ends_at=atelier.ends_at,
        source_kind=source_kind,
        now=now,
    )
