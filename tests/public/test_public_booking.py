"""From the form to the confirmation: errors that forget nothing, codes, one single Rdv, every kind of motif."""

import datetime as dt
import re

import pytest
from django.test import Client

from notifications.models import Message
from rdv.models import Evenement, Option, Participation, Rdv
from rdv.services import holding
from tests.factories import make_motif, make_ouverture, make_participation, make_rdv, make_usager
from tests.public.conftest import (
    CHILD,
    IDENTITY,
    book,
    buttons,
    code_sent,
    hidden,
    hold,
    link_of,
    local,
    text_of,
)
from usagers.models import LoginCode, Proche, Usager

pytestmark = pytest.mark.django_db


def to_code(person, world, identity=IDENTITY, **pressed) -> str:
    url = hold(person, world, **pressed)
    response = person.post(url, identity)
    assert response.status_code == 302, text_of(response)
    return response["Location"]


# --- The form


def test_what_is_missing_is_said_in_a_list_and_beside_the_box(world, person):
    url = hold(person, world)
    page = person.post(url, CHILD | {"person_first_name": "", "phone": "06 39 98 45 2"})
    assert page.status_code == 422
    text = text_of(page)
    assert "2 informations sont à compléter" in text
    assert "Écrivez le prénom de votre enfant Ajoutez un chiffre à votre numéro de téléphone" in text
    assert "Il manque un chiffre. Un numéro français a 10 chiffres." in text
    html = page.content.decode()
    assert "<title>Erreur" in html
    for kept in ('value="06 39 98 45 2"', 'value="Nadia"', 'value="14"', 'value="2026"'):
        assert kept in html
    assert 'href="#id_person_first_name"' in html
    assert re.search(r'id="id_phone"[^>]*aria-invalid="true"|aria-invalid="true"[^>]*id="id_phone"', html)
    assert not Message.objects.exists()


def test_what_was_typed_is_there_after_a_reload(world, person):
    url = hold(person, world)
    person.post(url, CHILD | {"phone": ""})
    assert 'value="Yanis"' in person.get(url).content.decode()


def test_nothing_is_ticked_in_advance_for_a_child(world, person):
    page = person.get(hold(person, world)).content.decode()
    assert not re.search(r'name="who"[^>]*checked', page)


# --- The code


def test_the_code_goes_to_the_phone_and_the_page_shows_it_masked(world, person):
    page = text_of(person.get(to_code(person, world)))
    assert "Nous venons d’envoyer un SMS au 06 39 98 •• 21" in page
    message = Message.objects.get(kind="code")
    assert (message.channel, message.address) == ("sms", "+33639984521")


def test_without_a_mobile_the_code_goes_by_email(world, person):
    page = text_of(person.get(to_code(person, world, IDENTITY | {"phone": "", "email": "nadia@example.org"})))
    assert "Nous venons d’envoyer un e-mail à na•••@example.org" in page
    assert "Recevoir le code par SMS" not in page


def test_the_other_channel_may_be_asked(world, person):
    url = to_code(person, world, IDENTITY | {"email": "nadia@example.org"})
    response = person.post(url.replace("code/", "renvoyer/"), {"par": "email"})
    assert "na•••@example.org" in text_of(person.get(response["Location"]))
    person.post(url, {"code": code_sent()})
    usager = Participation.objects.get().usager
    assert (usager.email, str(usager.phone)) == ("nadia@example.org", "+33639984521")


def test_a_channel_whose_address_was_not_typed_is_not_used(world, person):
    url = to_code(person, world)
    person.post(url.replace("code/", "renvoyer/"), {"par": "email"})
    assert Message.objects.filter(kind="code").count() == 1


def test_a_code_sent_again_replaces_the_first(world, person):
    url = to_code(person, world)
    first = code_sent()
    person.post(url.replace("code/", "renvoyer/"))
    second = code_sent()
    if first != second:
        assert person.post(url, {"code": first}).status_code == 422
    assert person.post(url, {"code": second})["Location"].endswith("/confirme/")


