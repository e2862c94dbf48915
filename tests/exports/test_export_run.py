"""Asking, making, taking away, forgetting: once each, by the right person, and noted in the journal."""

import contextlib
import dataclasses
import datetime as dt
import os
import threading
import uuid

import pytest
from django.db import DatabaseError, connections, transaction
from django.http import Http404

from agents.models import Affectation, Role
from rdv.core.db import LOCK_EXPORT
from rdv.core.journal import Evenement
from rdv.models import Export, ExportState
from rdv.services import export_run, exports, retention
from rdv.services.export_run import TRIES, exports_left, run_export
from rdv.services.exports import ExportGone, RightsChanged, TooManyExports, ask_export, export_of, forget, take_away
from tests.exports.conftest import ALL, DAY, NOW, build, scope


def ask(house, name="responsable", *, key=None, filters=ALL, file_format="csv"):
    return ask_export(
        key=key or uuid.uuid4(),
        departement=house.here,
        scope=scope(house, name),
        filters=filters,
        file_format=file_format,
        now=NOW,
    )


def made(house, name="responsable", **options):
    export = ask(house, name, **options)
    assert run_export(export.pk, now=NOW)
    export.refresh_from_db()
    return export


def take(house, export, name="responsable", now=NOW):
    with take_away(export=export, scope=scope(house, name), now=now) as opened:
        return opened.read().decode("utf-8-sig")


def kinds():
    return list(Evenement.objects.filter(subject_type="export").order_by("id").values_list("kind", flat=True))


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_from_asking_to_taking_away(file_format, house, folder):
    export = made(house, file_format=file_format)
    assert (export.state, export.row_count, export.expires_at) == (ExportState.READY, 3, NOW + 7 * DAY)
    assert [path.name for path in folder.iterdir()] == [f"{export.uuid}.{file_format}"]
    assert export.byte_size == (folder / export.file_name).stat().st_size
    with take_away(export=export, scope=scope(house, "responsable"), now=NOW) as opened:
        assert len(opened.read()) == export.byte_size
    assert kinds() == ["export.asked", "export.made", "export.downloaded"]


def test_the_csv_says_what_the_person_may_read(house):
    text = take(house, made(house))
    assert "Lemaire" in text
    assert "masqué" in text
    assert "Dettes" not in text
    assert "Cachette" not in text
    assert ";'=HYPERLINK(0)" in text


def test_asked_twice_it_is_one_export(house):
    key = uuid.uuid4()
    assert ask(house, key=key) == ask(house, key=key)
    assert Export.objects.count() == 1
    assert kinds() == ["export.asked"]


def test_a_key_of_somebody_else_is_nobody_s(house):
    key = uuid.uuid4()
    ask(house, key=key)
    with pytest.raises(Http404):
        ask(house, "member", key=key)


@pytest.mark.parametrize("name", ["secretaire", "agent"])
def test_others_may_not_ask(name, house):
    with pytest.raises(Http404):
        ask(house, name)
    assert Export.objects.count() == 0


def test_three_at_once_then_it_waits(house):
    for _ in range(exports.PENDING_AT_ONCE):
        export = ask(house)
    with pytest.raises(TooManyExports):
        ask(house)
    ask(house, "member")
    run_export(export.pk, now=NOW)
    ask(house)


def test_made_once_however_often_the_task_comes(house, folder):
    export = made(house)
    before = (folder / export.file_name).stat()
    assert run_export(export.pk, now=NOW) is False
    assert (folder / export.file_name).stat() == before
    assert kinds().count("export.made") == 1


def test_nobody_else_reaches_it(house):
    export = made(house)
    assert export_of(scope(house, "responsable"), export.uuid) == export
    for name in ("member", "admin", "far_admin", "agent"):
        with pytest.raises(Http404):
            export_of(scope(house, name), export.uuid)


def test_the_database_links_no_two_departements(house):
    export = ask(house)
    with pytest.raises(DatabaseError, match="rdv_export_asked_by_id_same_departement"), transaction.atomic():
        Export.objects.filter(pk=export.pk).update(departement=house.far)


def lose_the_site(house, role=None):
    Affectation.objects.filter(agent=house.people["responsable"]).update(ends_on=NOW.date() - DAY)
    if role:
        Affectation.objects.create(
            departement=house.here,
            agent=house.people["responsable"],
            site=house.tilleuls,
            role=role,
            starts_on=NOW.date(),
        )


def test_rights_lost_before_the_file_is_made(house, folder):
    export = ask(house)
    lose_the_site(house)
    assert run_export(export.pk, now=NOW) is False
    export.refresh_from_db()
    assert export.state == ExportState.FAILED
    assert not folder.exists() or list(folder.iterdir()) == []
    assert kinds() == ["export.asked", "export.failed"]


