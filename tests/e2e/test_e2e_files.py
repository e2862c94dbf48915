"""Files in a browser: two made one by keyboard alone and parted again; the paper, on one sheet.

Every page of files is looked at by tests/e2e/test_every_page.py too (axe, 320 px, without script).
"""

import datetime as dt
import re
from types import SimpleNamespace

import pytest
from django.urls import reverse

from agents.models import Role
from rdv.core import clock
from tests.e2e.conftest import check
from tests.factories import make_agent, make_departement, make_motif, make_rdv, make_service, make_site, make_usager
from tests.signing import signed_in
from usagers.models import Fusion, Usager
from usagers.services.pairs import compare_file

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(visitor, live_server):
    now = clock.now()
    here = make_departement("62")
    site, pmi = make_site(here, name="MDS du Canal"), make_service(here, "pmi")
    motif = make_motif(
        here, sites=[site], service=pmi, name="Pesée", documents=["Le carnet de santé", "La carte Vitale"]
    )
    agent = make_agent(here, site=site, services=[pmi])
    people = [
        make_usager(here, first_name=name, last_name="Benali", phone=phone, email="", birth_date=dt.date(1994, 3, 14),
                    created_at=now, last_contact_at=now)
        for name, phone in (("Samira", "+33639981240"), ("Samirra", "+33639981241"))
    ]  # fmt: skip
    start = (now + dt.timedelta(days=3)).replace(hour=9, minute=0, second=0, microsecond=0)
    rdv = make_rdv(motif, site, [agent], start, usagers=[people[1]])
    compare_file(people[0], now=now)

    def page(**options):
        client = signed_in(make_agent(here, site=site, role=Role.SECRETAIRE, services=[pmi]))
        opened = visitor(**options)
        cookies = [{"name": n, "value": m.value, "url": live_server.url} for n, m in client.cookies.items()]
        opened.context.add_cookies(cookies)
        return opened

    return SimpleNamespace(page=page, kept=people[0], other=people[1], participation=rdv.participations.get())


def by_keys(page, name, role="link"):
    """Tab until this one has the focus, then Enter."""
    wanted = page.get_by_role(role, name=re.compile(name)).first
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name}: not reached by Tab")


def test_two_files_made_one_by_keyboard_and_parted_again(desk):
    page = desk.page()
    page.goto(reverse("rdv:doublons"))
    check(page)
    by_keys(page, "^Comparer")
    page.get_by_role("heading", name="La même personne ?").wait_for()
    check(page)
    first = page.get_by_role("radio", name="Cette fiche : Samira")
    first.focus()
    page.keyboard.press("Space")
    by_keys(page, "Réunir les deux fiches", role="button")
    page.locator("#erreurs").wait_for()
    assert "Téléphone : choisissez entre les deux fiches." in page.locator("#erreurs").inner_text()
    assert first.is_checked(), "what was chosen is kept"
    check(page)
    page.get_by_role("radio", name="L’autre fiche : 06 39 98 12 41").focus()
    page.keyboard.press("Space")
    by_keys(page, "Réunir les deux fiches", role="button")
    page.get_by_text("Les deux fiches n’en font plus qu’une.").wait_for()
    assert page.get_by_text("1 autre", exact=False).count() == 0
    assert page.get_by_role("link", name="Pesée").is_visible(), "her Rdv has followed"
    check(page)
    assert str(Usager.objects.get(pk=desk.kept.pk).phone) == "+33639981241"
    page.get_by_role("link", name="Séparer de nouveau").click()
    check(page)
    by_keys(page, "Séparer les deux fiches", role="button")
    page.get_by_text("Les deux fiches sont de nouveau séparées.").wait_for()
    assert str(Usager.objects.get(pk=desk.kept.pk).phone) == "+33639981240"
    assert Fusion.objects.get().undone_at is not None


def test_without_script_on_a_small_screen(desk):
    page = desk.page(width=320, javascript=False)
    page.goto(reverse("rdv:merge", args=[desk.kept.uuid, desk.other.uuid]))
    check(page)
    page.get_by_role("radio", name="Cette fiche : Samira").check(force=True)
    page.get_by_role("radio", name="Cette fiche : 06 39 98 12 40").check(force=True)
    page.get_by_role("button", name="Réunir les deux fiches").click()
    check(page)
    assert Fusion.objects.get().undone_at is None


def test_the_paper_prints_on_one_sheet(desk):
    page = desk.page()
    page.goto(reverse("rdv:rdv_paper", args=[desk.participation.uuid]))
    check(page)
    assert page.get_by_role("button", name="Imprimer").is_visible()
    for paper in ("A5", "A4"):
        sheets = page.pdf(format=paper, prefer_css_page_size=paper == "A5")
        assert len(re.findall(rb"/Type\s*/Page\b", sheets)) == 1, paper
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="Imprimer").is_visible()
