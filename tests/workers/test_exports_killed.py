"""A worker killed with -9 while it makes a file: the next one begins again, and there is one file."""

import uuid

import pytest
from django.db import connection, transaction

from rdv import tasks
from rdv.core.journal import Evenement
from rdv.models import Export, ExportState
from rdv.services.export_run import exports_left
from rdv.services.exports import ask_export
from tests.exports.conftest import ALL, NOW, build, scope
from tests.notifications.twilio_server import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
QUEUE = "exports"


@pytest.fixture
def folder(settings, tmp_path):
    settings.EXPORT_DIR = str(tmp_path / "exports")
    return tmp_path / "exports"


@pytest.fixture
def export(folder, transactional_db):
    house = build()
    responsable = scope(house, "responsable")
    return ask_export(
        key=uuid.uuid4(), departement=house.here, scope=responsable, filters=ALL, file_format="xlsx", now=NOW
    )


def names(folder):
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def test_killed_between_the_file_and_its_row(export, folder, start_worker, queue):
    """The worst moment: the file has its name, nothing is committed. The journal is held shut to stop it there."""
    whole = f"{export.uuid}.xlsx"
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE rdv_evenement IN SHARE ROW EXCLUSIVE MODE")
        worker = start_worker(queues=QUEUE)
        queue(tasks.make_export, export.pk)
        wait_until(lambda: names(folder) == [whole], what="a file written")
        first = (folder / whole).stat().st_ino
        export.refresh_from_db()
        assert (export.state, export.attempts) == (ExportState.RUNNING, 1)
        assert exports_left() == [], "the dead or living worker's lock holds as long as its connection"
        worker.kill()
    wait_until(lambda: exports_left() == [export.pk], what="its lock let go")
    start_worker(queues=QUEUE)
    queue(tasks.make_export, export.pk)
    wait_until(lambda: Export.objects.get().state == ExportState.READY, what="the file ready")
    export.refresh_from_db()
    assert (export.attempts, export.row_count, names(folder)) == (2, 3, [whole])
    assert (folder / whole).stat().st_ino != first
    assert Evenement.objects.filter(kind="export.made").count() == 1
