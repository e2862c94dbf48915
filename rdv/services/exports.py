"""Exports of Rdv: who may ask for one, asking, taking the file away, forgetting it. The file is made by export_run.

Room: services. Called by rdv/views/exports (asked, listed, taken away) and by the task that forgets.

    asked --a worker takes it--> running --> ready --7 days--> expired
                                    \\-- three tries --> failed
"""

import uuid as uuids
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404

from agents.access import Scope
from agents.models import Agent, Departement, Role, Service, Site
from rdv.core import journal
from rdv.core.commit import named_after_commit
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.domain.exporting import Filters, Rights
from rdv.models import Export, ExportState, Motif

TASK = "rdv.tasks.make_export"
KEEP_FOR = timedelta(days=7)
# The line "erased" stays on the page a while, then the row goes: the journal knows.
KEEP_ROWS_FOR = timedelta(days=30)
# A piece of a file that nobody is writing any more.
STALE_PIECE = timedelta(days=1)
PENDING_AT_ONCE = 3
SHOWN = 20
# How each state is drawn (rdv.templatetags.states).
BADGES = {"asked": "waiting", "running": "waiting", "ready": "received", "failed": "refused", "expired": "revoked"}
_READERS = (Role.AGENT, Role.RESPONSABLE)


class TooManyExports(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "too_many_exports"
    message = f"Vous avez déjà {PENDING_AT_ONCE} fichiers en préparation. Attendez que l’un d’eux soit prêt."


class ExportGone(DomainError):  # noqa: N818 - named like the others
    code = "export_gone"
    message = "Ce fichier n’est plus là. Préparez-le de nouveau."


class RightsChanged(DomainError):  # noqa: N818 - named like the others
    code = "rights_changed"
    message = "Vos droits ont changé depuis que ce fichier a été préparé. Préparez-en un nouveau."


def may_export(scope: Scope) -> bool:
    return scope.is_admin or Role.RESPONSABLE in scope.roles.values()


def rights_of(scope: Scope) -> Rights:
    """What this agent's file may hold today. 404 for those who may not export."""
    if not may_export(scope):
        raise Http404
    held = scope.roles
    return Rights(
        agent_id=scope.agent_id,
        is_admin=scope.is_admin,
        sites=frozenset(site for site, role in held.items() if role == Role.RESPONSABLE),
        hidden=scope.confidential_ids - scope.service_ids,
        services=scope.service_ids,
        desks=frozenset(site for site, role in held.items() if role == Role.SECRETAIRE),
        offices=frozenset(site for site, role in held.items() if role in _READERS),
    )


# --- What the form may name


@dataclass(frozen=True, slots=True)
class Choices:
    sites: list[Site]
    services: list[Service]
    motifs: list[Motif]
    hidden: list[Service]


def choices_of(departement: Departement, rights: Rights) -> Choices:
    """Closed sites and archived motifs too: they have a past. Three queries."""
    sites = Site.objects.of(departement)
    motifs = Motif.objects.of(departement).exclude(service__in=rights.hidden).select_related("service")
    if not rights.is_admin:
        sites = sites.filter(pk__in=rights.sites)
        motifs = motifs.filter(motif_sites__site__in=rights.sites).distinct()
    services = list(Service.objects.of(departement))
    return Choices(
        sites=list(sites),
        services=[one for one in services if one.pk not in rights.hidden],
        motifs=list(motifs),
        hidden=[one for one in services if one.pk in rights.hidden],
    )


# --- Asking


def ask_export(
    *, key: uuids.UUID, departement: Departement, scope: Scope, filters: Filters, file_format: str, now: datetime
) -> Export:
    """`key` comes with the form: sent twice, one export. Raises TooManyExports. The worker wakes after the commit."""
    rights_of(scope)
    with transaction.atomic():
        # One at a time for one person: a double click meets its first half, and three stays three.
        Agent.objects.select_for_update(no_key=True).get(pk=scope.agent_id)
        found = Export.objects.filter(uuid=key).first()
        if found is not None:
            return _own(found, scope)
        if Export.objects.pending().filter(asked_by=scope.agent_id).count() >= PENDING_AT_ONCE:
            raise TooManyExports
        made = Export.objects.create(
            uuid=key,
            departement=departement,
            asked_by_id=scope.agent_id,
            asked_at=now,
            format=file_format,
            filters=filters.to_json(),
        )
        note("export.asked", made, author=scope.author(), now=now, data={"format": file_format} | made.filters)
        named_after_commit(TASK, made.pk)
    return made


def _own(export: Export, scope: Scope) -> Export:
    if export.asked_by_id != scope.agent_id:
        raise Http404
    return export


def note(kind: str, export: Export, *, author: Author, now: datetime, data: dict[str, object]) -> None:
    journal.write(
        kind,
        subject=("export", export.uuid),
        departement_code=export.departement_id,
        author=author,
        now=now,
        data=data,
    )


# --- Reading


@dataclass(frozen=True, slots=True)
class Followed:
    """An export with how far it is."""

    export: Export
    filters: Filters
    done: int

    @property
    def badge(self) -> str:
        return BADGES[self.export.state]

    @property
    def total(self) -> int:
        return self.export.row_count or 0


def exports_of(scope: Scope) -> list[Followed]:
    """One's own, the last first: nobody sees another's."""
    rows = Export.objects.filter(departement=scope.departement_code, asked_by=scope.agent_id)
    return [
        Followed(one, Filters.from_json(one.filters), lines_done(one) if one.is_pending else 0)
        for one in rows.order_by("-asked_at", "-id")[:SHOWN]
    ]


def export_of(scope: Scope, uuid: uuids.UUID) -> Export:
    """One's own, for somebody who may still export; else 404."""
    rows: QuerySet[Export] = Export.objects.filter(departement=scope.departement_code, asked_by=scope.agent_id)
    found = rows.filter(uuid=uuid).first()
    if found is None or not may_export(scope):
        raise Http404
    return found


def progress_key(uuid: uuids.UUID) -> str:
    return f"export:{uuid}"


def lines_done(export: Export) -> int:
    """Only for the eye: kept in the cache, lost with it."""
    return int(cache.get(progress_key(export.uuid), 0))


# --- Taking the file away


def take_away(*, export: Export, scope: Scope, now: datetime) -> BinaryIO:
    """The file, open for reading. Raises ExportGone, RightsChanged. Each time is a line of the journal."""
    if not rights_of(scope).cover(Rights.from_json(export.rights or rights_of(scope).to_json())):
        raise RightsChanged
    if export.state != ExportState.READY or export.expires_at is None or export.expires_at <= now:
        raise ExportGone
    try:
        opened = (folder() / export.file_name).open("rb")
    except FileNotFoundError as missing:
        raise ExportGone from missing
    note("export.downloaded", export, author=scope.author(), now=now, data={"lines": export.row_count})
    return opened


def folder() -> Path:
    """Where files lie: closed to all other accounts, shown by no web server."""
    found = Path(settings.EXPORT_DIR)
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


# --- Forgetting


def forget(*, now: datetime) -> int:
    """Files past their 7 days, pieces that nobody finished, rows of long ago. Run twice or late: the same."""
    gone = 0
    for export in Export.objects.past_keeping(now):
        (folder() / export.file_name).unlink(missing_ok=True)
        gone += Export.objects.filter(pk=export.pk, state=ExportState.READY).update(
            state=ExportState.EXPIRED, file_name=""
        )
    _forget_pieces(now)
    Export.objects.exclude(state=ExportState.READY).filter(asked_at__lt=now - KEEP_ROWS_FOR).delete()
    return gone


def _forget_pieces(now: datetime) -> None:
    """What a killed worker left, and files whose row did not live to tell."""
    known = set(Export.objects.filter(state=ExportState.READY).values_list("file_name", flat=True))
    for path in folder().iterdir():
        if path.name not in known and path.stat().st_mtime < (now - STALE_PIECE).timestamp():
            path.unlink(missing_ok=True)
