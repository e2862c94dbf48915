"""The waiting list as the public pages see it: joining with a verified address, and what a link shows.

Room: services. Called by rdv/views/public/wait_*. Writes through waitlist_join only.
"""

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Literal, NamedTuple

from django.db.models import Q

from agents.models import AGENDA_ROLES, Affectation, Agent, Departement, Site
from rdv.core.clock import local_date
from rdv.core.journal import Author
from rdv.domain.statuses import Status
from rdv.models import Inscription, Motif, MotifSite, Offre, OffreState, Participation, Rdv, RdvAgent
from rdv.services import public_reading, waitlist_desk, waitlist_join
from rdv.services.public_booking import People
from rdv.services.waitlist_join import AlreadyWaiting, Wish, Wishes
from usagers.models import Referent, Usager
from usagers.services.files import update_usager

CONTEXT_LENGTH = 300
# The wishes that the page of somebody unknown asks for; with whom, only their own link does.
TYPED = (
    "sites",
    "radius_km",
    "centre",
    "half_days",
    "from_day",
    "until_day",
    "language",
    "needs_step_free",
    "shortest_notice_min",
    "auto_accept",
)
# A family, a hostel.
WAITS_SHOWN = 30


class Joined(NamedTuple):
    """`said`: what became of it, for the page of one's place."""

    inscription: Inscription
    said: Literal["inscrit", "souhaits", "deja"]


def join_verified(
    people: People,
    *,
    motif: Motif,
    wishes: Wishes,
    now: datetime,
    atelier: Rdv | None = None,
    address: str = "",
    place: tuple[float, float] | None = None,
    key: uuid.UUID | None = None,
) -> Joined:
    """Asked twice, the first one stands and comes back (`key`: of the page that asks). Somebody who waits already and
    asks for something else waits for that now, at the same rank. `address`, `place`: of a visit.

    Raises AlreadyWaiting when somebody else asked for this person (the other parent, who gets the messages),
    CannotWait, WishImpossible.
    """
    context = _keep_address(people, address, place, now) if place else ""
    wish = Wish(
        usager=people.person,
        responsable=people.responsable,
        motif=motif,
        wishes=wishes,
        atelier=atelier,
        context=context,
        key=key,
    )
    try:
        return Joined(waitlist_join.join(wish=wish, author=people.author, now=now), "inscrit")
    except AlreadyWaiting:
        same = asked_by(key)
        found = same or open_inscription(people.person.pk, motif, atelier=atelier)
        if found is None or found.person_told.pk != (people.responsable or people.person).pk:
            raise
        return Joined(found, "inscrit") if same else _asked_again(found, wishes, author=people.author, now=now)


def _asked_again(inscription: Inscription, wishes: Wishes, *, author: Author, now: datetime) -> Joined:
    """What was typed counts; what this page does not ask (a named professional, other motifs of an agent) stays.
    Whoever asks again waits still."""
    kept = waitlist_join.wishes_of(inscription)
    shown = motifs_alike(inscription.motif)
    others = [*wishes.equivalents, *(one for one in kept.equivalents if one not in shown)]
    wanted = replace(kept, **{name: getattr(wishes, name) for name in TYPED}, equivalents=others)
    waitlist_join.wake(inscription=inscription, author=author, now=now)
    if wanted.columns(inscription.motif) == kept.columns(inscription.motif):
        return Joined(inscription, "deja")
    changed = waitlist_join.change(inscription=inscription, wishes=wanted, author=author, now=now)
    return Joined(changed, "souhaits")


def _keep_address(people: People, address: str, place: tuple[float, float], now: datetime) -> str:
    """A visit goes to the address of the file. A file without one gets this one; another one is left to the agents."""
    person: Usager = people.person
    if person.latitude is not None:
        return "" if person.address == address else f"Adresse donnée pour la visite : {address}"[:CONTEXT_LENGTH]
    update_usager(usager=person, author=people.author, now=now, address=address, latitude=place[0], longitude=place[1])
    return ""


def open_inscription(usager_id: int, motif: Motif, *, atelier: Rdv | None = None) -> Inscription | None:
    return Inscription.objects.open().whole().filter(usager=usager_id, motif=motif, atelier=atelier).first()


def asked_by(key: uuid.UUID | None) -> Inscription | None:
    """What the page of this key became, whoever was faster: the same press, twice."""
    return Inscription.objects.whole().filter(uuid=key).first() if key is not None else None


def waits_reached_by(
    departement: Departement, *, channel: Literal["sms", "email"], address: str, now: datetime
) -> list[tuple[Inscription, int | None, int]]:
    """What the reader of this verified phone or e-mail waits for, for them or for others, with the rank and how many
    wait (none while asleep). The other parent's are not among them. Three queries."""
    field = "phone" if channel == "sms" else "email"
    own = Q(**{f"usager__{field}": address}, responsable__isnull=True)
    for_others = Q(**{f"responsable__{field}": address})
    rows = Inscription.objects.open().whole().filter(departement=departement).filter(own | for_others)
    found = list(rows.order_by("opened_at", "id")[:WAITS_SHOWN])
    ranks = waitlist_desk.standings(found, now=now)
    places = [(one, ranks.get(one.pk)) for one in found]
    return [(one, place.rank if place else None, place.waiting if place else 0) for one, place in places]


# What wishes may name, for whoever asks by themselves.


def motifs_alike(motif: Motif) -> list[Motif]:
    """Those that the administrator said would do as well, as far as the public may ask for them."""
    if motif.is_collective or not motif.waitlist_alike:
        return []
    rows = Motif.objects.of(motif.departement).public().filter(pk__in=motif.waitlist_alike, has_waitlist=True)
    return list(rows.filter(is_collective=False, modality=motif.modality))


def has_referent(usager: Usager, motif: Motif, *, now: datetime) -> bool:
    """Somebody of this service follows them. A confidential service says nothing of it."""
    if motif.service.is_confidential:
        return False
    today = local_date(now, motif.departement.zone)
    rows = Referent.objects.current(today).filter(usager=usager, agent__services=motif.service_id)
    return rows.filter(agent__is_active=True).exists()


def last_seen_with(usager: Usager, responsable: Usager | None, motif: Motif, *, now: datetime) -> Agent | None:
    """Who received them last, alone, for this service, and still receives for this motif. The Rdv that somebody else
    asked for (the other parent) are not told here."""
    today = local_date(now, motif.departement.zone)
    sites = MotifSite.objects.filter(motif=motif).values("site")
    receiving = Affectation.objects.current(today).filter(site__in=sites, role__in=AGENDA_ROLES)
    rows = RdvAgent.objects.filter(
        rdv__participations__usager=usager,
        rdv__participations__responsable=responsable,
        rdv__participations__status__in=(Status.UNKNOWN, Status.SEEN),
        rdv__motif__service=motif.service_id,
        rdv__motif__is_collective=False,
        rdv__motif__agents_needed=1,
        rdv__starts_at__lte=now,
        agent__is_active=True,
        agent__services=motif.service_id,
        agent__in=receiving.values("agent"),
    )
    found = rows.select_related("agent").order_by("-rdv__starts_at", "-id").first()
    return found.agent if found is not None else None


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
