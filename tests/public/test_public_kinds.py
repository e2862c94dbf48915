"""Every kind of motif booked online: workshops, visits at home, by phone, discreet, silent."""

import pytest
from django.test import Client

from rdv.models import Participation, Rdv
from tests.factories import make_motif, make_ouverture, make_participation, make_rdv, make_usager
from tests.public.conftest import (
    IDENTITY,
    book,
    buttons,
    code_sent,
    hidden,
    hold,
    link_of,
    local,
    text_of,
    token_of_booking,
)

pytestmark = pytest.mark.django_db


def test_a_workshop_shows_its_sessions_and_books_a_seat(world, person):
    workshop = make_motif(
        world.departement,
        sites=world.sites.values(),
        slug="massage",
        public_label="Massage des bébés",
        is_collective=True,
        capacity=2,
        duration_min=90,
        tile="atelier",
    )
    start = local(2026, 11, 27, 14)
    session = make_rdv(workshop, world.sites["lens"], [world.agents["lens"]], start, title="Premier massage")
    full = make_rdv(workshop, world.sites["lens"], [], local(2026, 12, 4, 14))
    for _ in range(2):
        make_participation(full, make_usager(world.departement))
    page = person.get(world.times_url(motif=workshop))
    text = text_of(page)
    assert "vendredi 27 novembre 14 h Premier massage 1 h 30" in text
    assert "Il reste 2 places M’inscrire" in text
    assert "vendredi 4 décembre 14 h 1 h 30 Complet" in text
    places = text_of(person.get(world.url("massage", "lieux"), {"lieu": "Lens 62300"}))
    assert "Le plus tôt 14 h 2 places vendredi 27 novembre" in places
    sent = person.post(world.times_url(motif=workshop), {"seance": session.uuid, "vu": hidden(page)})
    url = sent["Location"]
    person.post(url, IDENTITY)
    done = person.post(url + "code/", {"code": code_sent()})["Location"]
    assert "Premier massage" in text_of(person.get(done))
    session.refresh_from_db()
    assert session.seats_taken == 1


def test_a_full_workshop_says_so(world, person):
    workshop = make_motif(world.departement, sites=world.sites.values(), is_collective=True, capacity=1)
    session = make_rdv(workshop, world.sites["lens"], [], local(2026, 11, 27, 14))
    page = person.get(world.times_url(motif=workshop))
    make_participation(session, make_usager(world.departement))
    refused = person.post(world.times_url(motif=workshop), {"seance": session.uuid, "vu": hidden(page)})
    assert refused.status_code == 409
    assert "Cet atelier est complet." in text_of(refused)


