"""The secret calendar address of an agent: the page that makes, shows, renews and closes it; and the file itself.

Room: views. The file is read by other software, without a session: its address is the only key. Unknown, closed or
renewed, the answer is the same 404; read or guessed too often, it is asked to wait (429).
"""

import hashlib
import uuid as uuids

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_http_methods, require_safe

from agents.access import feed_behind
from agents.services import feeds
from agents.views.guards import AgentRequest, role_required
from rdv.core import clock
from rdv.core.http import client_address
from rdv.core.links import link_url
from rdv.services import guesses
from rdv.services.feeds import calendar_of
from rdv.views.agenda.agenda import SITE_ROLES

SAID = {
    "ouvrir": "L’adresse est prête. Copiez-la dans votre calendrier.",
    "renouveler": "L’adresse est changée. L’ancienne ne marche plus : remplacez-la dans vos calendriers.",
    "fermer": "L’adresse est fermée. Vos calendriers ne reçoivent plus rien.",
    "initiales": "Votre choix est enregistré.",
}


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*SITE_ROLES)
def feed_settings(request: AgentRequest) -> HttpResponse:
    if request.method == "POST":
        return _act(request)
    feed = feeds.feed_of_agent(request.agent)
    url = link_url(feeds.PURPOSE, str(feed.uuid)) if feed else ""
    context = {
        "feed": feed,
        "url": url,
        "webcal_url": f"webcal://{url.partition('://')[2]}" if url else "",
        "has_agenda": request.scope.has_agenda,
    }
    return render(request, "rdv/agenda/flux.html", context)


def _act(request: AgentRequest) -> HttpResponse:
    action, agent, author, now = request.POST.get("action", ""), request.agent, request.scope.author(), clock.now()
    if action not in SAID or not request.scope.has_agenda:
        raise Http404
    if action == "ouvrir":
        feeds.open_feed(agent=agent, author=author, now=now)
    elif action == "renouveler":
        feeds.renew_feed(agent=agent, seen=_seen(request), author=author, now=now)
    elif action == "fermer":
        feeds.close_feed(agent=agent, author=author, now=now)
    else:
        feeds.set_initials(agent=agent, shows_initials="initials" in request.POST, author=author, now=now)
    messages.success(request, SAID[action])
    return redirect("rdv:feed_settings")


def _seen(request: AgentRequest) -> uuids.UUID:
    """The address that the page showed: sent twice, the form renews it once."""
    try:
        return uuids.UUID(request.POST.get("vu", ""))
    except ValueError as error:
        raise Http404 from error


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    now, network = clock.now(), client_address(request)
    if guesses.has_guessed_too_often(network, now=now):
        return _too_often()
    found = feed_behind(token, now=now)
    if found is None:
        guesses.note_guess(network, now=now)
        # Read by software: words, not a page.
        return _sealed(_words("Cette adresse ne marche pas, ou plus.\n", status=404))
    if not feeds.count_read(found, now=now):
        return _too_often()
    agent = found.agent
    assert agent.departement is not None  # noqa: S101 - the door refuses those without an agenda
    content = calendar_of(agent, agent.departement, shows_initials=found.shows_initials, now=now)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="agenda.ics"'
    response["ETag"] = f'"{hashlib.sha256(content).hexdigest()}"'
    return _sealed(get_conditional_response(request, etag=response["ETag"], response=response) or response)


def _too_often() -> HttpResponseBase:
    refused = _words("Trop de lectures : revenez dans une heure.\n", status=429)
    refused["Retry-After"] = str(int(feeds.READS_WINDOW.total_seconds()))
    return _sealed(refused)


def _words(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _sealed(response: HttpResponseBase) -> HttpResponseBase:
    """Asked again each time, kept by nobody between, found by no search engine."""
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    return response
