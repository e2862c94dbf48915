"""A move undone within two minutes: everything as before, nobody told twice, and every refusal says why."""

from datetime import timedelta

import pytest
from django.db import transaction

from agents.models import Site
from notifications.models import Message, State
from rdv.core.journal import Author
from rdv.models import Appel, AppelKind, ConfirmedBy, Evenement, Occupation, Offre, Option, Origin, Participation, Rdv
from rdv.services import confirming, notices, waitlist_hold
from rdv.services.booking import Booking, book_option
from rdv.services.calendars import calendar_file
from rdv.services.calls import open_appel
from rdv.services.cancelling import cancel_participation, restore_participation
from rdv.services.errors import ChangedMeanwhile, UsagerBusy
from rdv.services.holding import hold_creneau
from rdv.services.moving import Move, move_rdv, move_within
from rdv.services.questions import EVERYBODY
from rdv.services.rdv_note import write_note
from rdv.services.undo_move import OldHourTaken, UndoOver, undo_move
from rdv.services.waitlist_answer import accept
from rdv.services.waitlist_join import Wish, join
from tests.factories import NOW, make_agent, make_motif, make_ouverture, make_rdv, make_site, make_usager, utc
from tests.rdv.conftest import AGENT, USAGER

pytestmark = pytest.mark.django_db
TEN, ELEVEN = utc(2027, 1, 11, 9), utc(2027, 1, 11, 10)
SOON = NOW + timedelta(minutes=1)
COLLEAGUE = Author("agent", 2, "Paul Lambert", "agent")


@pytest.fixture
def rdv(world):
    return make_rdv(world.motif, world.site, [world.agent], TEN, usagers=[world.usager])


def move(rdv, starts_at=ELEVEN, *, now=NOW, author=AGENT, **more):
    return move_rdv(rdv=rdv, move=Move(starts_at=starts_at, **more), author=author, now=now)


def undo(rdv, *, version=1, author=AGENT, now=SOON):
    return undo_move(rdv=rdv, version=version, author=author, now=now)


def taken():
    return [(row.agent_id, row.starts_at) for row in Occupation.objects.order_by("starts_at")]


def rows(kind):
    return Message.objects.filter(kind=kind).order_by("id")


# --- As it was


def test_the_old_hour_the_old_agent_and_the_old_length_come_back(world, rdv):
    other = make_agent(world.departement, site=world.site, services=[world.motif.service])
    before = (rdv.starts_at, rdv.ends_at, rdv.site_id, rdv.moved_at)
    make_ouverture(other, [world.motif], ELEVEN, ELEVEN + timedelta(hours=2), site=world.site)
    move(rdv, agents=[other.pk], ends_at=ELEVEN + timedelta(hours=1))
    undone = undo(rdv).rdv
    undone.refresh_from_db()
    assert (undone.starts_at, undone.ends_at, undone.site_id, undone.moved_at) == before
    assert list(undone.rdv_agents.values_list("agent_id", flat=True)) == [world.agent.pk]
    assert taken() == [(world.agent.pk, TEN)]
    participation = undone.participations.get()
    assert (participation.starts_at, participation.ends_at) == (undone.starts_at, undone.ends_at)


def test_the_old_site_comes_back_and_a_place_taken_knowingly_stays_so(world):
    rdv = make_rdv(world.motif, world.site, [world.agent], TEN, usagers=[world.usager], is_overbooked=True)
    elsewhere = make_site(world.departement)
    Occupation.objects.filter(rdv=rdv).update(is_blocking=False)
    make_rdv(world.motif, world.site, [world.agent], TEN)  # the other of the two at that hour
    move(rdv, site=elsewhere, overbook_reason="À Vimy ce jour-là")
    undone = undo(rdv).rdv
    assert (undone.site_id, undone.is_overbooked) == (world.site.pk, True)


def test_what_a_person_had_said_of_the_old_hour_holds_again(world, rdv):
    participation = rdv.participations.get()
    at = NOW - timedelta(hours=5, microseconds=17)
    rdv.participations.update(confirmed_at=at, confirmed_by="phone", late_minutes=10)
    move(rdv)
    participation.refresh_from_db()
    assert (participation.confirmed_at, participation.late_minutes) == (None, None)
    undo(rdv)
    participation.refresh_from_db()
    assert (participation.confirmed_at, participation.confirmed_by, participation.late_minutes) == (at, "phone", 10)


def test_a_session_goes_back_with_everybody(world):
    motif = make_motif(world.departement, sites=[world.site], is_collective=True, capacity=3)
    session = make_rdv(motif, world.site, [world.agent], TEN, usagers=[make_usager(world.departement) for _ in "ab"])
    move(session)
    undo(session)
    assert set(session.participations.values_list("starts_at", flat=True)) == {TEN}


