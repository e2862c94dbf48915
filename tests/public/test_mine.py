"""All one's appointments, after a code: the same words for everybody, nothing before the code."""

import datetime as dt
import re

import pytest
from django.test import Client

from notifications.models import Message
from rdv.models import Motif
from tests.factories import make_departement, make_rdv, make_usager
from tests.public.conftest import CHILD, IDENTITY, book, code_sent, link_of, local, text_of
from tests.public.waiting import place_of, put_on_the_list

pytestmark = pytest.mark.django_db


def ask(client, world, contact):
    response = client.post(world.url("mes-rendez-vous"), {"contact": contact})
    assert response.status_code == 302, text_of(response)
    return response["Location"]


def open_list(client, world, contact):
    url = ask(client, world, contact)
    response = client.post(url, {"code": code_sent()})
    assert response.status_code == 302, text_of(response)
    return client.get(response["Location"])


def test_the_list_shows_mine_and_those_i_booked_for_others(world, person):
    mine = book(Client(), world)
    child = book(Client(), world, identity=CHILD, index=20)
    book(Client(), world, identity=IDENTITY | {"first_name": "Paul", "phone": "06 39 98 00 09"}, index=12)
    page = open_list(person, world, "06 39 98 45 21")
    text = text_of(page)
    assert "Jeudi 26 novembre à 9 h 20 Nadia : Pesée et conseils MDS de Lens" in text
    assert "Yanis : Pesée et conseils" in text
    assert "Paul" not in text
    assert link_of(mine) in page.content.decode()
    assert link_of(child) in page.content.decode()


def test_an_email_opens_the_same_list(world, person):
    book(Client(), world, identity=IDENTITY | {"email": "nadia@example.org"})
    assert "Nadia : Pesée et conseils" in text_of(open_list(person, world, "Nadia@Example.org"))


def test_a_stranger_reads_the_same_words_until_the_code(world):
    book(Client(), world)

    def seen(contact):
        person = Client()
        url = ask(person, world, contact)
        return re.sub(r"•• \d\d", "", text_of(person.get(url)))

    assert seen("06 39 98 45 21") == seen("06 39 98 45 22")
    assert Message.objects.filter(kind="code").count() == 3


def test_an_unknown_address_gets_an_empty_list_and_a_way_on(world, person):
    text = text_of(open_list(person, world, "06 39 98 77 77"))
    assert "Nous ne trouvons pas de rendez-vous à venir pour le 06 39 98 •• 77" in text
    assert "03 53 01 20 00" in text


def test_the_list_is_closed_without_a_code(world, person):
    book(Client(), world)
    assert person.get(world.url("mes-rendez-vous", "liste"))["Location"] == world.url("mes-rendez-vous")
    ask(person, world, "06 39 98 45 21")
    assert person.get(world.url("mes-rendez-vous", "liste"))["Location"] == world.url("mes-rendez-vous")


def test_the_list_closes_after_half_an_hour_or_when_asked(world, person, now):
    book(Client(), world)
    open_list(person, world, "06 39 98 45 21")
    person.post(world.url("mes-rendez-vous", "fin"))
    assert person.get(world.url("mes-rendez-vous", "liste")).status_code == 302
    open_list(person, world, "06 39 98 45 21")
    now.shift(dt.timedelta(minutes=31))
    assert person.get(world.url("mes-rendez-vous", "liste")).status_code == 302


def test_proving_an_address_changes_the_key_of_the_session(world, person):
    ask(person, world, "06 39 98 45 21")
    before = person.cookies["sessionid"].value
    person.post(world.url("mes-rendez-vous", "code"), {"code": code_sent()})
    assert person.cookies["sessionid"].value != before


def test_the_other_parents_appointments_are_not_listed(world, person):
    child = book(Client(), world, identity=CHILD).usager
    father = make_usager(world.departement, phone="+33639980002", email="")
    make_rdv(world.motif, world.sites["lens"], [], local(2026, 12, 7, 9))
    from rdv.models import Rdv
    from tests.factories import make_participation

    make_participation(Rdv.objects.order_by("-id").first(), child, responsable=father)
    text = text_of(open_list(person, world, "06 39 98 45 21"))
    assert "26 novembre" in text
    assert "7 décembre" not in text


def test_past_and_cancelled_appointments_are_not_listed(world, person, now):
    mine = book(Client(), world)
    Client().post(link_of(mine, "annuler/"))
    assert "Nous ne trouvons pas" in text_of(open_list(person, world, "06 39 98 45 21"))


