"""Placed by hand: "Déplacer" refuses what "Début et fin" refuses; nobody receives for a service that is not theirs;
what has begun does not move."""

import datetime as dt

import pytest

from notifications.models import Message
from rdv.core.journal import Author, Evenement
from rdv.models import Origin, Rdv
from rdv.services.able import NotTheirService
from rdv.services.booking import Booking, overbook
from rdv.services.errors import NotBookable
from rdv.services.moving import GONE, Move, move_rdv
from rdv.services.seats import create_workshop
from rdv.services.too_far import TooFar
from tests.agenda.test_hours import asked, now_of, url, words
from tests.factories import make_ouverture, make_rdv, utc

pytestmark = pytest.mark.django_db
SONIA = "Sonia Petit ne reçoit pas pour le service PMI."


@pytest.fixture
def author(house):
    return Author("agent", house.claire.pk, "Claire Vasseur", "agent")


@pytest.fixture
def booked(house, person):
    """Claire receives Éva on Thursday at 9:00 for 25 minutes, not the usual 30; her morning is open."""
    make_ouverture(house.claire, [house.motif], utc(2027, 1, 14, 7, 30), utc(2027, 1, 14, 11, 30), site=house.site)
    start = utc(2027, 1, 14, 8)
    return make_rdv(
        house.motif, house.site, [house.claire], start, usagers=[person("Éva", "Masson")],
        minutes=25,
    )  # fmt: skip


def move_url(rdv):
    return f"/agents/rdv/{rdv.uuid}/deplacer/"


def value_of(house, start, agent):
    return f"{int(start.timestamp())}_{house.site.pk}_{agent.pk}"


def test_somebody_of_another_service_is_not_listed_and_refused_in_words(house, booked, client_of):
    client = client_of("claire")
    page = client.get(move_url(booked)).content.decode()
    assert ("Karim Haddad" in page, "Sonia Petit" in page) == (True, False)
    assert "Sonia Petit" not in client.get(url(booked)).content.decode()
    query = {"day": "2027-01-14", "hour": "10:00", "who": f"{house.site.pk}:{house.sonia.pk}", "reason": "essai"}
    shown = client.get(move_url(booked), query)
    assert SONIA in words(shown)
    assert "data-final" not in shown.content.decode()
    data = {"creneau": value_of(house, utc(2027, 1, 14, 9), house.sonia), "version": 0, "reason": "essai"}
    refused = client.post(move_url(booked), data)
    assert (refused.status_code, SONIA in words(refused)) == (409, True)
    assert now_of(booked)[2] == ["Vasseur"]


def test_the_services_refuse_it_whatever_the_page(house, booked, person, author):
    start, sonia = utc(2027, 1, 14, 9), [house.sonia.pk]
    move = Move(starts_at=start, agents=sonia, overbook_reason="si")
    with pytest.raises(NotTheirService) as refused:
        move_rdv(rdv=booked, move=move, author=author, now=house.now)
    assert refused.value.message == SONIA
    booking = Booking(usager=person("Noé", "Prat"), origin=Origin.DESK)
    with pytest.raises(NotTheirService):
        overbook(
            motif=house.motif, site=house.site, agent_ids=sonia, starts_at=start, booking=booking, reason="urgence",
            author=author, now=house.now,
        )  # fmt: skip
    with pytest.raises(NotTheirService):
        create_workshop(
            motif=house.workshop, site=house.site, agent_ids=[house.claire.pk, *sonia], starts_at=start,
            ends_at=start + dt.timedelta(hours=1), title="", capacity=8, author=author, now=house.now,
        )  # fmt: skip
    assert Rdv.objects.count() == 1


def test_a_workshop_says_who_cannot_lead_it(house, client_of):
    data = {
        "motif": house.workshop.uuid, "site": house.site.pk, "day": "2027-01-19", "starts_time": "10:00",
        "agents": [house.claire.pk, house.sonia.pk],
    }  # fmt: skip
    refused = client_of("secretary").post("/agents/ateliers/nouveau/", data)
    assert refused.status_code == 422
    assert SONIA in words(refused)
    assert not Rdv.objects.exists()


def test_deplacer_says_what_stands_in_the_way_before(house, booked, client_of):
    """21:00, whatever the length: no opening. With a reason it is a double, in red; without, nothing to press."""
    client, late = client_of("claire"), {"day": "2027-01-14", "hour": "21:00"}
    shown = client.get(move_url(booked), late)
    assert "Claire Vasseur n’a pas d’ouverture pour « Pesée » sur toute cette durée." in words(shown)
    assert "data-final" not in shown.content.decode()
    value = value_of(house, utc(2027, 1, 14, 20), house.claire)
    refused = client.post(move_url(booked), {"creneau": value, "version": 0})
    assert refused.status_code == 409
    assert now_of(booked)[0] == utc(2027, 1, 14, 8)
    said = client.get(move_url(booked), late | {"reason": "Après son travail"})
    assert "Même si l’heure est prise ou fermée : Après son travail" in words(said)
    assert 'name="reason" value="Après son travail"' in said.content.decode()
    moved = client.post(move_url(booked), {"creneau": value, "version": 0, "reason": "Après son travail"})
    assert moved.status_code == 302
    assert (now_of(booked)[0], Rdv.objects.get().is_overbooked) == (utc(2027, 1, 14, 20), True)


def test_a_reason_over_free_time_makes_no_double(house, booked, client_of):
    data = {"creneau": value_of(house, utc(2027, 1, 14, 10), house.claire), "version": 0, "reason": "pour rien"}
    assert client_of("claire").post(move_url(booked), data).status_code == 302
    assert (now_of(booked)[0], Rdv.objects.get().is_overbooked) == (utc(2027, 1, 14, 10), False)


