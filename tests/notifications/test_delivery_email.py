"""E-mail to a local SMTP server: what arrives, what each answer means, and what nobody can know."""

import email
from datetime import timedelta
from email import policy

import pytest

from notifications import delivery, services
from notifications.channels.email import fold
from notifications.models import Failure, Message, State
from rdv.core.links import link_url, marker

pytestmark = pytest.mark.django_db
UUID = "11111111-2222-4333-8444-555555555555"
CALENDAR = f"""BEGIN:VCALENDAR
VERSION:2.0
METHOD:REQUEST
BEGIN:VEVENT
DESCRIPTION:Voir\\, déplacer ou annuler votre rendez-vous à la maison des solidarités : {marker("rdv", UUID)}
END:VEVENT
END:VCALENDAR"""


def deliver(message, now):
    delivery.deliver(message.pk, now=now)
    message.refresh_from_db()
    return message


def parsed(envelope):
    return email.message_from_bytes(envelope.content, policy=policy.default)


def test_text_html_calendar_and_who_answers(posted, mail, now):
    message = posted(
        "email",
        body=f"Voir : {marker('rdv', UUID)}",
        html=f'<a href="{marker("rdv", UUID)}">Voir</a>',
        calendar=CALENDAR,
        reply_to="mds.lens@example.org",
        sender="Département du Pas-de-Calais",
    )
    deliver(message, now)
    got = parsed(mail.messages[0])
    assert got["Subject"] == "Rendez-vous confirmé"
    assert got["From"].addresses[0].display_name == "Département du Pas-de-Calais"
    assert got["From"].addresses[0].addr_spec == "rendez-vous@example.org"
    assert got["Reply-To"] == "mds.lens@example.org"
    assert got["Message-ID"] == f"<{message.uuid}@rdv.example.org>"
    assert got["Auto-Submitted"] == "auto-generated"
    url = link_url("rdv", UUID)
    assert url in got.get_body(("plain",)).get_content()
    assert f'href="{url}"' in got.get_body(("html",)).get_content()
    (ics,) = got.iter_attachments()
    assert (ics.get_content_type(), ics["Content-Type"].params["method"]) == ("text/calendar", "REQUEST")
    unfolded = ics.get_content().replace("\r\n", "\n").replace("\n ", "")
    assert url in unfolded
    assert message.state == State.SENT


def test_lines_of_the_calendar_are_folded_at_75_octets():
    folded = fold(CALENDAR)
    assert max(len(line.encode()) for line in folded.split("\r\n")) <= 75
    assert folded.replace("\r\n ", "").split("\r\n")[:-1] == CALENDAR.splitlines()


@pytest.mark.parametrize(
    ("plan", "failure"),
    [
        ({"rcpt_plan": ["550 no such user"]}, Failure.ADDRESS),
        ({"rcpt_plan": ["554 policy"]}, Failure.REFUSED),
        ({"data_plan": ["554 looks like spam"]}, Failure.REFUSED),
    ],
)
def test_a_clear_no_is_final(posted, mail, now, plan, failure):
    vars(mail).update(plan)
    message = deliver(posted("email"), now)
    assert (message.state, message.failure) == (State.FAILED, failure)


@pytest.mark.parametrize(
    "plan",
    [{"rcpt_plan": ["451 try later"]}, {"data_plan": ["452 full"]}, {"rcpt_plan": ["cut"]}],
)
def test_a_sure_not_yet_is_tried_again(posted, mail, now, plan):
    vars(mail).update(plan)
    message = deliver(posted("email"), now)
    assert (message.state, message.send_not_before) == (State.PLANNED, now + delivery.DELAYS[0])
    deliver(message, message.send_not_before)
    assert (message.state, len(mail.messages)) == (State.SENT, 1)


def test_no_server_is_a_sure_not_yet(posted, mail, settings, now):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    message = deliver(posted("email"), now)
    assert message.state == State.PLANNED
    settings.EMAIL_PORT = port
    deliver(message, message.send_not_before)
    assert len(mail.messages) == 1


def test_cut_after_the_text_left_is_never_sent_again(posted, letter, mail, now):
    """Nobody can ask an SMTP server what it took (decision 0010): not twice, shown, and the other channel tells."""
    mail.data_plan = ["cut"]
    services.post([letter("email", fallback=letter("sms"))], now=now)
    while delivery.deliver_next(now=now):
        pass
    message = Message.objects.get(channel="email")
    assert (message.state, message.failure) == (State.FAILED, Failure.UNSURE)
    assert Message.objects.get(channel="sms").state == State.DELIVERED
    assert not delivery.deliver_next(now=now + timedelta(days=1))
    assert len(mail.messages) == 1


def test_the_worker_died_between_the_hand_over_and_the_record(posted, mail, now):
    message = posted("email")
    claimed = delivery._claim(Message.objects.all(), now)
    assert delivery._may_hand(claimed, delivery.channel_for("email"), now)
    deliver(message, now + delivery.LEASE)
    assert (message.state, message.failure, mail.messages) == (State.FAILED, Failure.UNSURE, [])


def test_the_worker_died_before_the_hand_over(posted, mail, now):
    message = posted("email")
    delivery._claim(Message.objects.all(), now)
    deliver(message, now + delivery.LEASE)
    assert (message.state, len(mail.messages)) == (State.SENT, 1)


def test_a_line_break_in_a_subject_breaks_one_message_only(posted, mail, now):
    bad = posted("email", title="Un\nBcc: tous@example.org")
    good = posted("email", kind="good")
    while delivery.deliver_next(now=now):
        pass
    bad.refresh_from_db()
    assert (bad.state, bad.failure) == (State.FAILED, Failure.BROKEN)
    assert len(mail.messages) == 1
    assert good.pk
