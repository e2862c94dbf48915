"""Holding a time: one browser, one hold; a stranger sees nothing; what was typed survives."""

import datetime as dt
import re

import pytest
from django.test import Client

from rdv.models import Option
from rdv.services import holding, public_limits
from tests.factories import make_motif, make_rdv, make_usager
from tests.public.conftest import CHILD, IDENTITY, buttons, hidden, hold, local, text_of

pytestmark = pytest.mark.django_db


def alive():
    from tests.public.conftest import NOW

    return Option.objects.alive(NOW).count()


def test_a_held_time_says_until_when(world, person):
    page = text_of(person.get(hold(person, world)))
    assert "Cet horaire est gardé pour vous jusqu’à 11 h 20. Il vous reste 10 minutes." in page
    assert "Jeudi 26 novembre à 9 h 20 , 20 minutes" in page


def test_the_same_page_sent_twice_is_one_hold(world, person):
    page = person.get(world.times_url())
    sent = {"creneau": buttons(page)[0], "vu": hidden(page)}
    first, second = (person.post(world.times_url(), sent)["Location"] for _ in range(2))
    assert first == second
    assert alive() == 1


def test_two_presses_before_any_cookie_are_one_hold(world):
    """Both leave before the first answer brings the session: the second finds the hold by the page's signed instant."""
    page = Client().get(world.times_url())
    sent = {"creneau": buttons(page)[0], "vu": hidden(page)}
    first, second = (Client().post(world.times_url(), sent)["Location"] for _ in range(2))
    assert first == second
    assert alive() == 1


def test_another_persons_page_does_not_reach_my_hold(world, person, now):
    hold(person, world)
    now.shift(dt.timedelta(seconds=1))
    page = Client().get(world.times_url())
    stolen = Client().post(world.times_url(), {"creneau": "2026-11-26T08:20+00:00@lens", "vu": hidden(page)})
    assert stolen.status_code == 409


def test_choosing_again_gives_the_first_time_back_and_keeps_what_was_typed(world, person):
    first = hold(person, world)
    person.post(first, IDENTITY | {"phone": "06 39"})
    second = hold(person, world, index=3)
    assert first != second
    assert alive() == 1
    page = person.get(second).content.decode()
    assert 'value="Nadia"' in page
    assert 'value="06 39"' in page
    assert person.get(first).status_code == 404


def test_the_page_of_times_says_what_is_held(world, person):
    url = hold(person, world)
    page = person.get(world.times_url())
    assert "jeudi 26 novembre à 9 h 20 est gardé pour vous jusqu’à 11 h 20. Continuer avec cet horaire" in text_of(page)
    assert url in page.content.decode()


def test_another_tab_holds_for_something_else_in_peace(world, person):
    other = make_motif(world.departement, sites=world.sites.values(), slug="vaccin", duration_min=20)
    world.open("lens", (2026, 12, 7), (9, 0), (10, 0), motif=other)
    first = hold(person, world)
    second = hold(person, world, motif=other)
    assert person.get(first).status_code == 200
    assert person.get(second).status_code == 200
    assert alive() == 2


def test_a_browser_never_holds_more_than_three(world, person):
    for number in range(5):
        motif = make_motif(world.departement, sites=world.sites.values(), slug=f"m{number}", duration_min=20)
        world.open("lens", (2026, 12, 7 + number), (9, 0), (10, 0), motif=motif)
        hold(person, world, motif=motif)
    assert alive() == 3


def test_a_network_that_holds_too_much_waits_and_is_told_so(world, monkeypatch):
    monkeypatch.setattr(public_limits, "HELD_AT_ONCE", 2)
    for index in range(2):
        hold(Client(), world, index=index)
    page = Client().get(world.times_url())
    refused = Client().post(world.times_url(), {"creneau": buttons(page)[0], "vu": hidden(page)})
    assert refused.status_code == 429
    assert "Vous pourrez recommencer dans 10 minutes." in text_of(refused)
    assert "03 53 01 20 00" in text_of(refused)
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")
    assert elsewhere.post(world.times_url(), {"creneau": buttons(page)[0], "vu": hidden(page)}).status_code == 302


def test_a_stranger_with_the_address_of_my_form_finds_nothing(world, person):
    url = hold(person, world)
    person.post(url, IDENTITY)
    for action in ("", "code/", "confirme/"):
        assert Client().get(url + action).status_code == 404
    for action in ("", "code/", "renvoyer/", "horaire/"):
        assert Client().post(url + action, IDENTITY | {"code": "123456"}).status_code == 404


