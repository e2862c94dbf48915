"""What the desk keeps of wishes said on the web, and which motifs an administrator lets people ask for as well."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from rdv.core.journal import Evenement
from rdv.domain.travel import Point
from rdv.models import Motif
from rdv.services.public_waiting import motifs_alike
from rdv.services.waitlist_join import Wishes
from rdv.services.waitlist_wishes import Centre
from tests.factories import make_motif, make_service
from tests.html.reading import faults
from tests.waiting.conftest import wait
from tests.waiting.test_waiting_pages import LIST, page_of

pytestmark = pytest.mark.django_db


def test_the_desk_keeps_where_kilometres_count_from(desk, client_of):
    centre = Centre(Point(desk.site.latitude, desk.site.longitude), "Lens")
    one = wait(desk, wishes=Wishes(radius_km=15, centre=centre))
    client, form = client_of("secretary"), reverse("rdv:waiting_wishes", args=[one.uuid])
    for address in (LIST, reverse("rdv:waiting_person", args=[one.uuid])):
        assert "15 km au plus (depuis Lens)" in page_of(client.get(address))
    assert "Ou à moins de … km (depuis Lens)" in page_of(client.get(form))
    client.post(form, {"version": 0, "shortest_notice_min": 60, "radius_km": 20})
    one.refresh_from_db()
    assert (one.radius_km, one.near_name, one.near_latitude) == (20, "Lens", desk.site.latitude)
    client.post(form, {"version": 1, "shortest_notice_min": 60, "sites": [desk.site.pk], "radius_km": 20})
    one.refresh_from_db()
    assert (one.sites, one.radius_km, one.near_name, one.near_latitude) == ([desk.site.pk], None, "", None)


def test_kilometres_from_a_place_are_whole_in_the_database(desk):
    one = wait(desk)
    for fields in ({"near_latitude": 50.1}, {"near_latitude": 50.1, "near_longitude": 2.8}):
        with pytest.raises(IntegrityError, match="inscription_near_is_whole"), transaction.atomic():
            type(one).objects.filter(pk=one.pk).update(**fields)


@pytest.fixture
def twin(desk):
    return make_motif(
        desk.departement, sites=[desk.site], service=desk.motif.service, name="Vaccination", has_waitlist=True
    )


def test_the_administrator_says_what_would_do_as_well(desk, client_of, twin):
    others = {
        "other_service": make_motif(desk.departement, service=make_service(desk.departement, "ssl"), name="Budget"),
        "by_phone": make_motif(desk.departement, service=twin.service, name="Au téléphone", modality="phone"),
        "for_agents": make_motif(desk.departement, service=twin.service, name="Réservé", who_books="agents"),
        "workshop": make_motif(desk.departement, service=twin.service, name="Atelier", is_collective=True),
    }
    client, url = client_of("admin"), reverse("rdv:waiting_motif_open", args=[desk.motif.uuid])
    page = page_of(client.get(reverse("rdv:waiting_motif", args=[desk.motif.uuid])))
    assert faults(page) == []
    assert "Vaccination" in page
    for other in others.values():
        assert other.name not in page
        assert client.post(url, {"is_open": "on", "alike": [other.pk]}).status_code == 422
    client.post(url, {"is_open": "on", "alike": [twin.pk]})
    desk.motif.refresh_from_db()
    assert motifs_alike(desk.motif) == [twin]
    assert motifs_alike(twin) == []  # said of one, not of the other
    assert Evenement.objects.get(kind="waitlist.opened").data["after"]["alike"] == [twin.pk]
    client.post(url, {"is_open": "on"})
    desk.motif.refresh_from_db()
    assert motifs_alike(desk.motif) == []


def test_a_motif_of_another_departement_never(desk, client_of, twin):
    far = make_motif(desk.people["stranger"].departement, name="Loin", has_waitlist=True)
    client, url = client_of("admin"), reverse("rdv:waiting_motif_open", args=[desk.motif.uuid])
    assert client.post(url, {"is_open": "on", "alike": [twin.pk, far.pk]}).status_code == 422
    with pytest.raises(IntegrityError, match="another département"), transaction.atomic():
        Motif.objects.filter(pk=desk.motif.pk).update(waitlist_alike=[far.pk])
