"""The local "boîte d'envoi": every message as the person would see it. Development and demo only.

Room: views. Everybody on the machine may look: nothing here is real. 404 unless OUTBOX_PAGE is on.
"""

import re
import uuid as uuids
from dataclasses import dataclass
from datetime import datetime, timedelta

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from notifications import delivery, services
from notifications.channels.base import Outgoing
from notifications.channels.gsm7 import length, segments
from notifications.models import Message
from rdv.core import clock

PER_PAGE = 20
# The e-mail brings its own sheet and nothing else: no script, nothing fetched, links open beside.
EMAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_LINK = re.compile(r"https?://[^\s<>\"]+")


def require_outbox() -> None:
    """The addresses are not mounted in production; if somebody mounts them, they stay shut."""
    if not settings.OUTBOX_PAGE:
        raise Http404


@dataclass(frozen=True)
class Shown:
    """A message, and what leaves of it."""

    message: Message
    outgoing: Outgoing
    segments: int
    signs: int
    now: datetime

    @property
    def at(self) -> datetime:
        return self.message.sent_at or self.message.created_at

    @property
    def minutes_ago(self) -> int:
        return (self.now - self.at) // timedelta(minutes=1)

    @property
    def links(self) -> list[str]:
        return list(dict.fromkeys(_LINK.findall(self.outgoing.text)))


@require_GET
@never_cache
def message_list(request: HttpRequest) -> HttpResponse:
    """What left, newest first; or what waits for its day (?etat=prevus). ?q= a phone number or an e-mail address."""
    require_outbox()
    query = request.GET.get("q", "").replace("\x00", "").strip()
    is_planned = request.GET.get("etat") == "prevus"
    rows = services.outbox_rows(query, is_planned=is_planned)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    now = clock.now()
    context = {
        "query": query,
        "is_planned": is_planned,
        "page_obj": page,
        "shown": [_shown(message, now) for message in page],
        "now": now,
    }
    return render(request, "notifications/outbox_list.html", context)


@require_GET
@never_cache
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # typed for views without arguments; the e-mail's frame
def message_detail(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    now = clock.now()
    context = {"one": _shown(_message(uuid), now), "now": now}
    return render(request, "notifications/outbox_detail.html", context)


@require_GET
@never_cache
@xframe_options_sameorigin
def message_html(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    """The e-mail alone, for the frame: links open in a new tab."""
    html = _shown(_message(uuid), clock.now()).outgoing.html.replace("<head>", '<head><base target="_blank">', 1)
    response = HttpResponse(html)
    response["Content-Security-Policy"] = EMAIL_POLICY
    return response


@require_GET
@never_cache
def message_calendar(request: HttpRequest, uuid: uuids.UUID) -> HttpResponse:
    calendar = _shown(_message(uuid), clock.now()).outgoing.calendar
    if not calendar:
        raise Http404
    return HttpResponse(calendar, content_type="text/calendar; charset=utf-8")


def _message(uuid: uuids.UUID) -> Message:
    require_outbox()
    message = services.message_named(uuid)
    if message is None:
        raise Http404
    return message


def _shown(message: Message, now: datetime) -> Shown:
    outgoing = delivery.outgoing_of(message, now=message.send_not_before)
    return Shown(message, outgoing, segments(outgoing.text), length(outgoing.text), now)
