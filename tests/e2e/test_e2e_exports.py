"""Exports in a browser: choices counted as they are made, the file that comes by itself; the same without script."""

import pytest
import time_machine

from rdv.models import Export
from rdv.services.export_run import run_export
from tests.e2e.conftest import check, settle
from tests.exports.conftest import NOW, build
from tests.signing import signed_in

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(visitor, live_server, settings, tmp_path):
    settings.EXPORT_DIR = str(tmp_path / "exports")
    with time_machine.travel(NOW):
        house = build()

        def come(**options):
            page = visitor(**options)
            cookies = signed_in(house.people["responsable"]).cookies.items()
            page.context.add_cookies([{"name": n, "value": m.value, "url": live_server.url} for n, m in cookies])
            page.goto("/agents/exports/")
            return page

        yield come


def make_it():
    run_export(Export.objects.get().pk, now=NOW)


def taken(page):
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger").click()
    return download.value.path().read_text(encoding="utf-8-sig")


def test_the_file_comes_by_itself(desk):
    page = desk()
    page.get_by_label("Au", exact=True).fill("2027-02-28")
    page.get_by_label("Texte (CSV").check()
    page.get_by_text("Avec les noms").click()
    page.get_by_role("button", name="Préparer le fichier CSV").wait_for()
    settle(page)
    assert page.locator("#contenu-fichier .kpi").inner_text() == "3"
    check(page)
    page.get_by_role("button", name="Préparer le fichier CSV").click()
    page.get_by_text("Le fichier attend son tour").wait_for()
    check(page)
    make_it()
    page.get_by_role("button", name="Télécharger").wait_for()
    check(page)
    assert "Lemaire" in taken(page)


def test_by_keyboard_alone(desk):
    page = desk()
    page.get_by_label("Du", exact=True).focus()
    for _ in range(60):
        if page.evaluate("document.activeElement.textContent").strip().startswith("Préparer"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Le fichier attend son tour").wait_for()
    assert Export.objects.count() == 1


def test_without_script_on_a_small_phone(desk):
    page = desk(width=320, javascript=False)
    page.get_by_label("Au", exact=True).fill("2027-02-28")
    page.get_by_label("Texte (CSV").check()
    page.get_by_role("button", name="Compter les lignes").click()
    assert page.locator("#contenu-fichier .kpi").inner_text() == "3"
    page.get_by_role("button", name="Préparer le fichier CSV").click()
    make_it()
    page.get_by_role("link", name="Actualiser").click()
    assert "Pesée" in taken(page)
    check(page)
