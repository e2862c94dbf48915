"""The counter: one row per key, written with the fact; what waits can be dropped, revived, redirected, forgotten."""

from datetime import timedelta

import pytest
from django.db import transaction

from notifications import delivery, services
from notifications.models import Failure, Message, State
from notifications.services import Addressee

pytestmark = pytest.mark.django_db
SUBJECT = ("participation", "11111111-2222-4333-8444-555555555555")
TO = Addressee("usager:1", "+33639980101", "samira@example.net")


def test_asked_five_times_one_row(letter, now):
    counts = [services.post([letter(), letter("email")], now=now) for _ in range(5)]
    assert counts == [2, 0, 0, 0, 0]
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    "other",
    [{"kind": "rdv.moved"}, {"recipient": "usager:2"}, {"version": 1}, {"subject": ("participation", "another")}],
)
def test_each_part_of_the_key_counts(letter, now, other):
    assert services.post([letter(), letter(**other)], now=now) == 2


def test_a_letter_whose_window_is_over_is_no_promise(letter, now):
    past = letter(send_not_before=now - timedelta(days=2), worthless_after=now)
    upside_down = letter(kind="b", send_not_before=now + timedelta(days=2), worthless_after=now + timedelta(days=1))
    assert services.post([past, upside_down], now=now) == 0


@pytest.mark.django_db(transaction=True)
def test_the_letter_goes_with_its_fact(letter, now):
    with transaction.atomic():
        services.post([letter()], now=now)
        assert Message.objects.exists()
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_obsolete_never_leaves(posted, now):
    message = posted(send_not_before=now + timedelta(days=1))
    assert services.make_obsolete(SUBJECT, now=now) == 1
    assert not delivery.deliver(message.pk, now=now + timedelta(days=1))
    assert Message.objects.get().state == State.OBSOLETE


def test_obsolete_by_kind_and_by_version(letter, now):
    services.post([letter(), letter(version=1), letter(kind="rdv.moved")], now=now)
    assert services.make_obsolete(SUBJECT, now=now, kinds=["rdv.booked"], below_version=1) == 1
    assert set(Message.objects.filter(state=State.PLANNED).values_list("kind", "version")) == {
        ("rdv.booked", 1),
        ("rdv.moved", 0),
    }


def test_dropped_while_a_worker_holds_it(posted, twilio, now):
    """The worker died before handing it over; the cancellation came meanwhile: nothing leaves."""
    message = posted()
    assert delivery._claim(Message.objects.all(), now).pk == message.pk
    services.make_obsolete(SUBJECT, now=now)
    later = now + delivery.LEASE
    assert delivery.deliver_next(now=later)
    assert (Message.objects.get().state, twilio.posts) == (State.OBSOLETE, 0)


def test_revive_what_never_left(letter, now):
    soon = letter(kind="rdv.reminder.sms", send_not_before=now + timedelta(hours=1))
    services.post([letter(), soon], now=now)
    delivery.deliver(Message.objects.get(kind="rdv.booked").pk, now=now)
    services.make_obsolete(SUBJECT, now=now)
    kinds = ["rdv.booked", "rdv.reminder.sms"]
    assert services.revive(SUBJECT, to=TO, kinds=kinds, version=0, now=now) == 1
    assert Message.objects.get(kind="rdv.booked").state == State.DELIVERED
    assert Message.objects.get(kind="rdv.reminder.sms").state == State.PLANNED


def test_revive_leaves_what_passed_meanwhile(letter, now):
    services.post([letter(send_not_before=now + timedelta(hours=1))], now=now)
    services.make_obsolete(SUBJECT, now=now)
    later = now + timedelta(hours=2)
    assert services.revive(SUBJECT, to=TO, kinds=["rdv.booked"], version=0, now=later, only_future=True) == 0


def test_revived_stand_ins_stay_in_reserve(letter, now):
    services.post([letter(fallback=letter("email"))], now=now)
    services.make_obsolete(SUBJECT, now=now)
    services.revive(SUBJECT, to=TO, kinds=["rdv.booked"], version=0, now=now)
    assert dict(Message.objects.values_list("channel", "state")) == {"sms": State.PLANNED, "email": State.STANDBY}


def test_a_new_address_is_followed_and_a_lost_one_dropped(letter, now):
    services.post([letter(), letter("email")], now=now)
    services.change_addresses(Addressee("usager:1", "+33639980202", ""), now=now)
    assert Message.objects.get(channel="sms").address == "+33639980202"
    assert Message.objects.get(channel="email").state == State.OBSOLETE


def test_what_stood_in_for_a_dropped_one_goes_with_it(letter, now):
    """Else it would expire, and the person be phoned about a message that they did not want."""
    services.post([letter("email", fallback=letter())], now=now)
    services.change_addresses(Addressee("usager:1", "+33639980202", ""), now=now)
    assert set(Message.objects.values_list("state", flat=True)) == {State.OBSOLETE}


