"""What providers tell us later: delivered, refused, bounced. Signed, repeatable, forward only.

Room: views. Called by Twilio and by the e-mail provider that anymail is set up for. Anymail offers a signal; its views
are called directly instead, so that no rule hides behind a signal and only the configured provider has an address.
"""

import uuid as uuids
from typing import Any, Protocol

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from twilio.request_validator import RequestValidator

from notifications import delivery, services
from notifications.channels.base import Receipt
from notifications.channels.sms import receipt_of
from notifications.models import Failure, State
from rdv.core import clock

ANYMAIL_BACKENDS = "anymail.backends."
EVENTS: dict[str, State] = {
    EventType.QUEUED: State.SENT,
    EventType.SENT: State.SENT,
    EventType.DELIVERED: State.DELIVERED,
    EventType.OPENED: State.DELIVERED,
    EventType.CLICKED: State.DELIVERED,
    EventType.REJECTED: State.FAILED,
    EventType.FAILED: State.FAILED,
    EventType.BOUNCED: State.FAILED,
}
FAILURES: dict[str, Failure] = {
    RejectReason.INVALID: Failure.ADDRESS,
    RejectReason.BOUNCED: Failure.ADDRESS,
    RejectReason.TIMED_OUT: Failure.UNREACHABLE,
    RejectReason.BLOCKED: Failure.BLOCKED,
    RejectReason.SPAM: Failure.BLOCKED,
    RejectReason.UNSUBSCRIBED: Failure.STOP,
}


@csrf_exempt  # signed by Twilio instead
@require_POST
def twilio_status(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """One status of one SMS. The row is named in the address: an event may come before we know Twilio's own name."""
    if not is_signed_by_twilio(request):
        return HttpResponseForbidden()
    told = receipt_of(
        request.POST.get("MessageSid", ""), request.POST.get("MessageStatus", ""), request.POST.get("ErrorCode")
    )
    rows = services.rows_for_event(uuid=uuid, provider_id=told.provider_id)
    delivery.record_event(rows, told, now=clock.now())
    return HttpResponse(status=204)


def is_signed_by_twilio(request: HttpRequest) -> bool:
    """Over the address that Twilio called, as we gave it: behind a proxy the request says another one."""
    if not settings.TWILIO_AUTH_TOKEN:
        return False
    address = settings.BASE_URL.rstrip("/") + request.get_full_path()
    signature = request.headers.get("X-Twilio-Signature", "")
    return bool(RequestValidator(settings.TWILIO_AUTH_TOKEN).validate(address, request.POST, signature))


class _TrackingView(Protocol):
    """What anymail's views offer to those who extend them."""

    def run_validators(self, request: HttpRequest) -> None: ...
    def parse_events(self, request: HttpRequest) -> list[AnymailTrackingEvent]: ...


@csrf_exempt  # signed, or behind a secret, as anymail checks for each provider
@require_http_methods(["POST", "HEAD"])
def email_events(request: HttpRequest) -> HttpResponse:
    """A batch of events of the configured e-mail provider. HEAD: some providers look whether somebody is there."""
    view = _tracking_view()
    if request.method == "HEAD":
        return HttpResponse()
    try:
        view.run_validators(request)
    except AnymailWebhookValidationFailure:
        return HttpResponseForbidden()
    now = clock.now()
    for event in view.parse_events(request):
        _record_email_event(event, now=now)
    return HttpResponse(status=204)


def _tracking_view() -> _TrackingView:
    """Anymail's own view for the provider of EMAIL_BACKEND. None without its secret: an open address would let anybody
    say that a message was not received."""
    backend: str = settings.EMAIL_BACKEND
    if not backend.startswith(ANYMAIL_BACKENDS) or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    provider = backend.removeprefix(ANYMAIL_BACKENDS).partition(".")[0]
    try:
        found = resolve(f"/{provider}/tracking/", urlconf="anymail.urls")
    except Resolver404 as error:
        raise Http404 from error
    view_class: Any = getattr(found.func, "view_class")  # noqa: B009 - set by View.as_view, unknown to the types
    try:
        view: _TrackingView = view_class()
    except AnymailConfigurationError as error:
        raise Http404 from error
    return view


def _record_email_event(event: AnymailTrackingEvent, *, now: Any) -> None:
    state = EVENTS.get(event.event_type)
    if state is None:
        return
    failure = FAILURES.get(event.reject_reason or "", Failure.REFUSED) if state == State.FAILED else None
    provider_id = str(event.message_id or "")
    rows = services.rows_for_event(uuid=_our_name(event), provider_id=provider_id)
    told = Receipt(provider_id=provider_id, state=state, failure=failure)
    delivery.record_event(rows, told, now=now, is_bounce=event.event_type == EventType.BOUNCED)


def _our_name(event: AnymailTrackingEvent) -> uuids.UUID | None:
    """The uuid that went out with the message, when the provider gives it back."""
    try:
        return uuids.UUID(str((event.metadata or {}).get("message", "")))
    except ValueError:
        return None
