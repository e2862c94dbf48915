"""Arrivals, statuses and their undoing: who may, what is written, who is told, and two people at one desk."""

import datetime as dt

import pytest
import time_machine

from notifications.models import Message, State
from rdv.core.journal import Author, Evenement
from rdv.domain.statuses import Status
from rdv.models import Occupation, Rdv
from rdv.services import arrivals
from rdv.services.attendance import say_late, set_status
from rdv.services.errors import ChangedMeanwhile, StatusRefused
from rdv.services.moving import Move, move_rdv
from rdv.views.board.aside import hour_in
from rdv.views.board.words import stamp_of
from tests.board.conftest import DESK, NOW, people_of, wall
from tests.factories import make_ouverture

pytestmark = pytest.mark.django_db
URL, ARRIVAL, GESTURE = "/agents/journee/", "/agents/journee/arrivee/", "/agents/journee/geste/"


def stamp(participation):
    participation.refresh_from_db()
    version = Rdv.objects.values_list("schedule_version", flat=True).get(pk=participation.rdv_id)
    return f"{participation.status}-{'ici' if participation.arrived_at else 'non'}-{version}"


def do(client, participation, gesture, *, seen=None, **more):
    data = {"participation": participation.uuid, "geste": gesture, "vu": seen or stamp(participation), **more}
    return client.post(GESTURE, data)


def lines(kind):
    return list(Evenement.objects.filter(kind=kind))


def test_a_name_then_enter_and_the_person_has_arrived(house, client_of):
    response = client_of("secretary").post(ARRIVAL, {"nom": "bouz"})
    yanis = people_of(house.late)
    assert response.status_code == 302
    assert str(house.late.uuid) in response["Location"]
    assert yanis.arrived_at == NOW
    (line,) = lines("participation.arrived")
    assert (line.author_label, line.author_role, line.subject_id) == (
        house.secretary.full_name, "secretaire", str(house.late.uuid),
    )  # fmt: skip


@pytest.mark.parametrize("typed", ["bouzid yan", "YANIS", "Bouzid Yanis"])
def test_names_in_any_order_and_case(house, client_of, typed):
    client_of("secretary").post(ARRIVAL, {"nom": typed})
    assert people_of(house.late).arrived_at == NOW


@pytest.mark.parametrize(
    ("typed", "hour"),
    [("10:30", "10:30"), ("10h30", "10:30"), ("9h", "9:00"), ("14 h 05", "14:05"), ("8", "8:00"), ("Bouz", "")],
)
def test_an_hour_is_understood_as_it_is_said(typed, hour):
    assert hour_in(typed) == hour


