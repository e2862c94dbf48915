"""Sites: written here only, by the administrator of the département (agents/views/places, rdv/views/places).

A site is closed, never deleted: the Rdv taken there stay. Its slug is in links that people keep, so it is made once
from the first name and never changes. Every change is a line of the journal; the same form sent twice writes once.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from agents.models import Departement, Site
from agents.services.refusals import FieldRefused
from rdv.core import journal
from rdv.core.db import constraint_errors
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.text import search_key

SLUG_LENGTH = 46  # leaves room for a number in the 50 of the column
KEY_LENGTH = 90
CONSTRAINTS: Mapping[str, DomainError] = {
    "site_name_once": FieldRefused(
        "Un site de votre département porte déjà ce nom. S’il est fermé, vous pouvez le rouvrir depuis les réglages.",
        field="name",
    ),
    "site_point_whole": FieldRefused("Écrivez la latitude et la longitude, ou laissez vide.", field="point"),
}


def create_site(*, departement: Departement, fields: Mapping[str, Any], author: Author, now: datetime) -> Site:
    """Open at once. The same site sent twice is given back. Raises FieldRefused."""
    with transaction.atomic():
        # Two sites of one name at the same instant would want one slug: the département's row says who is first.
        Departement.objects.select_for_update(no_key=True).get(pk=departement.pk)
        made = Site(departement=departement)
        _assign(made, fields)
        twin = Site.objects.of(departement).active().filter(search_key=made.search_key).first()
        if twin is not None and _plain(twin, fields) == _plain(made, fields):
            return twin
        made.slug = _free_slug(departement, made.name)
        with constraint_errors(CONSTRAINTS):
            made.save()
        _write("site.created", made, author, now, {"after": _plain(made, fields)})
    return made


def update_site(*, site: Site, fields: Mapping[str, Any], author: Author, now: datetime) -> Site:
    """Write what changed, and tell it. Raises FieldRefused."""
    with transaction.atomic():
        locked = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
        before = _plain(locked, fields)
        _assign(locked, fields)
        after = _plain(locked, fields)
        changed = sorted(name for name in after if after[name] != before[name])
        if changed:
            with constraint_errors(CONSTRAINTS):
                locked.save()
            data = {"before": {n: before[n] for n in changed}, "after": {n: after[n] for n in changed}}
            _write("site.updated", locked, author, now, data)
    return locked


def set_site_open(*, site: Site, is_open: bool, author: Author, now: datetime) -> bool:
    """Offer the site, or no longer: the Rdv taken stay. Asked twice, done once; whether something changed."""
    with transaction.atomic():
        changed = Site.objects.filter(pk=site.pk, is_active=not is_open).update(is_active=is_open)
        if changed:
            _write("site.reopened" if is_open else "site.closed", site, author, now, {})
    return bool(changed)


def _assign(site: Site, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(site, name, value)
    site.search_key = search_key(site.name)[:KEY_LENGTH]


def _plain(site: Site, fields: Iterable[str]) -> dict[str, Any]:
    """Values as the journal keeps them: a row is its id, a phone its digits."""
    names = ["commune_id" if name == "commune" else name for name in fields]
    return {name: str(site.phone) if name == "phone" else getattr(site, name) for name in names}


def _free_slug(departement: Departement, name: str) -> str:
    base = slugify(search_key(name))[:SLUG_LENGTH].strip("-") or "site"
    taken = set(Site.objects.filter(departement=departement, slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(slug for slug in (f"{base}-{number}" for number in range(2, len(taken) + 3)) if slug not in taken)


def _write(kind: str, site: Site, author: Author, now: datetime, data: Mapping[str, Any]) -> None:
    journal.write(
        kind,
        subject=("site", site.pk),
        departement_code=site.departement_id,
        author=author,
        now=now,
        data={"name": site.name, **data},
    )
