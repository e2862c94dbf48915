"""The words that carry a code. The message says nothing of what the code is for: phones light up on kitchen tables.

The last line binds the code to this site, so that phones offer it in our field and nowhere else
(https://wicg.github.io/sms-one-time-codes/). One SMS segment: no accent outside GSM-7, no typographic sign.
"""

from datetime import datetime
from html import escape
from urllib.parse import urlparse

from django.conf import settings

from notifications.services import Letter
from rdv.domain.french import NBSP
from usagers.models import CODE_LIFE, LoginCode

SMS_BODY = "Votre code : {code}. Il marche {minutes} minutes. Ne le donnez à personne."
EMAIL_BODY = """Bonjour,

Votre code : {code}

Il marche {minutes} minutes. Ne le donnez à personne : nos agents ne vous le demandent jamais.

Vous n’avez rien demandé ? Ne faites rien : sans ce code, personne ne peut agir à votre place.

Département {departement}
"""
EMAIL_TITLE = "Votre code"
EMAIL_HTML = (
    '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title></head><body><main>'
    "<p>Bonjour,</p>"
    "<p>Votre code{nbsp}: <strong>{code}</strong></p>"
    "<p>Il marche {minutes} minutes. Ne le donnez à personne{nbsp}: nos agents ne vous le demandent jamais.</p>"
    "<p>Vous n’avez rien demandé{nbsp}? Ne faites rien{nbsp}: sans ce code, personne ne peut agir à votre place.</p>"
    "<p>Département {departement}</p></main></body></html>"
)


def letter_of(login_code: LoginCode, *, code: str, channel: str, address: str, now: datetime) -> Letter:
    """`code`: six digits, known in clear only here and by the person."""
    departement = login_code.departement
    is_sms = channel == "sms"
    return Letter(
        subject=("code", str(login_code.uuid)),
        kind="code",
        recipient=f"code:{login_code.uuid}",
        channel=channel,
        address=address,
        version=0,
        departement_code=departement.code,
        body=sms_body(code) if is_sms else _filled(EMAIL_BODY, code, departement.name_with_article),
        html="" if is_sms else _filled(EMAIL_HTML, code, escape(departement.name_with_article)),
        title="" if is_sms else EMAIL_TITLE,
        sender=departement.sms_sender if is_sms else "",
        reply_to="" if is_sms else departement.reply_to,
        send_not_before=now,
        worthless_after=login_code.expires_at,
        is_secret=True,
        is_urgent=True,
    )


def sms_body(code: str) -> str:
    said = SMS_BODY.format(code=spaced(code), minutes=_minutes())
    return f"{said}\n\n@{urlparse(settings.BASE_URL).hostname} #{code}"


def spaced(code: str) -> str:
    """ "123 456": read in one glance, typed in two."""
    return f"{code[:3]} {code[3:]}"


def _filled(text: str, code: str, departement: str) -> str:
    return text.format(code=spaced(code), minutes=_minutes(), departement=departement, title=EMAIL_TITLE, nbsp=NBSP)


def _minutes() -> int:
    return int(CODE_LIFE.total_seconds() // 60)
