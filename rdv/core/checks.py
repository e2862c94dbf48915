"""Boot-time checks: a weak production value is refused before the first request (`check --deploy`, and every start)."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlparse

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


def register_all() -> None:
    register(check_production_values, Tags.security)


def check_production_values(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Only with the production settings (HSTS on marks them): secrets long, addresses https, providers complete."""
    if not settings.SECURE_HSTS_SECONDS:
        return []
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < 50 or len(set(settings.SECRET_KEY)) < 10:
        found.append(Error("SECRET_KEY is weak: 50 random characters or more.", id="rdv.E001"))
    if len(settings.LINK_SECRET) < 50:
        found.append(Error("LINK_SECRET is missing or weak: 50 random characters, never changed.", id="rdv.E008"))
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        found.append(Error("ALLOWED_HOSTS must name the hosts of this instance.", id="rdv.E002"))
    if urlparse(settings.BASE_URL).scheme != "https":
        found.append(Error("BASE_URL must start with https: links in messages lead there.", id="rdv.E003"))
    if settings.OUTBOX_PAGE:
        found.append(Error("OUTBOX_PAGE shows every message: never in production.", id="rdv.E004"))
    if not settings.HELP_PHONE:
        found.append(Error("HELP_PHONE is missing: pages before sign-in must say a number.", id="rdv.E009"))
    if not settings.DATABASES["default"].get("PASSWORD") and settings.DATABASES["default"].get("HOST") not in (
        "",
        None,
    ):
        found.append(Error("DATABASE_URL has no password.", id="rdv.E005"))
    return found + _check_channels()


def _check_channels() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.SMS_CHANNEL == "twilio" and not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN):
        found.append(Error("SMS_CHANNEL=twilio needs TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.", id="rdv.E006"))
    if "outbox" in (settings.SMS_CHANNEL, settings.EMAIL_CHANNEL):
        found.append(Error("SMS_CHANNEL and EMAIL_CHANNEL must be real in production, not 'outbox'.", id="rdv.E007"))
    return found
