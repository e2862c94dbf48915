"""SMS to a local server that speaks Twilio's protocol: sent once, in time, and every refusal with its meaning."""

from datetime import timedelta

import pytest

from notifications import delivery, services
from notifications.delivery import DELAYS, LEASE
from notifications.models import Failure, Message, State
from rdv.core.links import link_url, marker
from tests.notifications.twilio_server import CUT

pytestmark = pytest.mark.django_db
UUID = "11111111-2222-4333-8444-555555555555"


def deliver(message, now):
    taken = delivery.deliver(message.pk, now=now)
    message.refresh_from_db()
    return taken


def test_sent_with_its_link_its_sender_its_callback_and_its_deadline(posted, twilio, now):
    message = posted(body=f"C’est prêt : {marker('rdv', UUID)}", worthless_after=now + timedelta(minutes=10))
    assert deliver(message, now)
    (sent,) = twilio.messages
    assert sent["body"] == f"C'est pret : {link_url('rdv', UUID)}"
    assert (sent["to"], sent["from"], sent["validity"]) == ("+33639980101", "MDS", "600")
    assert sent["callback"] == f"https://rdv.example.org/webhooks/twilio/{message.uuid}/"
    assert (message.state, message.provider, message.provider_id) == (State.SENT, "twilio", sent["sid"])
    assert marker("rdv", UUID) in message.body, "the link itself is never stored"


def test_asked_again_it_is_not_sent_again(posted, twilio, now):
    message = posted()
    assert [deliver(message, now), deliver(message, now), delivery.deliver_next(now=now)] == [True, False, False]
    assert len(twilio.messages) == 1


def test_not_before_its_hour_never_after_its_deadline(posted, twilio, now):
    early = posted(send_not_before=now + timedelta(hours=1))
    assert not deliver(early, now)
    late = posted(kind="late", worthless_after=now + timedelta(hours=2))
    after = now + timedelta(hours=2)
    assert not deliver(late, after)
    delivery.expire(now=after)
    late.refresh_from_db()
    assert (late.state, twilio.posts) == (State.EXPIRED, 0)


def test_a_code_is_wiped_once_it_left(posted, twilio, now):
    message = posted(is_secret=True, body="Votre code : 123456", is_urgent=True)
    deliver(message, now)
    assert "123456" in twilio.messages[0]["body"]
    assert message.body == ""


def test_urgent_first(posted, twilio, now):
    posted(body="un rappel", kind="reminder")
    posted(body="un code", kind="code", is_urgent=True, is_secret=True)
    while delivery.deliver_next(now=now):
        pass
    assert [sent["body"] for sent in twilio.messages] == ["un code", "un rappel"]


@pytest.mark.parametrize(
    ("code", "failure"),
    [(21211, Failure.ADDRESS), (21614, Failure.ADDRESS), (21610, Failure.STOP), (21617, Failure.REFUSED)],
)
def test_a_clear_refusal_is_final_at_once(posted, twilio, now, code, failure):
    twilio.plan = [(400, code)]
    message = posted()
    deliver(message, now)
    assert (message.state, message.failure) == (State.FAILED, failure)
    assert not delivery.deliver_next(now=now + timedelta(days=1))
    assert twilio.posts == 1


def test_a_wrong_number_goes_to_the_other_channel(letter, twilio, now):
    twilio.plan = [(400, 21211)]
    services.post([letter(fallback=letter("email"))], now=now)
    assert delivery.deliver_next(now=now)
    assert delivery.deliver_next(now=now)
    assert dict(Message.objects.values_list("channel", "state")) == {"sms": State.FAILED, "email": State.DELIVERED}
    assert not services.not_reached("62", now - timedelta(days=1)).exists()


def test_the_stand_in_stays_when_the_first_is_received(letter, twilio, now):
    services.post([letter(fallback=letter("email"))], now=now)
    while delivery.deliver_next(now=now):
        pass
    assert Message.objects.get(channel="email").state == State.STANDBY
    delivery.expire(now=now + timedelta(days=3))
    assert Message.objects.get(channel="email").state == State.OBSOLETE


