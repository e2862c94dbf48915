"""Requests with types, and an id on each of them."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from rdv.core.logs import request_id


class HtmxRequest(HttpRequest):
    """A request seen by `HtmxMiddleware`."""

    htmx: HtmxDetails


class RequestIdMiddleware:
    """Give each request an id, put it in the logs and in the answer, so that a person can quote it on the phone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_id.set(uuid.uuid4().hex[:12])
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            return response
        finally:
            request_id.reset(token)


def client_address(request: HttpRequest) -> str:
    """The address of the person's network, for throttling. The proxy in front must set REMOTE_ADDR (docs/deploiement.md)."""
    return str(request.META.get("REMOTE_ADDR", ""))
