"""The catalogue of motifs: written here only, by the administrator of the département (rdv/views/agenda/motifs).

A motif is defined once and switched on per site; once an Rdv was taken for it, what it is no longer changes; it is
archived, never deleted. Every change is a line of the journal.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from agents.models import Departement, Site
from rdv.core import journal
from rdv.core.db import constraint_errors
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.text import search_key
from rdv.models import Motif, MotifSite, Rdv

SLUG_LENGTH = 46  # leaves room for a number in the 50 of the column


class MotifRefused(DomainError):  # noqa: N818 - named like the other refusals
    code = "motif_refused"
    message = "Ce motif n’est pas possible ainsi."

    def __init__(self, message: str | None = None, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


KEEPS_ITS_NATURE = MotifRefused(
    "Ce motif a déjà servi : son lieu, son service et son caractère collectif ne changent plus. "
    "Archivez-le et créez-en un autre.",
    field="modality",
)
NOTHING_LEFT = MotifRefused(
    "Avec ce délai minimum, rien n’est réservable : il doit être plus court que la date la plus lointaine "
    "(1440 minutes pour un jour).",
    field="min_notice_min",
)
# The constraints of the model, as sentences; the form says most of them first, the database has the last word.
CONSTRAINTS: Mapping[str, DomainError] = {
    "motif_duration_sane": MotifRefused("La durée va de 5 minutes à 12 heures.", field="duration_min"),
    "motif_buffers_sane": MotifRefused("Un battement dure 4 heures au plus.", field="buffer_before_min"),
    "motif_at_least_one": MotifRefused("Il faut au moins une place et un professionnel.", field="capacity"),
    "motif_individual_has_one_place": MotifRefused(
        "Un rendez-vous individuel a une seule place. Pour plusieurs places, cochez « atelier collectif ».",
        field="capacity",
    ),
    "motif_horizon_sane": MotifRefused("On réserve de 1 à 396 jours à l’avance.", field="horizon_days"),
    "motif_keeps_its_nature": KEEPS_ITS_NATURE,
    "rdv_motif_service_id_same_departement": MotifRefused(
        "Ce service n’est pas de votre département.", field="service"
    ),
}
# What an Rdv already taken relies on: the database guards the first two, secrecy depends on the third.
NATURE = ("modality", "is_collective", "service_id")


@dataclass(frozen=True, slots=True)
class SiteChange:
    """Sites to switch on and off for one motif."""

    motif: Motif
    added: frozenset[int]
    removed: frozenset[int]


def create_motif(*, departement: Departement, fields: Mapping[str, Any], author: Author, now: datetime) -> Motif:
    """Raises MotifRefused."""
    with transaction.atomic():
        # Two motifs of one name at the same instant would want one slug: the département's row says who is first.
        Departement.objects.select_for_update().get(pk=departement.pk)
        position = Motif.objects.filter(departement=departement).aggregate(last=Max("position"))["last"]
        motif = Motif(
            departement=departement, slug=_free_slug(departement, fields["name"]), position=(position or 0) + 1
        )
        _assign(motif, fields)
        _require_window(motif)
        with constraint_errors(CONSTRAINTS):
            motif.save()
        _write("motif.created", motif, author, now, {"after": _plain(motif, fields)})
    return motif


def update_motif(*, motif: Motif, fields: Mapping[str, Any], author: Author, now: datetime) -> Motif:
    """Write what changed, and tell it. Raises MotifRefused."""
    with transaction.atomic():
        locked = Motif.objects.select_for_update().get(pk=motif.pk)
        before, nature = _plain(locked, fields), [getattr(locked, name) for name in NATURE]
        _assign(locked, fields)
        if nature != [getattr(locked, name) for name in NATURE] and Rdv.objects.filter(motif=locked).exists():
            raise KEEPS_ITS_NATURE
        after = _plain(locked, fields)
        changed = {name for name in after if after[name] != before[name]}
        if changed & {"min_notice_min", "horizon_days"}:
            _require_window(locked)
        if changed:
            with constraint_errors(CONSTRAINTS):
                locked.save()
            data = {"before": {n: before[n] for n in sorted(changed)}, "after": {n: after[n] for n in sorted(changed)}}
            _write("motif.updated", locked, author, now, data)
    return locked


def _require_window(motif: Motif) -> None:
    if motif.min_notice >= motif.horizon:
        raise NOTHING_LEFT


def archive_motif(*, motif: Motif, author: Author, now: datetime) -> None:
    """Nobody books it any more; what is booked stays. Asked twice, done once."""
    _set_archived(motif, "motif.archived", author, now, archived=True)


def unarchive_motif(*, motif: Motif, author: Author, now: datetime) -> None:
    _set_archived(motif, "motif.unarchived", author, now, archived=False)


@transaction.atomic
def _set_archived(motif: Motif, kind: str, author: Author, now: datetime, *, archived: bool) -> None:
    if Motif.objects.filter(pk=motif.pk, is_archived=not archived).update(is_archived=archived):
        _write(kind, motif, author, now, {})


@transaction.atomic
def set_motif_sites(*, departement: Departement, changes: Collection[SiteChange], author: Author, now: datetime) -> int:
    """Switch sites on and off; how many motifs really changed. A site of another département raises MotifRefused."""
    wanted = {site_id for change in changes for site_id in change.added | change.removed}
    known = set(Site.objects.of(departement).filter(pk__in=wanted).values_list("pk", flat=True))
    is_foreign = any(change.motif.departement_id != departement.pk for change in changes)
    if wanted - known or is_foreign:
        raise MotifRefused("Ce site n’est pas de votre département.", field="sites")
    return sum(_switch(change, author, now) for change in sorted(changes, key=lambda change: change.motif.pk))


def _switch(change: SiteChange, author: Author, now: datetime) -> bool:
    motif = Motif.objects.select_for_update().get(pk=change.motif.pk)
    present = set(MotifSite.objects.filter(motif=motif).values_list("site_id", flat=True))
    added, removed = change.added - present, change.removed & present
    if not added and not removed:
        return False
    MotifSite.objects.filter(motif=motif, site_id__in=removed).delete()
    MotifSite.objects.bulk_create(
        MotifSite(departement_id=motif.departement_id, motif=motif, site_id=site_id) for site_id in sorted(added)
    )
    _write("motif.sites", motif, author, now, {"added": sorted(added), "removed": sorted(removed)})
    return True


def _assign(motif: Motif, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(motif, name, value)
    motif.search_key = search_key(motif.name)[:120]


def _plain(motif: Motif, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the journal keeps them: a row is its id."""
    names = ["service_id" if name == "service" else name for name in fields]
    return {name: getattr(motif, name) for name in names}


def _free_slug(departement: Departement, name: str) -> str:
    base = slugify(name)[:SLUG_LENGTH].strip("-") or "motif"
    taken = set(Motif.objects.filter(departement=departement, slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(slug for slug in (f"{base}-{number}" for number in range(2, len(taken) + 3)) if slug not in taken)


def _write(kind: str, motif: Motif, author: Author, now: datetime, data: Mapping[str, Any]) -> None:
    journal.write(
        kind,
        subject=("motif", motif.uuid),
        departement_code=motif.departement_id,
        author=author,
        now=now,
        data={"name": motif.name, **data},
    )
