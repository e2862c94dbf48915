"""The hours this browser holds, and what was typed for each: in its session, on the server, never in an address.

    session["public_holds"] = {token of the hold: what Hold says}

Whoever comes with the address of a hold and without its session finds nothing (404). Names typed and not booked are
forgotten after an hour: the next person at a public computer finds an empty form.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.http import Http404, HttpRequest

from agents.models import Site
from rdv.access import option_by_token
from rdv.core.http import client_address
from rdv.core.journal import Author
from rdv.domain.travel import Point
from rdv.models import Motif, Option, Rdv
from rdv.services import holding, public_limits, public_reading
from rdv.services.errors import CreneauUnavailable
from rdv.services.questions import EVERYBODY, Agents
from usagers.models import Usager

KEY = "public_holds"
AT_ONCE = 3
KEEP_TYPED = timedelta(hours=1)
KEPT = 12


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold of this browser. Plain values only: it lives in the session."""

    token: str
    departement: str
    motif: str
    site: str
    starts_at: str
    opened_at: str
    held_at: str
    lieu: str = ""
    atelier: str = ""
    # The address of a visit at home.
    address: str = ""
    place: tuple[float, float] | None = None
    # What was typed, as it was typed: the form reads it again.
    identity: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    channel: str = ""
    # After the booking: the Rdv, and where the message went, masked.
    participation: str = ""
    sent_to: str = ""
    # A hold that moves this participation.
    moving: str = ""

    @property
    def point(self) -> Point | None:
        return Point(*self.place) if self.place else None

    def started(self) -> datetime:
        return datetime.fromisoformat(self.starts_at)

    def opened(self) -> datetime:
        return datetime.fromisoformat(self.opened_at)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A time that somebody asks to hold."""

    motif: Motif
    site: Site
    starts_at: datetime
    opened_at: datetime
    lieu: str = ""
    address: str = ""
    place: Point | None = None
    atelier: Rdv | None = None
    agents: Agents = EVERYBODY
    usager: Usager | None = None
    moving: str = ""


class HoldBook:
    """The holds of one session."""

    def __init__(self, session: SessionBase, now: datetime) -> None:
        self.session = session
        rows: dict[str, Any] = session.get(KEY, {})
        holds = [Hold(**row | {"place": tuple(row["place"]) if row.get("place") else None}) for row in rows.values()]
        self.holds = {hold.token: hold for hold in holds if not _is_stale(hold, now)}
        if len(self.holds) != len(rows):
            self._save()

    def __iter__(self) -> Iterator[Hold]:
        """The newest first."""
        return iter(sorted(self.holds.values(), key=lambda hold: hold.held_at, reverse=True))

    def get(self, token: object, departement: str) -> Hold:
        """Raises Http404: nobody reads somebody else's hold."""
        hold = self.holds.get(str(token))
        if hold is None or hold.departement != departement:
            raise Http404
        return hold

    def put(self, hold: Hold) -> Hold:
        self.holds[hold.token] = hold
        for old in list(self)[KEPT:]:
            del self.holds[old.token]
        self._save()
        return hold

    def update(self, hold: Hold, **changes: Any) -> Hold:
        return self.put(replace(hold, **changes))

    def drop(self, hold: Hold) -> None:
        if self.holds.pop(hold.token, None):
            self._save()

    def _save(self) -> None:
        self.session[KEY] = {token: asdict(hold) for token, hold in self.holds.items()}


def _is_stale(hold: Hold, now: datetime) -> bool:
    """Booked holds carry no name: they stay, so that a reload still finds the confirmation."""
    return not hold.participation and datetime.fromisoformat(hold.held_at) < now - KEEP_TYPED


def asker(request: HttpRequest, now: datetime) -> Author:
    return public_limits.public_author(client_address(request), now=now)


def option_of(hold: Hold) -> Option | None:
    """None when the hold died and was swept."""
    try:
        return option_by_token(UUID(hold.token))
    except Http404:
        return None