@pytest.mark.parametrize("answer", [(429, 20429), (401, 20003), (400, 21606)])
def test_our_own_trouble_is_tried_again_later_and_later(posted, twilio, now, answer):
    twilio.plan = [answer] * 3
    message = posted()
    for delay in DELAYS[:3]:
        assert deliver(message, now)
        assert (message.state, message.send_not_before) == (State.PLANNED, now + delay)
        assert not deliver(message, now + delay - timedelta(seconds=1))
        now += delay
    deliver(message, now)
    assert (message.state, message.attempts, len(twilio.messages)) == (State.SENT, 4, 1)


def test_trouble_up_to_the_deadline_is_expired_and_shown(posted, twilio, now):
    twilio.plan = [(429, 20429)] * 9
    message = posted(worthless_after=now + timedelta(seconds=100))
    deliver(message, now)
    deliver(message, now + DELAYS[0])
    assert message.state == State.EXPIRED
    assert services.not_reached("62", now - timedelta(days=1)).get() == message


def test_a_server_that_is_away_is_not_uncertain_for_long(posted, settings, twilio, now):
    """Nobody listens: what Twilio's library says of it is not enough to send again before asking."""
    message = posted()
    base, settings.TWILIO_API_BASE = settings.TWILIO_API_BASE, "http://127.0.0.1:1"
    deliver(message, now)
    assert message.state == State.SENDING
    settings.TWILIO_API_BASE = base
    deliver(message, now + LEASE)
    assert (message.state, len(twilio.asked), len(twilio.messages)) == (State.SENT, 1, 1)


@pytest.mark.parametrize("answer", [(500, 20500), (503, 20503)])
def test_a_5xx_is_asked_before_it_is_sent_again(posted, twilio, now, answer):
    twilio.plan = [answer]
    message = posted()
    deliver(message, now)
    assert message.state == State.SENDING, "perhaps sent: not free to be sent"
    deliver(message, now + LEASE)
    assert [query["To"] for query in twilio.asked] == ["+33639980101"]
    assert (message.state, len(twilio.messages)) == (State.SENT, 1)


def test_an_answer_that_is_lost_is_found_at_the_provider(posted, twilio, now):
    twilio.plan = [CUT]
    message = posted()
    deliver(message, now)
    assert (message.state, len(twilio.messages)) == (State.SENDING, 1)
    deliver(message, now + LEASE)
    assert (message.state, message.provider_id) == (State.SENT, twilio.messages[0]["sid"])
    assert (len(twilio.messages), twilio.posts) == (1, 1)


def test_a_provider_that_cannot_be_asked_now_is_asked_later(posted, twilio, now):
    twilio.plan, twilio.plan_lists = [CUT], [(503, 20503), (500, 20500)]
    message = posted()
    for step in range(4):
        deliver(message, now + timedelta(hours=step))
    assert (message.state, len(twilio.messages), len(twilio.asked)) == (State.SENT, 1, 3)


def test_the_worker_died_before_handing_it_over(posted, twilio, now):
    message = posted()
    delivery._claim(Message.objects.all(), now)
    assert not deliver(message, now + LEASE - timedelta(seconds=1))
    deliver(message, now + LEASE)
    assert (message.state, len(twilio.messages), twilio.asked) == (State.SENT, 1, [])


def test_the_same_words_twice_the_same_day_are_two_messages(posted, twilio, now):
    """What the provider lists is matched with rows: another row's SMS does not stand for ours."""
    first, second = posted(), posted(kind="rdv.reminder.sms")
    deliver(first, now)
    claimed = delivery._claim(Message.objects.filter(pk=second.pk), now)
    Message.objects.filter(pk=claimed.pk).update(handed_at=now, provider="twilio")
    deliver(second, now + LEASE)
    assert (second.state, len(twilio.messages)) == (State.SENT, 2)
    assert first.provider_id != second.provider_id


