"""A right code makes one single Rdv, however it is sent; what the confirmation says."""

import datetime as dt

import pytest
from django.test import Client

from notifications.models import Message
from rdv.models import Evenement, Option, Participation, Rdv
from rdv.services import holding
from tests.factories import make_motif, make_ouverture, make_rdv, make_usager
from tests.public.conftest import (
    CHILD,
    IDENTITY,
    book,
    buttons,
    code_sent,
    hold,
    link_of,
    local,
    text_of,
    to_code,
    token_of_booking,
)
from usagers.models import Proche, Usager

pytestmark = pytest.mark.django_db


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
