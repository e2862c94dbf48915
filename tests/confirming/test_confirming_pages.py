"""What the link's page asks, and what agents see and note: agenda, list, day board, page of the Rdv, motif."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from rdv.core.links import make_token
from rdv.models import ConfirmedBy, Evenement, Participation
from rdv.services.confirming import confirm
from rdv.services.moving import Move, move_rdv
from tests.confirming.conftest import AT, NOW, TUESDAY, USAGER, WEDNESDAY, asked, booked, fresh
from tests.factories import make_agent, utc
from tests.html.reading import faults
from tests.signing import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock_at(monkeypatch):
    def move_to(instant):
        monkeypatch.setattr("rdv.core.clock.now", lambda: instant)

    move_to(TUESDAY)
    return move_to


def link(participation, action=""):
    return f"/r/{make_token('rdv', str(participation.uuid))}/{action}"


def read(page):
    return page.content.decode().replace("\u00a0", " ")


# --- The link


def test_one_press_says_yes(world, clock_at):
    participation = asked(world)
    page = read(Client().get(link(participation)))
    assert "Venez-vous à ce rendez-vous ?" in page
    assert faults(page) == []
    response = Client().post(link(participation, "je-viens/"))
    after = read(Client().get(response["Location"]))
    assert "C’est noté : vous venez." in after
    assert "Venez-vous à ce rendez-vous ?" not in after
    assert fresh(participation).confirmed_by == "link"
    assert "Vous avez dit que vous venez." in read(Client().get(link(participation)))
    assert "L’annuler" in after, "one may still change one’s mind"
    Client().post(link(participation, "je-viens/"))
    assert Evenement.objects.filter(kind="participation.confirmed").count() == 1


def test_one_press_says_no_and_it_can_be_undone(world, clock_at):
    participation = asked(world)
    page = read(Client().get(link(participation)))
    assert f'action="{link(participation, "annuler/")}"' in page
    Client().post(link(participation, "annuler/"))
    after = read(Client().get(link(participation)))
    assert "Votre rendez-vous est annulé" in after
    assert "Reprendre mon rendez-vous" in after


def test_a_motif_with_a_warning_shows_it_first(world, clock_at):
    world.motif.cancel_warning = "Le prochain créneau est dans deux mois."
    world.motif.save()
    page = read(Client().get(link(asked(world))))
    assert 'annuler/" ' not in page.replace('href="', "")
    assert "Non, je ne peux pas venir" in page


def test_the_link_does_not_ask_before_the_reminder_nor_after_the_hour(world, clock_at):
    participation = booked(world)
    clock_at(NOW)
    assert "Venez-vous" not in read(Client().get(link(participation)))
    clock_at(AT)
    assert "Venez-vous" not in read(Client().get(link(participation)))
    Client().post(link(participation, "je-viens/"))
    assert fresh(participation).confirmed_at is None


def test_yes_after_no_says_that_it_is_cancelled(world, clock_at):
    participation = asked(world)
    Client().post(link(participation, "annuler/"))
    response = Client().post(link(participation, "je-viens/"))
    assert "Votre rendez-vous est annulé" in read(Client().get(response["Location"]))


def version_on(page):
    return set(re.findall(r'name="version" value="(\d+)"', page))


@pytest.mark.parametrize("action", ["je-viens/", "annuler/"])
def test_an_answer_to_an_hour_that_has_moved_since_is_not_noted(world, clock_at, action):
    """Both answers of the page are about the hour that it showed."""
    participation = asked(world)
    (version,) = version_on(read(Client().get(link(participation))))
    move_rdv(rdv=participation.rdv, move=Move(starts_at=utc(2027, 1, 14, 10)), author=world.author, now=TUESDAY)
    response = Client().post(link(participation, action), {"version": version})
    page = read(response)
    assert response.status_code == 409
    assert "Ce rendez-vous a changé depuis que vous avez ouvert cette page. Voici sa nouvelle date." in page
    assert "11 h" in page
    assert faults(page) == []
    after = fresh(participation)
    assert (after.status, after.confirmed_at) == ("unknown", None)


def test_the_yes_of_the_page_as_it_is_now_is_noted(world, clock_at):
    participation = asked(world)
    (version,) = version_on(read(Client().get(link(participation))))
    assert Client().post(link(participation, "je-viens/"), {"version": version}).status_code == 302
    assert fresh(participation).confirmed_by == "link"


@pytest.mark.parametrize("done", ["vient", "retard", "accompagnement", "repris", "inconnu"])
def test_nothing_is_said_to_be_done_that_is_not(world, clock_at, done):
    page = read(Client().get(link(asked(world)) + f"?fait={done}"))
    assert 'role="status"' not in page
    assert "Venez-vous à ce rendez-vous ?" in page


def test_a_thank_you_kept_in_the_history_says_nothing_after_a_move(world, clock_at):
    participation = asked(world)
    thanks = Client().post(link(participation, "je-viens/"))["Location"]
    assert "C’est noté : vous venez." in read(Client().get(thanks))
    move_rdv(rdv=participation.rdv, move=Move(starts_at=utc(2027, 1, 14, 10)), author=world.author, now=TUESDAY)
    assert "vous venez." not in read(Client().get(thanks))


def test_taken_back_is_said_once_it_is_so(world, clock_at):
    participation = asked(world)
    Client().post(link(participation, "annuler/"))
    location = Client().post(link(participation, "reprendre/"))["Location"]
    assert "Votre rendez-vous est repris." in read(Client().get(location))
    clock_at(TUESDAY + timedelta(minutes=11))
    assert "repris" not in read(Client().get(location))


def test_a_get_confirms_nothing(world, clock_at):
    participation = asked(world)
    assert Client().get(link(participation, "je-viens/")).status_code == 405
    assert Client().post("/r/AAAAAAAAAAAAAAAA/je-viens/").status_code == 404
    assert fresh(participation).confirmed_at is None


def test_a_link_that_asks_needs_no_more_queries(world, clock_at, django_assert_max_num_queries):
    participation = asked(world)
    with django_assert_max_num_queries(4):
        Client().get(link(participation))


# --- Agents


# What the signs mean, under the grid and on paper: on the page whatever it shows.
LEGENDS = re.compile(r'<p class="(?:row sm mute fr-mt-1w|po sm)">.*?</p>', re.DOTALL)


def pages_of(world, participation):
    day = {"date": "2027-01-14"}
    secretary = signed_in(world.people["secretary"])
    agenda = reverse("rdv:agenda")
    pages = {
        "grid": read(secretary.get(agenda, {**day, "agent": world.agent.pk, "vue": "jour"})),
        "list": read(secretary.get(agenda, {**day, "agent": world.agent.pk, "vue": "liste"})),
        "board": read(secretary.get(reverse("rdv:board"), day)),
        "chosen": read(secretary.get(reverse("rdv:board"), {**day, "rdv": participation.rdv.uuid})),
        "rdv": read(secretary.get(reverse("rdv:rdv_detail", args=[participation.rdv.uuid]))),
    }
    for page in pages.values():
        assert faults(page) == []
    return {name: LEGENDS.sub("", page) for name, page in pages.items()}


def test_every_screen_says_it_in_words(world, clock_at):
    participation = asked(world)
    for name, page in pages_of(world, participation).items():
        assert "pas encore répondu" in page.lower(), name
    confirm(participation=participation, by=ConfirmedBy.SMS, author=USAGER, now=TUESDAY)
    for name, page in pages_of(world, participation).items():
        assert "a confirmé" in page.lower(), name
        assert "pas encore répondu" not in page.lower(), name


def test_nothing_is_said_before_the_question_nor_of_a_motif_that_does_not_ask(world, clock_at):
    participation = booked(world)
    clock_at(NOW)
    for name, page in pages_of(world, participation).items():
        assert "pas encore répondu" not in page.lower(), name
    clock_at(WEDNESDAY)
    world.motif.asks_confirmation = False
    world.motif.save()
    for name, page in pages_of(world, participation).items():
        assert "pas encore répondu" not in page.lower(), name


@pytest.mark.parametrize("by", ["phone", "desk"])
def test_the_secretary_notes_it_in_one_click_and_takes_it_back(world, clock_at, by):
    participation = asked(world)
    client = signed_in(world.people["secretary"])
    url = reverse("rdv:rdv_confirmed", args=[participation.rdv.uuid])
    client.post(url, {"participation": participation.uuid, "par": by})
    assert fresh(participation).confirmed_by == by
    assert "a noté : la personne vient" in read(client.get(reverse("rdv:rdv_detail", args=[participation.rdv.uuid])))
    client.post(url, {"participation": participation.uuid, "par": ""})
    assert fresh(participation).confirmed_at is None
    assert client.post(url, {"participation": participation.uuid, "par": "sms"}).status_code == 404


def test_from_the_day_board_too(world, clock_at):
    participation = asked(world)
    client = signed_in(world.people["secretary"])
    gesture = {"date": "2027-01-14", "participation": participation.uuid, "vu": "unknown-non-0"}
    client.post(reverse("rdv:board_gesture"), gesture | {"geste": "confirme"})
    assert fresh(participation).confirmed_by == "phone"
    client.post(reverse("rdv:board_gesture"), gesture | {"geste": "pas-confirme"})
    assert fresh(participation).confirmed_at is None


@pytest.mark.parametrize("who", ["elsewhere", "stranger"])
def test_nobody_else_notes_it(world, clock_at, who):
    participation = asked(world)
    client = signed_in(world.people[who])
    url = reverse("rdv:rdv_confirmed", args=[participation.rdv.uuid])
    assert client.post(url, {"participation": participation.uuid, "par": "phone"}).status_code == 404
    assert fresh(participation).confirmed_at is None


def test_agenda_and_board_ask_no_more_queries_for_more_people(world, clock_at, django_assert_num_queries):
    """What is said of each comes from the rows already read."""
    participation = asked(world)
    client = signed_in(world.people["secretary"])
    counts = []
    for _ in range(2):
        counts.append([_queries(client, url, data) for url, data in _screens(world)])
        for _ in range(4):
            asked(world, agents=[world.agent, make_agent(site=world.site, services=[world.pmi])][1:])
    assert counts[0] == counts[1]
    assert Participation.objects.count() > 5
    assert fresh(participation).confirmed_at is None


def _screens(world):
    day = {"date": "2027-01-14"}
    return [
        (reverse("rdv:agenda"), {**day, "agent": world.agent.pk, "vue": "liste"}),
        (reverse("rdv:board"), day),
    ]


def _queries(client, url, data):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(url, data)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        client.get(url, data)
    return len(captured)
