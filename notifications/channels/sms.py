"""SMS through Twilio, with Twilio's own library.

Room: channels. Called by notifications/delivery (to send) and by the webhook (to read a status).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import requests
from django.conf import settings
from django.urls import reverse
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from notifications.channels.base import Outgoing, Receipt, Refused, Unavailable, Uncertain
from notifications.models import Failure, State

API = "https://api.twilio.com"
TIMEOUT_SECONDS = 10
# Twilio keeps a message in its queue ten hours at most.
LONGEST_VALIDITY = 36_000
# More than a number may be given in a day, codes included.
LISTED = 50
# Twilio's clock and ours.
CLOCK_SKEW = timedelta(minutes=2)

# https://www.twilio.com/docs/api/errors: the number itself is wrong, or its owner wants no SMS.
FAILURES: dict[int, Failure] = {
    21211: Failure.ADDRESS,
    21214: Failure.ADDRESS,
    21217: Failure.ADDRESS,
    21265: Failure.ADDRESS,
    21610: Failure.STOP,
    21612: Failure.ADDRESS,
    21614: Failure.ADDRESS,
    30003: Failure.UNREACHABLE,
    30004: Failure.BLOCKED,
    30005: Failure.ADDRESS,
    30006: Failure.ADDRESS,
    30007: Failure.BLOCKED,
    30008: Failure.UNREACHABLE,
}
# Our account or sender is at fault, not this message: an operator mends it, and everything leaves.
OURS = frozenset({20003, 21212, 21603, 21606, 21659, 21660, 21701, 63038})
STATES: dict[str, State] = {
    "accepted": State.SENT,
    "scheduled": State.SENT,
    "queued": State.SENT,
    "sending": State.SENT,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.FAILED,
}


class QuietHttpClient(TwilioHttpClient):  # type: ignore[misc]  # the library ships no types
    """Twilio's client, without its logs (they hold numbers and texts), towards another host when one is configured."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        base = settings.TWILIO_API_BASE.rstrip("/")
        return super().request(method, url.replace(API, base, 1) if base else url, *args, **kwargs)

    def log_request(self, kwargs: dict[str, Any]) -> None:
        """Nothing: no personal data in logs."""

    def log_response(self, status_code: int, response: requests.Response) -> None:
        """Nothing: no personal data in logs."""


class TwilioLine:
    def __init__(self, client: Client) -> None:
        self._client = client

    def hand(self, outgoing: Outgoing) -> Receipt:
        try:
            taken = self._client.messages.create(**_parameters(outgoing))
        except TwilioRestException as error:
            raise _meaning(error) from error
        except requests.ConnectTimeout as error:
            raise Unavailable("connect_timeout") from error
        except (requests.RequestException, TwilioException) as error:
            # A timeout while reading, a connection cut: the request may have been served.
            raise Uncertain(type(error).__name__) from error
        return receipt_of(taken.sid, taken.status, taken.error_code)


class TwilioChannel:
    name: ClassVar[str] = "twilio"
    can_be_asked: ClassVar[bool] = True
    leaves_machine: ClassVar[bool] = True

    @contextmanager
    def open(self) -> Iterator[TwilioLine]:
        with _client() as client:
            yield TwilioLine(client)

    def find_sent(self, outgoing: Outgoing, since: datetime) -> list[Receipt]:
        """By recipient, newest first. Not by Twilio's own "DateSent": what still waits in its queue has none."""
        try:
            with _client() as client:
                listed = client.messages.list(to=outgoing.address, limit=LISTED)
        except (requests.RequestException, TwilioException) as error:
            raise Unavailable(type(error).__name__) from error
        return [
            receipt_of(found.sid, found.status, found.error_code)
            for found in listed
            if _same_text(found.body, outgoing.text) and _is_recent(found.date_created, since)
        ]


def receipt_of(provider_id: str, status: str, error_code: object) -> Receipt:
    """Twilio's words in ours."""
    state = STATES.get(str(status), State.SENT)
    failure = failure_of(error_code) if state == State.FAILED else None
    return Receipt(provider_id=str(provider_id), state=state, failure=failure)


def failure_of(error_code: object) -> Failure:
    code = str(error_code or "")
    return FAILURES.get(int(code), Failure.REFUSED) if code.isdecimal() else Failure.REFUSED


@contextmanager
def _client() -> Iterator[Client]:
    http = QuietHttpClient(timeout=TIMEOUT_SECONDS, max_retries=0)
    try:
        yield Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)
    finally:
        if http.session is not None:
            http.session.close()


def _parameters(outgoing: Outgoing) -> dict[str, Any]:
    callback = reverse("notifications:twilio_status", args=[outgoing.uuid])
    parameters: dict[str, Any] = {
        "to": outgoing.address,
        "body": outgoing.text,
        "status_callback": settings.BASE_URL.rstrip("/") + callback,
        "validity_period": max(1, min(LONGEST_VALIDITY, outgoing.seconds_left)),
    }
    if settings.TWILIO_MESSAGING_SERVICE_SID:
        parameters["messaging_service_sid"] = settings.TWILIO_MESSAGING_SERVICE_SID
    if outgoing.sender:
        parameters["from_"] = outgoing.sender
    return parameters


def _meaning(error: TwilioRestException) -> Refused | Unavailable | Uncertain:
    """What a refusal of Twilio's means for the row."""
    reason = f"twilio_{error.status}_{error.code or ''}"
    if error.status >= 500:
        return Uncertain(reason)
    if error.status in (401, 403, 404, 408, 429) or error.code in OURS:
        return Unavailable(reason)
    return Refused(reason, FAILURES.get(error.code or 0, Failure.REFUSED))


def _same_text(found: str | None, ours: str) -> bool:
    return (found or "").split() == ours.split()


def _is_recent(created: datetime | None, since: datetime) -> bool:
    return created is None or created.astimezone(UTC) >= since - CLOCK_SKEW
