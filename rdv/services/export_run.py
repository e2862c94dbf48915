"""Making the file of an export: one worker at a time, from the start whenever it was cut short, never two files.

Room: services. Called by rdv/tasks: `run_export` on the queue `exports`, `exports_left` every minute.

    killed with -9 --> its connection closes --> its lock is free --> exports_left finds the row --> from the start

The row says RUNNING from the first try on; that somebody is really at it is what the lock says (rdv.core.db).
"""

import os
from datetime import datetime
from pathlib import Path

import structlog
from django.core.cache import cache
from django.db import transaction

from agents.access import scope_of
from rdv.core import clock
from rdv.core.db import try_lock_export
from rdv.core.journal import SYSTEM
from rdv.core.spreadsheets import open_sheet
from rdv.domain.exporting import Filters, Rights
from rdv.models import Export, ExportState
from rdv.services import exports
from rdv.services.export_rows import CHUNK, count_lines, header, lines

log = structlog.get_logger(__name__)
TRIES = 3
PROGRESS_SECONDS = 3600
SHEET_TITLE = "Rendez-vous"


def exports_left() -> list[int]:
    """Those to be made that nobody is making: queued again (a task too many finds the lock taken, or the work done)."""
    found = []
    for pk in Export.objects.pending().order_by("asked_at", "id").values_list("pk", flat=True):
        with transaction.atomic():
            if try_lock_export(pk):
                found.append(pk)
    return found


def run_export(pk: int, *, now: datetime) -> bool:
    """True when this call made the file. What goes wrong goes up: the try is counted, `exports_left` finds the row."""
    if not _begin(pk, now):
        return False
    with transaction.atomic():
        export = _taken(pk)
        if export is None:
            return False
        _make(export, now)
    return True


def _taken(pk: int) -> Export | None:
    """The row, once the lock is ours and the file still to be made."""
    if not try_lock_export(pk):
        return None
    rows = Export.objects.pending().select_related("departement", "asked_by__departement")
    return rows.filter(pk=pk).first()


def _begin(pk: int, now: datetime) -> bool:
    """Count the try, and commit it before the long work: a file that kills its worker is not tried for ever."""
    with transaction.atomic():
        export = _taken(pk)
        if export is None:
            return False
        rights = _rights_today(export, now)
        if rights is None or export.attempts >= TRIES:
            _give_up(export, "rights" if rights is None else "tries", now)
            return False
        export.state, export.attempts, export.rights = ExportState.RUNNING, export.attempts + 1, rights.to_json()
        export.row_count = count_lines(export.departement, rights, Filters.from_json(export.filters))
        export.save(update_fields=["state", "attempts", "rights", "row_count"])
    return True


def _rights_today(export: Export, now: datetime) -> Rights | None:
    """Rights are those of the moment the file is made; None when the person left, or lost the role, meanwhile."""
    agent = export.asked_by
    if not agent.is_active:
        return None
    scope = scope_of(agent, today=clock.local_date(now, export.departement.zone))
    return exports.rights_of(scope) if exports.may_export(scope) else None


def _give_up(export: Export, why: str, now: datetime) -> None:
    export.state = ExportState.FAILED
    export.save(update_fields=["state"])
    exports.note("export.failed", export, author=SYSTEM, now=now, data={"why": why, "tries": export.attempts})


def _make(export: Export, now: datetime) -> None:
    """Written aside, then named: a name in the folder is a whole file. We hold the lock: every piece is a dead one."""
    home = exports.folder()
    for piece in home.glob(f"{export.uuid}.*.part"):
        piece.unlink()
    piece = home / f"{export.uuid}.{export.attempts}.part"
    count = _write(export, piece, now)
    with piece.open("rb") as written:
        os.fsync(written.fileno())
    export.file_name = f"{export.uuid}.{export.format}"
    piece.replace(home / export.file_name)
    export.state, export.row_count, export.expires_at = ExportState.READY, count, now + exports.KEEP_FOR
    export.byte_size = (home / export.file_name).stat().st_size
    export.save(update_fields=["state", "row_count", "expires_at", "byte_size", "file_name"])
    exports.note("export.made", export, author=SYSTEM, now=now, data={"lines": count, "bytes": export.byte_size})
    log.info("export_made", export=str(export.uuid), lines=count, bytes=export.byte_size)


def _write(export: Export, piece: Path, now: datetime) -> int:
    filters, rights = Filters.from_json(export.filters), Rights.from_json(export.rights)
    key = exports.progress_key(export.uuid)
    count = 0
    with open_sheet(piece, export.format, title=SHEET_TITLE, header=header(filters)) as sheet:
        for line in lines(export.departement, rights, filters, now=now):
            sheet.write(line)
            count += 1
            if count % CHUNK == 0:
                cache.set(key, count, PROGRESS_SECONDS)
    return count
