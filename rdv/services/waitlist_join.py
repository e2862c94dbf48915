"""Joining, changing one's wishes (waitlist_wishes), waking, leaving; priority classes; where one stands.

Room: services. Called by the public pages, the secretary's screens and the simulation.
"""

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from rdv.core.db import constraint_errors, lock_waitlist
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.links import hash_token, make_token
from rdv.models import (
    Inscription,
    InscriptionState,
    Modality,
    Motif,
    Origin,
    Participation,
    Priority,
    Rdv,
)
from rdv.services import waitlist_answer, waitlist_notices
from rdv.services.errors import ChangedMeanwhile, ReasonMissing
from rdv.services.waitlist_hold import journal_inscription, lock_inscription, set_state
from rdv.services.waitlist_position import Position, position_of
from rdv.services.waitlist_wishes import Wishes, WishImpossible, require_wishes, told, wishes_of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who waits, for what, and what would suit. `participation`: the Rdv to give back for an earlier one."""

    usager: Usager
    motif: Motif
    wishes: Wishes = field(default_factory=Wishes)
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