def test_another_departement_is_another_list(world, person):
    book(Client(), world)
    make_departement("59")
    open_list(person, world, "06 39 98 45 21")
    assert person.get("/nord/mes-rendez-vous/liste/")["Location"] == "/nord/mes-rendez-vous/"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Écrivez un numéro de portable, ou une adresse e-mail."),
        ("06 39", "Il manque 6 chiffres."),
        ("nadia@", "Il manque la fin de l’adresse"),
        ("03 53 01 20 00", "Ce numéro ne reçoit pas de SMS."),
        ("nadia", "Il manque le signe @."),
    ],
)
def test_an_address_that_is_not_whole_says_what_is_missing(world, person, typed, sentence):
    page = person.post(world.url("mes-rendez-vous"), {"contact": typed})
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert f'value="{typed}"' in page.content.decode() or not typed


def test_wrong_codes_are_counted(world, person):
    url = ask(person, world, "06 39 98 45 21")
    wrong = f"{(int(code_sent()) + 1) % 1_000_000:06d}"
    answers = [person.post(url, {"code": wrong}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 429]
    assert person.post(url, {"code": code_sent()}).status_code == 429


def test_a_code_may_be_sent_again_but_not_without_end(world, person):
    ask(person, world, "06 39 98 45 21")
    answers = [person.post(world.url("mes-rendez-vous", "renvoyer")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert person.post(world.url("mes-rendez-vous"), {"contact": "06 39 98 45 21"}).status_code == 429


def test_from_a_link_the_code_goes_to_the_address_of_the_appointment(world, person):
    mine = book(Client(), world, identity=CHILD)
    sent = person.post(link_of(mine, "code/"))
    page = text_of(person.get(sent["Location"]))
    assert "Nous venons d’envoyer un SMS au numéro donné pour ce rendez-vous." in page
    assert "•• 21" not in page
    assert Message.objects.filter(kind="code").order_by("-id").first().address == "+33639984521"
    done = person.post(sent["Location"], {"code": code_sent()})
    assert "Yanis : Pesée et conseils" in text_of(person.get(done["Location"]))


def test_from_a_link_without_any_address_one_calls(world, person):
    usager = make_usager(world.departement, phone="", email="")
    rdv = make_rdv(world.motif, world.sites["lens"], [], local(2026, 12, 7, 9), usagers=[usager])
    page = text_of(person.post(link_of(rdv.participations.get(), "code/")))
    assert "Nous n’avons ni portable ni e-mail" in page


def test_a_received_code_is_typed_where_it_was_asked_for(world, person):
    from tests.public.conftest import hold

    code_page = world.url("mes-rendez-vous", "code")
    assert person.get(code_page)["Location"] == world.url("mes-rendez-vous")
    url = hold(person, world)
    person.post(url, IDENTITY)
    assert person.get(code_page)["Location"] == url + "code/"


def test_a_long_list_asks_few_queries(world, person, django_assert_max_num_queries):
    usager = make_usager(world.departement, phone="+33639984521")
    for day in range(1, 20):
        make_rdv(world.motif, world.sites["lens"], [], local(2026, 12, day, 9), usagers=[usager])
    open_list(person, world, "06 39 98 45 21")
    with django_assert_max_num_queries(4):
        page = person.get(world.url("mes-rendez-vous", "liste"))
    assert page.content.decode().count("/r/") == 19


def test_ones_waits_are_listed_with_the_place_and_what_one_may_do(world, person):
    Motif.objects.filter(pk=world.motif.pk).update(has_waitlist=True)
    world.motif.refresh_from_db()
    nadia = make_usager(world.departement, first_name="Nadia", phone="+33639984521")
    mine = put_on_the_list(world, usager=nadia)
    child = make_usager(world.departement, first_name="Yanis", phone="+33639984521", email="")
    other_parent = make_usager(world.departement, first_name="Karim", phone="+33639984522")
    put_on_the_list(world, usager=child, responsable=other_parent)
    page = open_list(person, world, "06 39 98 45 21")
    text = text_of(page)
    assert "Mes attentes" in text
    assert "Nadia : vous êtes la prochaine personne" in text
    assert "Yanis" not in text  # the other parent asked, and gets the messages
    for action in ("", "souhaits", "quitter"):
        assert place_of(mine, action) in page.content.decode()
