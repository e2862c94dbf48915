"""Days closed, the département open to the public or not, the page of its settings."""

import pytest
from django.test import Client

from agents.models import Fermeture, Role
from rdv.core.journal import Evenement
from tests.agents.conftest import TODAY
from tests.agents.sign_in_helpers import sign_in
from tests.factories import make_agent, make_departement, make_service, make_site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("travelling")]


def test_days_closed_and_open_again(browser, site, admin):
    data = {"site": site.pk, "starts_on": "2027-02-01", "ends_on": "2027-02-05", "label": "Travaux"}
    assert browser.post("/agents/reglages/fermetures/", data).status_code == 302
    fermeture = Fermeture.objects.get()
    assert (fermeture.site, fermeture.departement) == (site, site.departement)
    page = browser.get("/agents/reglages/fermetures/").content.decode()
    assert "Du lundi 1er\u00a0février 2027 au vendredi 5\u00a0février 2027" in page
    browser.post(f"/agents/reglages/fermetures/{fermeture.pk}/retirer/")
    assert not Fermeture.objects.exists()
    lines = Evenement.objects.about("fermeture", fermeture.pk).order_by("id")
    assert [(line.kind, line.author_id) for line in lines] == [
        ("fermeture.created", admin.pk),
        ("fermeture.deleted", admin.pk),
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ends_on": "2027-01-31"}, "Le dernier jour doit être après le premier."),
        ({"starts_on": ""}, "Il manque le premier jour."),
        ({"starts_on": "0027-02-01"}, "Écrivez l’année avec 4\u00a0chiffres"),
        ({"label": ""}, "Il manque la raison."),
    ],
)
def test_what_is_missing_in_a_closure_is_said_and_kept(browser, changes, said):
    data = {"site": "", "starts_on": "2027-02-01", "ends_on": "2027-02-05", "label": "Travaux"} | changes
    answer = browser.post("/agents/reglages/fermetures/", data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Fermeture.objects.exists()
    assert data["label"] in answer.content.decode()


def test_a_closure_of_elsewhere_is_out_of_reach(client, browser, site):
    fermeture = Fermeture.objects.create(
        departement=site.departement, starts_on=TODAY, ends_on=TODAY, label="Grève des ascenseurs"
    )
    stranger = sign_in(Client(), make_agent(make_departement("974"), role=Role.ADMIN))
    assert stranger.post(f"/agents/reglages/fermetures/{fermeture.pk}/retirer/").status_code == 404
    assert "ascenseurs" not in stranger.get("/agents/reglages/fermetures/").content.decode()
    here = {"site": site.pk, "starts_on": "2027-02-01", "ends_on": "2027-02-05", "label": "Travaux"}
    assert stranger.post("/agents/reglages/fermetures/", here).status_code == 422
    assert Fermeture.objects.count() == 1


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
