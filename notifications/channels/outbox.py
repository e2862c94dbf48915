"""The local "boîte d'envoi": nothing leaves the machine. The row itself is what the page shows.

Room: channels. Called by notifications/delivery only, when SMS_CHANNEL or EMAIL_CHANNEL is "outbox".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar

import structlog

from notifications.channels.base import Outgoing, Receipt
from notifications.models import State

log = structlog.get_logger(__name__)


class OutboxLine:
    def hand(self, outgoing: Outgoing) -> Receipt:
        log.info("message_in_outbox", message=outgoing.uuid, signs=len(outgoing.text))
        return Receipt(provider_id=outgoing.uuid, state=State.DELIVERED)


class OutboxChannel:
    name: ClassVar[str] = "outbox"
    can_be_asked: ClassVar[bool] = True
    leaves_machine: ClassVar[bool] = False

    @contextmanager
    def open(self) -> Iterator[OutboxLine]:
        yield OutboxLine()

    def find_sent(self, outgoing: Outgoing, since: datetime) -> list[Receipt]:
        """Nobody outside ever got anything: it can safely be written again."""
        return []