def test_more_time_works_once_and_keeps_what_was_typed(world, person, now):
    url = hold(person, world)
    now.shift(dt.timedelta(minutes=6))
    after = person.post(url, CHILD | {"person_first_name": "Ya", "plus_de_temps": "1"})
    assert after.status_code == 302
    page = person.get(url)
    assert "jusqu’à 11 h 30. Il vous reste 14 minutes." in text_of(page)
    assert 'value="Ya"' in page.content.decode()
    assert "plus_de_temps" not in page.content.decode()
    person.post(url, CHILD | {"plus_de_temps": "1"})
    assert "jusqu’à 11 h 30" in text_of(person.get(url))


def test_enter_in_a_box_sends_the_form_and_not_more_time(world, person):
    """The first button of a form is the one that Enter presses."""
    page = person.get(hold(person, world)).content.decode()
    owned = [tag for tag in re.findall(r"<button[^>]*>", page) if 'form="identite"' in tag]
    assert "plus_de_temps" not in owned[0]
    assert "plus_de_temps" in owned[1]


def test_a_hold_that_died_offers_its_time_again(world, person, now):
    url = hold(person, world)
    person.post(url, IDENTITY | {"phone": "06 39"})
    now.shift(dt.timedelta(minutes=11))
    page = person.get(url)
    assert page.status_code == 410
    text = text_of(page)
    assert "Cet horaire n’est plus gardé, mais il est encore libre" in text
    assert "Ce que vous avez écrit est gardé" in text
    again = person.post(url + "horaire/", {"creneau": buttons(page)[0]})
    assert 'value="Lemaire"' in person.get(again["Location"]).content.decode()


def test_a_hold_that_died_and_was_swept_offers_its_neighbours(world, person, now):
    url = hold(person, world)
    now.shift(dt.timedelta(minutes=11))
    holding.drop_dead_options(local(2026, 11, 23, 11, 21))
    make_rdv(
        world.motif,
        world.sites["lens"],
        [world.agents["lens"]],
        local(2026, 11, 26, 9, 20),
        usagers=[make_usager(world.departement)],
    )
    page = person.get(url)
    assert page.status_code == 410
    text = text_of(page)
    assert "Quelqu’un d’autre l’a pris entre-temps." in text
    assert "Jeudi 26 novembre à 9 h 40" in text
    assert "Reprendre" not in text


def test_a_form_sent_after_the_hold_died_takes_the_time_again(world, person, now):
    url = hold(person, world)
    now.shift(dt.timedelta(minutes=12))
    holding.drop_dead_options(local(2026, 11, 23, 11, 22))
    sent = person.post(url, IDENTITY)
    assert sent.status_code == 302
    assert sent["Location"].endswith("/code/")
    assert "jusqu’à 11 h 32" in text_of(person.get(sent["Location"]))


def test_a_form_sent_after_somebody_took_the_time_keeps_what_was_typed(world, person, now):
    url = hold(person, world)
    now.shift(dt.timedelta(minutes=12))
    make_rdv(world.motif, world.sites["lens"], [world.agents["lens"]], local(2026, 11, 26, 9, 40))
    holding.drop_dead_options(local(2026, 11, 23, 11, 22))
    make_rdv(world.motif, world.sites["lens"], [world.agents["lens"]], local(2026, 11, 26, 9, 20))
    lost = person.post(url, IDENTITY)
    assert lost.status_code == 409
    assert "Ce créneau vient d’être pris." in text_of(lost)
    again = person.post(url + "horaire/", {"creneau": buttons(lost)[0]})
    assert 'value="Nadia"' in person.get(again["Location"]).content.decode()


def test_names_typed_and_not_booked_are_forgotten_after_an_hour(world, person, now):
    url = hold(person, world)
    person.post(url, IDENTITY | {"phone": "06 39"})
    now.shift(dt.timedelta(minutes=61))
    assert person.get(url).status_code == 404
    assert "Lemaire" not in str(dict(person.session))


def test_nothing_typed_is_in_an_address(world, person):
    url = hold(person, world)
    sent = person.post(url, CHILD)
    for word in ("Nadia", "Lemaire", "Yanis", "0639984521", "39984521"):
        assert word not in url + sent["Location"]
