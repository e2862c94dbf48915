"""Whole pages through Django: middleware, session, views, templates. Room: bench.

The test client answers in this process: no network, the server time alone.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.test import Client
from django.test.client import ClientHandler
from django.urls import reverse

from agents.models import Agent, Commune
from agents.views import session
from rdv.bench.measuring import Question, Yardstick
from rdv.bench.scales import MONDAY, WEEKS_FULL
from rdv.bench.world import World

Asked = Callable[[], object]
HOST = "127.0.0.1"
SIGNED_IN = 20


def pages(world: World) -> Iterator[Question]:
    visitor = Client(SERVER_NAME=HOST)
    static = reverse("rdv:public_accessibility", args=[world.usual[0].slug])
    yardstick = Yardstick("static_page", lambda: _get(visitor, static))
    if len(world.sites(world.usual[0])) > 1:
        yield Question("page_sites", lambda: _places(world, visitor), yardstick, target_ms=60)
    yield Question("page_times", lambda: _times(world, visitor), yardstick)
    desks = [_signed_in(world.an_agent(world.a_departement()), world.now, visitor.handler) for _ in range(SIGNED_IN)]
    yield Question("page_week", lambda: _week(world, desks), yardstick, target_ms=80)


def _get(client: Client, url: str) -> None:
    answer = client.get(url)
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answered {answer.status_code}")


def _places(world: World, visitor: Client) -> Asked:
    departement = world.a_departement()
    motif = world.a_motif(departement)
    url = reverse("rdv:public_places", args=[departement.slug, motif.slug])
    lieu = Commune.objects.filter(departement_code=departement.code).order_by("-population").values_list("name")[0][0]
    return lambda: _get(visitor, f"{url}?{urlencode({'lieu': lieu})}")


def _times(world: World, visitor: Client) -> Asked:
    departement = world.a_departement()
    motif, site = world.a_motif(departement), world.a_site(departement)
    url = reverse("rdv:public_times", args=[departement.slug, motif.slug, site.slug])
    return lambda: _get(visitor, url)


def _week(world: World, desks: list[Client]) -> Asked:
    client = world.random.choice(desks)
    day = MONDAY + timedelta(weeks=world.random.randrange(WEEKS_FULL))
    url = f"{reverse('rdv:agenda')}?{urlencode({'date': day.isoformat(), 'vue': 'semaine'})}"
    return lambda: _get(client, url)


def _signed_in(agent: Agent, now: datetime, handler: ClientHandler) -> Client:
    """The session that `agents.views.session.open_session` writes after both factors."""
    client = Client(SERVER_NAME=HOST)
    client.handler = handler  # a handler of one's own loads the middleware at its first page: 20 ms that no server pays
    client.force_login(agent, backend="agents.backends.AgentBackend")
    marks = client.session
    for key in (session.OPENED, session.SEEN, session.CONFIRMED):
        marks[key] = now.timestamp()
    marks[session.ENDS] = (now + session.LIFE).timestamp()
    marks.save()
    return client
