"""Fermetures: days when a site, or the whole département, is closed. Called by the administrator's view."""

from datetime import date, datetime

from django.db import transaction

from agents.models import Departement, Fermeture, Site
from rdv.core import journal
from rdv.core.db import constraint_errors
from rdv.core.errors import DomainError
from rdv.core.journal import Author


class ClosureEmpty(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "closure_empty"
    message = "Le dernier jour doit être après le premier."


def close_days(
    *,
    departement: Departement,
    site: Site | None,
    starts_on: date,
    ends_on: date,
    label: str,
    author: Author,
    now: datetime,
) -> Fermeture:
    """Both days included. Without a site: everywhere. Raises ClosureEmpty."""
    with transaction.atomic():
        with constraint_errors({"fermeture_not_empty": ClosureEmpty}):
            fermeture = Fermeture.objects.create(
                departement=departement, site=site, starts_on=starts_on, ends_on=ends_on, label=label
            )
        _write("fermeture.created", fermeture, author, now)
    return fermeture


def reopen_days(*, fermeture: Fermeture, author: Author, now: datetime) -> None:
    with transaction.atomic():
        _write("fermeture.deleted", fermeture, author, now)
        fermeture.delete()


def _write(kind: str, fermeture: Fermeture, author: Author, now: datetime) -> None:
    journal.write(
        kind,
        subject=("fermeture", fermeture.pk),
        departement_code=fermeture.departement_id,
        author=author,
        now=now,
        data={
            "site_id": fermeture.site_id,
            "starts_on": fermeture.starts_on,
            "ends_on": fermeture.ends_on,
            "label": fermeture.label,
        },
    )
