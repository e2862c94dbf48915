"""What providers tell later: signed, repeatable, forward only. Real signatures, real shapes."""

import base64
import itertools
import json

import pytest

from notifications import delivery, services
from notifications.models import Failure, Message, State

pytestmark = pytest.mark.django_db
SECRET = "webhook:secret-de-test"


@pytest.fixture
def sent(posted, twilio, now):
    message = posted()
    delivery.deliver(message.pk, now=now)
    return Message.objects.get()


def call(client, twilio, status, error_code=None, **headers):
    form, signature = twilio.callback(twilio.messages[0], status, error_code)
    address = twilio.messages[0]["callback"].removeprefix("https://rdv.example.org")
    return client.post(address, form, headers={"X-Twilio-Signature": signature} | headers)


def state():
    message = Message.objects.get(channel="sms")
    return message.state, message.failure


def test_delivered(client, twilio, sent):
    assert call(client, twilio, "delivered").status_code == 204
    assert state() == (State.DELIVERED, "")
    assert Message.objects.get().settled_at


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (30003, Failure.UNREACHABLE),
        (30005, Failure.ADDRESS),
        (30007, Failure.BLOCKED),
        (None, Failure.REFUSED),
        (99999, Failure.REFUSED),
    ],
)
def test_not_delivered_says_why(client, twilio, sent, code, failure):
    call(client, twilio, "undelivered", code)
    assert state() == (State.FAILED, failure)


@pytest.mark.parametrize("order", itertools.permutations(["queued", "sent", "delivered", "delivered"]))
def test_late_and_repeated_events_change_nothing(client, twilio, sent, order):
    for status in order:
        assert call(client, twilio, status).status_code == 204
    assert state() == (State.DELIVERED, "")


def test_a_failure_told_after_the_delivery_changes_nothing(client, twilio, sent):
    call(client, twilio, "delivered")
    call(client, twilio, "undelivered", 30003)
    assert state() == (State.DELIVERED, "")


def test_a_failure_told_later_lets_the_other_channel_tell(client, twilio, letter, now):
    services.post([letter(fallback=letter("email"))], now=now)
    delivery.deliver_next(now=now)
    call(client, twilio, "undelivered", 30005)
    assert Message.objects.get(channel="email").state == State.PLANNED


def test_an_event_that_comes_before_our_own_record(client, twilio, posted, now):
    """Twilio may call before its answer to us was read; our record then never moves the row back."""
    message = posted()
    claimed = delivery._claim(Message.objects.all(), now)
    channel = delivery.channel_for("sms")
    assert delivery._may_hand(claimed, channel, now)
    with channel.open() as line:
        receipt = line.hand(delivery.outgoing_of(claimed, now=now))
    call(client, twilio, "delivered")
    delivery._record(claimed, receipt, now, channel)
    message.refresh_from_db()
    assert (message.state, message.provider_id) == (State.DELIVERED, receipt.provider_id)


def test_an_event_of_an_earlier_attempt_speaks_of_no_row(client, twilio, sent):
    twilio.messages[0]["sid"] = "SM-another"
    assert call(client, twilio, "undelivered", 30003).status_code == 204
    assert state() == (State.SENT, "")


@pytest.mark.parametrize("signature", ["", "bm9u", None])
def test_a_wrong_signature_is_refused(client, twilio, sent, signature):
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    if signature is None:
        _form, other = twilio.callback(twilio.messages[0], "delivered", token="un-autre-jeton")
        headers = {"X-Twilio-Signature": other}
    assert call(client, twilio, "delivered", **headers).status_code == 403
    assert state() == (State.SENT, "")


def test_a_changed_form_is_refused(client, twilio, sent):
    form, signature = twilio.callback(twilio.messages[0], "delivered")
    address = twilio.messages[0]["callback"].removeprefix("https://rdv.example.org")
    form["MessageStatus"] = "undelivered"
    assert client.post(address, form, headers={"X-Twilio-Signature": signature}).status_code == 403


def test_without_a_token_nothing_is_believed(client, twilio, sent, settings):
    settings.TWILIO_AUTH_TOKEN = ""
    assert call(client, twilio, "delivered").status_code == 403


def test_only_post(client, twilio, sent):
    assert client.get(twilio.messages[0]["callback"].removeprefix("https://rdv.example.org")).status_code == 405


class TestEmailProvider:
    """Postmark's shapes, through anymail."""

    ADDRESS = "/webhooks/email/"

    @pytest.fixture(autouse=True)
    def provider(self, settings):
        settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
        settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "POSTMARK_SERVER_TOKEN": "test"}

    @pytest.fixture
    def email(self, posted, now):
        message = posted("email")
        Message.objects.filter(pk=message.pk).update(
            state=State.SENT, provider="email", provider_id="pm-1", sent_at=now, handed_at=now
        )
        return message

    def tell(self, client, event, secret=SECRET):
        authorization = "Basic " + base64.b64encode(secret.encode()).decode()
        return client.post(
            self.ADDRESS,
            json.dumps(event),
            content_type="application/json",
            headers={"Authorization": authorization},
        )

    def event(self, message, kind, **fields):
        return {
            "RecordType": kind,
            "MessageID": "pm-1",
            "Recipient": message.address,
            "Email": message.address,
            "DeliveredAt": "2027-01-04T08:00:00Z",
            "BouncedAt": "2027-01-04T08:00:00Z",
            "Metadata": {"message": str(message.uuid)},
        } | fields

    def state(self):
        message = Message.objects.get()
        return message.state, message.failure

    def test_delivered(self, client, email):
        assert self.tell(client, self.event(email, "Delivery")).status_code == 204
        assert self.state() == (State.DELIVERED, "")

    def test_named_by_the_provider_only(self, client, email):
        self.tell(client, self.event(email, "Delivery", Metadata={}))
        assert self.state() == (State.DELIVERED, "")

    def test_a_hard_bounce_is_final_even_after_the_delivery(self, client, email):
        self.tell(client, self.event(email, "Delivery"))
        self.tell(client, self.event(email, "Bounce", Type="HardBounce", TypeCode=1))
        assert self.state() == (State.FAILED, Failure.ADDRESS)
        self.tell(client, self.event(email, "Delivery"))
        assert self.state() == (State.FAILED, Failure.ADDRESS)

    def test_another_message_is_left_alone(self, client, email):
        event = self.event(email, "Bounce", Type="HardBounce", TypeCode=1, MessageID="pm-2", Metadata={})
        assert self.tell(client, event).status_code == 204
        assert self.state() == (State.SENT, "")

    def test_a_wrong_secret_is_refused(self, client, email):
        assert self.tell(client, self.event(email, "Delivery"), secret="webhook:faux").status_code == 403
        assert self.state() == (State.SENT, "")

    def test_without_a_secret_the_address_does_not_exist(self, client, email, settings):
        settings.ANYMAIL = {}
        assert self.tell(client, self.event(email, "Delivery")).status_code == 404

    def test_with_plain_smtp_the_address_does_not_exist(self, client, email, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        assert self.tell(client, self.event(email, "Delivery")).status_code == 404

    def test_head_says_that_somebody_is_there(self, client, email):
        assert client.head(self.ADDRESS).status_code == 200
