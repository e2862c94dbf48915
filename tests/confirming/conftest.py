"""An Rdv on Thursday 14 January 2027 at 9:20 in Lens, asked about two days before; the secretary of Lens, a colleague
elsewhere, a stranger of another département.

4 Jan 8:00 booked ... 12 Jan, 10-12 reminder ... 13 Jan, 10-12 second SMS, from 8:00 calls ... 14 Jan 9:20
"""

import pytest

from agents.access import scope_of
from notifications import delivery
from notifications.models import Message, State
from rdv.core.clock import local_date
from rdv.core.journal import Author
from rdv.services import notices
from tests.factories import (
    NOW,
    make_agent,
    make_ouverture,
    make_rdv,
    make_usager,
    utc,
)
from tests.notifications.notice_cases import reload
from tests.small_mds import make_small_mds

AT = utc(2027, 1, 14, 8, 20)
TUESDAY, WEDNESDAY = utc(2027, 1, 12, 12), utc(2027, 1, 13, 7, 30)  # 13:00 and 8:30 in Paris
PHONE = "+33639980001"
USAGER = Author("usager", None, "Usager")


def build():
    world = make_small_mds(names=("MDS de Lens", "MDS de Vimy"), is_everywhere=False, has_waitlist=True)
    world.agent = make_agent(site=world.site, services=[world.pmi], first_name="Nadia")
    make_ouverture(world.agent, [world.motif], utc(2027, 1, 14, 8), utc(2027, 1, 14, 16), site=world.site)
    return world


@pytest.fixture(autouse=True)
def address(settings):
    settings.BASE_URL = "https://rdv.example.org"
    settings.SMS_CAN_BE_ANSWERED = True


@pytest.fixture
def world(db):
    return build()


def scope(agent, now=WEDNESDAY):
    return scope_of(agent, today=local_date(now, agent.departement.zone))


def booked(world, *, at=AT, now=NOW, motif=None, agents=None, **person):
    """An Rdv booked by the services' own words: its messages are planned."""
    usager = make_usager(world.departement, **{"phone": PHONE, "email": ""} | person)
    motif = motif or world.motif
    rdv = make_rdv(motif, world.site, [world.agent] if agents is None else agents, at, usagers=[usager], created_at=now)
    participation = reload(rdv.participations.get())
    notices.booked(participation, now=now)
    return participation


def send(until):
    """Everything that is due leaves, each at its own hour."""
    while True:
        due = Message.objects.filter(state=State.PLANNED, send_not_before__lte=until).order_by("send_not_before")
        first = due.first()
        if first is None:
            return
        delivery.deliver(first.pk, now=first.send_not_before)
        Message.objects.filter(pk=first.pk, state=State.PLANNED).update(state=State.EXPIRED)


def asked(world, **more):
    """Booked, and the reminder has left."""
    participation = booked(world, **more)
    send(TUESDAY)
    return participation


def fresh(participation):
    return reload(participation)
