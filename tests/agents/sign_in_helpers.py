"""How tests sign in: by the back door (`sign_in`), or through the pages as a person would."""

from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents.views import session as marks
from rdv.core import clock

PASSWORD = "motdepasse-de-test-1"
BACKEND = "agents.backends.AgentBackend"


def enrolled(agent):
    """A confirmed application of codes for this agent."""
    return TOTPDevice.objects.create(user=agent, name="application", confirmed=True)


def code_of(device, *, at=None, wrong=False):
    """The six digits that the application shows at `at` (now by default)."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = (at or clock.now()).timestamp()
    token = (totp.token() + (1 if wrong else 0)) % 10**device.digits
    return f"{token:06d}"


def sign_in(client, agent, *, now=None):
    """A client with an open session, both factors given `now`."""
    now = now or clock.now()
    client.force_login(agent, backend=BACKEND)
    session = client.session
    session[marks.OPENED] = session[marks.SEEN] = session[marks.CONFIRMED] = now.timestamp()
    session[marks.ENDS] = (now + marks.LIFE).timestamp()
    session.save()
    return client


def give_password(client, agent, *, password=PASSWORD, next_page="", **headers):
    return client.post("/agents/connexion/", {"email": agent.email, "password": password, "next": next_page}, **headers)
