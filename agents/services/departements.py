"""A new département on the platform, with its first administrator. Called by the operator's view."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from agents.models import Agent, Departement, Role, Service
from agents.services.accounts import Invitation, invite
from rdv.core import journal
from rdv.core.db import constraint_errors
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.text import search_key

# The trades of every MDS; each département adds its own. Child welfare is masked from the other services at first.
SERVICES = (
    ("pmi", "Protection maternelle et infantile", "PMI", False),
    ("ssl", "Service social local", "SSL", False),
    ("surendettement", "Surendettement et budget", "Budget", False),
    ("ase", "Aide sociale à l’enfance", "ASE", True),
)


class DepartementExists(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "departement_exists"
    message = "Ce département est déjà sur la plateforme."


@dataclass(frozen=True, slots=True)
class NewDepartement:
    """What the operator knows on the first day; the rest is set by the administrator."""

    code: str  # INSEE: "62", "2A", "974"
    name: str
    name_with_article: str
    zone_name: str
    public_phone: str
    sms_sender: str
    reply_to: str


def create_departement(
    *,
    departement: NewDepartement,
    admin_email: str,
    admin_first_name: str,
    admin_last_name: str,
    author: Author,
    now: datetime,
) -> tuple[Departement, Agent]:
    """Closed to the public until its administrator opens it. Raises DepartementExists, EmailTaken."""
    with transaction.atomic(durable=True):
        created = _create(departement)
        Service.objects.bulk_create(
            Service(
                departement=created, code=code, name=name, short_name=short, is_confidential=is_confidential, position=n
            )
            for n, (code, name, short, is_confidential) in enumerate(SERVICES)
        )
        journal.write(
            "departement.created",
            subject=("departement", created.pk),
            departement_code=created.pk,
            author=author,
            now=now,
            data={"name": created.name},
        )
        today = now.astimezone(created.zone).date()
        invitation = _first_admin(admin_email, admin_first_name, admin_last_name, today)
        admin = invite(departement=created, invitation=invitation, author=author, now=now)
    return created, admin


def set_open(*, departement: Departement, is_open: bool, author: Author, now: datetime) -> None:
    """Show the département to the public, or no longer. Rdv already taken are kept."""
    with transaction.atomic():
        departement.is_open = is_open
        departement.save(update_fields=["is_open"])
        journal.write(
            "departement.opened" if is_open else "departement.closed",
            subject=("departement", departement.pk),
            departement_code=departement.pk,
            author=author,
            now=now,
        )


def _create(new: NewDepartement) -> Departement:
    key = search_key(new.name)
    refused = {"agents_departement_pkey": DepartementExists, "agents_departement_slug_key": DepartementExists}
    with constraint_errors(refused):
        return Departement.objects.create(
            code=new.code,
            name=new.name,
            name_with_article=new.name_with_article,
            search_key=key,
            slug=key.replace(" ", "-"),
            zone_name=new.zone_name,
            public_phone=new.public_phone,
            sms_sender=new.sms_sender,
            reply_to=new.reply_to,
            is_open=False,
        )


def _first_admin(email: str, first_name: str, last_name: str, today: date) -> Invitation:
    return Invitation(
        email=email,
        first_name=first_name,
        last_name=last_name,
        profession="",
        role=Role.ADMIN,
        site=None,
        services=(),
        starts_on=today,
    )