def test_codes_are_not_sent_without_end(world, person):
    url = to_code(person, world)
    answers = [person.post(url.replace("code/", "renvoyer/")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "Nous avons déjà envoyé plusieurs codes." in text_of(answers[-1])
    assert "03 53 01 20 00" in text_of(answers[-1])


def test_a_form_sent_again_when_codes_wait_says_so_and_keeps_everything(world, person):
    url = hold(person, world)
    for _ in range(3):
        person.post(url, IDENTITY)
    page = person.post(url, IDENTITY)
    assert page.status_code == 429
    assert "Nous ne pouvons pas envoyer de code maintenant" in text_of(page)
    assert 'value="Nadia"' in page.content.decode()
    assert "Erreur : nous ne pouvons pas envoyer de code maintenant." in page.content.decode()
    assert "0 informations" not in page.content.decode()


@pytest.mark.parametrize(("typed", "sentence"), [("", "Écrivez le code"), ("123", "Il manque 3 chiffres.")])
def test_a_code_that_is_not_whole_costs_no_try(world, person, typed, sentence):
    url = to_code(person, world)
    page = person.post(url, {"code": typed})
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert LoginCode.objects.get().tries == 0


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_five_wrong_codes_end_it(world, person):
    url = to_code(person, world)
    good = code_sent()
    answers = [person.post(url, {"code": wrong(good)}) for _ in range(5)]
    assert "Il vous reste 4 essais." in text_of(answers[0])
    assert answers[-1].status_code == 429
    assert "Demandez un nouveau code" in text_of(answers[-1])
    assert person.post(url, {"code": good}).status_code == 429
    assert not Rdv.objects.exists()


def test_a_code_for_one_hold_opens_no_other(world, person):
    other = Client()
    to_code(other, world, IDENTITY | {"phone": "06 39 98 00 01"}, index=2)
    theirs = code_sent()
    mine = to_code(person, world)
    if theirs != code_sent():
        assert person.post(mine, {"code": theirs}).status_code == 422
    assert not Rdv.objects.exists()


def test_a_code_sent_to_an_address_that_was_changed_proves_nothing(world, person):
    """Two tabs: the code left for one number, another tab wrote somebody else's."""
    url = to_code(person, world)
    good = code_sent()
    session = person.session
    (token,) = session["public_holds"]
    session["public_holds"][token]["identity"]["phone"] = "06 39 98 77 77"
    session.save()
    assert person.post(url, {"code": good}).status_code == 422
    assert not Usager.objects.exists()


def test_the_code_page_before_any_code_leads_to_the_form(world, person):
    url = hold(person, world)
    assert person.get(url + "code/")["Location"] == url
    assert person.post(url + "code/", {"code": "123456"})["Location"] == url


def test_more_time_on_the_page_of_the_code(world, person):
    url = to_code(person, world)
    assert person.post(url, {"plus_de_temps": "1", "code": ""}).status_code == 302
    assert "jusqu’à 11 h 30" in text_of(person.get(url))


# --- The Rdv


def test_the_confirmation_says_all_that_is_needed_and_no_name(world, person):
    url = to_code(person, world, index=0)
    done = person.post(url, {"code": code_sent()})["Location"]
    page = person.get(done)
    text = text_of(page)
    assert "C’est noté. À jeudi 26 novembre !" in text
    assert "Nous envoyons un SMS au 06 39 98 •• 21." in text
    assert "jeudi 26 novembre 9 h 20 20 minutes, avec une puéricultrice Pesée et conseils" in text
    assert "MDS de Lens 14 rue des Acacias, 62300 Lens 1er étage, ascenseur Voir le plan" in text
    assert "Le carnet de santé" in text
    assert "Nadia" not in text
    assert "Lemaire" not in text


def test_the_reminder_that_is_announced_is_the_one_that_is_planned(world, person):
    participation = book(person, world, index=27)  # Tuesday 1 December
    done = text_of(person.get(f"{world.url('reservation', token_of_booking(participation))}confirme/"))
    assert "Vous recevrez un rappel dimanche 29 novembre." in done


def token_of_booking(participation) -> str:
    return str(Option.objects.get(rdv=participation.rdv).token)


def test_the_rdv_is_written_as_the_person_made_it(world, person, now):
    url = hold(person, world)
    now.shift(dt.timedelta(seconds=75))
    person.post(url, IDENTITY | {"needs_interpreter": "on", "email": "nadia@example.org"})
    person.post(url + "code/", {"code": code_sent()})
    participation = Participation.objects.select_related("rdv", "usager").get()
    assert participation.rdv.starts_at == local(2026, 11, 26, 9, 20)
    assert participation.rdv.origin == participation.origin == "web"
    assert participation.rdv.booking_seconds == 75
    assert participation.usager.needs_interpreter
    assert participation.responsable is None
    told = Evenement.objects.get(kind="rdv.booked")
    assert (told.author_kind, told.author_id, told.author_label) == ("usager", participation.usager_id, "Usager")


def test_a_child_is_received_and_the_parent_is_told(world, person):
    participation = book(person, world, identity=CHILD)
    assert participation.usager.full_name == "Yanis Lemaire"
    assert participation.usager.birth_date == dt.date(2026, 3, 14)
    assert participation.responsable.full_name == "Nadia Lemaire"
    assert Proche.objects.get().kind == "child"
    assert Message.objects.filter(kind="rdv.booked").values_list("address", flat=True)[0] == "+33639984521"


def test_the_same_people_again_are_the_same_files(world, person):
    book(person, world, identity=CHILD)
    book(Client(), world, identity=CHILD, index=20)
    assert Usager.objects.count() == 2
    assert Proche.objects.count() == 1


def test_an_adult_who_is_helped(world, person):
    participation = book(person, world, identity=CHILD | {"who": "helped", "person_last_name": "Durand"})
    assert participation.usager.full_name == "Yanis Durand"
    assert Proche.objects.get().kind == "adult"


def test_every_way_of_sending_twice_leads_to_the_same_single_rdv(world, person):
    url = to_code(person, world)
    code = code_sent()
    first = person.post(url, {"code": code})["Location"]
    assert person.post(url, {"code": code})["Location"] == first  # double press, reload of the form
    assert person.get(url)["Location"] == first  # back to the code
    form = url.removesuffix("code/")
    assert person.get(form)["Location"] == first  # back to the form
    assert person.post(form, IDENTITY)["Location"] == first
    assert person.post(form + "renvoyer/")["Location"] == first
    assert person.post(form + "horaire/", {"creneau": ""})["Location"] == first
    assert person.get(first).status_code == 200
    assert Rdv.objects.count() == Participation.objects.count() == 1


def test_a_press_whose_session_was_lost_finds_the_confirmation(world, person):
    """The first press booked, the second one wrote the session last: the hold itself knows its Rdv."""
    url = to_code(person, world)
    before = person.session["public_holds"]
    done = person.post(url, {"code": code_sent()})["Location"]
    session = person.session
    session["public_holds"] = before
    session.save()
    assert person.post(url, {"code": "123456"})["Location"] == done
    assert "C’est noté." in text_of(person.get(done))


def test_after_the_booking_the_session_holds_no_name(world, person):
    book(person, world, identity=CHILD)
    kept = str(dict(person.session))
    for word in ("Nadia", "Lemaire", "Yanis", "45 21", "4521"):
        assert word not in kept


def test_a_confirmation_of_a_cancelled_rdv_says_so(world, person):
    participation = book(person, world)
    done = f"{world.url('reservation', token_of_booking(participation))}confirme/"
    person.post(link_of(participation, "annuler/"))
    assert person.get(done)["Location"] == link_of(participation)


def test_a_right_code_after_the_hold_was_swept_still_books_when_the_hour_is_free(world, person, now):
    url = to_code(person, world)
    person.post(url, {"plus_de_temps": "1"})
    now.shift(dt.timedelta(minutes=9, seconds=50))
    code = code_sent()
    Option.objects.update(expires_at=local(2026, 11, 23, 11, 11))
    holding.drop_dead_options(local(2026, 11, 23, 11, 19))
    assert not Option.objects.exists()
    done = person.post(url, {"code": code})["Location"]
    assert "C’est noté." in text_of(person.get(done))


def test_a_right_code_after_the_hour_was_taken_says_so_and_keeps_everything(world, person, now):
    url = to_code(person, world)
    Option.objects.all().delete()
    make_rdv(world.motif, world.sites["lens"], [world.agents["lens"]], local(2026, 11, 26, 9, 20))
    lost = person.post(url, {"code": code_sent()})
    assert lost.status_code == 409
    again = person.post(url.replace("code/", "horaire/"), {"creneau": buttons(lost)[0]})
    assert 'value="Nadia"' in person.get(again["Location"]).content.decode()


def test_a_person_with_another_rdv_then_is_told_once_the_code_is_right(world, person):
    book(person, world)
    other = Client()
    # At the same hour, for something else.
    motif = make_motif(world.departement, sites=world.sites.values(), slug="vaccin", duration_min=20)
    make_ouverture(
        world.agents["lievin"],
        [motif],
        local(2026, 11, 26, 9, 20),
        local(2026, 11, 26, 10),
        site=world.sites["lievin"],
    )
    url = to_code(other, world, site="lievin", motif=motif)
    before = other.get(url)
    assert "déjà un rendez-vous à cette heure" not in text_of(before)
    busy = other.post(url, {"code": code_sent()})
    assert busy.status_code == 409
    text = text_of(busy)
    assert "Cette personne a déjà un rendez-vous à cette heure." in text
    assert "C’est le rendez-vous du jeudi 26 novembre à 9 h 20 , MDS de Lens." in text
    assert link_of(Participation.objects.get()) in busy.content.decode()
    assert Rdv.objects.count() == 1
    assert not Option.objects.filter(rdv=None).exists()


def test_the_other_parents_rdv_for_the_child_is_not_shown(world, person):
    """An agent linked one child to both parents: the second one learns that the hour is taken, not by what."""
    mother = book(person, world, identity=CHILD)
    father = make_usager(world.departement, first_name="Karim", last_name="Haddad", phone="+33639980002", email="")
    Proche.objects.create(
        departement=world.departement, responsable=father, person=mother.usager, starts_on=dt.date(2026, 1, 1)
    )
    motif = make_motif(world.departement, sites=world.sites.values(), slug="vaccin", duration_min=20)
    world.open("lievin", (2026, 11, 26), (9, 20), (10, 0), motif=motif)
    identity = CHILD | {
        "first_name": "Karim",
        "last_name": "Haddad",
        "phone": "06 39 98 00 02",
        "person_last_name": "Lemaire",
    }
    browser = Client()
    url = to_code(browser, world, identity, site="lievin", motif=motif)
    busy = browser.post(url, {"code": code_sent()})
    assert busy.status_code == 409
    assert link_of(mother) not in busy.content.decode()
    assert "Lens" not in text_of(busy)


# --- No enumeration


def test_a_known_person_and_a_stranger_read_the_same_words(world):
    make_usager(world.departement, first_name="Nadia", last_name="Lemaire", phone="+33639984521")

    def seen(phone, index):
        person = Client()
        url = to_code(person, world, IDENTITY | {"phone": phone}, index=index)
        page = person.get(url)
        return re.sub(r"\d{2} h \d{2}|•• \d\d|[0-9a-f-]{36}|9 h \d+|10 h", "", text_of(page))

    assert seen("06 39 98 45 21", 0) == seen("06 39 98 45 22", 1)


# --- Kinds of motifs


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


# --- Queries


def test_the_pages_of_a_booking_ask_few_queries(world, person, django_assert_max_num_queries):
    url = hold(person, world)
    with django_assert_max_num_queries(4):
        person.get(url)
    person.post(url, CHILD)
    with django_assert_max_num_queries(4):
        person.get(url + "code/")
    done = person.post(url + "code/", {"code": code_sent()})["Location"]
    with django_assert_max_num_queries(8):
        person.get(done)
