"""Between the two factors: the password was right, nothing is open yet. Called by the sign-in views.

Also the posts that are trusted for 12 hours: a signed cookie that spares the code, never the password. It dies with the
password, the second factor and the epoch of its agent.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from agents.access import active_agent, may_sign_in
from agents.models import Agent
from agents.views.typed import flush_keeping

_KEY = "agents_pending"
LIFE = timedelta(minutes=10)
TRUST_COOKIE = "agents_poste"
TRUST_LIFE = timedelta(hours=12)
_TRUST_SALT = "agents.trusted_post"


@dataclass(frozen=True, slots=True)
class Pending:
    agent: Agent
    next_page: str


def start(request: HttpRequest, agent: Agent, *, next_page: str, now: datetime) -> None:
    """In a new session: nothing that was there before the password stays, but what the same person was sending."""
    flush_keeping(request)
    request.session[_KEY] = {
        "agent": agent.pk,
        "hash": agent.get_session_auth_hash(),
        "at": now.timestamp(),
        "next": next_page,
    }


def pending(request: HttpRequest, now: datetime) -> Pending | None:
    """Who gave a password less than 10 minutes ago and still may sign in with it."""
    kept: dict[str, Any] | None = request.session.get(_KEY)
    if not kept or now - datetime.fromtimestamp(kept["at"], UTC) >= LIFE:
        return None
    agent = active_agent(kept["agent"])
    if agent is None or not constant_time_compare(kept["hash"], agent.get_session_auth_hash()):
        return None
    return Pending(agent, kept["next"]) if may_sign_in(agent, now) else None


def trust_post(response: HttpResponseBase, agent: Agent, now: datetime) -> None:
    until = now + TRUST_LIFE
    value = signing.dumps([agent.pk, until.timestamp(), agent.get_session_auth_hash()], salt=_TRUST_SALT)
    response.set_cookie(
        TRUST_COOKIE,
        value,
        max_age=TRUST_LIFE,
        path=reverse("agents:sign_in"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def is_post_trusted(request: HttpRequest, agent: Agent, now: datetime) -> bool:
    try:
        pk, until, session_hash = signing.loads(request.COOKIES.get(TRUST_COOKIE, ""), salt=_TRUST_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return False
    is_of_agent = pk == agent.pk and constant_time_compare(str(session_hash), agent.get_session_auth_hash())
    return is_of_agent and now < datetime.fromtimestamp(until, UTC)
