"""Channels by name. Called by notifications/delivery: the settings say which one serves SMS, and which e-mail."""

from django.conf import settings

from notifications.channels.base import Channel
from notifications.channels.email import EmailChannel
from notifications.channels.outbox import OutboxChannel
from notifications.channels.sms import TwilioChannel
from notifications.models import MessageChannel


def channel_for(kind: str) -> Channel:
    """The channel that carries this kind of message today."""
    return channel_named(settings.SMS_CHANNEL if kind == MessageChannel.SMS else settings.EMAIL_CHANNEL)


def channel_named(name: str) -> Channel:
    """ "outbox", "twilio", or "email" (any Django e-mail backend: SMTP, or a provider through anymail)."""
    known: dict[str, type[OutboxChannel | TwilioChannel | EmailChannel]] = {
        "outbox": OutboxChannel,
        "twilio": TwilioChannel,
        "email": EmailChannel,
    }
    return known[name]()