def test_a_call_that_the_move_had_settled_is_to_be_made_after_all(world, rdv):
    open_appel(rdv.participations.get(), AppelKind.MESSAGE, before=TEN, now=NOW)
    move(rdv)
    assert not Appel.objects.open().exists()
    undo(rdv)
    assert Appel.objects.open().get().participation == rdv.participations.get()


def test_it_is_written_in_the_journal_with_both_hours(world, rdv):
    move(rdv)
    undo(rdv)
    line = Evenement.objects.get(kind="rdv.move_undone")
    assert (line.author_label, line.data["version"]) == ("Claire Vasseur", 1)
    assert line.data["before"]["starts_at"].startswith("2027-01-11T10")
    assert line.data["after"]["starts_at"].startswith("2027-01-11T09")


def test_pressed_twice_it_is_undone_once(world, rdv):
    move(rdv)
    for _ in range(2):
        assert undo(rdv).rdv.starts_at == TEN
    assert Evenement.objects.filter(kind="rdv.move_undone").count() == 1
    rdv.refresh_from_db()
    assert rdv.schedule_version == 2


def test_of_two_moves_the_last_one_is_undone(world, rdv):
    move(rdv)
    half_past = ELEVEN + timedelta(minutes=30)
    move(rdv, half_past, now=NOW + timedelta(seconds=30))
    assert undo(rdv, version=2).rdv.starts_at == ELEVEN
    with pytest.raises(ChangedMeanwhile):  # the first was no longer the last
        undo(rdv, version=3)


# --- Refused


def test_after_two_minutes_it_is_moved_again_by_hand(world, rdv):
    move(rdv)
    with pytest.raises(UndoOver, match="Les 2 minutes"):
        undo(rdv, now=NOW + timedelta(minutes=2, seconds=1))
    assert undo(rdv, now=NOW + timedelta(minutes=2)).rdv.starts_at == TEN


def test_only_whoever_moved_it_undoes(world, rdv):
    move(rdv)
    with pytest.raises(UndoOver):
        undo(rdv, author=COLLEAGUE)


@pytest.mark.parametrize("version", [0, 2, None])
def test_a_page_that_shows_another_version_undoes_nothing(world, rdv, version):
    move(rdv)
    with pytest.raises(ChangedMeanwhile):
        undo(rdv, version=version)


@pytest.mark.parametrize(
    "touch",
    [
        lambda rdv: write_note(rdv=rdv, note="Vient à pied", expected="", author=COLLEAGUE, now=SOON),
        lambda rdv: confirming.confirm(
            participation=rdv.participations.get(), by=ConfirmedBy.PHONE, author=COLLEAGUE, now=SOON
        ),
        lambda rdv: cancel_participation(
            participation=rdv.participations.get(), by_service=True, author=COLLEAGUE, now=SOON
        ),
        lambda rdv: move(rdv, ELEVEN + timedelta(minutes=30), author=COLLEAGUE, now=SOON),
    ],
)
def test_whoever_touched_it_since_is_not_overwritten(world, rdv, touch):
    move(rdv)
    touch(Rdv.objects.get(pk=rdv.pk))
    with pytest.raises(ChangedMeanwhile):
        undo(rdv)
    rdv.refresh_from_db()
    assert rdv.starts_at != TEN


def test_a_move_by_the_person_or_within_another_gesture_is_not_undone(world, rdv):
    move(rdv, author=USAGER)
    with pytest.raises(UndoOver):
        undo(rdv, author=USAGER)


def test_an_hour_that_somebody_took_stays_theirs_and_the_sentence_says_where_the_rdv_is(world, rdv):
    move(rdv)
    make_rdv(world.motif, world.site, [world.agent], TEN, usagers=[make_usager(world.departement)])
    with pytest.raises(OldHourTaken) as refusal:
        undo(rdv)
    assert refusal.value.message.replace("\xa0", " ") == (
        "L’heure d’avant (lundi 11 janvier à 10 h) a été donnée à quelqu’un d’autre. "
        "Le rendez-vous reste lundi 11 janvier à 11 h."
    )
    rdv.refresh_from_db()
    assert (rdv.starts_at, rdv.schedule_version) == (ELEVEN, 1)
    assert len(taken()) == 2


def test_a_person_who_is_busy_at_the_old_hour_since_stays_at_the_new_one(world, rdv):
    move(rdv)
    make_rdv(world.motif, world.site, [], TEN, usagers=[world.usager])
    with pytest.raises(UsagerBusy):
        undo(rdv)
    rdv.refresh_from_db()
    assert rdv.starts_at == ELEVEN


# --- The waiting list


