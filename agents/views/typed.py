"""What was typed when the session had closed: kept while the same person signs in again. Called by guards and sign_in.

On the server only, in the session of the sign-in: the post keeps nothing. It goes when somebody else signs in, when it
was read, and after half an hour. Never passwords, codes or files.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest

from agents.models import Agent

LIFE = timedelta(minutes=30)
MOST_LETTERS = 50_000
_KEY = "agents_typed"
_TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of the field
_SECRET = ("password", "code", "current")


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was sent: where, and its fields in order."""

    path: str
    fields: tuple[tuple[str, str], ...]


def close_keeping(request: HttpRequest, now: datetime) -> None:
    """End what is left of a session that time has closed; what was just sent stays aside for its agent."""
    kept = _sent(request, now)
    request.session.flush()
    _put(request, kept)


def flush_keeping(request: HttpRequest) -> None:
    """A new session between the two steps of signing in."""
    kept = request.session.get(_KEY)
    request.session.flush()
    _put(request, kept)


def typed_by(request: HttpRequest, agent: Agent, now: datetime) -> Typed | None:
    """What this very agent was sending a moment ago."""
    kept: dict[str, Any] | None = request.session.get(_KEY)
    if not kept or kept["agent"] != agent.pk or now - datetime.fromtimestamp(kept["at"], UTC) >= LIFE:
        return None
    return Typed(kept["path"], tuple((name, value) for name, value in kept["fields"]))


def _sent(request: HttpRequest, now: datetime) -> dict[str, Any] | None:
    """A whole form: a piece of page (htmx) is asked again by the page itself."""
    if request.method != "POST" or request.headers.get("HX-Request") or request.FILES:
        return None
    fields = [(name, value) for name, values in request.POST.lists() for value in values if name != _TOKEN]
    is_secret = any(word in name for name, _value in fields for word in _SECRET)
    if is_secret or sum(len(value) for _name, value in fields) > MOST_LETTERS:
        return None
    return {"agent": request.user.pk, "path": request.get_full_path(), "fields": fields, "at": now.timestamp()}


def _put(request: HttpRequest, kept: dict[str, Any] | None) -> None:
    if kept:
        request.session[_KEY] = kept
