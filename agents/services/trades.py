"""Services (PMI, social work...): written here only, by the administrator of the département (agents/views/places).

Confidential is a right: it decides who reads the Rdv of the service (agents/access). The code is made once and never
changes. A service that a motif or an agent uses is not removed. Every change is a line of the journal.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, ProtectedError
from django.utils.text import slugify

from agents.models import AgentService, Departement, Service
from agents.services.refusals import FieldRefused
from rdv.core import journal
from rdv.core.db import constraint_errors
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.text import search_key

CODE_LENGTH = 21  # leaves room for a number in the 24 of the column


class ServiceUsed(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "service_used"
    message = (
        "Des motifs sont rattachés à ce service, peut-être archivés : il ne peut pas être retiré. "
        "Vous pouvez changer son nom."
    )


CONSTRAINTS: Mapping[str, DomainError] = {
    "service_name_once": FieldRefused("Un service de votre département porte déjà ce nom.", field="name"),
    "service_short_name_once": FieldRefused(
        "Un service de votre département porte déjà ce nom court.", field="short_name"
    ),
}
# The motif, or the agent, that came while we looked.
USED_MEANWHILE: Mapping[str, DomainError] = {
    "rdv_motif_service_id_same_departement": ServiceUsed(),
    "agents_agentservice_service_id_same_departement": ServiceUsed("Un agent vient d’être affecté à ce service."),
}


@dataclass(frozen=True, slots=True)
class Trade:
    """What an administrator says of a service."""

    name: str
    short_name: str
    is_confidential: bool


def create_service(*, departement: Departement, trade: Trade, author: Author, now: datetime) -> Service:
    """Last of the list. The same service sent twice is given back. Raises FieldRefused."""
    with transaction.atomic():
        # The code and the place in the list depend on the other services: one at a time.
        Departement.objects.select_for_update(no_key=True).get(pk=departement.pk)
        twin = Service.objects.of(departement).filter(**asdict(trade)).first()
        if twin is not None:
            return twin
        last = Service.objects.filter(departement=departement).aggregate(last=Max("position"))["last"]
        with constraint_errors(CONSTRAINTS):
            made = Service.objects.create(
                departement=departement,
                code=_free_code(departement, trade.short_name),
                position=0 if last is None else last + 1,
                **asdict(trade),
            )
        _write("service.created", made, author, now, {"after": asdict(trade)})
    return made


def update_service(*, service: Service, trade: Trade, author: Author, now: datetime) -> Service:
    """Write what changed, and tell it. Raises FieldRefused."""
    with transaction.atomic():
        locked = Service.objects.select_for_update(no_key=True).get(pk=service.pk)
        after = asdict(trade)
        before = {name: getattr(locked, name) for name in after}
        changed = sorted(name for name in after if after[name] != before[name])
        if changed:
            for name in changed:
                setattr(locked, name, after[name])
            with constraint_errors(CONSTRAINTS):
                locked.save(update_fields=changed)
            data = {"before": {n: before[n] for n in changed}, "after": {n: after[n] for n in changed}}
            _write("service.updated", locked, author, now, data)
    return locked


def remove_service(*, service: Service, author: Author, now: datetime) -> None:
    """Only what nothing uses. Raises ServiceUsed."""
    with transaction.atomic():
        agents = AgentService.objects.filter(service=service).count()
        if agents:
            raise ServiceUsed(_still_assigned(agents))
        _write("service.deleted", service, author, now, {"code": service.code})
        try:
            with constraint_errors(USED_MEANWHILE):
                service.delete()
        except ProtectedError as used:
            raise ServiceUsed from used


def _still_assigned(agents: int) -> str:
    if agents == 1:
        return "Un agent est affecté à ce service : retirez d’abord ce service de sa fiche."
    return f"{agents} agents sont affectés à ce service : retirez d’abord ce service de leurs fiches."


def _free_code(departement: Departement, short_name: str) -> str:
    base = slugify(search_key(short_name))[:CODE_LENGTH].strip("-") or "service"
    taken = set(Service.objects.filter(departement=departement, code__startswith=base).values_list("code", flat=True))
    if base not in taken:
        return base
    return next(code for code in (f"{base}-{number}" for number in range(2, len(taken) + 3)) if code not in taken)


def _write(kind: str, service: Service, author: Author, now: datetime, data: Mapping[str, Any]) -> None:
    journal.write(
        kind,
        subject=("service", service.pk),
        departement_code=service.departement_id,
        author=author,
        now=now,
        data={"name": service.name, **data},
    )
