"""What the link of a message opens: no name, every action, and an explanation when it no longer works."""

import datetime as dt
import re
from uuid import uuid4

import pytest
from django.test import Client

from notifications.models import Message
from rdv.core.journal import Author
from rdv.models import Evenement, Occupation, Option, Participation, Rdv
from rdv.services import moving
from rdv.services.cancelling import cancel_rdv
from tests.factories import make_motif, make_participation, make_rdv, make_usager
from tests.public.conftest import CHILD, book, buttons, hidden, link_of, local, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def participation(world, person):
    return book(person, world, identity=CHILD)


@pytest.fixture
def reader():
    """Another browser: the phone that received the message."""
    return Client()


def at(now, *parts):
    now.move_to(local(*parts))


# --- See


@pytest.mark.parametrize("end", ["", "/"])
def test_the_link_shows_the_appointment_and_no_name(participation, reader, end):
    page = reader.get(link_of(participation) + end)
    text = text_of(page)
    assert "Dans 3 jours. Il est bien réservé." in text
    assert "jeudi 26 novembre 9 h 20 20 minutes, avec une puéricultrice Pesée et conseils" in text
    assert "Vous pouvez annuler ou déplacer jusqu’à jeudi 26 novembre à 5 h 20." in text
    for name in ("Nadia", "Lemaire", "Yanis", "45 21", "4521"):
        assert name not in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize("action", ["", "/", "/annuler/", "/deplacer/", "/rendez-vous.ics"])
def test_a_link_that_nobody_sent_is_not_found_in_words(world, reader, action):
    page = reader.get("/r/AAAAAAAAAAAAAAAA" + action)
    assert page.status_code == 404
    assert "Si le lien vient d’un SMS, vérifiez qu’il est entier." in text_of(page)


def test_a_link_after_the_appointment_explains_and_gives_the_phone(participation, reader, now):
    at(now, 2026, 11, 26, 12, 0)
    assert "Il est passé." in text_of(reader.get(link_of(participation)))
    at(now, 2026, 11, 28, 9, 0)
    for action in ("", "annuler/", "deplacer/", "retard/"):
        page = reader.get(link_of(participation, action))
        assert page.status_code == 410
        assert "Ce lien ne sert plus : le rendez-vous est passé" in text_of(page)
        assert "03 53 01 20 00" in text_of(page)


def test_a_calendar_file(participation, reader):
    response = reader.get(link_of(participation, "rendez-vous.ics"))
    assert response["Content-Type"].startswith("text/calendar")
    body = response.content.decode()
    assert "BEGIN:VEVENT" in body
    assert "20261126T092000" in body
    assert "Lemaire" not in body