def test_found_after_the_deadline_is_told_truly_and_not_found_is_not_sent(posted, twilio, now):
    taken, lost = posted(worthless_after=now + timedelta(minutes=1)), posted(kind="b", body="autre")
    Message.objects.filter(pk=lost.pk).update(worthless_after=now + timedelta(minutes=1))
    twilio.plan = [CUT, (500, 20500)]
    deliver(taken, now)
    deliver(lost, now)
    deliver(taken, now + LEASE)
    deliver(lost, now + LEASE)
    assert (taken.state, lost.state, len(twilio.messages)) == (State.SENT, State.EXPIRED, 1)


def test_found_as_failed_is_failed(posted, twilio, now):
    twilio.plan = [CUT]
    message = posted()
    deliver(message, now)
    twilio.messages[0] |= {"status": "undelivered", "error_code": 30005}
    deliver(message, now + LEASE)
    assert (message.state, message.failure) == (State.FAILED, Failure.ADDRESS)


def test_who_held_it_before_cannot_write_any_more(posted, twilio, now):
    """A worker asleep for longer than its lease wakes up: its answer is not written over the present holder's."""
    posted()
    old = delivery._claim(Message.objects.all(), now)
    new = delivery._claim(Message.objects.all(), now + LEASE)
    delivery._fail(old, Failure.BROKEN, now)
    assert not delivery._may_hand(old, delivery.channel_for("sms"), now)
    assert Message.objects.get().state == State.SENDING
    assert delivery._may_hand(new, delivery.channel_for("sms"), now)


class TestCap:
    def send(self, posted, now, count, **fields):
        for number in range(count):
            posted(kind=f"k{number}", body=f"message {number}", **fields)
        while delivery.deliver_next(now=now):
            pass

    def test_four_a_day_then_shown(self, posted, twilio, now):
        self.send(posted, now, 6)
        assert len(twilio.messages) == 4
        assert set(Message.objects.filter(failure=Failure.CAP).values_list("state", flat=True)) == {State.FAILED}
        assert services.not_reached("62", now - timedelta(days=1)).count() == 2

    def test_the_excess_goes_by_email(self, posted, letter, twilio, now):
        self.send(posted, now, 4)
        fallback = letter("email", kind="fifth")
        services.post([letter(kind="fifth", fallback=fallback)], now=now)
        while delivery.deliver_next(now=now):
            pass
        assert Message.objects.get(channel="email").state == State.DELIVERED

    def test_codes_are_not_counted_nor_stopped(self, posted, twilio, now):
        self.send(posted, now, 5, is_secret=True)
        assert len(twilio.messages) == 5
        posted(kind="after")
        assert delivery.deliver_next(now=now)
        assert len(twilio.messages) == 6

    def test_another_number_and_another_day_are_free(self, posted, twilio, now):
        self.send(posted, now, 4)
        posted(kind="other", address="+33639980777")
        posted(kind="next", send_not_before=now + timedelta(hours=24))
        delivery.deliver_next(now=now)
        delivery.deliver_next(now=now + timedelta(hours=24))
        assert len(twilio.messages) == 6

    def test_a_sure_no_does_not_count(self, posted, twilio, now):
        twilio.plan = [(429, 20429)] * 4
        message = posted(kind="again")
        for _ in range(4):
            deliver(message, message.send_not_before)
        self.send(posted, now, 4)
        assert len(twilio.messages) == 4


def test_one_bad_row_never_stops_the_others(posted, twilio, now):
    bad = posted(kind="bad", body="[[lien:inconnu:11111111-2222-4333-8444-555555555555]]")
    good = posted(kind="good")
    while delivery.deliver_next(now=now):
        pass
    bad.refresh_from_db()
    good.refresh_from_db()
    assert good.state == State.SENT
    assert (bad.state, bad.failure) == (State.FAILED, Failure.BROKEN)


def test_nothing_personal_in_the_logs(posted, twilio, now, caplog, capsys):
    caplog.set_level("DEBUG")
    twilio.plan = [(400, 21211), CUT]
    posted(body="Bonjour Samira")
    posted(kind="b", body="Bonjour Samira")
    while delivery.deliver_next(now=now):
        pass
    said = caplog.text + "".join(capsys.readouterr())
    assert said
    assert "639980101" not in said
    assert "Samira" not in said
