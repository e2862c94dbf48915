"""Requests with types, and an id on each of them."""

import uuid
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
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


class DatabaseAwayMiddleware:
    """The database restarts: nobody meets a 500.

    `database_away` (the error page) answers 503 in words. A page that is only read is first asked once more, on a fresh
    connection; what writes is not: only the person knows whether to send again (sent twice, a booking is one booking).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE and hasattr(response, "database_is_away"):
            connection.close()
            if request.method in ("GET", "HEAD"):
                response = self.get_response(request)
        return response


class WrongMethodMiddleware:
    """An address that only receives forms, opened by itself: words and a number to call, never a blank page.

    It happens to people: a phone that wakes up loads its tab again by its address alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET":
            page = render(request, "405.html", status=response.status_code)
            page["Allow"] = response["Allow"]
            return page
        return response


def is_database_away(error: BaseException | None) -> bool:
    """Whether this error says that the connection is gone, not that a query was wrong."""
    return isinstance(error, OperationalError | InterfaceError)


def database_away() -> HttpResponse:
    """The page for it: no context processor, no query."""
    page = get_template("503.html").render({"help_phone": settings.HELP_PHONE})
    response = HttpResponse(page, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = "10"
    response.database_is_away = True  # type: ignore[attr-defined]  # a mark for DatabaseAwayMiddleware
    return response


def client_address(request: HttpRequest) -> str:
    """The address of the person’s network, for throttling (behind proxies: PROXY_HOPS, see rdv/config/proxy)."""
    return str(request.META.get("REMOTE_ADDR", ""))