@pytest.fixture
def waited(world, rdv):
    world.motif.has_waitlist = True
    world.motif.save()
    return join(wish=Wish(usager=make_usager(world.departement), motif=world.motif), author=USAGER, now=NOW)


def test_an_offer_without_an_answer_gives_way_politely(world, rdv, waited):
    move(rdv)
    offre = Offre.objects.live().get()
    assert offre.starts_at == TEN
    undo(rdv)
    offre.refresh_from_db()
    waited.refresh_from_db()
    assert (offre.state, offre.reason, waited.state) == ("withdrawn", "annulation défaite", "waiting")
    assert taken() == [(world.agent.pk, TEN)]
    assert not Offre.objects.live().exists()


def test_a_yes_has_been_said_and_holds(world, rdv, waited):
    move(rdv)
    accept(offre=Offre.objects.live().get(), author=USAGER, now=SOON)
    with pytest.raises(OldHourTaken):
        undo(rdv)
    assert Rdv.objects.live().get(starts_at=TEN).participations.get().usager == waited.usager


def test_refused_it_leaves_the_offers_as_they_were(world, rdv, waited):
    """The person is busy at the old hour: nothing of the undo stays, the offer neither."""
    move(rdv)
    make_rdv(world.motif, world.site, [], TEN, usagers=[world.usager])
    with pytest.raises(UsagerBusy):
        undo(rdv)
    assert Offre.objects.live().exists()


@pytest.mark.parametrize("gesture", ["move", "cancel"])
def test_an_hour_that_nobody_waits_for_does_not_become_public_any_more(world, rdv, monkeypatch, gesture):
    """It was kept back for some minutes; taken again, no "place held" stays beside the Rdv."""
    monkeypatch.setattr(waitlist_hold.chance, "random", lambda: 0.5)
    world.motif.has_waitlist = True
    world.motif.save()
    participation = rdv.participations.get()
    if gesture == "move":
        move(rdv)
    else:
        cancel_participation(participation=participation, by_service=False, author=AGENT, now=NOW)
    assert Option.objects.filter(purpose="release").exists()
    if gesture == "move":
        undo(rdv)
    else:
        restore_participation(participation=participation, author=AGENT, now=SOON)
    assert not Option.objects.filter(purpose="release").exists()
    assert taken() == [(world.agent.pk, TEN)]


# --- What people are told


@pytest.fixture
def booked(world):
    """Through the booking, with its messages; the confirmation has left."""
    option = hold_creneau(
        motif=world.motif, site=world.site, starts_at=TEN, agents=EVERYBODY, author=AGENT, opened_at=NOW, now=NOW
    )
    made = book_option(
        token=option.token, booking=Booking(usager=world.usager, origin=Origin.PHONE), author=AGENT, now=NOW
    )
    Message.objects.filter(kind="rdv.booked").update(state=State.SENT)
    return made


def planned_of(kind):
    return sorted(rows(kind).filter(state=State.PLANNED).values_list("channel", "version", "body"))


def test_the_message_of_a_move_waits_as_long_as_it_can_be_undone(world, booked):
    move(booked)
    assert {row.send_not_before for row in rows("rdv.moved")} == {NOW + timedelta(minutes=2)}


def test_what_is_near_is_told_at_once(world, rdv):
    near = TEN - timedelta(minutes=4)
    move(rdv, now=near)
    assert {row.send_not_before for row in rows("rdv.moved")} == {near}


def test_undone_before_it_left_nobody_hears_of_the_move_and_the_reminders_are_those_of_before(world, booked):
    reminders = {kind: planned_of(kind) for kind in notices.REMINDERS}
    assert any(reminders.values())
    move(booked)
    undo(booked)
    assert {row.state for row in rows("rdv.moved")} == {State.OBSOLETE}
    assert not rows("rdv.restored").exists()
    for kind, before in reminders.items():
        assert planned_of(kind) == [(channel, 2, body) for channel, _, body in before]
    assert Message.objects.filter(subject_type="participation", state=State.PLANNED, version=1).count() == 0


def test_a_reminder_whose_hour_came_in_between_still_leaves(world, booked):
    reminder = rows("rdv.reminder.sms").get(state=State.PLANNED)
    at = reminder.send_not_before
    move(booked, now=at - timedelta(seconds=30))
    undo(booked, now=at + timedelta(seconds=30))
    reminder.refresh_from_db()
    assert reminder.state == State.PLANNED


def test_a_confirmation_that_had_not_left_leaves_after_all(world, booked):
    rows("rdv.booked").update(state=State.PLANNED)
    move(booked)
    assert {row.state for row in rows("rdv.booked")} == {State.OBSOLETE}
    undo(booked)
    assert {row.state for row in rows("rdv.booked")} == {State.PLANNED}