@pytest.mark.parametrize("status", ["unknown", "seen"])
def test_what_has_begun_does_not_move(house, person, author, client_of, status):
    make_ouverture(house.claire, [house.motif], utc(2027, 1, 14, 7, 30), utc(2027, 1, 14, 11, 30), site=house.site)
    past = make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 11, 8), usagers=[person("Noé", "Prat")])
    past.participations.update(status=status)
    client, start = client_of("claire"), utc(2027, 1, 14, 9)
    for page, form in ((move_url(past), "Voir ce qui change"), (url(past), "Voir ce qui change")):
        shown = words(client.get(page))
        assert GONE in shown
        assert form not in shown
    sent = client.post(move_url(past), {"creneau": value_of(house, start, house.claire), "version": 0})
    assert (sent.status_code, GONE in words(sent)) == (409, True)
    sent = client.post(url(past), asked() | {"version": 0})
    assert (sent.status_code, GONE in words(sent)) == (409, True)
    for reason in ("", "essai"):
        with pytest.raises(NotBookable):
            move_rdv(rdv=past, move=Move(starts_at=start, overbook_reason=reason), author=author, now=house.now)
    assert now_of(past)[0] == utc(2027, 1, 11, 8)


def test_the_road_has_its_reason_too(house, week, client_of):
    """What only the move can see: the reason was asked for in vain, and is now used."""
    make_ouverture(house.claire, [house.home], utc(2027, 1, 12, 12), utc(2027, 1, 12, 17), site=house.site)
    data = {"day": "2027-01-12", "hour": "14:25", "ends": "15:25", "version": 0, "reason": "Elle y va à pied"}
    client_of("claire").post(url(week.home), data, headers={"HX-Request": "true"})
    rdv = Rdv.objects.get(pk=week.home.pk)
    assert (rdv.starts_at, rdv.is_overbooked) == (utc(2027, 1, 12, 13, 25), True)
    line = Evenement.objects.about("rdv", rdv.uuid).get(kind="rdv.moved")
    assert line.data["overbooked"] == "Elle y va à pied"


def test_a_wrong_year_is_refused_in_words_everywhere(house, booked, person, author, client_of):
    said = "Le jeudi 14\u00a0janvier 2100 est dans plus de 2\u00a0ans. Vérifiez l’année."
    start = utc(2100, 1, 14, 8)
    for page in (move_url(booked), url(booked)):
        shown = client_of("claire").get(page, {"day": "2100-01-14", "hour": "09:00", "ends": "09:30", "reason": "si"})
        assert said.replace("\u00a0", " ") in words(shown)
        assert "data-final" not in shown.content.decode()
    with pytest.raises(TooFar) as refused:
        move_rdv(rdv=booked, move=Move(starts_at=start, overbook_reason="si"), author=author, now=house.now)
    assert refused.value.message == said
    with pytest.raises(TooFar):
        overbook(
            motif=house.motif, site=house.site, agent_ids=[house.claire.pk], starts_at=start,
            booking=Booking(usager=person("Noé", "Prat"), origin=Origin.DESK), reason="urgence", author=author,
            now=house.now,
        )  # fmt: skip
    assert now_of(booked)[0] == utc(2027, 1, 14, 8)


@pytest.mark.parametrize("month", [11, 12])
def test_a_day_eleven_months_away_says_its_year(house, booked, author, client_of, month):
    """An SMS says none otherwise: it would be read as this year's."""
    start = utc(2027, month, 20, 9) if month == 11 else utc(2028, 1, 12, 9)
    expected = "sam. 20\u00a0nov. à 10h" if month == 11 else "mer. 12\u00a0janv. 2028 à 10h"
    move_rdv(rdv=booked, move=Move(starts_at=start, overbook_reason="de loin"), author=author, now=house.now)
    told = Message.objects.filter(subject_type="participation", kind="rdv.moved")
    assert f"RDV déplacé : {expected}" in told.get(channel="sms").body.replace("Pesée, ", "")
    assert ("2028" in told.get(channel="email").title) == (month == 12)
    reminders = Message.objects.filter(subject_type="participation", kind="rdv.reminder.sms", state="planned")
    assert reminders.exists()
    assert not any("2028 à" in one.body for one in reminders)
    usager = booked.participations.get().usager
    page = words(client_of("secretary").get("/agents/accueil/", {"usager": str(usager.uuid)}))
    shown = "sam. 20 nov., 10:00" if month == 11 else "mer. 12 janv. 2028, 10:00"
    assert shown in page.lower()


@pytest.mark.parametrize("status", ["unknown", "seen"])
def test_the_cancel_page_of_what_has_begun_promises_nothing(house, person, client_of, status):
    house.motif.has_waitlist = True
    house.motif.save()
    past = make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 11, 8), usagers=[person("Noé", "Prat")])
    past.participations.update(status=status)
    page = words(client_of("claire").get(f"/agents/rdv/{past.uuid}/annuler/"))
    assert "elle ne redevient libre pour personne" in page
    assert "Aucun : le rendez-vous est passé ou a commencé." in page
    assert ("liste d’attente" in page, "Un message part" in page) == (False, False)
    assert ("Ce rendez-vous est noté « Vu »." in page) == (status == "seen")
    coming = make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 14, 8), usagers=[person("Lou", "Roi")])
    assert "Un message part dans 2 minutes" in words(client_of("claire").get(f"/agents/rdv/{coming.uuid}/annuler/"))