def test_rights_lost_after_the_file_was_made(house):
    export = made(house)
    lose_the_site(house, Role.RESPONSABLE)
    with pytest.raises(RightsChanged):
        take(house, export)
    assert "export.downloaded" not in kinds()


def test_a_service_that_became_confidential_closes_the_file(house):
    export = made(house)
    house.ssl.is_confidential = True
    house.ssl.save()
    with pytest.raises(RightsChanged):
        take(house, export)


def test_rights_won_leave_the_file_open(house):
    export = made(house)
    Affectation.objects.create(
        departement=house.here, agent=house.people["responsable"], role=Role.ADMIN, starts_on=NOW.date()
    )
    assert "Lemaire" in take(house, export)


def test_after_seven_days_the_file_is_gone(house, folder):
    export = made(house)
    assert forget(now=NOW + 7 * DAY - dt.timedelta(seconds=1)) == 0
    with pytest.raises(ExportGone):
        take(house, export, now=NOW + 7 * DAY)
    retention.forget_all(now=NOW + 7 * DAY)
    export.refresh_from_db()
    assert (export.state, export.file_name, list(folder.iterdir())) == (ExportState.EXPIRED, "", [])
    assert forget(now=NOW + 7 * DAY) == 0
    forget(now=NOW + 31 * DAY)
    assert Export.objects.count() == 0


def test_a_file_that_is_no_longer_on_the_disk(house, folder):
    export = made(house)
    (folder / export.file_name).unlink()
    with pytest.raises(ExportGone):
        take(house, export)


def test_old_pieces_are_swept_and_living_ones_stay(house, folder):
    export = made(house)
    for name, age in (("old.1.part", 25), ("living.1.part", 1), (export.file_name, 25)):
        (folder / name).touch()
        at = (NOW - dt.timedelta(hours=age)).timestamp()
        os.utime(folder / name, (at, at))
    forget(now=NOW)
    assert sorted(path.name for path in folder.iterdir()) == sorted(["living.1.part", export.file_name])


def test_cut_short_it_begins_again_from_the_start(house, folder, monkeypatch):
    """The first try dies in the middle: its piece is there, no file is, and the next try makes a whole one."""
    export = ask(house)
    whole = export_run.lines

    def cut(*args, **options):
        yield next(whole(*args, **options))
        raise OSError("no space left")

    monkeypatch.setattr(export_run, "lines", cut)
    with pytest.raises(OSError, match="no space"):
        run_export(export.pk, now=NOW)
    export.refresh_from_db()
    assert (export.state, export.attempts) == (ExportState.RUNNING, 1)
    assert [path.suffix for path in folder.iterdir()] == [".part"]
    monkeypatch.setattr(export_run, "lines", whole)
    assert exports_left() == [export.pk]
    assert run_export(export.pk, now=NOW)
    assert [path.name for path in folder.iterdir()] == [f"{export.uuid}.csv"]
    assert exports_left() == []


def test_what_never_works_stops_after_three_tries(house, monkeypatch):
    export = ask(house)

    def broken(*args, **options):
        raise OSError("no space left")

    monkeypatch.setattr(export_run, "lines", broken)
    for _ in range(TRIES):
        with pytest.raises(OSError, match="no space"):
            run_export(export.pk, now=NOW)
    assert run_export(export.pk, now=NOW) is False
    export.refresh_from_db()
    assert export.state == ExportState.FAILED
    assert kinds()[-1] == "export.failed"


def test_a_small_file_says_its_progress(house, monkeypatch):
    monkeypatch.setattr(export_run, "CHUNK", 1)
    export = made(house, filters=dataclasses.replace(ALL, with_people=False))
    assert exports.lines_done(export) == 3


def meet_in_the_middle(monkeypatch):
    """Each worker that comes to write waits for the other a moment. Returns who came."""
    gate, came = threading.Barrier(2), []

    def make(export, now):
        came.append(export.pk)
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(timeout=2)

    monkeypatch.setattr(export_run, "_make", make)
    return came


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_one_writes(folder, monkeypatch):
    export = ask(build())
    came = meet_in_the_middle(monkeypatch)
    assert sorted(together(lambda: run_export(export.pk, now=NOW))) == [False, True]
    assert came == [export.pk]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_both_write(folder, monkeypatch):
    export = ask(build())
    came = meet_in_the_middle(monkeypatch)
    monkeypatch.setattr(export_run, "try_lock_export", lambda _: True)
    together(lambda: run_export(export.pk, now=NOW))
    assert came == [export.pk, export.pk]


@pytest.mark.django_db(transaction=True)
def test_while_one_makes_it_nobody_queues_it_again(folder):
    house = build()
    export = ask(house)
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_EXPORT, export.pk])
        assert sorted(set(map(tuple, together(exports_left)))) == [()]
    assert exports_left() == [export.pk]


def together(job):
    answers, gate = [], threading.Barrier(2)

    def run():
        try:
            gate.wait(timeout=30)
            answers.append(job())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers
