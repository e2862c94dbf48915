"""Fermetures: days when a site, or the whole département, is closed. Called by rdv/views/closures."""

from datetime import date, datetime

from django.db import transaction

from agents.models import Departement, Fermeture, Site
from rdv.core import journal
from rdv.core.clock import local_date
from rdv.core.db import constraint_errors
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.domain import french


class ClosureEmpty(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "closure_empty"
    message = "Le dernier jour doit être après le premier."


class ClosurePast(DomainError):  # noqa: N818 - as above
    code = "closure_past"
    message = "Le premier jour est passé. Une fermeture commence aujourd’hui au plus tôt."


class ClosureTwice(DomainError):  # noqa: N818 - as above
    """These days are closed already; the message says by which closure."""

    code = "closure_twice"
    message = "Ces jours sont déjà fermés."


def check_days(*, departement: Departement, site: Site | None, starts_on: date, ends_on: date, now: datetime) -> None:
    """What close_days refuses, asked before anything is written. Raises ClosurePast, ClosureTwice."""
    if starts_on < local_date(now, departement.zone):
        raise ClosurePast
    standing = Fermeture.objects.closing_all(departement, site, starts_on, ends_on).select_related("site").first()
    if standing is not None:
        raise ClosureTwice(_already(standing))


def _already(standing: Fermeture) -> str:
    first, last = french.day_year(standing.starts_on), french.day_year(standing.ends_on)
    days = f"le {first}" if first == last else f"du {first} au {last}"
    where = standing.site.name if standing.site else "tout le département"
    return f"C’est déjà fermé\u00a0: {where}, {days} ({standing.label})."


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
    """Both days included. Without a site: everywhere. Raises ClosureEmpty, ClosurePast, ClosureTwice."""
    with transaction.atomic():
        # Two administrators who close the same days at once: the second reads what the first wrote.
        Departement.objects.select_for_update(no_key=True).get(pk=departement.pk)
        check_days(departement=departement, site=site, starts_on=starts_on, ends_on=ends_on, now=now)
        with constraint_errors({"fermeture_not_empty": ClosureEmpty, "fermeture_once": ClosureTwice}):
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
