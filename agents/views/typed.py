"""What was sent when the session had closed: kept while the same person signs in again. Called by guards and sign_in.

On the server only, in the session of the sign-in: the post keeps nothing. It goes when somebody else signs in, when it
was shown, and after half an hour. Never passwords, codes or files.

A session that closed is remembered by its agent's number alone: a second tab, sent later, is kept for the same person.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agents.models import Agent

LIFE = timedelta(minutes=30)
# A form left open before a long weekend still finds whose it is; the session itself is closed long before (session.py).
REMEMBERED = timedelta(days=4)
MOST_LETTERS = 50_000
_KEY, _OWNER = "agents_typed", "agents_closed"
_TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of the field
_SECRET = re.compile(r"password|^current$")
# The number of a département ("62") is called a code too.
_CODE_LETTERS = 6


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was sent: where, and its fields in order."""

    path: str
    fields: tuple[tuple[str, str], ...]
    had_files: bool


def close_keeping(request: HttpRequest, now: datetime) -> None:
    """End what is left of a session that time has closed; what was just sent stays aside for its agent."""
    owner = request.user.pk if request.user.is_authenticated else request.session.get(_OWNER)
    if owner is None:
        return
    keep(request, owner, now)
    if request.user.is_authenticated:
        flush_keeping(request)
    request.session[_OWNER] = owner
    request.session.set_expiry(int(REMEMBERED.total_seconds()))


def keep(request: HttpRequest, owner: int, now: datetime) -> bool:
    """Set aside the form that this request sends, for this agent. False when there is nothing that may be kept."""
    if request.method != "POST":
        return False
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name != _TOKEN]
    if any(_is_secret(name, str(value)) for name, value in fields):
        return False
    if sum(len(value) for _name, value in fields) > MOST_LETTERS:
        return False
    request.session[_KEY] = {
        "agent": owner,
        "path": request.get_full_path(),
        "fields": fields,
        "files": bool(request.FILES),
        "at": now.timestamp(),
    }
    return True


def flush_keeping(request: HttpRequest) -> None:
    """A new session, as both steps of signing in and the end of a session want it, with these two marks alone."""
    kept = {key: request.session[key] for key in (_KEY, _OWNER) if key in request.session}
    request.session.flush()
    request.session.update(kept)


def has_kept(request: HttpRequest) -> bool:
    """Said on the sign-in page, never what."""
    return _KEY in request.session


def take(request: HttpRequest, agent: Agent, now: datetime) -> Typed | None:
    """What this very agent was sending a moment ago. Once: nothing stays."""
    request.session.pop(_OWNER, None)
    kept: dict[str, Any] | None = request.session.pop(_KEY, None)
    if not kept or kept["agent"] != agent.pk or now - datetime.fromtimestamp(kept["at"], UTC) >= LIFE:
        return None
    return Typed(kept["path"], tuple((name, value) for name, value in kept["fields"]), kept["files"])


def page_of(request: HttpRequest, typed: Typed, agent: Agent, *, back: str) -> HttpResponse:
    """Theirs to send now, with a token of today: the versions it carries say if something changed meanwhile."""
    context = {"typed": typed, "page": back, "departement": agent.departement}
    return render(request, "agents/typed.html", context)


def _is_secret(name: str, value: str) -> bool:
    return _SECRET.search(name) is not None or (name == "code" and len(value) >= _CODE_LETTERS)
