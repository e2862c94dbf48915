"""Several sites: a tab stays on its own, and a site that closes leaves nobody without a word."""

import datetime as dt

import pytest
from django.urls import reverse

from agents.models import Affectation, Role
from agents.services.sites import set_site_open
from rdv.core.journal import SYSTEM
from tests.agents.sign_in_helpers import sign_in
from tests.board.conftest import NOW, wall
from tests.factories import make_agent, make_rdv, make_site, make_usager

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/agents/journee/"}


@pytest.fixture
def desk(client, house):
    """The secretary of two sites, whose first tab is about the canal and whose second has chosen the other one."""
    Affectation.objects.create(
        departement=house.departement, agent=house.secretary, site=house.other_site, role=Role.SECRETAIRE,
        starts_on=dt.date(2020, 1, 1),
    )  # fmt: skip
    sign_in(client, house.secretary)
    client.post(reverse("rdv:choose_site"), {"site": house.site.pk})
    return client


def text_of(response):
    return " ".join(response.content.decode().replace("\u00a0", " ").split())


def test_a_tab_stays_on_its_site_when_another_chooses(desk, house):
    first = desk.get("/agents/journee/")
    mine = first.context["here_url"]
    assert f"site={house.site.slug}" in mine
    desk.post(reverse("rdv:choose_site"), {"site": house.other_site.pk})
    again = desk.get(mine, headers=HTMX)
    assert "MDS du Canal</h1>" in text_of(again)
    assert desk.session["site"] == house.other_site.pk
    found = desk.get(mine + "&nom=bouz", headers=HTMX | {"HX-Target": "attendus"})
    assert "Yanis Bouzid" in text_of(found)


def test_a_gesture_of_the_first_tab_is_about_its_own_site(desk, house):
    desk.post(reverse("rdv:choose_site"), {"site": house.other_site.pk})
    sent = {"nom": "bouzid", "date": "2027-01-12", "site": house.site.slug}
    answer = desk.post(reverse("rdv:board_arrival"), sent, headers=HTMX)
    assert answer.status_code == 302
    assert f"site={house.site.slug}" in answer["Location"]
    assert house.late.participations.get().arrived_at == NOW


def test_a_link_to_the_other_site_chooses_it(desk, house):
    answer = desk.get(f"/agents/journee/?site={house.other_site.slug}", follow=True)
    assert "MDS des Tilleuls</h1>" in text_of(answer)
    assert desk.session["site"] == house.other_site.pk


def test_a_site_that_is_not_ones_own_is_a_404(desk, house):
    elsewhere = make_site(house.departement)
    assert desk.get(f"/agents/journee/?site={elsewhere.slug}").status_code == 404
    sent = {"nom": "bouzid", "site": elsewhere.slug}
    assert desk.post(reverse("rdv:board_arrival"), sent).status_code == 404


def test_with_one_site_the_address_says_none(client, house):
    page = sign_in(client, house.second).get("/agents/journee/")
    assert page.context["here_url"] == "/agents/journee/"


def test_a_closed_site_where_people_are_expected_is_still_shown(client, house):
    set_site_open(site=house.site, is_open=False, author=SYSTEM, now=NOW)
    page = sign_in(client, house.second).get("/agents/journee/")
    assert page.status_code == 200
    assert "MDS du Canal est fermé" in text_of(page)
    assert "Yanis Bouzid" in text_of(page)


def test_a_closed_site_among_two_has_its_way_in(desk, house):
    set_site_open(site=house.site, is_open=False, author=SYSTEM, now=NOW)
    desk.post(reverse("rdv:choose_site"), {"site": house.other_site.pk})
    page = desk.get("/agents/journee/")
    ways = [url for _site, url in page.context["others_closed"]]
    assert ways == [f"/agents/journee/?site={house.site.slug}"]
    assert "Yanis Bouzid" in text_of(desk.get(ways[0], follow=True))


@pytest.mark.parametrize("address", ["/agents/journee/", "/agents/journee/arrivee/"])
def test_a_closed_site_with_nobody_left_says_so(client, house, address):
    empty = make_site(house.departement, is_active=False)
    sign_in(client, make_agent(site=empty, role=Role.SECRETAIRE))
    page = client.get(address)
    assert page.status_code == 200
    assert "Votre site est fermé" in text_of(page)


def test_what_is_over_keeps_no_closed_site(client, house):
    closed = make_site(house.departement, is_active=False)
    usager = make_usager(house.departement)
    make_rdv(house.motif, closed, [house.claire], wall(10, day=4), usagers=[usager])
    sign_in(client, make_agent(site=closed, role=Role.SECRETAIRE))
    assert "Votre site est fermé" in text_of(client.get("/agents/journee/"))
