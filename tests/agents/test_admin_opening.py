"""The département open to the public or not, and the page of its settings."""

import pytest

from rdv.core.journal import Evenement
from tests.factories import make_departement, make_service, make_site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("travelling")]


def test_the_administrator_opens_the_departement_to_the_public(browser, site):
    for is_open in ("0", "1"):
        browser.post("/agents/reglages/ouverture/", {"open": is_open})
        site.departement.refresh_from_db()
        assert site.departement.is_open is (is_open == "1")
    kinds = Evenement.objects.about("departement", "62").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["departement.closed", "departement.opened"]


def test_the_settings_show_sites_services_and_closures(browser, site):
    make_service(site.departement, "ase", is_confidential=True)
    abroad = make_site(make_departement("974"))
    page = browser.get("/agents/reglages/").content.decode()
    assert site.name in page
    assert "Confidentiel" in page
    assert abroad.name not in page
