"""Who answers for whom, and which agent follows whom. The only writer of Proche and Referent.

A link has a first and a last day. Ended links are kept (they explain old Rdv) and reopened if the link comes back: the
database holds one row per pair. What ends stops at once, even on its first day.
"""

import datetime as dt
from datetime import datetime
from typing import TypeVar, Unpack

from django.db import transaction

from agents.models import Agent
from rdv.core import journal
from rdv.core.clock import local_date
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from usagers.models import Proche, Referent, Usager
from usagers.services.files import (
    UsagerFields,
    create_usager,
    is_compatible,
    is_same_name,
    note_contact,
    update_usager,
)

_Link = TypeVar("_Link", Proche, Referent)
_DAY = dt.timedelta(days=1)


class NotTheSameDepartement(DomainError):  # noqa: N818 - named like the other refusals (house.md, "Names")
    code = "other_departement"
    message = "Cette fiche est dans un autre département."


class OwnProche(DomainError):  # noqa: N818 - same family of names
    code = "own_proche"
    message = "Une personne ne peut pas être son propre proche."


@transaction.atomic
def add_proche(
    *,
    responsable: Usager,
    kind: str,
    author: Author,
    now: datetime,
    person: Usager | None = None,
    has_authority: bool = True,
    gets_messages: bool = True,
    **fields: Unpack[UsagerFields],
) -> Proche:
    """Link `person`, or the person these fields describe, to `responsable`. Asked twice, one link and one file.

    Described people are looked for among the proches of this responsable only: a child whose other parent has a file
    of them is not found, so that neither parent learns of the other. Agents may then compare and link knowingly.
    """
    Usager.objects.select_for_update(of=("self",)).get(
        pk=responsable.pk
    )  # two submits of one form, one after the other
    today = local_date(now, responsable.departement.zone)
    if person is None:
        person = _known_proche(responsable, today, fields)
        if person is None:
            person = create_usager(departement=responsable.departement, author=author, now=now, **fields)
        else:
            note_contact(usager_ids=[person.pk], now=now)
            _complete(person, fields, author, now)
    _require_linkable(responsable, person)
    link, is_new = Proche.objects.get_or_create(
        responsable=responsable,
        person=person,
        defaults={
            "departement": responsable.departement,
            "kind": kind,
            "has_authority": has_authority,
            "gets_messages": gets_messages,
            "starts_on": today,
        },
    )
    if is_new or _reopen(link, today):
        _tell("proche.added", link.departement_id, person, {"responsable": responsable.pk}, author, now)
    return link


@transaction.atomic
def end_proche(*, proche: Proche, author: Author, now: datetime) -> None:
    """The responsable answers no more for this person, from this instant."""
    if _end(proche, local_date(now, proche.departement.zone)):
        _tell("proche.ended", proche.departement_id, proche.person, {"responsable": proche.responsable_id}, author, now)


@transaction.atomic
def add_referent(*, usager: Usager, agent: Agent, author: Author, now: datetime) -> Referent:
    if agent.departement_id != usager.departement_id:
        raise NotTheSameDepartement
    today = local_date(now, usager.departement.zone)
    link, is_new = Referent.objects.get_or_create(
        usager=usager, agent=agent, defaults={"departement": usager.departement, "starts_on": today}
    )
    if is_new or _reopen(link, today):
        _tell("referent.added", usager.departement_id, usager, {"agent": agent.pk}, author, now)
    return link


@transaction.atomic
def end_referent(*, referent: Referent, author: Author, now: datetime) -> None:
    """The agent follows this person no more, from this instant."""
    if _end(referent, local_date(now, referent.departement.zone)):
        _tell("referent.ended", referent.departement_id, referent.usager, {"agent": referent.agent_id}, author, now)


def _known_proche(responsable: Usager, today: dt.date, fields: UsagerFields) -> Usager | None:
    links = Proche.objects.current(today).filter(responsable=responsable).select_related("person")
    first_name, last_name, birth_date = (
        fields.get("first_name", ""),
        fields.get("last_name", ""),
        fields.get("birth_date"),
    )
    same = [
        link.person
        for link in links
        if is_same_name(link.person, first_name, last_name) and is_compatible(link.person.birth_date, birth_date)
    ]
    exact = [person for person in same if person.birth_date == birth_date]
    if exact:
        return exact[0]
    return same[0] if len(same) == 1 else None


def _complete(person: Usager, fields: UsagerFields, author: Author, now: datetime) -> None:
    """Fill in the birth date that was missing; nothing a person says online overwrites a file."""
    birth_date = fields.get("birth_date")
    if birth_date and person.birth_date is None:
        update_usager(usager=person, author=author, now=now, birth_date=birth_date)


def _require_linkable(responsable: Usager, person: Usager) -> None:
    if responsable.pk == person.pk:
        raise OwnProche
    if responsable.departement_id != person.departement_id:
        raise NotTheSameDepartement


def _reopen(link: _Link, today: dt.date) -> bool:
    if link.ends_on is None or link.ends_on >= today:
        return False
    link.starts_on, link.ends_on = today, None
    link.save(update_fields=["starts_on", "ends_on"])
    return True


def _end(link: _Link, today: dt.date) -> bool:
    """Last day yesterday: the link stops now. A link of today only would be empty: the journal remembers it."""
    if link.ends_on is not None and link.ends_on < today:
        return False
    if link.starts_on >= today:
        link.delete()
    else:
        link.ends_on = today - _DAY  # dates of the wall: no hour to cross
        link.save(update_fields=["ends_on"])
    return True


def _tell(
    kind: str, departement_code: str, usager: Usager, data: dict[str, int], author: Author, now: datetime
) -> None:
    journal.write(
        kind, subject=("usager", usager.pk), departement_code=departement_code, author=author, now=now, data=data
    )
