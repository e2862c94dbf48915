"""A mother and her children in one call: proposed side by side, booked all or none, undone together."""

import datetime as dt
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from notifications.models import Message
from rdv.models import Evenement, Option, Participation, Rdv
from rdv.services.family import MOST
from tests.console.conftest import value_of
from tests.factories import make_departement, make_motif, make_ouverture, make_rdv, make_usager, utc
from usagers.models import Proche, Usager

ACCUEIL = "/agents/accueil/"


@pytest.fixture
def lina(desk):
    lina = make_usager(desk.departement, first_name="Lina", last_name="Benali", phone="", email="")
    Proche.objects.create(
        departement=desk.departement, responsable=desk.samira, person=lina, starts_on=dt.date(2026, 11, 2)
    )
    return lina


def state(desk, **more):
    return {"usager": str(desk.samira.uuid), "pour": str(desk.ilyes.uuid), "motif": str(desk.motif.uuid)} | more


def hold(desk, starts_at=None, **more):
    value = value_of(starts_at or desk.nine, desk.canal, desk.claire)
    response = desk.client.post(reverse("rdv:console_hold"), state(desk, creneau=value) | more)
    return parse_qs(urlsplit(response.url).query)["option"][0]


def confirm(desk, token, also=(), **more):
    data = state(desk, option=token, also=list(also)) | more
    return desk.client.post(reverse("rdv:console_confirm"), data)


def proposed(desk, token):
    page = desk.client.get(ACCUEIL, state(desk, option=token)).content.decode()
    values = re.findall(r'name="also" value="([^"]+)"', page)
    labels = re.findall(r'<label for="conf-also_\d+">([^<]+)</label>', page)
    return dict(zip(labels, values, strict=True))


def test_the_others_are_proposed_right_after_with_the_same_professional(desk, lina):
    found = proposed(desk, hold(desk))
    assert list(found) == ["Lina, 9:30", "Samira, 10:00"]
    assert found["Lina, 9:30"].startswith(str(lina.uuid))


def test_the_last_hour_of_the_morning_is_followed_by_the_one_before(desk, lina):
    last = utc(2027, 1, 5, 10, 30)
    assert next(iter(proposed(desk, hold(desk, last)))) == "Lina, 11:00"


def test_both_children_are_booked_by_one_confirmation(desk, lina):
    token = hold(desk)
    also = proposed(desk, token)["Lina, 9:30"]
    response = confirm(desk, token, [also], wants_sms="on")
    assert Rdv.objects.count() == 2
    mine, hers = Participation.objects.order_by("starts_at")
    assert (mine.usager, hers.usager) == (desk.ilyes, lina)
    assert hers.responsable == desk.samira
    assert hers.starts_at == utc(2027, 1, 5, 8, 30)
    assert Message.objects.filter(kind="rdv.booked", channel="sms").count() == 2  # each with its own link
    assert Evenement.objects.filter(kind="rdv.booked").count() == 2
    page = desk.client.get(response.url).content.decode()
    assert "2 rendez-vous notés" in page
    assert "Tout défaire" in page


def test_sent_twice_it_is_booked_once(desk, lina):
    token = hold(desk)
    also = [proposed(desk, token)["Lina, 9:30"]]
    first, second = confirm(desk, token, also), confirm(desk, token, also)
    assert first.url == second.url
    assert Participation.objects.count() == 2


def test_all_or_none_when_the_hour_beside_is_taken_in_between(desk, lina):
    token = hold(desk)
    also = [proposed(desk, token)["Lina, 9:30"]]
    make_rdv(desk.motif, desk.canal, [desk.claire], utc(2027, 1, 5, 8, 30))
    response = confirm(desk, token, also)
    assert response.status_code == 409
    page = response.content.decode()
    assert "Pour Lina : ce créneau vient d’être pris. Personne n’est inscrit pour l’instant." in page
    assert "Lina, 10:00" in page  # proposed again
    assert not Participation.objects.exists()
    assert [str(option.token) for option in Option.objects.all()] == [token]  # the first one is still held