def test_held_by_a_worker_when_the_channel_closes(posted, twilio, now):
    message = posted()
    assert delivery._claim(Message.objects.all(), now).pk == message.pk
    services.change_addresses(Addressee("usager:1", "", "samira@example.net"), now=now)
    assert delivery.deliver_next(now=now + delivery.LEASE)
    assert (Message.objects.get().state, twilio.posts) == (State.OBSOLETE, 0)


@pytest.mark.parametrize("to", [Addressee("usager:2", "+33639980101", ""), Addressee("usager:1", "", "a@example.net")])
def test_nothing_lives_again_for_somebody_else_or_where_it_is_not_wanted(letter, now, to):
    services.post([letter()], now=now)
    services.make_obsolete(SUBJECT, now=now)
    assert services.revive(SUBJECT, to=to, kinds=["rdv.booked"], version=0, now=now) == 0
    assert Message.objects.get().state == State.OBSOLETE


def test_what_lives_again_goes_to_the_address_of_today(letter, now):
    services.post([letter()], now=now)
    services.make_obsolete(SUBJECT, now=now)
    to = Addressee("usager:1", "+33639980202", "")
    assert services.revive(SUBJECT, to=to, kinds=["rdv.booked"], version=0, now=now) == 1
    assert (Message.objects.get().state, Message.objects.get().address) == (State.PLANNED, "+33639980202")


def test_a_digest_grows_line_by_line(letter, now):
    digest = letter("email", kind="agent.digest", body="Résumé", send_not_before=now + timedelta(hours=8))
    for line in ("- un", "- deux", "- un"):
        services.add_line(digest, line, now=now)
    services.add_line(digest, "- Atelier : 5 inscrits", now=now, in_place_of="- Atelier : ")
    services.add_line(digest, "- Atelier : 6 inscrits", now=now, in_place_of="- Atelier : ")
    assert Message.objects.get().body.splitlines() == ["Résumé", "- deux", "- un", "- Atelier : 6 inscrits"]


def test_a_digest_that_left_is_not_written_on(letter, now):
    digest = letter("email", kind="agent.digest", body="Résumé")
    services.add_line(digest, "- un", now=now)
    delivery.deliver_next(now=now)
    services.add_line(digest, "- deux", now=now)
    bodies = list(Message.objects.order_by("version").values_list("body", flat=True))
    assert bodies == ["Résumé\n- un", "Résumé\n- deux"]


class TestNotReached:
    def fail(self, message, now, state=State.FAILED):
        Message.objects.filter(pk=message.pk).update(state=state, failure=Failure.ADDRESS, settled_at=now)

    def test_a_failed_and_an_expired_one_are_to_be_phoned(self, posted, now):
        self.fail(posted(), now)
        self.fail(posted(kind="rdv.moved"), now, State.EXPIRED)
        posted(kind="rdv.cancelled")
        kinds = services.not_reached("62", now - timedelta(days=1)).values_list("kind", flat=True)
        assert set(kinds) == {"rdv.booked", "rdv.moved"}
        assert not services.not_reached("974", now - timedelta(days=1)).exists()

    def test_reached_by_the_other_channel_is_reached(self, posted, now):
        self.fail(posted(), now)
        other = posted("email")
        assert not services.not_reached("62", now - timedelta(days=1)).exists()
        self.fail(other, now)
        assert services.not_reached("62", now - timedelta(days=1)).count() == 2

    def test_agents_and_codes_are_not_in_the_list(self, posted, now):
        self.fail(posted(recipient="agent:3"), now)
        self.fail(posted(is_secret=True), now)
        assert not services.not_reached("62", now - timedelta(days=1)).exists()


class TestForget:
    def test_a_code_after_an_hour_even_on_the_local_page(self, posted, now):
        message = posted(is_secret=True, body="Votre code : 123456", worthless_after=now + timedelta(minutes=10))
        delivery.deliver(message.pk, now=now)
        assert "123456" in Message.objects.get().body
        services.forget(now=now + timedelta(minutes=69))
        assert "123456" in Message.objects.get().body
        services.forget(now=now + timedelta(minutes=71))
        assert Message.objects.get().body == ""

    def test_texts_after_six_months_rows_after_two_years(self, posted, now):
        sent, planned = posted(), posted(kind="later", worthless_after=now + timedelta(days=900))
        delivery.deliver(sent.pk, now=now)
        services.forget(now=now + timedelta(days=182))
        assert Message.objects.exclude(body="").count() == 2
        services.forget(now=now + timedelta(days=184))
        sent.refresh_from_db()
        planned.refresh_from_db()
        assert (sent.body, sent.address) == ("", "")
        assert planned.body
        services.forget(now=now + timedelta(days=733))
        assert list(Message.objects.all()) == [planned]

    def test_a_person_forgotten_is_forgotten(self, letter, now):
        services.post([letter(fallback=letter("email")), letter(recipient="usager:2")], now=now)
        services.erase_recipient("usager:1")
        assert set(Message.objects.values_list("recipient", flat=True)) == {"usager:2"}
