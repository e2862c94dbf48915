"""What a channel is: something that opens a line, and hands one message over. Nothing else is known of a provider.

Room: channels. Called by notifications/delivery only. A département that brings its own SMS provider writes a class
with these four names, and adds it to `notifications.channels.channel_named`.

    open()      everything that can fail with nothing sent: connection, sign-in
    hand()      the point of no return: from here on, only the provider knows
    find_sent() "did you get this one?", for the rows whose worker died in between
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from notifications.models import Failure, State


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What leaves, with its links. `seconds_left`: after that, the provider must not send it any more."""

    uuid: str
    address: str
    text: str
    title: str = ""
    html: str = ""
    calendar: str = ""
    sender: str = ""
    reply_to: str = ""
    seconds_left: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider's word: sent, delivered, or failed and why."""

    provider_id: str
    state: State = State.SENT
    failure: Failure | None = None


class ChannelError(Exception):
    """`reason` goes to the log: a provider's code, never an address nor a text."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Refused(ChannelError):  # noqa: N818 - refusals are named by what they say (house.md)
    """A clear and final no, for this message and this address."""

    def __init__(self, reason: str, failure: Failure) -> None:
        self.failure = failure
        super().__init__(reason)


class Unavailable(ChannelError):  # noqa: N818
    """Surely not taken: try again later."""


class Uncertain(ChannelError):  # noqa: N818
    """Perhaps taken: nobody may send it again before the provider was asked."""


class Line(Protocol):
    def hand(self, outgoing: Outgoing) -> Receipt:
        """Give it to the provider. Raises Refused, Unavailable or Uncertain."""


class Channel(Protocol):
    name: ClassVar[str]
    # False: the provider cannot say what it took; what is uncertain is then never sent again (decision 0010).
    can_be_asked: ClassVar[bool]
    # False: nothing leaves the machine; secret texts stay readable on the local page.
    leaves_machine: ClassVar[bool]

    def open(self) -> AbstractContextManager[Line]:
        """Raises Unavailable: nothing was sent."""

    def find_sent(self, outgoing: Outgoing, since: datetime) -> list[Receipt]:
        """What the provider took since then with this address and this very text. Raises Unavailable."""
