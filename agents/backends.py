"""How a password opens the first of the two doors. Called by Django's `authenticate` only (settings)."""

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from agents.access import active_agent, agent_with_email, may_sign_in
from agents.models import Agent
from rdv.core import clock


class AgentBackend(BaseBackend):
    """E-mail and password. The second factor is asked by the views, before any session is opened."""

    def authenticate(
        self, request: HttpRequest | None, email: str | None = None, password: str | None = None, **kwargs: object
    ) -> Agent | None:
        """None for an unknown address, a wrong password, an inactive account, or no role that signs in: never which."""
        if email is None or password is None:
            return None
        agent = agent_with_email(email)
        if agent is None:
            Agent().set_password(password)  # As slow as a real check: the delay tells nothing.
            return None
        if not agent.check_password(password) or not may_sign_in(agent, clock.now()):
            return None
        return agent

    def get_user(self, user_id: int) -> Agent | None:
        return active_agent(user_id)
