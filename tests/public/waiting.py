"""Steps of the waiting list that its tests share."""

import re

from rdv.core.links import make_token
from rdv.models import Inscription, Offre
from rdv.services.cancelling import cancel_participation
from rdv.services.public_booking import author_of
from rdv.services.waitlist_join import Wish, Wishes, join
from tests.factories import make_rdv, make_usager
from tests.public.conftest import IDENTITY, NOW, code_sent, local, text_of

WISHES = {"sites": ["lens"], "half_days": [str(bit) for bit in range(12)], "notice": "1440"}


def wait_url(world, query=""):
    return world.url(world.motif.slug, "attente") + query


def ask(client, world, *, wishes=WISHES, query="", identity=IDENTITY):
    """The wishes and who; returns the address of the code."""
    response = client.post(wait_url(world, query), wishes)
    assert response.status_code == 302, text_of(response)
    response = client.post(response["Location"], identity)
    assert response.status_code == 302, text_of(response)
    return response["Location"]


def join_online(client, world, **options) -> Inscription:
    url = ask(client, world, **options)
    response = client.post(url, {"code": code_sent()})
    assert response.status_code == 302, text_of(response)
    token = re.search(r"/l/(\w{16})", response["Location"]).group(1)
    return next(one for one in Inscription.objects.order_by("id") if token_of(one) == token)


def token_of(inscription) -> str:
    return make_token("attente", str(inscription.uuid))


def place_of(inscription, action="") -> str:
    return f"/l/{token_of(inscription)}" + (f"/{action}/" if action else "")


def offre_of(offre) -> str:
    return f"/o/{make_token('offre', str(offre.uuid))}"


def put_on_the_list(world, *, usager=None, wishes=None, now=NOW, **fields) -> Inscription:
    usager = usager or make_usager(world.departement)
    wish = Wish(usager=usager, motif=world.motif, wishes=wishes or Wishes(sites=[world.sites["lens"]]), **fields)
    return join(wish=wish, author=author_of(usager), now=now)


def free_an_hour(world, *, day=3, hour=9, minute=0, now=NOW, site="lens") -> Offre:
    """Somebody had it and cancels: it is offered in the same transaction. Thursday 3 December by default."""
    at = local(2026, 12, day, hour, minute)
    held = make_usager(world.departement)
    rdv = make_rdv(world.motif, world.sites[site], [world.agents[site]], at, usagers=[held], created_at=now)
    cancel_participation(participation=rdv.participations.get(), by_service=False, author=author_of(held), now=now)
    return Offre.objects.live().whole().order_by("-id").first()
