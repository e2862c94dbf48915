"""Pages for what went wrong, in plain words, with a phone number."""

import sys

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template

from agents.views.stale import rescued
from rdv.core import clock
from rdv.core.http import database_away, is_database_away


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    if is_database_away(sys.exc_info()[1]):
        return database_away()
    # No context processor, no query: the database may be what is broken.
    return HttpResponse(get_template("500.html").render({"help_phone": settings.HELP_PHONE}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return rescued(request, clock.now()) or render(request, "403_csrf.html", status=403)
