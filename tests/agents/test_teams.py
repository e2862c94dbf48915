"""Teams: written by the administrator of their département, once each; a filter of the console, never a right."""

import datetime as dt
from datetime import UTC

import pytest
import time_machine

from agents.models import Equipe, Role
from rdv.core.journal import Evenement
from tests.agents.sign_in_helpers import sign_in
from tests.factories import make_agent, make_departement, make_site

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2027, 1, 4, 8, 0, tzinfo=UTC)
NEW = "/agents/reglages/equipes/nouvelle/"


@pytest.fixture(autouse=True)
def travelling():
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def departement():
    return make_departement("62")


@pytest.fixture
def lens(departement):
    return make_site(departement, name="MDS de Lens")


@pytest.fixture
def people(departement, lens):
    return [make_agent(departement, site=lens, first_name=name) for name in ("Claire", "Paul", "Élise")]


@pytest.fixture
def browser(client, departement):
    return sign_in(client, make_agent(departement, role=Role.ADMIN))


def post(browser, address, lens, people, **fields):
    data = {"name": "Équipe PMI de Lens", "site": lens.pk, "agents": [one.pk for one in people]} | fields
    return browser.post(address, data)


def test_made_once_changed_and_removed_each_told_in_the_journal(browser, lens, people):
    for _ in range(2):
        assert post(browser, NEW, lens, people[:2]).status_code == 302
    team = Equipe.objects.get()
    assert list(team.agents.order_by("pk")) == people[:2]
    for _ in range(2):
        post(browser, f"/agents/reglages/equipes/{team.pk}/", lens, people[1:], name="PMI Lens", site="")
    team.refresh_from_db()
    assert (team.name, team.site, list(team.agents.order_by("pk"))) == ("PMI Lens", None, people[1:])
    assert "PMI Lens" in browser.get("/agents/reglages/").content.decode()
    browser.post(f"/agents/reglages/equipes/{team.pk}/retirer/")
    assert not Equipe.objects.exists()
    kinds = Evenement.objects.filter(kind__startswith="equipe.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["equipe.created", "equipe.updated", "equipe.deleted"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "Il manque le nom de l’équipe"),
        ({"name": "---"}, "avec des lettres"),
        ({"name": "x" * 61}, "60 caractères au plus"),
        ({"agents": []}, "Cochez au moins une personne."),
        ({"agents": ["zut"]}, "Regardez la liste à nouveau."),
        ({"site": "zut"}, "Choisissez un site de la liste."),
    ],
)
def test_what_misses_is_said_and_what_was_typed_is_kept(browser, lens, people, fields, words):
    response = post(browser, NEW, lens, people[:1], **fields)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Equipe.objects.exists()


def test_a_name_is_taken_once(browser, departement, lens, people):
    post(browser, NEW, lens, people[:1])
    response = post(browser, NEW, lens, people)
    assert response.status_code == 409
    assert "porte déjà ce nom" in response.content.decode()
    assert Equipe.objects.count() == 1


def test_people_and_sites_of_another_departement_are_not_choices(browser, lens, people):
    away = make_departement("974")
    far = make_site(away, name="MDS de Saint-Denis")
    stranger = make_agent(away, site=far)
    assert post(browser, NEW, far, people).status_code == 422
    assert post(browser, NEW, lens, [stranger]).status_code == 422
    theirs = Equipe.objects.create(departement=away, name="PMI")
    for address in (f"/agents/reglages/equipes/{theirs.pk}/", f"/agents/reglages/equipes/{theirs.pk}/retirer/"):
        assert post(browser, address, lens, people).status_code == 404
    assert Equipe.objects.get() == theirs
