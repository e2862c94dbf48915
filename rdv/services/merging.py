"""Two files of one person made one, and parted again for 30 days.

Room: services. The one way to merge; called by the screens of files. One transaction:

    the département's waiting list -> both files in id order -> look again -> everything moves -> journal

Rdv, waits, words, proches, référents follow the person; each column that moves is kept with what it was
(rdv.core.trail), so that undoing puts back exactly that. What is new since then, or was changed since then, stays with
the kept file and is told. The journal never moves: each file keeps its own lines, and the page of the kept one shows
both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from notifications import services as post_office
from rdv.core import journal
from rdv.core.db import constraint_errors, lock_waitlist
from rdv.core.journal import Author
from rdv.core.trail import Change, Tables, Trail, put_back
from rdv.models import Inscription, InscriptionState, Offre, Participation
from rdv.services.errors import ChangedMeanwhile
from rdv.services.merging_plan import Plan, plan_of
from rdv.services.notices import addresses_of, recipient_of
from usagers.models import Fusion, Usager
from usagers.services import merging as files
from usagers.services.merging import AlreadyMerged, MergeRefused, UndoRefused
from usagers.services.pairs import compare_soon

SAME_HOUR = (
    "Les deux fiches sont inscrites au même rendez-vous, ou ont deux rendez-vous à la même heure. "
    "Annulez ou déplacez d’abord l’un des deux."
)
OFFERED = "Une place est proposée en ce moment à l’une des deux fiches. Attendez la réponse, puis recommencez."
_TAKEN = {
    "participation_live_once": MergeRefused(SAME_HOUR),
    "participation_no_two_at_once": MergeRefused(SAME_HOUR),
    "inscription_once": MergeRefused(OFFERED),
    "inscription_once_per_session": MergeRefused(OFFERED),
}
_CANNOT_GO_BACK = UndoRefused(
    "Les rendez-vous ou les attentes de cette personne ont trop changé depuis : la réunion ne peut plus être défaite."
)


@dataclass(frozen=True, slots=True)
class Undone:
    """What did not go back. `fields`: columns of the kept file changed by hand since."""

    fields: tuple[str, ...]
    rows: int
    new_rdvs: int
    new_waits: int


@transaction.atomic(durable=True)
def merge_files(
    *, kept: Usager, other: Usager, choices: Mapping[str, str], author: Author, now: datetime, seen: str = ""
) -> Fusion:
    """`seen`: usagers.services.merging.fingerprint of what the screen showed. Asked twice, done once.

    Raises MergeRefused (AlreadyMerged), ChangedMeanwhile.
    """
    lock_waitlist(kept.departement_id)
    kept, other = files.lock_files(kept, other)
    if kept.pk != other.pk and other.merged_into_id == kept.pk:
        return Fusion.objects.live().get(merged=other)
    files.require_mergeable(kept, other, now)
    if seen and seen != files.fingerprint(kept, other):
        raise ChangedMeanwhile
    plan = plan_of(kept, other, now=now)
    if plan.obstacles:
        raise MergeRefused(OFFERED if plan.obstacles[0].inscription else SAME_HOUR)
    trail = Trail(_tables())
    with constraint_errors(_TAKEN):
        _move_everything(kept, other, plan, trail, now)
        changed = files.merge_rows(kept, other, choices, trail=trail)
    _hand_over_words(kept, other, trail, now)
    fusion = files.write_fusion(kept, other, trail=trail, author=author, now=now)
    told = {"fields": changed, "rdvs": trail.count("participation"), "waits": trail.count("inscription")}
    _tell("usager.merged", kept, {"other": other.pk, "fusion": fusion.uuid} | told, author, now)
    _tell("usager.merged_into", other, {"other": kept.pk, "fusion": fusion.uuid}, author, now)
    compare_soon(kept)
    return fusion


@transaction.atomic(durable=True)
def undo_merge(*, fusion: Fusion, author: Author, now: datetime) -> Undone:
    """Asked twice, done once. Raises UndoRefused."""
    lock_waitlist(fusion.departement_id)
    kept, other = files.lock_files(fusion.kept, fusion.merged)
    fusion = Fusion.objects.select_for_update(of=("self",), no_key=True).get(pk=fusion.pk)
    if fusion.undone_at is not None:
        return Undone((), 0, 0, 0)
    files.require_undoable(fusion, kept, other, now)
    with constraint_errors(dict.fromkeys(_TAKEN, _CANNOT_GO_BACK)):
        left = list(put_back(fusion.changes, _tables()))
    undone = _undone(left, fusion)
    files.close_fusion(fusion, now=now)
    told = {"fields": undone.fields, "rows": undone.rows, "new_rdvs": undone.new_rdvs, "new_waits": undone.new_waits}
    _tell("usager.unmerged", kept, {"other": other.pk} | told, author, now)
    _tell("usager.unmerged", other, {"other": kept.pk}, author, now)
    for usager in (kept, other):
        compare_soon(usager)
    return undone


def since(fusion: Fusion) -> tuple[int, int]:
    """Rdv and waits of the kept file that are newer than the merge: an undo leaves them where they are."""
    rdvs = Participation.objects.filter(usager=fusion.kept_id, created_at__gt=fusion.at).count()
    return rdvs, Inscription.objects.filter(usager=fusion.kept_id, opened_at__gt=fusion.at).count()


def _tables() -> Tables:
    return {
        **files.tables(),
        "participation": Participation.objects.all(),
        "inscription": Inscription.objects.all(),
        "offre": Offre.objects.all(),
        "message": post_office.message_rows(),
    }


def _move_everything(kept: Usager, other: Usager, plan: Plan, trail: Trail, now: datetime) -> None:
    for one in plan.closing:
        before = {"state": one.state, "closed_at": one.closed_at}
        trail.change("inscription", one.pk, before, state=InscriptionState.LEFT.value, closed_at=now)
    for row in _rows_of(Participation.objects.all(), other, "may_overlap"):
        may_overlap = row["may_overlap"] or row["id"] in plan.overlapping
        trail.change("participation", row["id"], row, **_followed(row, kept, other), may_overlap=may_overlap)
    for row in _rows_of(Inscription.objects.all(), other):
        trail.change("inscription", row["id"], row, **_followed(row, kept, other))
    # Who gave an hour up is not asked to take it again, under either name.
    live = Offre.objects.live().filter(departement=kept.departement_id, left_by__contains=[other.pk])
    for offre in live.exclude(left_by__contains=[kept.pk]).order_by("pk"):
        trail.change("offre", offre.pk, {"left_by": offre.left_by}, left_by=[*offre.left_by, kept.pk])


def _rows_of(rows: Any, other: Usager, *columns: str) -> list[dict[str, Any]]:
    found = rows.filter(Q(usager=other) | Q(responsable=other)).select_for_update(of=("self",), no_key=True)
    return list(found.order_by("pk").values("id", "usager_id", "responsable_id", *columns))


def _followed(row: Mapping[str, Any], kept: Usager, other: Usager) -> dict[str, int | None]:
    """Nobody answers for themselves: then the responsable is empty."""
    usager_id = kept.pk if row["usager_id"] == other.pk else row["usager_id"]
    responsable_id = kept.pk if row["responsable_id"] == other.pk else row["responsable_id"]
    return {"usager_id": usager_id, "responsable_id": None if responsable_id == usager_id else responsable_id}


def _hand_over_words(kept: Usager, other: Usager, trail: Trail, now: datetime) -> None:
    """To the addresses of the file as it is now, as far as the person allows them."""
    phone, email = addresses_of(Usager.objects.get(pk=kept.pk))
    post_office.hand_over(recipient_of(other), recipient_of(kept), phone=phone, email=email, trail=trail, now=now)


def _undone(left: list[tuple[Change, list[str]]], fusion: Fusion) -> Undone:
    own = {name for change, names in left if (change.table, change.pk) == ("usager", fusion.kept_id) for name in names}
    own -= {"search_key", "compared_at", "last_contact_at", "latitude", "longitude"}
    others = {(change.table, change.pk) for change, _ in left if change.table not in ("usager", "message")}
    rdvs, waits = since(fusion)
    return Undone(tuple(sorted(own)), len(others), rdvs, waits)


def _tell(kind: str, usager: Usager, data: Mapping[str, Any], author: Author, now: datetime) -> None:
    subject, code = ("usager", usager.pk), usager.departement_id
    journal.write(kind, subject=subject, departement_code=code, author=author, now=now, data=data)


__all__ = ["AlreadyMerged", "MergeRefused", "Plan", "UndoRefused", "Undone", "merge_files", "plan_of", "undo_merge"]
