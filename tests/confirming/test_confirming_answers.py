"""Does the person come: what is asked, when, and what the answer does. Nobody is cancelled for not answering."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from notifications import delivery
from notifications.channels.gsm7 import plain, segments
from notifications.models import Message, State
from rdv.core.links import fill_links, link_url
from rdv.models import ConfirmedBy, Evenement, NoticeLevel, Offre, Participation
from rdv.services import notices
from rdv.services.cancelling import cancel_participation, restore_participation
from rdv.services.confirming import confirm, take_back
from rdv.services.errors import StatusRefused, TooLate
from rdv.services.moving import Move, move_rdv
from tests.confirming.conftest import AT, PHONE, TUESDAY, USAGER, WEDNESDAY, asked, booked, fresh, send
from tests.factories import (
    NOW,
    make_agent,
    make_departement,
    make_motif,
    make_ouverture,
    make_rdv,
    make_site,
    make_usager,
    utc,
)
from tests.notifications.notice_cases import make_case, planned, reload
from tests.waiting_core.conftest import wait_for

pytestmark = pytest.mark.django_db
SECOND = "rdv.reminder.second"


def text_of(kind):
    return plain(fill_links(Message.objects.get(kind=kind, channel="sms", state__in=["planned", "delivered"]).body))


# --- The question


def test_the_reminder_itself_asks_in_one_segment(world):
    participation = booked(world)
    text = text_of("rdv.reminder.sms")
    assert "Répondez OUI" in text
    assert "NON" in text
    assert "annule" in text, "what NO does is said"
    assert link_url("rdv", str(participation.uuid)) in text
    assert segments(text) == 1
    assert "OUI" not in text_of("rdv.booked"), "a booking does not ask at once"


def test_where_nobody_can_answer_an_sms_the_link_asks(world, settings):
    settings.SMS_CAN_BE_ANSWERED = False
    booked(world)
    for kind in ("rdv.reminder.sms", SECOND):
        text = text_of(kind)
        assert "OUI" not in text
        assert "Venez-vous ?" in text
        assert segments(text) == 1


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("level", [NoticeLevel.NORMAL, NoticeLevel.DISCREET])
@pytest.mark.parametrize("label", ["Pesée", "Consultation avec la sage-femme et le médecin de PMI", "Point budget"])
def test_every_question_is_one_segment_and_discreet_where_the_motif_is(settings, level, label, answered):
    settings.SMS_CAN_BE_ANSWERED = answered
    notices.booked(make_case(level, public_label=label), now=NOW)
    for kind in ("rdv.reminder.sms", SECOND):
        text = text_of(kind)
        assert segments(text) == 1
        assert "9h20, MDS de Lens" in text
        assert (label in text) <= (level == NoticeLevel.NORMAL)


def test_a_silent_motif_asks_nobody():
    notices.booked(make_case(NoticeLevel.SILENT), now=NOW)
    assert not Message.objects.exists()


def test_a_motif_that_does_not_ask_reminds_as_before():
    notices.booked(make_case(asks_confirmation=False), now=NOW)
    assert "Pas disponible ? Annulez" in text_of("rdv.reminder.sms")
    assert not Message.objects.filter(kind=SECOND).exists()
    assert "Venez-vous" not in Message.objects.get(kind="rdv.reminder.email", channel="email").body


def test_the_email_asks_too():
    notices.booked(make_case(), now=NOW)
    mail = Message.objects.get(kind="rdv.reminder.email", channel="email")
    for twin in (mail.body, mail.html):
        assert "Venez-vous" in twin
        assert "Dire si vous venez" in twin


# --- The second SMS


@pytest.mark.parametrize(("code", "month"), [("62", 1), ("62", 3), ("62", 10), ("974", 7)])
def test_the_second_sms_leaves_the_day_before_at_a_decent_hour(code, month):
    """Over the changes of hour too."""
    zone = make_departement(code).zone
    at = utc(2027, month, 30, 8)
    participation = make_case_in(code, at)
    notices.booked(participation, now=at - timedelta(days=20))
    second, first = planned().get(kind=SECOND), planned().get(kind="rdv.reminder.sms")
    local = second.send_not_before.astimezone(zone)
    assert (local.date(), local.hour) >= (at.astimezone(zone).date() - timedelta(days=1), 10)
    assert local.hour < 12
    assert second.worthless_after.astimezone(zone).hour == 19
    assert second.worthless_after.astimezone(zone).date() == local.date()
    assert second.send_not_before - first.send_not_before >= timedelta(hours=20)


def make_case_in(code, at):

    departement = make_departement(code)
    site = make_site(departement)
    rdv = make_rdv(make_motif(departement, sites=[site]), site, [], at, usagers=[make_usager(departement)])
    Participation.objects.update(created_at=at - timedelta(days=20))
    return reload(rdv.participations.get())


@pytest.mark.parametrize(
    ("fields", "count"),
    [({}, 1), ({"second_sms_days": None}, 0), ({"sms_reminder_days": 1}, 0), ({"sms_reminder_days": None}, 1),
     ({"sms_reminder_days": None, "email_reminder_days": None}, 0), ({"second_sms_days": 2}, 0)],
)  # fmt: skip
def test_no_second_sms_too_near_the_first_nor_without_one(fields, count):
    notices.booked(make_case(**fields), now=NOW)
    assert planned(kind=SECOND).count() == count


def test_an_answer_a_cancellation_a_move_make_it_useless(world):
    for act in (
        lambda one: confirm(participation=one, by=ConfirmedBy.LINK, author=USAGER, now=TUESDAY),
        lambda one: cancel_participation(participation=one, by_service=False, author=USAGER, now=TUESDAY),
        lambda one: move_rdv(rdv=one.rdv, move=Move(starts_at=utc(2027, 1, 14, 10)), author=world.author, now=TUESDAY),
    ):
        agent = make_agent(site=world.site, services=[world.pmi])
        participation = asked(world, agents=[agent])

        make_ouverture(agent, [world.motif], utc(2027, 1, 14, 8), utc(2027, 1, 14, 16), site=world.site)
        act(fresh(participation))
        old = Message.objects.get(kind=SECOND, subject_id=str(participation.uuid), version=0)
        assert old.state == State.OBSOLETE


def test_a_second_sms_that_a_worker_could_not_send_by_day_never_leaves(world):
    participation = asked(world)

    second = Message.objects.get(kind=SECOND, subject_id=str(participation.uuid))
    assert not delivery.deliver(second.pk, now=utc(2027, 1, 13, 18, 30))
    delivery.expire(now=utc(2027, 1, 13, 18, 30))
    second.refresh_from_db()
    assert second.state == State.EXPIRED


# --- The answer


def test_yes_is_noted_once_journalled_and_the_reminder_no_longer_asks(world):
    participation = booked(world)
    confirm(participation=participation, by=ConfirmedBy.PHONE, author=world.author, now=NOW)
    again = confirm(participation=participation, by=ConfirmedBy.LINK, author=USAGER, now=TUESDAY)
    assert (again.confirmed_at, again.confirmed_by) == (NOW, "phone")
    event = Evenement.objects.get(kind="participation.confirmed")
    assert (event.author_label, event.data["by"]) == ("Isabelle Fontaine", "phone")
    assert "Pas disponible ? Annulez" in text_of("rdv.reminder.sms")
    assert Message.objects.get(kind=SECOND).state == State.OBSOLETE
    send(WEDNESDAY)
    assert Message.objects.filter(kind="rdv.reminder.sms", state=State.DELIVERED).count() == 1


def test_a_yes_taken_back_asks_again(world):
    participation = booked(world)
    before = text_of("rdv.reminder.sms")
    confirm(participation=participation, by=ConfirmedBy.PHONE, author=world.author, now=NOW)
    for _ in range(2):
        take_back(participation=participation, author=world.author, now=NOW + timedelta(hours=1))
    assert fresh(participation).confirmed_at is None
    assert text_of("rdv.reminder.sms") == before
    assert Message.objects.get(kind=SECOND).state == State.PLANNED
    assert Evenement.objects.filter(kind="participation.unconfirmed").count() == 1


def test_no_gives_the_hour_to_the_waiting_list_in_the_same_transaction(world):
    participation = asked(world)
    inscription = wait_for(world, usager=make_usager(world.departement))
    cancel_participation(participation=participation, by_service=False, author=USAGER, now=TUESDAY)
    assert fresh(participation).status == "excused"
    assert Offre.objects.get().inscription == inscription


def test_a_yes_does_not_outlive_its_hour_its_place_or_its_rdv(world):
    participation = asked(world)
    confirm(participation=participation, by=ConfirmedBy.SMS, author=USAGER, now=TUESDAY)
    move_rdv(rdv=participation.rdv, move=Move(starts_at=utc(2027, 1, 14, 10)), author=world.author, now=TUESDAY)
    after = fresh(participation)
    assert (after.confirmed_at, after.confirmed_by) == (None, "")
    assert after.rdv.moved_at == TUESDAY
    confirm(participation=after, by=ConfirmedBy.SMS, author=USAGER, now=TUESDAY)
    cancel_participation(participation=after, by_service=False, author=USAGER, now=TUESDAY)
    assert fresh(participation).confirmed_by == ""
    restore_participation(participation=after, author=USAGER, now=TUESDAY)
    assert fresh(participation).confirmed_at is None


def test_another_agent_at_the_same_hour_keeps_the_yes(world):
    participation = asked(world)
    confirm(participation=participation, by=ConfirmedBy.SMS, author=USAGER, now=TUESDAY)
    other = make_agent(site=world.site, services=[world.pmi])

    make_ouverture(other, [world.motif], utc(2027, 1, 14, 8), utc(2027, 1, 14, 16), site=world.site)
    move_rdv(rdv=participation.rdv, move=Move(starts_at=AT, agents=[other.pk]), author=world.author, now=TUESDAY)
    assert fresh(participation).confirmed_at == TUESDAY
    assert fresh(participation).rdv.moved_at is None
    assert not Message.objects.filter(kind=SECOND, state=State.PLANNED).exists()


def test_what_is_cancelled_or_begun_is_not_confirmed(world):
    participation = asked(world)
    with pytest.raises(TooLate):
        confirm(participation=participation, by=ConfirmedBy.LINK, author=USAGER, now=AT)
    cancel_participation(participation=participation, by_service=False, author=USAGER, now=TUESDAY)
    with pytest.raises(StatusRefused):
        confirm(participation=fresh(participation), by=ConfirmedBy.LINK, author=USAGER, now=TUESDAY)
    assert fresh(participation).status == "excused"


@pytest.mark.parametrize(
    "fields",
    [{"confirmed_at": NOW, "confirmed_by": ""}, {"confirmed_at": None, "confirmed_by": "sms"},
     {"confirmed_at": NOW, "confirmed_by": "sms", "status": "excused"}],
)  # fmt: skip
def test_the_database_refuses_half_an_answer(world, fields):
    participation = booked(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        Participation.objects.filter(pk=participation.pk).update(**fields)


def test_nobody_is_cancelled_for_not_answering(world):
    participation = asked(world)
    send(AT)
    assert fresh(participation).status == "unknown"
    assert Message.objects.filter(kind=SECOND, address=PHONE, state=State.DELIVERED).count() == 1
