"""The local "boîte d'envoi" in a browser: read, searched, followed, from a phone too, and without a script."""

from datetime import timedelta

import pytest

from notifications import delivery
from rdv.core import clock
from rdv.services import notices
from tests.e2e.conftest import check, overflow
from tests.factories import make_agent, make_departement, make_motif, make_rdv, make_site, make_usager

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def told(visitor):
    """Somebody has an appointment in ten days, and was told; somebody else's number does not exist."""
    now = clock.now()
    site = make_site(make_departement(), name="MDS de Lens")
    motif = make_motif(site.departement, sites=[site], documents=["Carnet de santé"])
    samira = make_usager(site.departement, phone="+33639981240", email="samira@example.net")
    at = (now + timedelta(days=10)).replace(hour=9, minute=0)
    rdv = make_rdv(motif, site, [make_agent(site=site)], at, usagers=[samira], created_at=now)
    notices.booked(rdv.participations.get(), now=now)
    while delivery.deliver_next(now=now):
        pass
    return rdv


@pytest.mark.parametrize(("width", "javascript"), [(1280, True), (320, True), (320, False)])
def test_a_message_is_found_read_and_followed(told, visitor, width, javascript):
    page = visitor(width=width, javascript=javascript)

    def look():
        if javascript:  # axe is a script itself
            check(page)
        assert overflow(page) <= 0

    page.goto("/boite-d-envoi/")
    assert "RDV confirmé" in page.inner_text("main")
    look()
    page.get_by_label("Un numéro de téléphone ou une adresse e-mail").fill("06 39 98 12 40")
    page.get_by_role("button", name="Chercher").click()
    assert "1 message" in page.get_by_role("status").inner_text()
    look()
    link = page.get_by_role("link", name="/r/").get_attribute("href")
    page.goto("/boite-d-envoi/?q=samira@example.net")
    page.get_by_role("link", name="Rendez-vous confirmé").click()
    assert "Carnet de santé" in page.frame_locator("iframe").locator("main").inner_text()
    look()
    page.get_by_role("heading", name="Liens du message").wait_for()
    assert page.get_by_role("list").get_by_role("link", name="/r/").get_attribute("href") == link
    page.goto("/boite-d-envoi/?etat=prevus")
    assert "Rappel RDV" in page.inner_text("main")
    look()


def test_nothing_yet(visitor):
    page = visitor()
    page.goto("/boite-d-envoi/")
    assert "Aucun message n’est encore parti" in page.inner_text("main")
    check(page)
