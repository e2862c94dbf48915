"""The waiting list as the public pages see it: joining with a verified address, and what a link shows.

Room: services. Called by rdv/views/public/wait_*. Writes through waitlist_join only.
"""

from datetime import datetime

from agents.models import Agent, Site
from rdv.models import Inscription, Motif, Offre, OffreState, Participation, Rdv
from rdv.services import public_reading, waitlist_join
from rdv.services.public_booking import People
from rdv.services.waitlist_join import AlreadyWaiting, Wish, Wishes
from usagers.models import Usager
from usagers.services.files import update_usager

CONTEXT_LENGTH = 300


def join_verified(
    people: People,
    *,
    motif: Motif,
    wishes: Wishes,
    now: datetime,
    atelier: Rdv | None = None,
    address: str = "",
    place: tuple[float, float] | None = None,
) -> Inscription:
    """Asked twice, the first one stands and comes back. Raises AlreadyWaiting when somebody else asked for this person
    (the other parent, who gets the messages), CannotWait, WishImpossible. `address`, `place`: of a visit at home."""
    context = _keep_address(people, address, place, now) if place else ""
    wish = Wish(
        usager=people.person,
        responsable=people.responsable,
        motif=motif,
        wishes=wishes,
        atelier=atelier,
        context=context,
    )
    try:
        return waitlist_join.join(wish=wish, author=people.author, now=now)
    except AlreadyWaiting:
        found = open_inscription(people.person.pk, motif, atelier=atelier)
        if found is None or found.person_told.pk != (people.responsable or people.person).pk:
            raise
        return found


def _keep_address(people: People, address: str, place: tuple[float, float], now: datetime) -> str:
    """A visit goes to the address of the file. A file without one gets this one; another one is left to the agents."""
    person: Usager = people.person
    if person.latitude is not None:
        return "" if person.address == address else f"Adresse donnée pour la visite : {address}"[:CONTEXT_LENGTH]
    update_usager(usager=person, author=people.author, now=now, address=address, latitude=place[0], longitude=place[1])
    return ""


def open_inscription(usager_id: int, motif: Motif, *, atelier: Rdv | None = None) -> Inscription | None:
    return Inscription.objects.open().whole().filter(usager=usager_id, motif=motif, atelier=atelier).first()


def live_offre(inscription: Inscription) -> Offre | None:
    return Offre.objects.live().whole().filter(inscription=inscription).first()


def won_by(inscription: Inscription) -> Participation | None:
    """The Rdv that this wait ended with."""
    rows = Offre.objects.filter(inscription=inscription, state=OffreState.ACCEPTED, rdv__isnull=False)
    offre = rows.select_related("inscription").order_by("-answered_at").first()
    return participation_of(offre) if offre is not None else None


def participation_of(offre: Offre) -> Participation | None:
    """What a yes became."""
    rows = Participation.objects.filter(rdv=offre.rdv_id, usager=offre.inscription.usager_id)
    found = rows.order_by("-created_at", "-id").values_list("uuid", flat=True).first()
    return public_reading.participation_with_rdv(str(found)) if found is not None else None


def is_shared(offre: Offre) -> bool:
    """Others were asked for the same place, and may still answer first."""
    return Offre.objects.live().filter(group=offre.group).exclude(pk=offre.pk).exists()


def agents_of(offre: Offre) -> list[Agent]:
    return list(Agent.objects.filter(pk__in=offre.agent_ids).order_by("pk"))


def sites_of(inscription: Inscription) -> list[Site]:
    """The places that were named, by name; none: any place."""
    return list(Site.objects.filter(pk__in=inscription.sites).order_by("search_key", "id")) if inscription.sites else []