@pytest.mark.parametrize("state", [State.SENT, State.DELIVERED, State.SENDING])
def test_undone_after_it_left_one_message_says_that_the_old_hour_stands(world, booked, state):
    # A long name would leave no room for both hours in one SMS.
    Site.objects.filter(pk=world.site.pk).update(name="MDS de Lens")
    move(booked)
    lease = NOW + timedelta(minutes=5) if state == State.SENDING else None
    rows("rdv.moved").update(state=state, lease_until=lease)
    assert undo(booked).tells
    told = {row.channel: row for row in rows("rdv.restored")}
    assert set(told) == {"sms", "email"}
    sms = told["sms"].body.replace("\xa0", " ")
    assert sms.startswith("RDV maintenu")
    assert "lun. 11 janv. à 10h" in sms
    assert "(et non lun. 11 janv. à 11h)" in sms
    assert "n’est pas déplacé au lundi 11 janvier à 11 h" in told["email"].body.replace("\xa0", " ")
    assert "SEQUENCE:2" in told["email"].calendar
    assert planned_of("rdv.reminder.sms")


def test_the_calendar_file_goes_on_counting(world, booked):
    move(booked)
    undo(booked)
    said = calendar_file(Participation.objects.get(rdv=booked), now=SOON)
    assert "SEQUENCE:2" in said
    assert "DTSTART;TZID=Europe/Paris:20270111T100000" in said


def test_moved_twice_in_two_minutes_one_message_tells_where_the_person_believed_it_to_be(world, booked):
    move(booked)
    half_past = ELEVEN + timedelta(minutes=30)
    move(booked, half_past, now=SOON)
    (sms,) = [body for channel, _, body in planned_of("rdv.moved") if channel == "sms"]
    assert "avant : lun. 11 janv. à 10h" in sms.replace("\xa0", " ").replace("\u202f", " ")


def test_moved_back_by_hand_before_it_left_there_is_no_news(world, booked):
    reminders = planned_of("rdv.reminder.sms")
    assert reminders
    move(booked)
    move(booked, TEN, now=SOON)
    assert not planned_of("rdv.moved")
    assert [(channel, body) for channel, _, body in planned_of("rdv.reminder.sms")] == [
        (channel, body) for channel, _, body in reminders
    ]


def test_undone_the_second_of_two_moves_lets_the_first_be_told(world, booked):
    move(booked)
    first = [body for *_, body in planned_of("rdv.moved")]
    move(booked, ELEVEN + timedelta(minutes=30), now=SOON)
    undo(booked, version=2, now=SOON + timedelta(seconds=20))
    assert [body for *_, body in planned_of("rdv.moved")] == first


def test_cancelled_then_put_back_after_an_undo_the_reminders_are_still_there(world, booked):
    """What was put back lives under the version of now: what comes next finds it."""
    before = [body for *_, body in planned_of("rdv.reminder.sms")]
    assert before
    move(booked)
    undo(booked)
    participation = booked.participations.get()
    cancelled = cancel_participation(participation=participation, by_service=False, author=AGENT, now=SOON)
    assert not planned_of("rdv.reminder.sms")
    notices.restored(cancelled, now=SOON)
    assert [body for *_, body in planned_of("rdv.reminder.sms")] == before


def test_agents_hear_nothing_of_what_was_undone_in_time(world, booked):
    world.agent.notification_level = "all"
    world.agent.save()
    move(booked)
    assert rows("agent.moved").get().send_not_before == NOW + timedelta(minutes=2)
    undo(booked)
    assert rows("agent.moved").get().state == State.OBSOLETE
    assert not rows("agent.unmoved").exists()


def test_agents_who_heard_of_the_move_hear_that_it_is_undone(world, booked):
    world.agent.notification_level = "all"
    world.agent.save()
    move(booked)
    rows("agent.moved").update(state=State.SENT)
    undo(booked)
    told = rows("agent.unmoved").get()
    assert told.title.replace("\xa0", " ").startswith("Déplacement défait : lundi 11 janvier à 10 h")


def test_the_email_of_the_morning_says_it_in_one_line(world, booked):
    world.agent.notification_level = "digest"
    world.agent.save()
    move(booked)
    undo(booked)
    body = rows("agent.digest").get().body
    assert "Déplacement défait" in body
    assert "Rendez-vous déplacé" not in body


def test_within_the_transaction_of_another_gesture_it_is_told_at_once_and_not_undone(world, booked):
    with transaction.atomic():
        move_within(rdv=booked, move=Move(starts_at=ELEVEN), author=AGENT, now=NOW)
    assert {row.send_not_before for row in rows("rdv.moved")} == {NOW}
    with pytest.raises(UndoOver):
        undo(booked)
