"""Joining, changing one's wishes, waking, leaving; priority classes; where one stands.

Room: services. Called by the public pages, the secretary's screens and the simulation.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction

from agents.models import Agent, Site
from rdv.core.clock import local_date
from rdv.core.db import constraint_errors, lock_waitlist
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.languages import FRENCH, LANGUAGES
from rdv.core.links import hash_token, make_token
from rdv.models import (
    Inscription,
    InscriptionState,
    Modality,
    Motif,
    MotifSite,
    Origin,
    Participation,
    Priority,
    Rdv,
)
from rdv.services import waitlist_answer, waitlist_notices
from rdv.services.errors import ChangedMeanwhile, ReasonMissing
from rdv.services.waitlist_hold import journal_inscription, lock_inscription, set_state
from rdv.services.waitlist_position import Position, position_of
from usagers.models import Usager
from usagers.services.files import FileMerged, current_file, note_contact

__all__ = [
    "AlreadyWaiting",
    "CannotWait",
    "Position",
    "Wish",
    "WishImpossible",
    "Wishes",
    "change",
    "join",
    "join_within",
    "leave",
    "position_of",
    "set_priority",
    "told",
    "wake",
    "wishes_of",
]


class CannotWait(DomainError):  # noqa: N818 - named like the other refusals
    code = "cannot_wait"
    message = "Il n’y a pas de liste d’attente pour ce motif. Appelez-nous, nous cherchons avec vous."


class AlreadyWaiting(DomainError):  # noqa: N818
    code = "already_waiting"
    message = "Cette personne attend déjà pour ce motif."


class WishImpossible(DomainError):  # noqa: N818
    """`field` is the wish to look at again."""

    code = "wish_impossible"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What would suit. Empty means any."""

    equivalents: Sequence[Motif] = ()
    sites: Sequence[Site] = ()
    radius_km: int | None = None
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
        return {
            "motifs": sorted({motif.pk, *(one.pk for one in self.equivalents)}),
            "sites": sorted({site.pk for site in self.sites}),
            "radius_km": None if self.sites else self.radius_km,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who waits, for what, and what would suit. `participation`: the Rdv to give back for an earlier one."""

    usager: Usager
    motif: Motif
    wishes: Wishes = Wishes()
    origin: Origin = Origin.WEB
    responsable: Usager | None = None
    participation: Participation | None = None
    atelier: Rdv | None = None
    context: str = ""
    priority: int = Priority.NORMAL
    priority_reason: str = ""
    # Of whoever asks, so that the same page sent twice is one Inscription.
    key: uuid.UUID | None = None


def join(*, wish: Wish, author: Author, now: datetime) -> Inscription:
    """Somebody waits. Asked twice, the first one stands: raises AlreadyWaiting. Raises CannotWait, WishImpossible."""
    with transaction.atomic(durable=True):
        return join_within(wish=wish, author=author, now=now)


def join_within(*, wish: Wish, author: Author, now: datetime, is_told: bool = True) -> Inscription:
    """The same in the transaction of the caller. `is_told` False: the caller says it, in a message of its own."""
    _require_possible(wish, author=author, now=now)
    lock_waitlist(wish.motif.departement_id)
    wish = _for_current_files(wish)  # merges take this lock too: none happens from here on
    inscription = _insert(wish, author=author, now=now)
    journal_inscription(
        inscription,
        "inscription.joined",
        author=author,
        now=now,
        data={"motif": wish.motif.pk, "origin": wish.origin, "priority": wish.priority,
              "reason": wish.priority_reason, "wishes": told(inscription),
              "exchange": wish.participation.uuid if wish.participation else None},
    )  # fmt: skip
    people = [wish.usager.pk, *([wish.responsable.pk] if wish.responsable else [])]
    note_contact(usager_ids=people, now=now)
    if is_told:
        waitlist_notices.joined(inscription, now=now)
    return inscription


def _for_current_files(wish: Wish) -> Wish:
    """A file made one with another since the form was opened: the one that was kept waits."""
    ids = [wish.usager.pk, *([wish.responsable.pk] if wish.responsable else [])]
    if not Usager.objects.filter(pk__in=ids, merged_into__isnull=False).exists():
        return wish
    usager = current_file(Usager.objects.get(pk=wish.usager.pk))
    responsable = wish.responsable and current_file(Usager.objects.get(pk=wish.responsable.pk))
    return replace(wish, usager=usager, responsable=None if responsable == usager else responsable)


def _insert(wish: Wish, *, author: Author, now: datetime) -> Inscription:
    key = wish.key or uuid.uuid4()
    errors = {
        "inscription_once": AlreadyWaiting,
        "inscription_once_per_session": AlreadyWaiting,
        "rdv_inscription_uuid_key": AlreadyWaiting,
        "usager_was_merged": FileMerged,
    }
    with constraint_errors(errors):
        return Inscription.objects.create(
            departement_id=wish.motif.departement_id,
            uuid=key,
            usager=wish.usager,
            responsable=wish.responsable,
            motif=wish.motif,
            participation=wish.participation,
            atelier=wish.atelier,
            priority=wish.priority,
            priority_reason=wish.priority_reason.strip(),
            priority_by_id=author.id if wish.priority != Priority.NORMAL else None,
            origin=wish.origin,
            context=wish.context,
            opened_at=now,
            link_hash=hash_token(make_token("attente", str(key))),
            created_by_kind=author.kind,
            created_by_id=author.id,
            **wish.wishes.columns(wish.motif),
        )


def _require_possible(wish: Wish, *, author: Author, now: datetime) -> None:
    motif = wish.motif
    if not motif.has_waitlist or motif.is_archived:
        raise CannotWait
    if wish.priority != Priority.NORMAL:
        _require_reason(wish.priority_reason, author)
    if wish.participation is not None and wish.participation.usager_id != wish.usager.pk:
        raise CannotWait
    if wish.atelier is not None and (wish.atelier.motif_id != motif.pk or wish.atelier.starts_at <= now):
        raise CannotWait
    if motif.modality == Modality.HOME and wish.usager.latitude is None and not wish.usager.address:
        raise WishImpossible("address", "Il faut l’adresse de la personne : la visite se fait chez elle.")
    require_wishes(wish.wishes, motif=motif, usager=wish.usager, now=now)


def require_wishes(wishes: Wishes, *, motif: Motif, usager: Usager, now: datetime) -> None:
    """Raise WishImpossible with the sentence for the person."""
    if wishes.until_day is not None and wishes.until_day < local_date(now, motif.departement.zone):
        raise WishImpossible("until_day", "Cette date est passée. Choisissez une date à venir.")
    if wishes.from_day and wishes.until_day and wishes.until_day < wishes.from_day:
        raise WishImpossible("until_day", "Le dernier jour doit être après le premier.")
    if wishes.radius_km and not wishes.sites and usager.latitude is None:
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


def _require_reason(reason: str, author: Author) -> None:
    if not author.is_agent:
        raise CannotWait("Seul un agent peut faire passer une personne avant une autre.")
    if not reason.strip():
        raise ReasonMissing


def change(
    *, inscription: Inscription, wishes: Wishes, author: Author, now: datetime, expected_version: int | None = None
) -> Inscription:
    """Other wishes, the same rank. Raises WishImpossible, ChangedMeanwhile, CannotWait (not waiting any more)."""
    with transaction.atomic(durable=True):
        locked = lock_inscription(inscription)
        if not locked.is_open:
            raise CannotWait("Cette attente est terminée.")
        if expected_version is not None and locked.version != expected_version:
            raise ChangedMeanwhile
        require_wishes(wishes, motif=locked.motif, usager=locked.usager, now=now)
        before = told(locked)
        for name, value in wishes.columns(locked.motif).items():
            setattr(locked, name, value)
        locked.version += 1
        locked.save()
        data: dict[str, object] = {"before": before, "after": told(locked)}
        journal_inscription(locked, "inscription.changed", author=author, now=now, data=data)
        return locked


def wake(*, inscription: Inscription, author: Author, now: datetime) -> Inscription:
    """ "J’attends encore": the same age, the same class. Asked twice, done once."""
    with transaction.atomic(durable=True):
        locked = lock_inscription(inscription)
        if locked.state == InscriptionState.ASLEEP:
            locked.unanswered = 0
            set_state(locked, InscriptionState.WAITING, author=author, now=now, reason="woken")
        return locked


def leave(*, inscription: Inscription, author: Author, now: datetime, reason: str = "") -> Inscription:
    """The same as STOP."""
    return waitlist_answer.stop(inscription=inscription, author=author, now=now, reason=reason)


def set_priority(
    *, inscription: Inscription, priority: Priority, reason: str, author: Author, now: datetime
) -> Inscription:
    """An agent changes the class, with a written reason (back to normal too). Raises ReasonMissing, CannotWait."""
    _require_reason(reason, author)
    with transaction.atomic(durable=True):
        locked = lock_inscription(inscription)
        if not locked.is_open:
            raise CannotWait("Cette attente est terminée\u00a0: elle ne change plus.")
        before = locked.priority
        locked.priority, locked.priority_by_id = priority.value, author.id
        locked.priority_reason = reason.strip() if priority != Priority.NORMAL else ""
        locked.version += 1
        locked.save(update_fields=["priority", "priority_by_id", "priority_reason", "version"])
        data: dict[str, object] = {"before": before, "after": priority.value, "reason": reason.strip()}
        journal_inscription(locked, "inscription.priority", author=author, now=now, data=data)
        return locked


def wishes_of(inscription: Inscription) -> Wishes:
    """What a form shows to be changed."""
    return Wishes(
        equivalents=list(Motif.objects.filter(pk__in=inscription.motifs).exclude(pk=inscription.motif_id)),
        sites=list(Site.objects.filter(pk__in=inscription.sites).order_by("search_key", "id")),
        radius_km=inscription.radius_km,
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


def told(inscription: Inscription) -> dict[str, object]:
    """For the journal: plain values."""
    return {
        "motifs": inscription.motifs,
        "sites": inscription.sites,
        "radius_km": inscription.radius_km,
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