def test_a_link_asks_few_queries(participation, reader, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        reader.get(link_of(participation))


# --- Cancel and undo


def test_cancelling_is_two_presses_and_frees_the_hour(participation, world, reader):
    page = text_of(reader.get(link_of(participation, "annuler/")))
    assert "Oui, annuler" in page
    assert "Non, je le garde" in page
    response = reader.post(link_of(participation, "annuler/"))
    assert response["Location"] == link_of(participation)
    assert "Votre rendez-vous est annulé" in text_of(reader.get(link_of(participation)))
    participation.refresh_from_db()
    assert participation.status == "excused"
    assert "jeudi 26 novembre, 9 h 20" in text_of(reader.get(world.times_url()))
    told = Evenement.objects.filter(kind="participation.status").get()
    assert (told.author_kind, told.author_id) == ("usager", participation.responsable_id)


def test_looking_at_the_page_cancels_nothing(participation, reader):
    reader.get(link_of(participation, "annuler/"))
    participation.refresh_from_db()
    assert participation.status == "unknown"


def test_cancelled_twice_is_cancelled_once(participation, reader):
    for _ in range(2):
        assert reader.post(link_of(participation, "annuler/"))["Location"] == link_of(participation)
    assert Evenement.objects.filter(kind="participation.status").count() == 1


def test_what_was_moved_meanwhile_is_not_cancelled_by_an_old_page(participation, world, reader, now):
    sent = {"version": hidden(reader.get(link_of(participation, "annuler/")), "version")}
    assert sent["version"] == "0"
    rdv = participation.rdv
    later = moving.Move(starts_at=rdv.starts_at + dt.timedelta(days=7), overbook_reason="urgence")
    moving.move_rdv(rdv=rdv, move=later, author=Author("agent", 1, "Claire"), now=local(2026, 11, 23, 11, 15))
    stale = reader.post(link_of(participation, "annuler/"), sent)
    assert stale.status_code == 409
    page = text_of(stale)
    assert "Ce rendez-vous a changé depuis que vous avez ouvert cette page." in page
    assert "jeudi 3 décembre" in page
    assert "Oui, annuler" in page
    participation.refresh_from_db()
    assert participation.status == "unknown"
    assert reader.post(link_of(participation, "annuler/"), {"version": hidden(stale, "version")}).status_code == 302
    participation.refresh_from_db()
    assert participation.status == "excused"


def test_the_warning_of_the_motif_is_read_before(participation, world, reader):
    world.motif.cancel_warning = "Le prochain créneau est dans deux mois."
    world.motif.save()
    assert "Le prochain créneau est dans deux mois." in text_of(reader.get(link_of(participation, "annuler/")))


def test_after_the_deadline_one_calls(participation, reader, now):
    at(now, 2026, 11, 26, 5, 21)
    page = text_of(reader.get(link_of(participation)))
    assert "L’annuler" not in page
    assert "On pouvait annuler ou déplacer en ligne jusqu’à jeudi 26 novembre à 5 h 20." in page
    assert "Un empêchement ? Appelez le 03 53 01 20 40" in page
    refused = reader.post(link_of(participation, "annuler/"))
    assert refused.status_code == 409
    participation.refresh_from_db()
    assert participation.status == "unknown"


def test_at_the_deadline_to_the_second_one_may(participation, reader, now):
    at(now, 2026, 11, 26, 5, 20)
    assert reader.post(link_of(participation, "annuler/")).status_code == 302


def test_a_mistake_is_undone_within_minutes(participation, reader, now):
    reader.post(link_of(participation, "annuler/"))
    assert "Reprendre mon rendez-vous" in text_of(reader.get(link_of(participation)))
    now.shift(dt.timedelta(minutes=1))
    back = reader.post(link_of(participation, "reprendre/"))
    assert "Votre rendez-vous est repris." in text_of(reader.get(back["Location"]))
    participation.refresh_from_db()
    assert participation.status == "unknown"
    assert Occupation.objects.filter(rdv=participation.rdv).count() == 1
    assert not Message.objects.filter(kind="rdv.cancelled", state="planned").exists()


def test_an_hour_given_to_somebody_else_is_not_brought_back(participation, world, reader):
    reader.post(link_of(participation, "annuler/"))
    make_rdv(world.motif, world.sites["lens"], [world.agents["lens"]], local(2026, 11, 26, 9, 20))
    refused = reader.post(link_of(participation, "reprendre/"))
    assert refused.status_code == 409
    assert "L’heure a été donnée à quelqu’un d’autre." in text_of(refused)
    assert "Prendre un autre rendez-vous" in text_of(refused)


def test_later_the_mistake_is_no_longer_undone_here(participation, reader, now):
    reader.post(link_of(participation, "annuler/"))
    now.shift(dt.timedelta(minutes=11))
    assert "Reprendre mon rendez-vous" not in text_of(reader.get(link_of(participation)))
    assert reader.post(link_of(participation, "reprendre/")).status_code == 409
    participation.refresh_from_db()
    assert participation.status == "excused"


def test_what_the_service_cancelled_is_not_brought_back_by_the_person(participation, world, reader, now):
    cancel_rdv(rdv=participation.rdv, author=Author("agent", 1, "Claire"), now=local(2026, 11, 23, 11, 10))
    page = text_of(reader.get(link_of(participation)))
    assert "Nous avons dû annuler ce rendez-vous" in page
    assert "Reprendre" not in page
    assert reader.post(link_of(participation, "reprendre/")).status_code == 409


# --- Late, companion


def test_late_is_said_on_the_day_in_two_presses(participation, world, reader, now):
    assert "Je suis en retard" not in text_of(reader.get(link_of(participation)))
    assert reader.get(link_of(participation, "retard/"))["Location"] == link_of(participation)
    at(now, 2026, 11, 26, 9, 10)
    assert "Je suis en retard Nous prévenons une puéricultrice" in text_of(reader.get(link_of(participation)))
    done = reader.post(link_of(participation, "retard/"), {"minutes": "15"})
    text = text_of(reader.get(done["Location"]))
    assert "C’est noté : nous savons que vous serez en retard." in text
    assert "Vous avez dit que vous auriez 15 minutes de retard." in text
    participation.refresh_from_db()
    assert participation.late_minutes == 15


@pytest.mark.parametrize("minutes", ["", "7", "-5", "beaucoup"])
def test_a_delay_that_no_button_sends_is_asked_again(participation, reader, now, minutes):
    at(now, 2026, 11, 26, 9, 10)
    page = reader.post(link_of(participation, "retard/"), {"minutes": minutes})
    assert page.status_code == 422
    assert "Choisissez de combien de minutes." in text_of(page)


def test_somebody_who_comes_along_is_noted_and_not_shown(participation, reader):
    done = reader.post(link_of(participation, "accompagnement/"), {"companion": "ma sœur Leïla"})
    text = text_of(reader.get(done["Location"]))
    assert "Vous venez avec quelqu’un." in text
    assert "Leïla" not in text
    assert "Leïla" not in reader.get(link_of(participation, "accompagnement/")).content.decode()
    participation.refresh_from_db()
    assert participation.companion == "ma sœur Leïla"
    assert "Leïla" not in str(Evenement.objects.get(kind="participation.companion").data)


def test_an_empty_companion_is_asked_again(participation, reader):
    page = reader.post(link_of(participation, "accompagnement/"), {"companion": " "})
    assert page.status_code == 422
    assert "Écrivez qui vient avec vous." in text_of(page)


# --- Move


def choose(reader, participation, *, index=2, query=""):
    url = link_of(participation, "deplacer/") + query
    page = reader.get(url)
    response = reader.post(url, {"creneau": buttons(page)[index], "vu": hidden(page)})
    assert response.status_code == 302, text_of(response)
    return response["Location"]


def test_moving_is_three_pages(participation, reader):
    page = text_of(reader.get(link_of(participation, "deplacer/")))
    assert "Vous gardez votre rendez-vous tant que vous n’avez pas confirmé le nouveau." in page
    assert "Dans un autre lieu MDS de Liévin Premier horaire : mercredi 25 novembre à 14 h" in page
    confirm = choose(reader, participation)
    page = reader.get(confirm)
    text = text_of(page)
    assert "Avant : jeudi 26 novembre à 9 h 20, MDS de Lens" in text
    assert "jeudi 26 novembre 10 h 20 20 minutes, avec une puéricultrice" in text
    assert "gardé pour vous jusqu’à 11 h 20" in text
    done = reader.post(confirm, {"version": hidden(page, "version")})["Location"]
    text = text_of(reader.get(done))
    assert "C’est déplacé. À jeudi 26 novembre !" in text
    assert "Nous vous envoyons un SMS avec le nouvel horaire." in text
    rdv = Rdv.objects.get()
    assert rdv.starts_at == local(2026, 11, 26, 10, 20)
    assert rdv.schedule_version == 1
    moved = Evenement.objects.get(kind="rdv.moved")
    assert (moved.author_kind, moved.author_id) == ("usager", participation.responsable_id)


def test_moving_to_another_place(participation, world, reader):
    confirm = choose(reader, participation, index=0, query="?site=lievin")
    reader.post(confirm, {"version": "0"})
    rdv = Rdv.objects.get()
    assert rdv.site == world.sites["lievin"]
    assert list(rdv.agents.all()) == [world.agents["lievin"]]
    assert "jeudi 26 novembre, 9 h 20" in text_of(reader.get(world.times_url()))


def test_until_it_is_confirmed_nothing_moves(participation, reader):
    choose(reader, participation)
    assert Rdv.objects.get().starts_at == local(2026, 11, 26, 9, 20)


def test_a_move_sent_twice_moves_once(participation, reader):
    confirm = choose(reader, participation)
    first = reader.post(confirm, {"version": "0"})["Location"]
    assert reader.post(confirm, {"version": "0"})["Location"] == first
    assert reader.get(confirm)["Location"] == first
    assert Rdv.objects.get().schedule_version == 1


def test_a_strangers_hold_moves_nothing(participation, reader):
    confirm = choose(reader, participation)
    assert Client().get(confirm).status_code == 404
    assert Client().post(confirm, {"version": "0"}).status_code == 404
    assert reader.get(link_of(participation, f"deplacer/{uuid4()}/")).status_code == 404


def test_a_hold_for_one_appointment_does_not_move_another(participation, world, reader):
    other = book(Client(), world, index=20)
    confirm = choose(reader, participation)
    token = confirm.rstrip("/").rpartition("/")[2]
    assert reader.post(link_of(other, f"deplacer/{token}/"), {"version": "0"}).status_code == 404


def test_a_new_time_taken_meanwhile_leaves_the_old_one(participation, world, reader, now):
    confirm = choose(reader, participation)
    now.shift(dt.timedelta(minutes=11))
    Option.objects.filter(rdv=None).delete()
    make_rdv(world.motif, world.sites["lens"], [world.agents["lens"]], local(2026, 11, 26, 10, 20))
    page = reader.post(confirm, {"version": "0"})
    assert page.status_code == 409
    assert "Ce créneau vient d’être pris." in text_of(page)
    assert Rdv.objects.get(pk=participation.rdv_id).starts_at == local(2026, 11, 26, 9, 20)


def test_a_hold_that_died_is_said_on_the_page_of_the_times(participation, reader, now):
    confirm = choose(reader, participation)
    now.shift(dt.timedelta(minutes=11))
    page = reader.get(confirm)
    assert page.status_code == 409
    assert "L’horaire n’est plus gardé pour vous." in text_of(page)
    assert buttons(page)


def test_a_move_confirmed_late_still_wins_a_free_hour(participation, reader, now):
    confirm = choose(reader, participation)
    now.shift(dt.timedelta(minutes=11))
    Option.objects.filter(rdv=None).delete()
    assert reader.post(confirm, {"version": "0"}).status_code == 302
    assert Rdv.objects.get().starts_at == local(2026, 11, 26, 10, 20)


def test_an_agent_who_moved_it_meanwhile_is_told_to_the_person(participation, world, reader):
    confirm = choose(reader, participation)
    moving.move_rdv(
        rdv=participation.rdv,
        move=moving.Move(starts_at=local(2026, 11, 27, 10)),
        author=Author("agent", world.agents["lens"].pk, "Claire"),
        now=local(2026, 11, 23, 11, 10),
    )
    page = reader.post(confirm, {"version": "0"})
    assert page.status_code == 409
    assert "Quelqu’un a modifié ce rendez-vous entre-temps." in text_of(page)
    assert "vendredi 27 novembre" in text_of(page)


def test_what_the_public_does_not_book_is_moved_by_phone(world, reader):
    motif = make_motif(world.departement, sites=world.sites.values(), who_books="agents", duration_min=20)
    usager = make_usager(world.departement)
    rdv = make_rdv(motif, world.sites["lens"], [world.agents["lens"]], local(2026, 12, 7, 9), usagers=[usager])
    participation = rdv.participations.get()
    page = text_of(reader.get(link_of(participation)))
    assert "Le déplacer" not in page
    assert "L’annuler" in page
    assert "Pour changer de jour, appelez-nous." in page
    assert reader.post(link_of(participation, "deplacer/"), {"creneau": "x"}).status_code == 409


def test_one_more_minute_to_compare(participation, reader):
    confirm = choose(reader, participation)
    assert reader.post(confirm, {"version": "0", "plus_de_temps": "1"})["Location"] == confirm
    assert "jusqu’à 11 h 30" in text_of(reader.get(confirm))
    assert Rdv.objects.get().schedule_version == 0


def test_choosing_asks_few_queries(participation, reader, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        reader.get(link_of(participation, "deplacer/"))


def test_a_workshop_is_cancelled_alone(world, reader):
    workshop = make_motif(world.departement, sites=world.sites.values(), is_collective=True, capacity=5)
    rdv = make_rdv(workshop, world.sites["lens"], [world.agents["lens"]], local(2026, 12, 7, 9))
    mine, other = (make_participation(rdv, make_usager(world.departement)) for _ in range(2))
    assert "Le déplacer" not in text_of(reader.get(link_of(mine)))
    reader.post(link_of(mine, "annuler/"))
    assert list(Participation.objects.live()) == [other]
    assert Rdv.objects.get(pk=rdv.pk).is_live


def test_every_page_of_a_link_gives_a_phone(participation, reader):
    for action in ("", "annuler/", "deplacer/", "accompagnement/"):
        assert re.search(r"0\d \d\d \d\d \d\d \d\d", text_of(reader.get(link_of(participation, action))))


def test_a_version_too_long_to_be_a_number_is_not_a_failure(participation, reader):
    assert reader.post(choose(reader, participation), {"version": "9" * 5000}).status_code == 302
