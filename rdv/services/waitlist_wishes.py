"""What would suit somebody who waits: their wishes as values, what may be wished, and how they are read again.

Room: services. Called by waitlist_join, the forms of the waiting list and its pages; waitlist_match applies them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from agents.models import Agent, Site
from rdv.core.clock import local_date
from rdv.core.errors import DomainError
from rdv.core.languages import FRENCH, LANGUAGES
from rdv.domain.travel import Point
from rdv.models import Inscription, Motif, MotifSite
from usagers.models import Usager


class WishImpossible(DomainError):  # noqa: N818 - named like the other refusals
    """`field` is the wish to look at again."""

    code = "wish_impossible"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Centre:
    """Where kilometres are counted from when it is not the home of the file: a commune that was typed, a place."""

    point: Point
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What would suit. Empty means any. `radius_km` counts from `centre`; without one, from the person's home."""

    equivalents: Sequence[Motif] = ()
    sites: Sequence[Site] = ()
    radius_km: int | None = None
    centre: Centre | None = None
    half_days: int = 0
    from_day: date | None = None
    until_day: date | None = None
    agent: Agent | None = None
    referent_only: bool = False
    needs_step_free: bool = False
    language: str = ""
    shortest_notice_min: int = 24 * 60
    auto_accept: bool = False

    def columns(self, motif: Motif) -> dict[str, Any]:
        radius_km = None if self.sites else self.radius_km
        centre = self.centre if radius_km else None
        return {
            "motifs": sorted({motif.pk, *(one.pk for one in self.equivalents)}),
            "sites": sorted({site.pk for site in self.sites}),
            "radius_km": radius_km,
            "near_latitude": centre.point.lat if centre else None,
            "near_longitude": centre.point.lon if centre else None,
            "near_name": centre.name if centre else "",
            "half_days": self.half_days,
            "from_day": self.from_day,
            "until_day": self.until_day,
            "agent": self.agent,
            "referent_only": self.referent_only,
            "needs_step_free": self.needs_step_free,
            "language": self.language,
            "shortest_notice_min": self.shortest_notice_min,
            "auto_accept": self.auto_accept,
        }


def require_wishes(wishes: Wishes, *, motif: Motif, usager: Usager, now: datetime) -> None:
    """Raise WishImpossible with the sentence for the person."""
    if wishes.until_day is not None and wishes.until_day < local_date(now, motif.departement.zone):
        raise WishImpossible("until_day", "Cette date est passée. Choisissez une date à venir.")
    if wishes.from_day and wishes.until_day and wishes.until_day < wishes.from_day:
        raise WishImpossible("until_day", "Le dernier jour doit être après le premier.")
    if wishes.radius_km and not wishes.sites and wishes.centre is None and usager.latitude is None:
        raise WishImpossible(
            "radius_km", "Il faut une adresse pour chercher autour de chez vous. Choisissez des lieux."
        )
    rows = MotifSite.objects.filter(motif=motif, site__in=wishes.sites).values_list("site_id", flat=True)
    if wishes.sites and not rows:
        raise WishImpossible("sites", "Ce motif n’est reçu dans aucun de ces lieux.")
    linked = {one.departement_id for one in wishes.sites} | {one.departement_id for one in wishes.equivalents}
    if linked - {motif.departement_id}:
        raise WishImpossible("sites", "Ce lieu est celui d’un autre département.")
    if wishes.agent is not None and wishes.agent.departement_id != motif.departement_id:
        raise WishImpossible("agent", "Cet agent est celui d’un autre département.")
    _require_language(wishes)


def _require_language(wishes: Wishes) -> None:
    if wishes.language and (wishes.language not in LANGUAGES or wishes.language == FRENCH):
        raise WishImpossible("language", "Choisissez une langue de la liste.")
    if wishes.language and wishes.agent is not None and wishes.language not in wishes.agent.languages:
        raise WishImpossible(
            "language", "Ce professionnel ne parle pas cette langue : choisissez l’un ou l’autre, pas les deux."
        )


def wishes_of(inscription: Inscription) -> Wishes:
    """What a form shows to be changed."""
    return Wishes(
        equivalents=equivalents_of(inscription),
        sites=list(Site.objects.filter(pk__in=inscription.sites).order_by("search_key", "id")),
        radius_km=inscription.radius_km,
        centre=centre_of(inscription),
        half_days=inscription.half_days,
        from_day=inscription.from_day,
        until_day=inscription.until_day,
        agent=inscription.agent,
        referent_only=inscription.referent_only,
        needs_step_free=inscription.needs_step_free,
        language=inscription.language,
        shortest_notice_min=inscription.shortest_notice_min,
        auto_accept=inscription.auto_accept,
    )


def equivalents_of(inscription: Inscription) -> list[Motif]:
    """Other motifs that would do as well."""
    others = [pk for pk in inscription.motifs if pk != inscription.motif_id]
    return list(Motif.objects.filter(pk__in=others).order_by("position", "name", "id")) if others else []


def centre_of(inscription: Inscription) -> Centre | None:
    """None: kilometres count from the home of the file."""
    if inscription.near_latitude is None or inscription.near_longitude is None:
        return None
    return Centre(Point(inscription.near_latitude, inscription.near_longitude), inscription.near_name)


def told(inscription: Inscription) -> dict[str, object]:
    """For the journal: plain values."""
    return {
        "motifs": inscription.motifs,
        "sites": inscription.sites,
        "radius_km": inscription.radius_km,
        "near": inscription.near_name,
        "half_days": inscription.half_days,
        "from_day": inscription.from_day,
        "until_day": inscription.until_day,
        "agent": inscription.agent_id,
        "referent_only": inscription.referent_only,
        "needs_step_free": inscription.needs_step_free,
        "language": inscription.language,
        "shortest_notice_min": inscription.shortest_notice_min,
        "auto_accept": inscription.auto_accept,
    }
