"""An absence declared over booked Rdv does not block: what is placed by hand over it is refused or has its reason."""

import datetime as dt

import pytest

from rdv.core.journal import Author
from rdv.models import Occupation, Rdv
from rdv.services.absences import AbsenceRule, create_absence, delete_absence
from rdv.services.away import AgentAway
from rdv.services.cancelling import cancel_rdv, restore_participation
from rdv.services.errors import CreneauUnavailable
from rdv.services.moving import Move, move_rdv
from rdv.services.seats import create_workshop
from tests.agenda.test_hours import asked, now_of, sent, url, words
from tests.factories import make_ouverture, make_rdv, utc

pytestmark = pytest.mark.django_db
THURSDAY = dt.date(2027, 1, 14)
AWAY = "Claire Vasseur est absent toute la journée."


@pytest.fixture
def author(house):
    return Author("agent", house.claire.pk, "Claire Vasseur", "agent")


@pytest.fixture
def away(house, person, author):
    """Claire is absent on Thursday, declared over Noé's Rdv, which then left. Lou comes on Friday."""
    for day in (14, 15):
        make_ouverture(
            house.claire, [house.motif], utc(2027, 1, day, 7, 30), utc(2027, 1, day, 11, 30), site=house.site
        )
    booked = make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 14, 9), usagers=[person("Noé", "Prat")])
    rule = AbsenceRule(first_day=THURSDAY, last_day=THURSDAY, kind="sick")
    house.absence = create_absence(agent=house.claire, rule=rule, author=author, now=house.now).absence
    cancel_rdv(rdv=booked, author=author, now=house.now)
    assert not Occupation.objects.get(absence=house.absence).is_blocking
    house.booked = booked
    return make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 15, 8), usagers=[person("Lou", "Roi")])


@pytest.mark.parametrize("ends", ["09:30", "09:25"])
def test_the_absence_is_said_before_and_only_passed_with_a_reason(house, away, client_of, ends):
    client = client_of("claire")
    assert AWAY in words(client.get(url(away), asked("09:00", ends), headers={"HX-Request": "true"}))
    refused = sent(client, away, hour="09:00", ends=ends)
    assert refused.status_code == 409
    assert AWAY in words(refused)
    assert now_of(away)[0] == utc(2027, 1, 15, 8)
    assert sent(client, away, hour="09:00", ends=ends, reason="Elle revient pour lui").status_code == 204
    assert Rdv.objects.get(pk=away.pk).is_overbooked


@pytest.mark.parametrize("minutes", [25, 30])
def test_the_service_refuses_it_whatever_the_length(house, away, author, minutes):
    start = utc(2027, 1, 14, 8)
    move = Move(starts_at=start, ends_at=start + dt.timedelta(minutes=minutes), agents=[house.claire.pk])
    with pytest.raises(CreneauUnavailable):
        move_rdv(rdv=away, move=move, author=author, now=house.now)


def test_another_length_needs_its_opening_too(house, away, author):
    """21:00, and not the usual length: no opening, no reason, no move."""
    start = utc(2027, 1, 15, 20)
    move = Move(starts_at=start, ends_at=start + dt.timedelta(minutes=25), agents=[house.claire.pk])
    with pytest.raises(CreneauUnavailable):
        move_rdv(rdv=away, move=move, author=author, now=house.now)
    inside = utc(2027, 1, 15, 10)
    move = Move(starts_at=inside, ends_at=inside + dt.timedelta(minutes=25), agents=[house.claire.pk])
    assert move_rdv(rdv=away, move=move, author=author, now=house.now).starts_at == inside


def test_what_stands_over_an_absence_already_may_end_earlier(house, person, author, client_of):
    make_ouverture(house.claire, [house.motif], utc(2027, 1, 14, 7, 30), utc(2027, 1, 14, 11, 30), site=house.site)
    kept = make_rdv(house.motif, house.site, [house.claire], utc(2027, 1, 14, 9), usagers=[person("Noé", "Prat")])
    rule = AbsenceRule(first_day=THURSDAY, last_day=THURSDAY, kind="training")
    create_absence(agent=house.claire, rule=rule, author=author, now=house.now)
    assert sent(client_of("claire"), kept, hour="10:00", ends="10:20").status_code == 204
    assert now_of(kept)[1] == utc(2027, 1, 14, 9, 20)
    assert not Rdv.objects.get(pk=kept.pk).is_overbooked


def test_no_workshop_over_an_absence(house, away, client_of):
    data = {
        "motif": house.workshop.uuid, "site": house.site.pk, "day": "2027-01-14", "starts_time": "10:00",
        "agents": [house.claire.pk],
    }  # fmt: skip
    response = client_of("claire").post("/agents/ateliers/nouveau/", data)
    assert response.status_code == 422
    assert "Claire Vasseur a déjà quelque chose à cette heure." in words(response)
    assert not Rdv.objects.filter(motif=house.workshop).exists()
    start = utc(2027, 1, 14, 9)
    with pytest.raises(AgentAway):
        create_workshop(
            motif=house.workshop, site=house.site, agent_ids=[house.claire.pk], starts_at=start,
            ends_at=start + dt.timedelta(hours=1), title="", capacity=8,
            author=Author("agent", house.claire.pk, "Claire", "agent"), now=house.now,
        )  # fmt: skip


def test_an_rdv_is_not_put_back_over_an_absence(house, away, author, client_of):
    gone = house.booked.participations.get()
    later = house.now + dt.timedelta(minutes=10)
    with pytest.raises(AgentAway) as refused:
        restore_participation(participation=gone, author=author, now=later)
    assert refused.value.message == "Absence à cette heure\u00a0: Claire Vasseur. Choisissez une autre heure."
    assert not Rdv.objects.get(pk=house.booked.pk).is_live
    delete_absence(absence=house.absence, author=author, now=later)
    restore_participation(participation=gone, author=author, now=later)
    assert Rdv.objects.get(pk=house.booked.pk).is_live


def test_one_s_own_slip_is_undone_though_an_absence_was_there(house, away, author):
    """It stood over the absence, knowingly, until a wrong press a minute ago."""
    gone = house.booked.participations.get()
    restore_participation(participation=gone, author=author, now=house.now + dt.timedelta(minutes=1))
    assert Rdv.objects.get(pk=house.booked.pk).is_live
