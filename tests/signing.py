"""An agent already signed in with both factors, for tests of what comes after the sign-in."""

from django.test import Client

from agents.views import session
from rdv.core import clock


def signed_in(agent, **options):
    """A client whose session is the one that `agents.views.session.open_session` writes."""
    client = Client(**options)
    client.force_login(agent, backend="agents.backends.AgentBackend")
    now = clock.now()
    marks = client.session
    for key in (session.OPENED, session.SEEN, session.CONFIRMED):
        marks[key] = now.timestamp()
    marks[session.ENDS] = (now + session.LIFE).timestamp()
    marks.save()
    return client
