"""From a free hole of an agenda to the console: the hour pointed at comes first, the motifs that fit, and back."""

import html as html_module
import re

import pytest

from rdv.models import Option, Rdv
from rdv.services.console_hole import pointed
from tests.factories import make_motif, make_ouverture, make_usager, utc

pytestmark = pytest.mark.django_db
THURSDAY = utc(2027, 1, 14, 8, 40)  # 9:40 in Paris: not on the grid of the opening, which begins at 8:30


@pytest.fixture
def opening(house):
    """Claire's Thursday morning 8:30-12:30, for weighings only."""
    return make_ouverture(
        house.claire, [house.motif], utc(2027, 1, 14, 7, 30), utc(2027, 1, 14, 11, 30), site=house.site
    )


def console(client, house, agent=None, at=THURSDAY, **more):
    agent = agent or house.claire
    state = {"trou": pointed(at, agent.pk), "agent": agent.pk, "depuis": "2027-01-14"} | more
    return client.get("/agents/accueil/", state)


def words(response):
    text = re.sub(r"<(script|svg).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(html_module.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " ").split())


def test_a_hole_of_the_grid_leads_to_the_console_with_its_hour(house, opening, client_of):
    client = client_of("claire")
    page = client.get("/agents/agenda/", {"date": "2027-01-14", "vue": "jour"})
    (hole,) = [b for day in page.context["grid"]["days"] for b in day["blocks"] if b["state"] == "free"]
    response = client.get(hole["url"])
    assert "Jeudi 14 janvier 2027, 8:30 , avec Claire Vasseur, MDS du Canal." in words(response)
    back = re.search(r'href="([^"]+)"[^>]*>Revenir à l’agenda', response.content.decode()).group(1)
    assert html_module.unescape(back) == f"/agents/agenda/?date=2027-01-14&vue=jour&agent={house.claire.pk}"


def test_only_the_motifs_that_fit_are_proposed(house, opening, client_of):
    make_motif(house.departement, sites=[house.site], service=house.pmi, name="Bilan long", duration_min=90)
    long = make_motif(house.departement, sites=[house.site], service=house.pmi, name="Bilan", duration_min=180)
    opening.motif_ids = [house.motif.pk, long.pk]
    opening.save()
    client = client_of("claire")
    assert [row.motif.name for row in console(client, house).context["motifs"].rows] == ["Pesée"]
    early = console(client, house, at=utc(2027, 1, 14, 7, 30)).context["motifs"]
    assert {row.motif.name for row in early.rows} == {"Pesée", "Bilan"}


def test_the_hour_pointed_at_is_number_one_and_is_booked(house, opening, client_of):
    client, person = client_of("claire"), make_usager(house.departement)
    state = {"usager": person.uuid, "motif": house.motif.uuid, "retour": f"2027-01-14.semaine.{house.claire.pk}"}
    response = console(client, house, **state)
    first = next(slot for slot in response.context["screen"].matrix.slots if slot.number == 1)
    assert first.creneau.starts_at == THURSDAY
    assert "C’est la proposition 1" in words(response)
    held = client.post(
        "/agents/accueil/tenir/",
        {**state, "trou": pointed(THURSDAY, house.claire.pk), "creneau": first.value},
        follow=True,
    )
    option = Option.objects.get()
    assert option.starts_at == THURSDAY
    assert f"retour=2027-01-14.semaine.{house.claire.pk}" in held.redirect_chain[-1][0]
    sent = {**state, "option": option.token, "recipient": person.pk, "note": ""}
    form = held.context["confirming"].form
    sent |= {name: form[name].value() or "" for name in form.fields}
    done = client.post("/agents/accueil/confirmer/", sent, follow=True)
    rdv = Rdv.objects.get()
    assert (rdv.starts_at, rdv.site_id) == (THURSDAY, house.site.pk)
    assert f"vue=semaine&amp;agent={house.claire.pk}#rdv-{rdv.uuid}" in done.content.decode()


def test_a_motif_too_long_says_so_and_proposes_the_nearest(house, opening, client_of):
    long = make_motif(house.departement, sites=[house.site], service=house.pmi, name="Bilan", duration_min=180)
    opening.motif_ids = [house.motif.pk, long.pk]
    opening.save()
    person = make_usager(house.departement)
    response = console(client_of("claire"), house, usager=person.uuid, motif=long.uuid)
    assert "Ce motif n’y tient pas" in words(response)
    assert response.context["screen"].matrix.count > 0


@pytest.mark.parametrize("trou", ["", "x", "1.1", "99999999999.1", "1799915999.abc", "1799915999.999999999999"])
def test_what_cannot_be_read_opens_the_console_as_usual(house, opening, client_of, trou):
    response = client_of("claire").get("/agents/accueil/", {"trou": trou, "retour": "2027-01-14.rien.1"})
    assert response.status_code == 200
    assert response.context["screen"].hole is None
    assert "Revenir à l’agenda" not in words(response)


def test_the_hole_of_somebody_elsewhere_is_none(house, opening, client_of):
    make_ouverture(house.away, [house.motif], utc(2027, 1, 14, 7, 30), utc(2027, 1, 14, 11, 30), site=house.other_site)
    response = console(client_of("claire"), house, agent=house.away)
    assert response.context["screen"].hole is None
    assert "Cherif" not in words(response)
    assert console(client_of("stranger"), house).context["screen"].hole is None


def test_a_follow_up_motif_stays_with_the_referents(house, opening, client_of):
    follow = make_motif(house.departement, sites=[house.site], service=house.pmi, name="Suivi", is_follow_up=True)
    opening.motif_ids = [follow.pk]
    opening.save()
    person = make_usager(house.departement)
    client = client_of("claire")
    assert console(client, house, usager=person.uuid).context["motifs"].rows == ()
    assert console(client, house, usager=person.uuid, motif=follow.uuid).context["screen"].matrix.count == 0
    person.referents.create(departement=house.departement, agent=house.claire, starts_on="2026-01-01")
    assert len(console(client, house, usager=person.uuid).context["motifs"].rows) == 1
