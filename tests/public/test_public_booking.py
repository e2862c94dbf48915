"""The form and the code: errors that forget nothing, codes that are few and die, the same words for everybody."""

import re

import pytest
from django.test import Client

from notifications.models import Message
from rdv.models import Participation, Rdv
from tests.factories import make_usager
from tests.public.conftest import (
    CHILD,
    IDENTITY,
    code_sent,
    hold,
    text_of,
    to_code,
)
from usagers.models import LoginCode, Usager

pytestmark = pytest.mark.django_db


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


# --- No enumeration


def test_a_known_person_and_a_stranger_read_the_same_words(world):
    make_usager(world.departement, first_name="Nadia", last_name="Lemaire", phone="+33639984521")

    def seen(phone, index):
        person = Client()
        url = to_code(person, world, IDENTITY | {"phone": phone}, index=index)
        page = person.get(url)
        return re.sub(r"\d{2} h \d{2}|•• \d\d|[0-9a-f-]{36}|9 h \d+|10 h", "", text_of(page))

    assert seen("06 39 98 45 21", 0) == seen("06 39 98 45 22", 1)


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
