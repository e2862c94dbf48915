"""A form whose token is old: its page was open in one tab while the person signed in again in another.

Room: views. Called by the page of refused tokens (rdv/views/errors). Only a form of our own pages is looked at (the
browser says where it comes from), and nothing is done by it: the person sends it again, from a page of today.
"""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse

from agents.views.guards import PREVIEW, lead_to, preview_refused, to_sign_in
from agents.views.session import signed_in_agent
from agents.views.typed import keep


def rescued(request: HttpRequest, now: datetime) -> HttpResponse | None:
    """The way to the same form with a token that holds, else None. A piece of page goes there as a whole page."""
    if not (_is_of_our_pages(request) and request.user.is_authenticated):
        return None
    if request.headers.get(PREVIEW):
        return preview_refused()
    agent = signed_in_agent(request, now)
    if agent is None:
        return to_sign_in(request)
    # The door lets somebody signed in through: to what was kept, else to where they were going.
    if keep(request, agent.pk, now) or request.path.startswith(reverse("agents:sign_in")):
        return lead_to(request, "agents:sign_in")
    return None


def _is_of_our_pages(request: HttpRequest) -> bool:
    """A page of the public, opened on the post of an agent, is none of ours."""
    if not request.path.startswith(resolve_url(settings.LOGIN_REDIRECT_URL)):
        return False
    origin = urlsplit(request.headers.get("Origin", ""))
    return (origin.scheme, origin.netloc) == (request.scheme, request.get_host())
