"""Several Rdv for one family in one go: each child one after the other, all of them taken or none.

Room: services. Called by the console. The hours beside the one that is held are proposed; on confirmation each is held,
then all become Rdv in one transaction, through the one booking function.

    held for Ilyes   9:00 |====|
    proposed              |====| 9:30 Lina, same professional, right after
"""

import uuid as uuids
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from agents.models import Agent
from rdv.core.clock import local_date, midnight
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.domain.intervals import Interval
from rdv.domain.travel import Point
from rdv.domain.windows import Window
from rdv.models import Motif, Option, Participation, Rdv
from rdv.services.all_or_none import Held, book_all
from rdv.services.availability import creneaux_in
from rdv.services.booking import Booking
from rdv.services.cancelling import cancel_participation
from rdv.services.console_holds import creneau_of
from rdv.services.holding import hold_creneau, hold_seat, release_option
from rdv.services.questions import EVERYBODY, Creneau, Question
from usagers.models import Usager

MOST = 5  # people beside the one on the screen


class NotTogether(DomainError):  # noqa: N818 - same family of names as rdv/services/errors
    """One of the family could not be booked: nobody was."""

    code = "not_together"


@dataclass(frozen=True, slots=True)
class Beside:
    """Somebody of the family, and the hour proposed to them (None: a seat of the same workshop)."""

    person: Usager
    creneau: Creneau | None
    is_same_agents: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked on confirmation."""

    booking: Booking
    creneau: Creneau | None


def may_come_together(motif: Motif) -> bool:
    """A follow-up belongs to each person's référent: one at a time."""
    return not motif.is_follow_up


def beside(
    option: Option, agents: Sequence[Agent], people: Sequence[Usager], *, now: datetime, place: Point | None = None
) -> list[Beside]:
    """The nearest hours of that day, the same professionals first and right after rather than before."""
    people = people[:MOST]
    if not people or not may_come_together(option.motif):
        return []
    if option.atelier is not None:
        left = option.atelier.seats_left
        return [Beside(person, None) for person in people[: max(0, left)]]
    held = creneau_of(option, agents)
    hours = _hours_beside(option, held, len(people), now=now, place=place)
    # Fewer hours than people: those who are left out come another day.
    return [Beside(one, hour, hour.agent_ids == held.agent_ids) for one, hour in zip(people, hours, strict=False)]


def _hours_beside(option: Option, held: Creneau, count: int, *, now: datetime, place: Point | None) -> list[Creneau]:
    assert option.site is not None  # noqa: S101 - an individual option always has its site
    motif = option.motif
    day = local_date(option.starts_at, motif.departement.zone)
    start, end = (midnight(one, motif.departement.zone) for one in (day, day + timedelta(days=1)))
    window = Window(max(now.replace(microsecond=0), start), end - timedelta(seconds=1))
    found = creneaux_in(Question(motif, (option.site,), EVERYBODY, window, now, place=place))

    def order(one: Creneau) -> tuple[bool, bool, timedelta, Creneau]:
        is_before = one.starts_at < held.starts_at
        return one.agent_ids != held.agent_ids, is_before, abs(one.starts_at - held.starts_at), one

    taken = [Interval(option.starts_at, option.ends_at)]
    chosen: list[Creneau] = []
    for one in sorted(found, key=order):
        here = Interval(one.starts_at, one.starts_at + motif.duration)
        if len(chosen) < count and not any(here.overlaps(other) for other in taken):
            chosen.append(one)
            taken.append(here)
    return chosen


def book_family(
    *, token: uuids.UUID, booking: Booking, others: Sequence[Wanted], author: Author, opened_at: datetime, now: datetime
) -> Rdv:
    """All or none. The Rdv of the held option; a replay of its token gives the same one.

    Raises what booking raises for the person of the option, and NotTogether for one of the others: the hours taken
    for them are let go, the first one stays held.
    """
    held = Option.objects.select_related("motif__departement", "site", "atelier", "rdv").filter(token=token).first()
    if held is None or held.rdv is not None or not others:
        return _all_of([token], [booking], author=author, now=now)
    with ExitStack() as until_booked:
        options = [_hold(held, wanted, until_booked, author=author, opened_at=opened_at, now=now) for wanted in others]
        tokens = [token, *(option.token for option in options)]
        first = _all_of(tokens, [booking, *(wanted.booking for wanted in others)], author=author, now=now)
        until_booked.pop_all()
    return first


def _hold(
    held: Option, wanted: Wanted, until_booked: ExitStack, *, author: Author, opened_at: datetime, now: datetime
) -> Option:
    """Let go when `until_booked` closes before everybody is booked."""
    try:
        option = _held_beside(held, wanted, author=author, opened_at=opened_at, now=now)
    except DomainError as error:
        raise _not_together(wanted.booking.usager, error) from error
    until_booked.callback(release_option, option=option, now=now)
    return option


def _held_beside(held: Option, wanted: Wanted, *, author: Author, opened_at: datetime, now: datetime) -> Option:
    if held.atelier is not None:
        return hold_seat(atelier=held.atelier, author=author, opened_at=opened_at, now=now)
    if wanted.creneau is None or held.site is None:
        raise NotTogether
    place = None
    if held.latitude is not None and held.longitude is not None:
        place = Point(held.latitude, held.longitude)
    return hold_creneau(
        motif=held.motif,
        site=held.site,
        starts_at=wanted.creneau.starts_at,
        agents=wanted.creneau.agent_ids,
        author=author,
        opened_at=opened_at,
        now=now,
        usager=wanted.booking.usager,
        place=place,
    )


@transaction.atomic(durable=True)
def _all_of(tokens: Sequence[uuids.UUID], bookings: Sequence[Booking], *, author: Author, now: datetime) -> Rdv:
    """The first one is refused in the words of any booking, the others by name."""
    others = [replace(booking, may_overlap=False) for booking in bookings[1:]]
    wanted = [Held(token, booking) for token, booking in zip(tokens, [bookings[0], *others], strict=True)]

    def named(position: int, error: DomainError) -> DomainError:
        return _not_together(wanted[position].booking.usager, error) if position else error

    return book_all(wanted, author=author, now=now, named=named)[0]


def _not_together(person: Usager, error: DomainError) -> NotTogether:
    return NotTogether(f"Pour {person.first_name} : {_sentence(error)} Personne n’est inscrit pour l’instant.")


def _sentence(error: DomainError) -> str:
    return error.message[:1].lower() + error.message[1:]


def taken_together(participation: Participation, family: Sequence[Usager]) -> list[Participation]:
    """Those of the family booked by the same gesture, in order of time; the given one is not among them."""
    same = Participation.objects.live().filter(
        departement=participation.departement_id,
        created_by_kind=participation.created_by_kind,
        created_by_id=participation.created_by_id,
        created_at=participation.created_at,
        usager__in=family,
    )
    found = same.exclude(pk=participation.pk).select_related("usager", "rdv__site", "rdv__motif")
    return list(found.order_by("starts_at", "id"))


def undo_together(
    participations: Sequence[Participation], *, author: Author, now: datetime, reason: str
) -> list[Participation]:
    """Each hour is free again. Asked twice, done once. As they are afterwards."""
    return [
        cancel_participation(participation=one, by_service=True, author=author, now=now, reason=reason)
        for one in participations
    ]
