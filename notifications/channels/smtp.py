"""Django's SMTP backend, which also remembers whether the message itself began to leave.

Room: channels. Called by notifications/channels/email only. A connection that breaks before DATA took nothing: the
message can be tried again. After it, nobody knows (docs/decisions/0010).
"""

import smtplib
from typing import Any

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend


class _NotingSmtp(smtplib.SMTP):
    has_begun_data = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.has_begun_data = True
        return super().data(msg)


class _NotingSmtpSsl(smtplib.SMTP_SSL):
    has_begun_data = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.has_begun_data = True
        return super().data(msg)


class SmtpBackend(EmailBackend):
    @property
    def connection_class(self) -> type[_NotingSmtp | _NotingSmtpSsl]:
        return _NotingSmtpSsl if self.use_ssl else _NotingSmtp


def surely_not_taken(backend: BaseEmailBackend) -> bool:
    """The connection broke without an answer, before the message itself began to leave."""
    smtp = getattr(backend, "connection", None)
    return isinstance(smtp, _NotingSmtp | _NotingSmtpSsl) and not smtp.has_begun_data