def take(request: HttpRequest, wanted: Wanted, *, now: datetime, after: Hold | None = None) -> Hold:
    """Hold this time and write it in the session. `after`: a hold that this one replaces (what was typed goes on).

    Raises CreneauUnavailable, WorkshopFull, NotBookable, TooManyHolds. The same time asked twice (double press, back
    button) is one hold.
    """
    book = HoldBook(request.session, now)
    mine = _held_already(book, wanted, now)
    if mine is not None:
        return mine
    author = asker(request, now)
    public_limits.require_room(author, now=now)
    option = _hold(wanted, author, now)
    before = after or _typed_before(book, wanted)
    _release_older(book, wanted, after, now)
    return book.put(
        Hold(
            token=str(option.token),
            departement=wanted.motif.departement_id,
            motif=wanted.motif.slug,
            site=wanted.site.slug,
            starts_at=option.starts_at.isoformat(),
            opened_at=wanted.opened_at.isoformat(),
            held_at=now.isoformat(),
            lieu=wanted.lieu,
            atelier=str(wanted.atelier.uuid) if wanted.atelier else "",
            address=wanted.address,
            place=(wanted.place.lat, wanted.place.lon) if wanted.place else None,
            identity=before.identity if before else {},
            moving=wanted.moving,
        )
    )


def _hold(wanted: Wanted, author: Author, now: datetime) -> Option:
    if wanted.atelier is not None:
        return holding.hold_seat(atelier=wanted.atelier, author=author, opened_at=wanted.opened_at, now=now)
    try:
        return holding.hold_creneau(
            motif=wanted.motif,
            site=wanted.site,
            starts_at=wanted.starts_at,
            agents=wanted.agents,
            author=author,
            opened_at=wanted.opened_at,
            now=now,
            usager=wanted.usager,
            place=wanted.place,
        )
    except CreneauUnavailable:
        # The first press of a double press has it: its page knows the very instant this page was opened.
        twin = public_reading.same_hold(
            wanted.motif, site=wanted.site, starts_at=wanted.starts_at, opened_at=wanted.opened_at, now=now
        )
        if twin is None:
            raise
        return twin


def _held_already(book: HoldBook, wanted: Wanted, now: datetime) -> Hold | None:
    same = [
        hold
        for hold in book
        if not hold.participation
        and (hold.motif, hold.site, hold.moving) == (wanted.motif.slug, wanted.site.slug, wanted.moving)
        and hold.started() == wanted.starts_at
        and hold.departement == wanted.motif.departement_id
        and hold.atelier == (str(wanted.atelier.uuid) if wanted.atelier else "")
    ]
    return next((hold for hold in same if is_alive(option_of(hold), now)), None)


def is_alive(option: Option | None, now: datetime) -> bool:
    return option is not None and option.rdv_id is None and option.expires_at > now


def is_booked(hold: Hold, option: Option | None) -> bool:
    return bool(hold.participation) or (option is not None and option.rdv_id is not None)


def _typed_before(book: HoldBook, wanted: Wanted) -> Hold | None:
    """The person went back to choose another time for the same thing: what they typed comes along."""
    return next((hold for hold in book if hold.identity and _is_same_path(hold, wanted)), None)


def _is_same_path(hold: Hold, wanted: Wanted) -> bool:
    same = (hold.departement, hold.motif, hold.moving) == (
        wanted.motif.departement_id,
        wanted.motif.slug,
        wanted.moving,
    )
    return same and not hold.participation


def _release_older(book: HoldBook, wanted: Wanted, after: Hold | None, now: datetime) -> None:
    """One time at once on a path that has no code yet; three in all. A hold waiting for its code may be another tab."""
    waiting = [hold for hold in book if not hold.participation]
    dropped = [hold for hold in waiting if hold == after or (_is_same_path(hold, wanted) and not hold.code)]
    kept = [hold for hold in waiting if hold not in dropped]
    for hold in [*dropped, *kept[AT_ONCE - 1 :]]:
        option = option_of(hold)
        if option is not None:
            holding.release_option(option=option, now=now)
        book.drop(hold)


def held_on(book: HoldBook, motif: Motif, now: datetime) -> tuple[Hold, Option] | None:
    """The live hold of this browser for this motif: said on the page of the times, where it no longer shows as free."""
    for hold in book:
        if (hold.departement, hold.motif, hold.moving) != (motif.departement_id, motif.slug, "") or hold.participation:
            continue
        option = option_of(hold)
        if option is not None and is_alive(option, now):
            return hold, option
    return None
