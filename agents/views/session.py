"""The session of an agent: opened after both factors, closed by time. Called by the views of this app and the guards.

What the session holds (all times are seconds since the epoch, UTC):

    agents_opened_at     both factors were given
    agents_ends_at       the absolute end, by role
    agents_seen_at       last request, to the minute
    agents_confirmed_at  the password was last typed (re-authentication before rights and exports)

An agent whose password, second factor or `session_epoch` changed has another session hash: Django itself then drops the
session (see `Agent.get_session_auth_hash`).
"""

from datetime import UTC, datetime, timedelta
from typing import cast

from django.contrib.auth import login
from django.http import HttpRequest

from agents.models import Agent
from agents.views.typed import REMEMBERED

LIFE = timedelta(hours=12)
LIFE_OF_ADMIN = timedelta(hours=4)
# Long enough for a home visit: an agent who comes back to the screen finds it open. The post itself locks (docs).
IDLE = timedelta(hours=2)
CONFIRMED_FOR = timedelta(minutes=15)
_SEEN_STEP = timedelta(minutes=1)
_BACKEND = "agents.backends.AgentBackend"

# The header of what a page asks for without anybody (static/js/board.js).
BY_ITSELF = "X-Refresh"
OPENED, ENDS, SEEN, CONFIRMED = "agents_opened_at", "agents_ends_at", "agents_seen_at", "agents_confirmed_at"


def open_session(request: HttpRequest, agent: Agent, *, is_admin: bool, now: datetime) -> None:
    """Both factors were given: a new session key (no fixation), with its end."""
    login(request, agent, backend=_BACKEND)
    life = LIFE_OF_ADMIN if is_admin else LIFE
    request.session[OPENED] = now.timestamp()
    request.session[ENDS] = (now + life).timestamp()
    request.session[SEEN] = now.timestamp()
    request.session[CONFIRMED] = now.timestamp()
    # The row outlives the session, which ends by its marks: what is sent too late is kept for its agent (typed.py).
    request.session.set_expiry(int(REMEMBERED.total_seconds()))


def signed_in_agent(request: HttpRequest, now: datetime) -> Agent | None:
    """The agent whose session is alive, else None. A session without its marks (second factor not given) is dead."""
    agent = request.user
    if not isinstance(agent, Agent) or not agent.is_active:
        return None
    ends_at, seen_at = _instant(request, ENDS), _instant(request, SEEN)
    if ends_at is None or seen_at is None or now >= ends_at or now - seen_at >= IDLE:
        return None
    # A screen that reads itself again is nobody's presence: left open at the desk, it closes like any other.
    if now - seen_at >= _SEEN_STEP and not request.headers.get(BY_ITSELF):
        request.session[SEEN] = now.timestamp()
    return agent


def confirm_password(request: HttpRequest, *, now: datetime) -> None:
    request.session[CONFIRMED] = now.timestamp()


def is_password_fresh(request: HttpRequest, now: datetime) -> bool:
    confirmed_at = _instant(request, CONFIRMED)
    return confirmed_at is not None and now - confirmed_at < CONFIRMED_FOR


def _instant(request: HttpRequest, key: str) -> datetime | None:
    value = request.session.get(key)
    return datetime.fromtimestamp(cast("float", value), UTC) if isinstance(value, int | float) else None
