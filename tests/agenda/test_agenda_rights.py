"""Whose agenda one may open, and what of it is masked: really absent from the page, not only hidden."""

import pytest
from django.test import Client

from tests.factories import make_agent, make_site

pytestmark = pytest.mark.django_db
VIEWS = ("semaine", "liste")


def page(client, agent=None, vue="semaine", date="2027-01-12"):
    query = {"date": date, "vue": vue} | ({"agent": agent.pk} if agent else {})
    return client.get("/agents/agenda/", query)


def text(response):
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("vue", VIEWS)
def test_the_owner_reads_everything(house, week, client_of, vue):
    html = text(page(client_of("claire"), vue=vue))
    for name in (
        "Manon Lebrun",
        "Emma Roy",
        "Yanis Bouzid",
        "Rosa Mendes",
        "Gaspard Leroy",
        "Éva Masson",
        "Zélie Secretier",
    ):
        assert name in html
    assert str(week.secret.uuid) in html


@pytest.mark.parametrize("vue", VIEWS)
def test_a_colleague_of_the_service_reads_the_service_only(house, week, client_of, vue):
    html = text(page(client_of("karim"), house.claire, vue))
    assert "Manon Lebrun" in html
    for hidden in ("Zélie", "Secretier", "Protection", str(week.secret.uuid)):
        assert hidden not in html
    assert "Occupé" in html


@pytest.mark.parametrize("vue", VIEWS)
def test_another_service_reads_nothing_but_taken_time(house, week, client_of, vue):
    html = text(page(client_of("sonia"), house.claire, vue))
    hidden = [
        "Lebrun",
        "Bouzid",
        "Mendes",
        "Ormes",
        "Liévin",
        "Pesée",
        "Visite",
        "Massage",
        "Masson",
        "Leroy",
        "Avion",
    ]
    hidden += [str(rdv.uuid) for rdv in vars(week).values()]
    assert [word for word in hidden if word in html] == []
    assert html.count("Occupé") >= 11


def test_a_secretary_reads_all_but_confidential_services(house, week, client_of):
    html = text(page(client_of("secretary"), house.claire))
    assert "Manon Lebrun" in html
    assert "Secretier" not in html
    assert str(week.secret.uuid) not in html


def test_the_private_note_of_an_absence_is_on_no_agenda(house, week, client_of):
    for who in ("claire", "karim", "boss"):
        html = text(page(client_of(who), house.claire))
        assert "Formation" in html
        assert "très privée" not in html


@pytest.mark.parametrize("who", ["away", "stranger"])
def test_strangers_find_no_agenda(house, week, client_of, who):
    assert page(client_of(who), house.claire).status_code == 404


@pytest.mark.parametrize("agent_id", ["999999", "9999999999999999999999", "-1", "²"])
def test_an_agent_that_does_not_exist(house, client_of, agent_id):
    response = client_of("claire").get("/agents/agenda/", {"agent": agent_id})
    assert response.status_code in (200, 404)
    if response.status_code == 200:
        assert "Claire Vasseur" in response.content.decode()


def test_an_administrator_without_a_site_has_no_agenda_to_read(house, client_of):
    for address in ("/agents/agenda/", "/agents/a-renseigner/", "/agents/ateliers/nouveau/"):
        assert client_of("admin").get(address).status_code == 403
        assert Client().get(address).status_code == 302


def test_a_secretary_begins_with_the_first_agent_of_her_site(house, client_of):
    """Cherif comes before Haddad, on another site."""
    assert "Agenda de Karim Haddad" in text(client_of("secretary").get("/agents/agenda/"))


def test_a_secretary_begins_with_somebody_who_receives_that_week(house, week, client_of):
    """Haddad comes before Vasseur, with an empty week."""
    assert "Agenda de Claire Vasseur" in text(client_of("secretary").get("/agents/agenda/"))


def test_a_secretary_of_a_site_without_agents(house, client_of):
    house.lonely = make_agent(site=make_site(house.departement), role="secretaire")
    assert "Personne n’a encore d’agenda" in text(client_of("lonely").get("/agents/agenda/"))


def test_who_may_plan_sees_the_buttons(house, client_of):
    for who, is_there in (("claire", True), ("boss", True), ("karim", False), ("secretary", False)):
        html = text(page(client_of(who), house.claire))
        assert (f"/ouvertures/agent/{house.claire.pk}/nouvelle/" in html) is is_there


def test_a_free_hole_leads_to_booking_for_those_who_may(house, week, client_of):
    for who, is_there in (("claire", True), ("karim", True), ("secretary", True), ("sonia", False)):
        html = text(page(client_of(who), house.claire))
        assert "Libre" in html
        assert (f"/agents/accueil/?agent={house.claire.pk}&amp;depuis=2027-01-1" in html) is is_there