def test_two_people_answer_and_the_choice_is_shown(house, client_of):
    response = client_of("secretary").post(ARRIVAL, {"nom": "jade"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "2 personnes répondent. Laquelle est arrivée ?" in page
    assert 'value="jade"' in page
    assert not lines("participation.arrived")


def test_nobody_answers_and_the_words_are_kept(house, client_of):
    response = client_of("secretary").post(ARRIVAL, {"nom": "Zzz"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Personne n’est attendu à ce nom ou à cette heure" in page
    assert 'value="Zzz"' in page


def test_a_masked_person_is_never_found_by_name(house, client_of):
    response = client_of("secretary").post(ARRIVAL, {"nom": "secretier"})
    assert response.status_code == 422
    assert not lines("participation.arrived")
    assert people_of(house.hidden).arrived_at is None


def test_noted_twice_it_is_once(house, client_of):
    house.claire.hears_arrivals = True
    house.claire.save()
    yanis = people_of(house.late)
    do(client_of("secretary"), yanis, "arrive")
    with time_machine.travel(NOW + dt.timedelta(minutes=5), tick=False):
        do(client_of("second"), yanis, "arrive", seen="unknown-non")
    yanis.refresh_from_db()
    assert yanis.arrived_at == NOW
    assert len(lines("participation.arrived")) == 1
    assert Message.objects.filter(kind="agent.arrived").count() == 1


def test_the_agent_is_written_to_only_when_they_asked_and_without_a_name(house, client_of):
    do(client_of("secretary"), people_of(house.late), "arrive")
    assert not Message.objects.filter(kind="agent.arrived").exists()
    house.claire.hears_arrivals = True
    house.claire.save()
    do(client_of("secretary"), people_of(house.next), "arrive")
    message = Message.objects.get(kind="agent.arrived")
    assert message.address == house.claire.email
    assert "Quelqu’un est arrivé" in message.title
    assert "Arrivé à 10" in message.body
    assert "Roussel" not in message.title + message.body
    assert message.send_not_before == NOW


def test_a_discreet_motif_stays_discreet(house, client_of):
    house.ines.hears_arrivals = True
    house.ines.save()
    hidden = people_of(house.hidden)
    arrivals.mark_arrived(participation=hidden, author=DESK, now=NOW)
    message = Message.objects.get(kind="agent.arrived")
    assert "Protection" not in message.title + message.body


def test_who_notes_their_own_arrivals_is_not_written_to(house, client_of):
    house.claire.hears_arrivals = True
    house.claire.save()
    do(client_of("claire"), people_of(house.late), "arrive")
    assert people_of(house.late).arrived_at == NOW
    assert not Message.objects.filter(kind="agent.arrived").exists()


def test_an_arrival_undone_takes_its_message_back(house, client_of):
    house.claire.hears_arrivals = True
    house.claire.save()
    yanis = people_of(house.late)
    do(client_of("secretary"), yanis, "arrive")
    do(client_of("secretary"), yanis, "pas-arrive")
    yanis.refresh_from_db()
    assert yanis.arrived_at is None
    assert Message.objects.get(kind="agent.arrived").state == State.OBSOLETE
    assert len(lines("participation.arrival_undone")) == 1
    do(client_of("secretary"), yanis, "pas-arrive")
    assert len(lines("participation.arrival_undone")) == 1


def test_arrived_is_seen_in_the_agenda_of_the_agent(house, client_of):
    do(client_of("secretary"), people_of(house.late), "arrive")
    page = client_of("claire").get("/agents/agenda/", {"date": "2027-01-12", "vue": "jour"}).content.decode()
    assert "Arrivé 10:12" in page
    assert "Yanis Bouzid est là" in page
    for name, is_told in (("claire", True), ("karim", False)):
        piece = client_of(name).get("/agents/journee/pour-moi/", headers={"HX-Request": "true"})
        assert ("Yanis Bouzid est là" in piece.content.decode()) is is_told
    assert client_of("claire").get("/agents/journee/pour-moi/").status_code == 302


def test_somebody_said_absent_who_comes_is_to_come_again(house, client_of):
    adam = people_of(house.noshow)
    do(client_of("secretary"), adam, "arrive")
    adam.refresh_from_db()
    assert (adam.status, adam.arrived_at) == ("unknown", NOW)


def test_who_was_seen_does_not_arrive_and_who_is_cancelled_neither(house):
    with pytest.raises(StatusRefused):
        arrivals.mark_arrived(participation=people_of(house.seen), author=DESK, now=NOW)
    gone = people_of(house.late)
    set_status(participation=gone, status=Status.EXCUSED, author=DESK, now=NOW)
    with pytest.raises(StatusRefused):
        arrivals.mark_arrived(participation=gone, author=DESK, now=NOW)


def test_nobody_arrives_the_day_before(house, client_of):
    with time_machine.travel(NOW - dt.timedelta(days=1), tick=False):
        response = do(client_of("secretary"), people_of(house.late), "arrive")
        assert response.status_code == 409
        assert "il est le mardi 12" in response.content.decode()
    assert people_of(house.late).arrived_at is None


def test_absent_excused_and_back(house, client_of):
    desk = client_of("secretary")
    yanis = people_of(house.late)
    do(desk, yanis, "absent")
    assert stamp(yanis) == "noshow-non-0"
    do(desk, yanis, "a-venir")
    assert stamp(yanis) == "unknown-non-0"
    do(desk, yanis, "excuse")
    assert stamp(yanis) == "excused-non-0"
    assert not Occupation.objects.filter(rdv=house.late).exists()
    assert "Annulés ce jour (1)" in desk.get(URL).content.decode()
    do(desk, yanis, "remettre")
    assert stamp(yanis) == "unknown-non-0"
    assert Occupation.objects.filter(rdv=house.late).exists()


def test_who_was_moved_to_another_day_is_not_excused_from_the_board_of_this_one(house, client_of):
    yanis, before = people_of(house.late), house.late.starts_at
    later = Move(starts_at=before + dt.timedelta(days=1), overbook_reason="demain")
    author = Author("agent", house.claire.pk, "Claire Vasseur", "agent")
    move_rdv(rdv=house.late, move=later, author=author, now=before - dt.timedelta(hours=1))
    refused = do(client_of("secretary"), yanis, "excuse", seen="unknown-non-0")
    assert refused.status_code == 409
    assert "Claire Vasseur a déplacé" in refused.content.decode()
    assert stamp(yanis) == "unknown-non-1"


@pytest.mark.parametrize("code", ["excuse", "absent"])
def test_who_was_moved_within_the_day_is_not_excused_from_the_hour_of_before(house, client_of, code):
    """The card showed 10:00; at 9:00 it became 14:00. Nobody gave that up, nobody failed to come to it."""
    yanis, shown = people_of(house.late), stamp(people_of(house.late))
    author = Author("agent", house.claire.pk, "Claire Vasseur", "agent")
    later = Move(starts_at=wall(14), overbook_reason="L’après-midi")
    move_rdv(rdv=house.late, move=later, author=author, now=NOW - dt.timedelta(hours=1))
    refused = do(client_of("secretary"), yanis, code, seen=shown)
    assert refused.status_code == 409
    assert "Claire Vasseur a déplacé" in refused.content.decode()
    assert stamp(yanis) == "unknown-non-1"
    assert Occupation.objects.filter(rdv=house.late).exists()


def test_the_page_that_refuses_excuses_from_the_hour_of_now(house, client_of):
    yanis, shown = people_of(house.late), stamp(people_of(house.late))
    author = Author("agent", house.claire.pk, "Claire Vasseur", "agent")
    later = Move(starts_at=wall(14), overbook_reason="L’après-midi")
    move_rdv(rdv=house.late, move=later, author=author, now=NOW - dt.timedelta(hours=1))
    page = do(client_of("secretary"), yanis, "excuse", seen=shown).content.decode()
    assert 'name="vu" value="unknown-non-1"' in page
    assert do(client_of("secretary"), yanis, "excuse", seen="unknown-non-1").status_code == 302
    assert stamp(yanis) == "excused-non-1"


@pytest.mark.parametrize("seen", ["", "unknown-non", "unknown-non-x", "nobody"])
def test_a_board_that_does_not_say_which_hour_excuses_nobody(house, client_of, seen):
    yanis = people_of(house.late)
    data = {"participation": yanis.uuid, "geste": "excuse", "vu": seen}
    assert client_of("secretary").post(GESTURE, data).status_code == 409
    assert stamp(yanis) == "unknown-non-0"


def test_late_and_on_time(house, client_of):
    desk = client_of("secretary")
    jade = people_of(house.next)
    do(desk, jade, "retard", minutes="15")
    jade.refresh_from_db()
    assert jade.late_minutes == 15
    assert "+15" in desk.get(URL).content.decode()
    do(desk, jade, "a-l-heure")
    jade.refresh_from_db()
    assert jade.late_minutes is None
    assert len(lines("participation.on_time")) == 1
    assert do(desk, jade, "retard", minutes="7").status_code == 404


def test_to_arrive_ends_the_lateness(house):
    jade = people_of(house.next)
    say_late(participation=jade, minutes=20, author=DESK, now=NOW)
    done = arrivals.mark_arrived(participation=jade, author=DESK, now=NOW)
    assert done.late_minutes is None


def test_moved_to_another_day_nobody_has_arrived(house):
    make_ouverture(house.claire, [house.motif], wall(9, day=14), wall(12, day=14), site=house.site)
    jade = people_of(house.next)
    arrivals.mark_arrived(participation=jade, author=DESK, now=NOW)
    move_rdv(rdv=house.next, move=Move(wall(11)), author=DESK, now=NOW)
    assert people_of(house.next).arrived_at == NOW
    house.next.refresh_from_db()
    move_rdv(rdv=house.next, move=Move(wall(9, day=14)), author=DESK, now=NOW)
    assert people_of(house.next).arrived_at is None


def test_the_second_at_the_desk_is_told_what_changed_and_loses_nothing(house, client_of):
    yanis = people_of(house.late)
    shown = stamp(yanis)
    do(client_of("secretary"), yanis, "arrive", seen=shown)
    response = do(client_of("second"), yanis, "absent", seen=shown)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Quelqu’un a modifié ce rendez-vous entre-temps" in page
    assert "Isabelle Fontaine a noté : la personne est arrivée" in page
    assert stamp(yanis) == "unknown-ici-0"
    # The page that told it carries the present state: the gesture can be made again, knowingly.
    assert do(client_of("second"), yanis, "absent").status_code == 302
    assert stamp(yanis) == "noshow-ici-0"


def test_under_lock_too(house):
    yanis = people_of(house.late)
    arrivals.mark_arrived(participation=yanis, author=DESK, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        set_status(
            participation=yanis,
            status=Status.NOSHOW,
            author=DESK,
            now=NOW,
            expected=Status.UNKNOWN,
            is_expected_here=False,
        )


@pytest.mark.parametrize("name", ["stranger", "away", "karim"])
@pytest.mark.parametrize("gesture", ["arrive", "absent", "excuse", "retard"])
def test_nobody_else_writes(house, client_of, name, gesture):
    """Another département, another site, another service of the same site."""
    yanis = people_of(house.late)
    before = Evenement.objects.count()
    assert do(client_of(name), yanis, gesture, minutes="10").status_code == 404
    assert stamp(yanis) == "unknown-non-0"
    assert Evenement.objects.count() == before


def test_a_confidential_person_is_written_by_their_own_service_only(house, client_of):
    zelie = people_of(house.hidden)
    assert do(client_of("secretary"), zelie, "arrive").status_code == 404
    assert do(client_of("ines"), zelie, "arrive").status_code == 302


def test_a_gesture_that_is_not_one(house, client_of):
    assert do(client_of("secretary"), people_of(house.late), "danser").status_code == 404
    assert client_of("secretary").post(GESTURE, {"participation": "?"}).status_code == 404


def test_the_stamp_of_the_card_is_the_one_that_is_read(house, client_of):
    shown = client_of("secretary").get(URL).context["board"]
    visit = next(visit for visit in shown.visits if visit.uuid == house.late.uuid)
    assert stamp_of(visit.people[0]) == stamp(people_of(house.late))
