"""How the services of this app sign the journal. Called by them only."""

from datetime import datetime
from typing import Any

from agents.access import scope_of, today_of
from agents.models import Agent
from rdv.core import journal
from rdv.core.journal import Author


def oneself(agent: Agent, now: datetime) -> Author:
    """The agent acting on their own account, perhaps before being signed in."""
    if agent.is_operateur:
        return Author("agent", agent.pk, agent.full_name, "operateur")
    return scope_of(agent, today=today_of(agent, now)).author()


def write(kind: str, agent: Agent, *, author: Author, now: datetime, data: dict[str, Any] | None = None) -> None:
    """A change of this account: kept 5 years. Never a secret, never an address."""
    journal.write(kind, **_about(agent), author=author, now=now, data=data)


def write_visit(kind: str, agent: Agent, *, author: Author, now: datetime, data: dict[str, Any] | None = None) -> None:
    """A coming or going: kept 12 months."""
    journal.write_read(kind, **_about(agent), author=author, now=now, data=data)


def _about(agent: Agent) -> dict[str, Any]:
    return {"subject": ("agent", agent.pk), "departement_code": agent.departement_id or ""}
