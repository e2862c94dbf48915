"""From a verified address to an Rdv: the person's file, the child's or the helped person's, the booking.

Called by the page of the code, once the code is used. Three transactions of their own: a file that was found or made
stays when the hour was lost meanwhile, and the next try finds it.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import transaction

from agents.models import Departement
from rdv.core import journal
from rdv.core.journal import Author
from rdv.domain.travel import Point
from rdv.models import Origin, Participation
from rdv.services.booking import Booking, book_option
from usagers.models import Usager
from usagers.services.files import find_or_create_verified
from usagers.services.links import add_proche

# Before the file of the person is known.
SOMEBODY = Author("usager", None, "Usager")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who books, for whom, and the address whose code was typed."""

    channel: Literal["sms", "email"]
    address: str
    usager: dict[str, Any]
    person: dict[str, Any] | None = None
    proche_kind: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """`person` is received; `responsable` booked for them and gets the messages."""

    person: Usager
    responsable: Usager | None

    @property
    def author(self) -> Author:
        return author_of(self.responsable or self.person)


def author_of(usager: Usager) -> Author:
    return Author("usager", usager.pk, "Usager")


def people_of(identity: Identity, *, departement: Departement, now: datetime) -> People:
    usager = find_or_create_verified(
        departement=departement,
        channel=identity.channel,
        address=identity.address,
        author=SOMEBODY,
        now=now,
        **identity.usager,
    )
    if identity.person is None:
        return People(usager, None)
    proche = add_proche(
        responsable=usager, kind=identity.proche_kind, author=author_of(usager), now=now, **identity.person
    )
    return People(proche.person, usager)


def book_for(
    people: People, *, token: uuid.UUID, now: datetime, address: str = "", place: Point | None = None
) -> Participation:
    """Raises what book_option raises. The same token again gives the same participation."""
    booking = Booking(
        usager=people.person,
        responsable=people.responsable,
        origin=Origin.WEB,
        address=address,
        latitude=place.lat if place else None,
        longitude=place.lon if place else None,
    )
    rdv = book_option(token=token, booking=booking, author=people.author, now=now)
    return rdv.participations.filter(usager=people.person).order_by("-created_at", "-id")[0]


def set_companion(participation: Participation, companion: str, *, now: datetime) -> None:
    """Who comes along, said from the link. The journal says that it changed, not who it is."""
    with transaction.atomic():
        Participation.objects.filter(pk=participation.pk).update(companion=companion)
        journal.write(
            "participation.companion",
            subject=("rdv", participation.rdv.uuid),
            departement_code=participation.departement_id,
            author=author_of(participation.responsable or participation.usager),
            now=now,
            data={"participation": participation.uuid, "has_companion": bool(companion)},
        )
