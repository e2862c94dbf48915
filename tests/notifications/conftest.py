"""Local providers that speak the real protocols, and letters to send through them."""

import asyncio
import threading
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from notifications import services
from notifications.models import Message
from notifications.services import Letter
from rdv.config.processes import free_port
from rdv.core import clock
from tests.notifications.twilio_server import ACCOUNT, TOKEN, TwilioServer


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def twilio(settings):
    server = TwilioServer()
    server.start()
    settings.SMS_CHANNEL = "twilio"
    settings.TWILIO_API_BASE = server.base
    settings.TWILIO_ACCOUNT_SID = ACCOUNT
    settings.TWILIO_AUTH_TOKEN = TOKEN
    settings.BASE_URL = "https://rdv.example.org"
    yield server
    server.stop()


class MailHandler:
    """Keeps what it took; `plan` the next answers to RCPT or DATA, or a cut of the line."""

    def __init__(self):
        self.messages = []
        self.rcpt_plan = []
        self.data_plan = []
        self.release = threading.Event()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt_plan:
            answer = self.rcpt_plan.pop(0)
            if answer == "cut":
                server.transport.close()
                return "421 closing"
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = self.data_plan.pop(0) if self.data_plan else "250 OK"
        if answer.startswith(("250", "cut", "hang")):
            self.messages.append(envelope)
        if answer == "hang":
            await asyncio.get_running_loop().run_in_executor(None, self.release.wait, 60)
            return "250 OK"
        if answer == "cut":
            server.transport.close()
            return "421 closing"
        return answer


class QuietController(Controller):
    def factory(self):
        return SMTP(self.handler, hostname="localhost", ident="test")


@pytest.fixture
def mail(settings):
    handler = MailHandler()
    controller = QuietController(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_CHANNEL = "email"
    # Django's test runner puts its own backend in place: the real one is put back.
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = controller.port
    settings.BASE_URL = "https://rdv.example.org"
    yield handler
    handler.release.set()
    controller.stop()


@pytest.fixture
def letter(now):
    """A letter like those of the platform; anything can be said otherwise."""

    def make(channel="sms", **fields):
        values = {
            "subject": ("participation", "11111111-2222-4333-8444-555555555555"),
            "kind": "rdv.booked",
            "recipient": "usager:1",
            "channel": channel,
            "address": "+33639980101" if channel == "sms" else "samira@example.net",
            "version": 0,
            "departement_code": "62",
            "body": "RDV confirmé : jeu. 26 nov. à 9h20, MDS de Lens.",
            "title": "" if channel == "sms" else "Rendez-vous confirmé",
            "send_not_before": now,
            "worthless_after": now + timedelta(days=3),
            "sender": "MDS" if channel == "sms" else "Département du Pas-de-Calais",
        }
        return Letter(**values | fields)

    return make


@pytest.fixture
def posted(db, letter, now):
    """Post a letter and give its row."""

    def post(channel="sms", **fields):
        one = letter(channel, **fields)
        services.post([one], now=now)
        return Message.objects.get(
            kind=one.kind, recipient=one.recipient, channel=channel, version=one.version, subject_id=one.subject[1]
        )

    return post
