""" "Ne rien changer" on what was opened from the agenda: the same agenda, view, day and place on the page."""

import html
import re
import uuid

import pytest
from django.urls import reverse

from rdv.models import Absence
from tests.factories import utc
from tests.html.reading import faults

pytestmark = pytest.mark.django_db
LEAVE = re.compile(r'<a[^>]*href="([^"]+)"[^>]*>(?:Ne rien|Revenir|Agenda)')


def agenda(house, vue="semaine", date="2027-01-14"):
    return f"/agents/agenda/?date={date}&vue={vue}&agent={house.claire.pk}"


def links(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    page = response.content.decode()
    assert faults(page) == []
    return [html.unescape(found) for found in re.findall(r'href="([^"]+)"', page)]


def content_of(response):
    """Without the menus, which lead to the agenda from everywhere."""
    return response.content.decode().partition("<main")[2]


def leave(client, address):
    """Where every "change nothing" of this page leads."""
    page = content_of(client.get(address))
    found = {html.unescape(one) for one in LEAVE.findall(page)}
    assert found, address
    return found


def opened(house, client, start, vue="semaine", date="2027-01-14"):
    """The addresses that the agenda gives, of those that begin so."""
    found = [one for one in links(client, agenda(house, vue, date)) if one.startswith(start)]
    assert found, start
    return found


@pytest.mark.parametrize("vue", ["jour", "semaine", "liste"])
@pytest.mark.parametrize("form", ["plage_create", "absence_create"])
def test_a_new_opening_or_absence(house, week, client_of, form, vue):
    client = client_of("claire")
    (address,) = set(opened(house, client, reverse(f"rdv:{form}", args=[house.claire.pk]), vue))
    assert leave(client, address) == {agenda(house, vue) + "#ici"}


@pytest.mark.parametrize("start", ["absent_report", "workshop_create"])
def test_somebody_away_and_a_new_workshop(house, week, client_of, start):
    client = client_of("boss" if start == "absent_report" else "claire")
    (address,) = opened(house, client, reverse(f"rdv:{start}"))
    assert leave(client, address) == {agenda(house) + "#ici"}


def test_an_rdv_and_each_of_its_forms(house, week, client_of):
    client = client_of("claire")
    detail = reverse("rdv:rdv_detail", args=[week.phone.uuid])
    (address,) = set(opened(house, client, detail))
    assert leave(client, address) == {agenda(house) + "#ici"}
    forms = [one for one in links(client, address) if one.startswith(detail) and one != address]
    assert {one.removeprefix(detail).partition("?")[0] for one in forms} >= {
        "deplacer/", "proposer/", "horaires/", "annuler/", "serie/",
    }  # fmt: skip
    for form in forms:
        if "/reprendre/" not in form:  # that one is the console
            assert agenda(house) + "#ici" in leave(client, form), form


@pytest.mark.parametrize("name", ["rdv_move", "rdv_cancel"])
def test_the_list_leads_straight_to_the_forms(house, week, client_of, name):
    client = client_of("claire")
    (address,) = set(opened(house, client, reverse(f"rdv:{name}", args=[week.phone.uuid]), "liste"))
    assert leave(client, address) == {agenda(house, "liste") + "#ici"}


def test_the_steps_of_a_move_keep_it(house, week, client_of):
    client = client_of("claire")
    move = reverse("rdv:rdv_move", args=[week.phone.uuid])
    place = f"2027-01-14.semaine.{house.claire.pk}"
    for query in ({"avec": "tous"}, {"day": "2027-01-14", "hour": "11:00"}, {"day": "", "hour": ""}):
        response = client.get(move, query | {"retour": place})
        assert faults(response.content.decode()) == []
        steps = [html.unescape(one) for one in re.findall(r'href="([^"]+)"', response.content.decode())]
        assert all(f"retour={place}" in one for one in steps if one.startswith(move))
        assert f'name="retour" value="{place}"' in response.content.decode()


def test_an_absence_and_its_forms(house, week, client_of):
    client = client_of("boss")
    (address,) = set(opened(house, client, reverse("rdv:absence", args=[week.absence.uuid])))
    assert leave(client, address) == {agenda(house) + "#ici"}
    forms = [one for one in links(client, address) if "/modifier/" in one or "/supprimer/" in one]
    assert len(forms) == 2
    for form in forms:
        assert leave(client, form) == {agenda(house) + "#ici"}
    (gone,) = [one for one in forms if "/supprimer/" in one]
    assert client.post(gone)["Location"] == agenda(house) + "#ici"
    assert not Absence.objects.filter(pk=week.absence.pk, is_ended=False).exists()


def test_colleagues_beside_are_found_again(house, week, client_of):
    client = client_of("claire")
    beside = f"{agenda(house, 'jour')}&avec={house.karim.pk}"
    (address,) = {one for one in links(client, beside) if one.startswith(f"/agents/rdv/{week.phone.uuid}/")}
    assert leave(client, address) == {beside + "#ici"}


def test_once_it_is_changed_the_page_of_the_rdv_still_leads_back(house, week, client_of):
    client = client_of("claire")
    place = f"2027-01-14.semaine.{house.claire.pk}"
    cancel = reverse("rdv:rdv_cancel", args=[week.phone.uuid])
    done = client.post(cancel, {"who": "usager", "reason": "", "retour": place})
    assert done["Location"] == reverse("rdv:rdv_detail", args=[week.phone.uuid]) + f"?retour={place}"
    assert leave(client, done["Location"]) == {agenda(house) + "#ici"}


@pytest.mark.parametrize(
    "bad", ["", "x", "https://example.org/", "//example.org", "2027-01-14.rien.7", "9999-99-99.jour.7"]
)
def test_anything_else_in_the_address_is_forgotten(house, week, client_of, bad):
    client = client_of("claire")
    detail = reverse("rdv:rdv_detail", args=[week.phone.uuid])
    for name, usual in (("rdv_move", detail), ("rdv_cancel", detail), ("rdv_hours", detail)):
        form = reverse(f"rdv:{name}", args=[week.phone.uuid])
        page = content_of(client.get(form, {"retour": bad}))
        assert {html.unescape(one) for one in LEAVE.findall(page)} == {usual}
        assert "example.org" not in page
    done = client.post(
        reverse("rdv:rdv_cancel", args=[week.phone.uuid]), {"who": "usager", "reason": "", "retour": bad}
    )
    assert done["Location"] == detail


def test_an_opening_that_is_saved_leads_there_too(house, client_of):
    client = client_of("boss")
    address = reverse("rdv:plage_create", args=[house.claire.pk]) + f"?retour=2027-01-14.jour.{house.claire.pk}"
    data = {
        "repetition": "once-1", "first_day": "2027-01-14", "starts_time": "14:00", "ends_time": "16:00",
        "site": house.site.pk, "motifs": [house.motif.pk], "key": str(uuid.uuid4()),
    }  # fmt: skip
    seen = re.search(r'name="vu" value="([^"]+)"', client.post(address, data | {"voir": "1"}).content.decode())[1]
    done = client.post(address, data | {"confirmer": "1", "vu": seen})
    assert done["Location"] == agenda(house, "jour") + "#ici"
    assert house.claire.ouvertures.get().starts_at == utc(2027, 1, 14, 13)
