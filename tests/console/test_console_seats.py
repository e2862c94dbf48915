"""The seats and the title of a session, changed on its page: journalled, refused in words beside the field."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from notifications.models import Message
from rdv.core.journal import Author
from rdv.core.links import link_url
from rdv.models import Evenement, Offre
from rdv.services import notices
from rdv.services.seats import change_title
from rdv.services.waitlist_join import Wish, join
from tests.factories import NOW, make_agent, make_departement, make_motif, make_rdv, make_site, make_usager, utc
from tests.signing import signed_in


def seen(response):
    return re.sub(r"\s+", " ", response.content.decode()).replace("\xa0", " ")


@pytest.fixture
def session(desk):
    motif = make_motif(
        desk.departement, sites=[desk.canal], service=desk.pmi, is_collective=True, capacity=2, has_waitlist=True
    )
    people = [make_usager(desk.departement) for _ in range(2)]
    return make_rdv(motif, desk.canal, [desk.claire], utc(2027, 1, 20, 8), usagers=people, capacity=2)


def press(client, session, **typed):
    return client.post(reverse("rdv:rdv_seats", args=[session.uuid]), {"vu": 2} | typed)


def test_a_seat_added_on_the_page_goes_to_who_waits(desk, session):
    wish = Wish(usager=make_usager(desk.departement), motif=session.motif)
    waiting = join(wish=wish, author=Author("usager", None, "Usager"), now=NOW)
    assert "Changer les places" in seen(desk.client.get(reverse("rdv:rdv_detail", args=[session.uuid])))
    page = seen(desk.client.post(reverse("rdv:rdv_seats", args=[session.uuid]), {"capacity": 3, "vu": 2}, follow=True))
    assert "La séance a 3 places : aucune n’est libre." in page
    assert "a changé le nombre de places" in page
    assert Offre.objects.live().get().inscription == waiting
    line = Evenement.objects.get(kind="rdv.capacity")
    assert (line.author_label, line.data) == ("Isabelle Fontaine", {"before": 2, "after": 3})


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1", "2 places sont prises ou proposées : la séance ne peut pas en avoir moins."),
        ("", "Il manque le nombre de places."),
        ("beaucoup", "Écrivez le nombre de places en chiffres, par exemple 8."),
        ("0", "Il faut au moins une place."),
        ("501", "Un atelier a 500 places au plus."),
    ],
)
def test_a_number_that_cannot_be_is_kept_and_explained(desk, session, typed, words):
    response = press(desk.client, session, capacity=typed)
    assert response.status_code == 422
    assert words in seen(response)
    assert f'value="{typed}"' in seen(response) or not typed
    session.refresh_from_db()
    assert session.capacity == 2


def test_two_who_change_the_seats_at_once(desk, session):
    press(desk.client, session, capacity=4)
    response = press(desk.client, session, capacity=6)
    assert response.status_code == 409
    assert "Quelqu’un a modifié ce rendez-vous entre-temps" in seen(response)
    # What was typed is still there, and the seats of now have been read: sent again, it is meant.
    form = response.context["seats"]
    assert (form["capacity"].value(), form["vu"].value()) == ("6", 4)
    session.refresh_from_db()
    assert session.capacity == 4


def test_only_a_session_has_seats_and_only_its_own_people_change_them(desk, session):
    alone = make_rdv(desk.motif, desk.canal, [desk.claire], utc(2027, 1, 21, 8), usagers=[desk.samira])
    assert press(desk.client, alone, capacity=3).status_code == 404
    assert "Changer les places" not in seen(desk.client.get(reverse("rdv:rdv_detail", args=[alone.uuid])))
    elsewhere = make_departement("59")
    stranger = signed_in(make_agent(elsewhere, site=make_site(elsewhere), services=[]))
    assert press(stranger, session, capacity=3).status_code in (403, 404)
    session.refresh_from_db()
    assert session.capacity == 2


# --- Its title


@pytest.fixture
def named(desk, session):
    session.title = "Massage du nourisson"
    session.save()
    for participation in session.participations.select_related("usager"):
        participation.rdv = session
        notices.booked(participation, now=NOW)
    return session


def retitle(client, session, title, vu="Massage du nourisson"):
    return client.post(reverse("rdv:rdv_title", args=[session.uuid]), {"title": title, "vu": vu})


def test_a_title_is_corrected_and_those_registered_see_it_without_a_message(desk, named):
    written = Message.objects.count()
    reminders = Message.objects.filter(kind__startswith="rdv.reminder", state__in=["planned", "standby"])
    emails = reminders.filter(channel="email")
    assert emails
    assert {("nourisson" in row.body) for row in emails} == {True}
    response = retitle(desk.client, named, "Massage du nourrisson")
    page = seen(desk.client.get(response["Location"]))
    assert "Le titre est changé." in page
    assert "a changé le titre : « Massage du nourisson » → « Massage du nourrisson »" in page
    assert Message.objects.count() == written
    assert not any("nourisson" in row.body + row.html + row.calendar for row in reminders.all())
    for row in emails.all():
        assert "nourrisson" in row.body
        assert "nourrisson" in row.calendar
    line = Evenement.objects.get(kind="rdv.title")
    assert line.data == {"before": "Massage du nourisson", "after": "Massage du nourrisson"}
    link = link_url("rdv", str(named.participations.first().uuid))
    assert "Massage du nourrisson" in seen(Client().get(link))


def test_what_has_left_stays_as_it_was_read(desk, named):
    Message.objects.filter(kind="rdv.booked").update(state="sent")
    retitle(desk.client, named, "Autre titre")
    assert {("nourisson" in row.body) for row in Message.objects.filter(kind="rdv.booked", channel="email")} == {True}


def test_a_reminder_of_tomorrow_says_the_new_title_too(desk, named):
    """So near, a booking would plan none: those that were planned still say what is true."""
    change_title(atelier=named, title="Autre titre", author=Author("agent", 1, "Claire"), now=utc(2027, 1, 18, 9))
    waiting = Message.objects.filter(kind__startswith="rdv.reminder", state="planned", channel="sms")
    assert waiting
    assert {("Autre titre" in row.body) for row in waiting} == {True}


def test_the_same_title_twice_is_written_once_and_spaces_are_no_title(desk, named):
    for _ in range(2):
        retitle(desk.client, named, " Autre titre ")
    assert Evenement.objects.filter(kind="rdv.title").count() == 1
    retitle(desk.client, named, "  ", vu="Autre titre")
    named.refresh_from_db()
    assert named.title == ""
    assert "« Autre titre » → aucun" in seen(desk.client.get(reverse("rdv:rdv_detail", args=[named.uuid])))


def test_two_who_change_the_title_at_once(desk, named):
    retitle(desk.client, named, "Le mien")
    response = retitle(desk.client, named, "Le vôtre")
    assert response.status_code == 409
    assert "Isabelle Fontaine a changé le titre" in seen(response)
    form = response.context["titling"]
    assert (form["title"].value(), form["vu"].value()) == ("Le vôtre", "Le mien")
    assert retitle(desk.client, named, "Le vôtre", vu="Le mien").status_code == 302


def test_a_title_too_long_is_kept_and_explained(desk, named):
    response = retitle(desk.client, named, "x" * 101)
    assert response.status_code == 422
    assert "Le titre est trop long. Gardez 100 signes au plus." in seen(response)
    assert "x" * 101 in seen(response)


def test_only_a_session_has_a_title_and_only_its_own_people_change_it(desk, named):
    alone = make_rdv(desk.motif, desk.canal, [desk.claire], utc(2027, 1, 21, 8), usagers=[desk.samira])
    assert retitle(desk.client, alone, "Titre", vu="").status_code == 404
    elsewhere = make_departement("59")
    stranger = signed_in(make_agent(elsewhere, site=make_site(elsewhere), services=[]))
    assert retitle(stranger, named, "Titre").status_code in (403, 404)
    named.refresh_from_db()
    assert named.title == "Massage du nourisson"


def test_a_session_that_has_begun_keeps_its_title(desk, named, now):
    now.move_to(utc(2027, 1, 20, 8, 5))
    response = retitle(signed_in(desk.secretary), named, "Autre")
    assert response.status_code == 409
    named.refresh_from_db()
    assert named.title == "Massage du nourisson"
