"""The operator of the platform: creates départements, sees numbers and nobody."""

import pytest
from django.test import Client

from agents.models import Agent
from notifications.models import Message
from rdv.core.journal import Evenement
from tests.agents.sign_in_helpers import PASSWORD, sign_in
from tests.factories import make_agent, make_departement, make_site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("travelling")]


@pytest.fixture
def operator(db):
    return Agent.objects.create_agent(
        email="ops@example.org", password=PASSWORD, is_operateur=True, first_name="Nour", last_name="Haddad"
    )


NEW_DEPARTEMENT = {
    "code": "2a",
    "name": "Corse-du-Sud",
    "name_with_article": "de la Corse-du-Sud",
    "zone_name": "Europe/Paris",
    "public_phone": "03 53 01 20 00",
    "sms_sender": "MDS2A",
    "reply_to": "mds2a@example.org",
    "admin_first_name": "Ange",
    "admin_last_name": "Casanova",
    "admin_email": "ange@example.org",
}


def test_the_operator_creates_a_departement_and_invites_its_administrator(client, operator):
    sign_in(client, operator)
    page = "/agents/plateforme/departements/nouveau/"
    assert client.post(page, NEW_DEPARTEMENT)["Location"] == "/agents/plateforme/"
    admin = Agent.objects.get(email="ange@example.org")
    departement = admin.departement
    assert (departement.code, departement.is_open, departement.slug) == ("2A", False, "corse-du-sud")
    assert departement.services.filter(is_confidential=True).values_list("code", flat=True).get() == "ase"
    role = admin.affectations.get()
    assert (role.role, role.site) == ("admin", None)
    assert Message.objects.get().address == "ange@example.org"
    line = Evenement.objects.about("departement", "2A").get()
    assert (line.author_id, line.author_role) == (operator.pk, "operateur")
    assert client.post(page, NEW_DEPARTEMENT | {"admin_email": "b@example.org"}).status_code == 409
    other = NEW_DEPARTEMENT | {"code": "2B", "name": "Haute-Corse"}
    assert client.post(page, other).status_code == 409  # The administrator's address is taken: nothing is created.
    assert not Agent.objects.filter(departement="2B").exists()


def test_the_operator_sees_numbers_and_nobody(client, operator, agent, admin, site):
    page = sign_in(client, operator).get("/agents/plateforme/").content.decode()
    assert site.departement.name in page
    for secret in (agent.email, agent.last_name, admin.email, site.name):
        assert secret not in page


@pytest.mark.parametrize("page", ["/agents/comptes/", "/agents/reglages/", "/agents/reglages/fermetures/"])
def test_the_operator_enters_no_departement(client, operator, page):
    assert sign_in(client, operator).get(page).status_code == 403


@pytest.mark.parametrize("page", ["/agents/plateforme/", "/agents/plateforme/departements/nouveau/"])
def test_administrators_and_agents_do_not_run_the_platform(browser, agent, page):
    assert browser.get(page).status_code == 403
    assert sign_in(Client(), agent).get(page).status_code == 403


def test_the_list_of_departements_costs_the_same_for_few_and_many(client, operator, django_assert_max_num_queries):
    for code in ("57", "59", "62", "974"):
        make_agent(site=make_site(make_departement(code)))
    sign_in(client, operator)
    with django_assert_max_num_queries(9):
        client.get("/agents/plateforme/")