@pytest.mark.parametrize("value", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_a_session_that_does_not_exist_is_refused_in_words(world, person, value):
    workshop = make_motif(world.departement, sites=world.sites.values(), is_collective=True, capacity=1)
    assert person.post(world.times_url(motif=workshop), {"seance": value}).status_code == 400


def test_the_same_person_twice_in_a_workshop_is_told(world, person):
    workshop = make_motif(world.departement, sites=world.sites.values(), is_collective=True, capacity=5)
    session = make_rdv(workshop, world.sites["lens"], [], local(2026, 11, 27, 14))

    def come(client):
        page = client.get(world.times_url(motif=workshop))
        url = client.post(world.times_url(motif=workshop), {"seance": session.uuid, "vu": hidden(page)})["Location"]
        client.post(url, IDENTITY)
        return client.post(url + "code/", {"code": code_sent()})

    assert come(person).status_code == 302
    again = come(Client())
    assert again.status_code == 409
    assert "déjà" in text_of(again)
    assert session.participations.count() == 1


def make_visit(world, **fields):
    motif = make_motif(
        world.departement,
        sites=world.sites.values(),
        slug="visite",
        public_label="Visite à domicile",
        modality="home",
        duration_min=60,
        **fields,
    )
    make_ouverture(world.agents["lens"], [motif], local(2026, 11, 26, 9), local(2026, 11, 26, 12))
    return motif


ADDRESS = {"street": "8 rue des Lilas", "details": "bâtiment B", "commune": "Lens"}


def test_a_visit_asks_for_the_address_and_keeps_it_out_of_the_addresses_of_pages(world, person):
    make_visit(world)
    first = person.get(world.url("visite", "lieux"), {"lieu": "Lens 62300"})["Location"]
    assert first == "/pas-de-calais/visite/domicile/?lieu=Lens+62300"
    assert 'value="Lens 62300"' in person.get(first).content.decode()
    after = person.post(first, ADDRESS)["Location"]
    assert "Lilas" not in after
    page = person.get(after)
    assert "À votre domicile , 8 rue des Lilas, bâtiment B, 62300 Lens" in text_of(page)
    url = person.post(after, {"creneau": buttons(page)[0], "vu": hidden(page)})["Location"]
    person.post(url, IDENTITY)
    done = person.post(url + "code/", {"code": code_sent()})["Location"]
    assert "À votre domicile" in text_of(person.get(done))
    rdv = Rdv.objects.get()
    assert rdv.address == "8 rue des Lilas, bâtiment B, 62300 Lens"
    assert (rdv.latitude, rdv.longitude) == (50.432, 2.823)
    assert "Lilas" not in text_of(person.get(link_of(rdv.participations.get())))


def test_a_visit_without_address_asks_for_it_first(world, person):
    make_visit(world)
    assert person.get(world.url("visite", "horaires"))["Location"] == "/pas-de-calais/visite/domicile/"
    page = person.post(world.url("visite", "domicile"), {"street": "", "commune": "Zzyx"})
    assert page.status_code == 422
    assert "Écrivez le numéro et le nom de la rue." in text_of(page)
    assert 'value="Zzyx"' in page.content.decode()


def test_the_road_is_counted_before_a_visit(world, person):
    """A kilometre from the MDS: 5 minutes of road and 5 to park, then the next 5 minutes of the clock."""
    make_visit(world)
    person.post(world.url("visite", "domicile"), ADDRESS)
    page = person.get(world.url("visite", "horaires"))
    assert "jeudi 26 novembre, 9 h 10" in text_of(page)


def test_an_appointment_by_phone_needs_a_number(world, person):
    motif = make_motif(
        world.departement, sites=world.sites.values(), slug="appel", modality="phone", duration_min=20, tile="social"
    )
    make_ouverture(world.agents["lens"], [motif], local(2026, 11, 26, 9), local(2026, 11, 26, 10))
    places = text_of(person.get(world.url("appel", "lieux"), {"lieu": "Lens 62300"}))
    assert "Avec quelle maison des solidarités ?" in places
    assert "Accès sans marche" not in places
    url = hold(person, world, motif=motif)
    page = person.post(url, IDENTITY | {"phone": "", "email": "nadia@example.org"})
    assert page.status_code == 422
    assert "Écrivez le numéro où nous vous appelons." in text_of(page)
    person.post(url, IDENTITY)
    done = person.post(url + "code/", {"code": code_sent()})["Location"]
    text = text_of(person.get(done))
    assert "Par téléphone : MDS de Lens vous appelle" in text
    assert "Pour nous joindre" in text
    assert "Voir le plan" not in text


def test_a_discreet_motif_says_only_the_hour_and_the_place(world, person):
    motif = make_motif(
        world.departement,
        sites=world.sites.values(),
        slug="discret",
        public_label="Consultation IVG",
        notice_level="discreet",
        documents=["Un test"],
        duration_min=20,
    )
    world.open("lens", (2026, 12, 7), (9, 0), (10, 0), motif=motif)
    url = hold(person, world, motif=motif)
    assert "IVG" not in text_of(person.get(url))
    person.post(url, IDENTITY)
    assert "IVG" not in text_of(person.get(url + "code/"))
    done = person.post(url + "code/", {"code": code_sent()})["Location"]
    link = link_of(Participation.objects.get())
    calendar = person.get(f"{link}/rendez-vous.ics").content.decode()
    pages = [text_of(person.get(page)) for page in (done, link, link + "/annuler/", link + "/deplacer/")]
    assert all("Rendez-vous" in page for page in pages)
    for page in [*pages, calendar]:
        assert not any(word in page for word in ("IVG", "Consultation", "puéricultrice", "Un test"))


def test_a_silent_motif_promises_no_message(world, person):
    motif = make_motif(world.departement, sites=world.sites.values(), notice_level="silent", duration_min=20)
    world.open("lens", (2026, 12, 7), (9, 0), (10, 0), motif=motif)
    participation = book(person, world, motif=motif)
    done = text_of(person.get(f"{world.url('reservation', token_of_booking(participation))}confirme/"))
    assert "SMS" not in done
    assert "rappel" not in done