def test_all_or_none_when_the_child_is_busy_at_that_hour(desk, lina):
    token = hold(desk)
    also = [proposed(desk, token)["Lina, 9:30"]]
    make_rdv(desk.motif, desk.tilleuls, [desk.paul], utc(2027, 1, 5, 8, 30), usagers=[lina])
    response = confirm(desk, token, also)
    assert response.status_code == 409
    assert "Pour Lina : cette personne a déjà un rendez-vous à cette heure." in response.content.decode()
    assert Participation.objects.exclude(usager=lina).count() == 0
    assert Option.objects.count() == 1


def test_what_was_ticked_is_still_ticked_when_something_is_asked_again(desk, lina):
    token = hold(desk)
    also = proposed(desk, token)["Lina, 9:30"]
    make_rdv(desk.motif, desk.tilleuls, [desk.paul], desk.nine, usagers=[desk.ilyes])
    response = confirm(desk, token, [also])
    assert response.status_code == 409
    page = response.content.decode()
    assert re.search(rf'value="{re.escape(also)}"[^>]* checked', page)
    assert 'name="may_overlap"' in page
    confirm(desk, token, [also], may_overlap="on")
    assert Participation.objects.filter(usager=lina).exists()


def test_undone_together_within_two_minutes(desk, lina):
    token = hold(desk)
    response = confirm(desk, token, [proposed(desk, token)["Lina, 9:30"]])
    done = parse_qs(urlsplit(response.url).query)["fait"][0]
    desk.client.post(reverse("rdv:console_undo"), state(desk, fait=done))
    assert not Participation.objects.live().exists()
    assert next(iter(proposed(desk, hold(desk)))) == "Lina, 9:30"


def test_seats_of_a_workshop_for_the_family(desk, lina):
    atelier = make_motif(
        desk.departement, sites=[desk.canal], service=desk.pmi, name="Atelier", is_collective=True, capacity=3
    )
    session = make_rdv(atelier, desk.canal, [desk.claire], utc(2027, 1, 12, 13), title="Portage")
    session.capacity = 2
    session.save()
    call = state(desk, motif=str(atelier.uuid))
    held = desk.client.post(reverse("rdv:console_hold"), call | {"atelier": str(session.uuid)})
    token = parse_qs(urlsplit(held.url).query)["option"][0]
    page = desk.client.get(ACCUEIL, call | {"option": token}).content.decode()
    assert re.findall(r'<label for="conf-also_\d+">([^<]+)</label>', page) == ["Lina, même séance"]  # one seat left
    value = re.search(r'name="also" value="([^"]+)"', page).group(1)
    desk.client.post(reverse("rdv:console_confirm"), call | {"option": token, "also": value})
    assert session.participations.count() == 2


def test_a_stranger_is_not_of_the_family_whatever_is_posted(desk, lina):
    token = hold(desk)
    away = make_departement("974")
    hour = value_of(utc(2027, 1, 5, 8, 30), desk.canal, desk.claire)
    for person in (make_usager(away), make_usager(desk.departement)):
        confirm(desk, token, [f"{person.uuid}@{hour}"])
        assert not Participation.objects.filter(usager=person).exists()
    assert Participation.objects.get().usager == desk.ilyes


@pytest.mark.parametrize("value", ["", "x", "x@y", "@", "{lina}@", "{lina}@1_2", "{lina}@99999999999_1_1"])
def test_clumsy_values_book_nobody_else(desk, lina, value):
    token = hold(desk)
    confirm(desk, token, [value.format(lina=lina.uuid)])
    assert not Participation.objects.filter(usager=lina).exists()


def test_a_follow_up_is_for_one_person_at_a_time(desk, lina):
    desk.motif.is_follow_up = True
    desk.motif.save()
    token = hold(desk, pour=str(desk.samira.uuid))
    page = desk.client.get(ACCUEIL, state(desk, option=token, pour=str(desk.samira.uuid))).content.decode()
    assert 'name="also"' not in page


def test_a_large_family_is_proposed_five_at_the_most(desk):
    make_ouverture(desk.claire, [desk.motif], utc(2027, 1, 5, 11), utc(2027, 1, 5, 17), site=desk.canal)
    for number in range(8):
        child = make_usager(desk.departement, first_name=f"Enfant{number}", phone="", email="")
        Proche.objects.create(
            departement=desk.departement, responsable=desk.samira, person=child, starts_on=dt.date(2026, 11, 2)
        )
    assert len(proposed(desk, hold(desk))) == MOST
    assert Usager.objects.count() >= 10
