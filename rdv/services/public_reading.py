"""What the public pages read: départements, motifs and places that anybody may see. Reads only.

None when there is nothing to show: the views turn it into the page that says so.
"""

import uuid as uuids
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from django.db.models import Exists, OuterRef, Q

from agents.models import Agent, Departement, Site
from rdv.models import Motif, MotifSite, Option, Participation, Rdv, RdvAgent
from rdv.models.rdv import ParticipationQuerySet
from usagers.models import LoginCode

# How many Rdv one phone or e-mail may list: a family, a hostel.
MINE_SHOWN = 100


def open_departements() -> list[Departement]:
    return list(Departement.objects.open_to_public())


def open_departement(slug: str) -> Departement | None:
    return Departement.objects.open_to_public().filter(slug=slug).first()


def public_motifs(departement: Departement) -> list[Motif]:
    """What anybody may book on at least one open site, in the order of the services."""
    somewhere = Exists(MotifSite.objects.filter(motif=OuterRef("pk"), site__is_active=True))
    return list(Motif.objects.of(departement).public().filter(somewhere).select_related("service", "departement"))


def public_motif(departement: Departement, slug: str) -> Motif | None:
    found = Motif.objects.of(departement).public().filter(slug=slug).select_related("service").first()
    if found is not None:
        found.departement = departement
    return found


def public_motif_at(departement: str, slug: str) -> Motif | None:
    """The same with its département, open, in one question."""
    found = Motif.objects.public().filter(slug=slug, departement__slug=departement, departement__is_open=True)
    return found.select_related("service", "departement").first()


def sites_offering(motif: Motif) -> list[Site]:
    """By name."""
    return list(Site.objects.active().filter(motif_sites__motif=motif).order_by("search_key", "id"))


def example_city(departement: Departement) -> str:
    """A town that people of this département know, for the example under the question "où ?"."""
    return Site.objects.of(departement).active().values_list("city", flat=True).first() or ""


def session_for_public(motif: Motif, key: str) -> Rdv | None:
    """One session of a workshop on an open site, by its uuid in text, however it is written."""
    try:
        uuid = uuids.UUID(key)
    except ValueError:
        return None
    sessions = Rdv.objects.live().filter(motif=motif, site__is_active=True)
    return sessions.select_related("motif__departement", "site").filter(uuid=uuid).first()


def agents_of(rdv: Rdv) -> list[Agent]:
    return [link.agent for link in RdvAgent.objects.filter(rdv=rdv).select_related("agent").order_by("agent_id")]


def agents_held(option: Option) -> list[Agent]:
    """Who would receive."""
    links = option.option_agents.select_related("agent").order_by("agent_id")
    return [link.agent for link in links]


def same_hold(motif: Motif, *, site: Site, starts_at: datetime, opened_at: datetime, now: datetime) -> Option | None:
    """The hold that the same page, sent twice, took a moment ago. `opened_at` is signed and fine to the microsecond."""
    alive = Option.objects.alive(now).filter(motif=motif, site=site, starts_at=starts_at, opened_at=opened_at)
    return alive.filter(author_kind="usager").order_by("id").first()


def participation_of_option(option: Option) -> Participation | None:
    """What an individual hold became. None for a seat of a workshop: many people share that Rdv."""
    if option.rdv_id is None or option.atelier_id is not None:
        return None
    return Participation.objects.filter(rdv=option.rdv_id).order_by("id").first()


def participation_with_rdv(key: str) -> Participation | None:
    """By uuid: for the session that booked it."""
    return _whole().filter(uuid=key).first()


def reached_by(
    departement: Departement, *, channel: Literal["sms", "email"], address: str, now: datetime
) -> Sequence[Participation]:
    """The Rdv to come of whoever reads this verified phone or e-mail: their own, and those they booked for others.

    The other parent's Rdv for the same child are not among them: only the responsable of the Rdv counts.
    """
    field = "phone" if channel == "sms" else "email"
    own = Q(**{f"usager__{field}": address})
    booked_for_others = Q(**{f"responsable__{field}": address})
    rows = _whole().filter(departement=departement, ends_at__gt=now).live().filter(own | booked_for_others)
    return list(rows.order_by("starts_at", "id")[:MINE_SHOWN])


def in_the_way(option: Option, *, person_id: int, responsable_id: int | None) -> Participation | None:
    """The Rdv of this person that meets the hold, if the one who books may know of it."""
    rows = _whole().filter(usager=person_id, starts_at__lt=option.ends_at, ends_at__gt=option.starts_at).live()
    if responsable_id is not None:
        rows = rows.filter(responsable=responsable_id)
    return rows.order_by("starts_at").first()


def last_code(purpose: str) -> LoginCode | None:
    """The last code sent for one thing that the session owns ("booking:<token>"): the only one that may still work."""
    return LoginCode.objects.filter(purpose=purpose).order_by("-created_at", "-id").first()


def _whole() -> ParticipationQuerySet:
    return Participation.objects.select_related(
        "rdv__motif__departement", "rdv__motif__service", "rdv__site", "usager", "responsable"
    )
