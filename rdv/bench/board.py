"""The day board of a site with twenty columns, through Django: session, views, templates. Room: bench.

A site of the bench has ten professionals. Those of a second one come and work there, and somebody of a third one is the
secretary who reads, in a transaction that is undone with the measure. At the scale of one site there are ten columns.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from urllib.parse import urlencode

from django.db import transaction
from django.test import Client
from django.urls import reverse

from agents.models import Affectation, Agent, Role, Site
from rdv.bench.measuring import Question, Yardstick
from rdv.bench.pages import HOST, Asked, _get, _signed_in
from rdv.bench.scales import MONDAY, WEEKS_FULL
from rdv.bench.world import World
from rdv.models import Ouverture, Rdv

WORKING_DAYS = 5


def board_pages(world: World) -> Iterator[Question]:
    """Each measured while this generator stands in its transaction."""
    departement = world.usual[0]
    sites = world.sites(departement)
    visitor = Client(SERVER_NAME=HOST)
    static = reverse("rdv:public_accessibility", args=[departement.slug])
    yardstick = Yardstick("static_page", lambda: _get(visitor, static))
    with transaction.atomic():
        columns = _crowd(sites)
        desk = _signed_in(_secretary(sites), world.now, visitor.handler)
        yield Question("page_board", lambda: _board(world, desk), yardstick, target_ms=80, extra={"columns": columns})
        transaction.set_rollback(True)


def _crowd(sites: Sequence[Site]) -> int:
    """The professionals of the second site receive at the first one."""
    here = Affectation.objects.filter(site=sites[0])
    if len(sites) > 1:
        agent_ids = list(Affectation.objects.filter(site=sites[1]).values_list("agent_id", flat=True))
        Affectation.objects.filter(agent__in=agent_ids).update(site=sites[0])
        Ouverture.objects.filter(agent__in=agent_ids, site=sites[1]).update(site=sites[0])
        Rdv.objects.filter(site=sites[1]).update(site=sites[0])
    return here.count()


def _secretary(sites: Sequence[Site]) -> Agent:
    """Somebody of the last site; of the only one when there is one."""
    held = Affectation.objects.filter(site=sites[-1]).select_related("agent__departement").order_by("agent_id")
    affectation = held.reverse()[0]
    Affectation.objects.filter(pk=affectation.pk).update(site=sites[0], role=Role.SECRETAIRE)
    return affectation.agent


def _board(world: World, desk: Client) -> Asked:
    week, day = world.random.randrange(WEEKS_FULL), world.random.randrange(WORKING_DAYS)
    on = MONDAY + timedelta(weeks=week, days=day)
    url = f"{reverse('rdv:board')}?{urlencode({'date': on.isoformat()})}"
    return lambda: _get(desk, url)
