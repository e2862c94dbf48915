"""The figure of the export: a short one in its own process, and a measure of memory that sees what is kept."""

from pathlib import Path

import pytest
from django.db import connection

from rdv.bench import exporting
from rdv.bench.exporting import export_200k
from rdv.models import Participation, Rdv, RdvAgent
from tests.factories import make_agent, make_motif, make_rdv, make_service, make_site, make_usager, utc
from tests.workers.conftest import database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
CLEAR = Path("/proc/self/clear_refs")


@pytest.fixture
def short(monkeypatch):
    """Two lengths that a test can wait for; the child reads this test's database."""
    monkeypatch.setattr(exporting, "LONG", 200)
    monkeypatch.setenv("DATABASE_URL", database_url())
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "rdv.config.settings.test")


def test_the_departement_is_filled_and_its_lines_are_whole(monkeypatch):
    monkeypatch.setattr(exporting, "LONG", 50)
    site = make_site()
    motif, agent = make_motif(sites=[site], service=make_service()), make_agent(site=site)
    for hour in range(3):
        make_rdv(motif, site, [agent], utc(2027, 1, 12, 8 + hour), usagers=[make_usager()])
    assert exporting._fill("62") == 50
    assert Rdv.objects.count() == RdvAgent.objects.count() == Participation.objects.count() == 50
    assert not Participation.objects.exclude(starts_at__in=Rdv.objects.values("starts_at")).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'")
        assert cursor.fetchone() == (0,)


@pytest.mark.skipif(not CLEAR.exists(), reason="the peak of a process is taken back by Linux alone")
def test_the_peak_of_memory_sees_what_is_kept():
    CLEAR.write_text("5")  # what earlier tests of this process held
    before = exporting._peak_kb()
    kept = bytearray(64 * 1024 * 1024)
    assert exporting._peak_kb() - before > 32 * 1024
    assert len(kept) > 0


def test_the_line_of_the_figure(monkeypatch):
    monkeypatch.setattr(
        exporting, "_apart", lambda code, lines, kind: {"lines": lines, "seconds": 2.0, "grown_mb": 1.5}
    )
    monkeypatch.setattr(exporting, "_fill", lambda code: 200)
    monkeypatch.setattr(exporting, "SHORT", 20_000)
    monkeypatch.setattr(exporting, "LONG", 200_000)
    told = export_200k("departement", "62")
    assert (told["name"], told["lines"], told["rows_per_s"], told["p50_ms"]) == ("export_200k", 200_000, 100_000, 2000)
    assert told["grown_mb_20k_200k"] == {"csv": (1.5, 1.5), "xlsx": (1.5, 1.5)}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_child_makes_the_file_and_says_what_it_took(kind, short):
    site = make_site()
    motif = make_motif(sites=[site], service=make_service())
    agent = make_agent(site=site)
    for hour in range(4):
        make_rdv(motif, site, [agent], utc(2027, 1, 12, 8 + hour), usagers=[make_usager()])
    exporting._fill("62")
    told = exporting._apart("62", 200, kind)
    assert told["lines"] == 200
    assert told["seconds"] > 0
    assert 0 <= told["grown_mb"] < told["peak_mb"]
