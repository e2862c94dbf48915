"""A small département as the public sees it: the places and hours of the mockups. Monday 23 November 2026, 11:10."""

import datetime as dt
import re
from dataclasses import dataclass, field

import pytest
import time_machine
from django.test import Client

from agents.models import Agent, Commune, Departement, Site
from notifications.models import Message
from rdv.models import Motif, Option, Participation
from tests.factories import make_agent, make_departement, make_motif, make_ouverture, make_service, make_site, utc

NOW = utc(2026, 11, 23, 10, 10)
PHONE = "06 39 98 45 21"
PLACES = (
    ("lens", "MDS de Lens", "14 rue des Acacias", "62300", "Lens", 50.4292, 2.8319),
    ("lievin", "MDS de Liévin", "3 place du Marché", "62800", "Liévin", 50.4231, 2.7786),
    ("henin", "MDS d’Hénin-Beaumont", "27 rue du Moulin", "62110", "Hénin-Beaumont", 50.4217, 2.9508),
    ("bethune", "MDS de Béthune", "8 avenue des Peupliers", "62400", "Béthune", 50.5303, 2.6408),
)


def local(year, month, day, hour, minute=0, zone="Europe/Paris"):
    """An instant from what a wall clock of the département says."""
    from zoneinfo import ZoneInfo

    return dt.datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


@dataclass
class World:
    departement: Departement
    sites: dict[str, Site]
    agents: dict[str, Agent]
    motif: Motif
    extra: dict[str, object] = field(default_factory=dict)

    def url(self, *parts: str) -> str:
        return "/" + "/".join((self.departement.slug, *parts)) + "/"

    def times_url(self, site="lens", motif=None) -> str:
        return self.url((motif or self.motif).slug, site, "horaires")

    def open(self, site, day, start, end, motif=None, **fields):
        """The agent of this place is there, from hour to hour of the wall clock."""
        zone = self.departement.zone_name
        year, month, date = day
        return make_ouverture(
            self.agents[site],
            [motif or self.motif],
            local(year, month, date, *start, zone=zone),
            local(year, month, date, *end, zone=zone),
            site=self.sites[site],
            **fields,
        )


def make_commune(code="62498", name="Lens", postcode="62300", departement_code="62", **fields):
    from rdv.core.text import search_key

    values = {"population": 32000, "latitude": 50.432, "longitude": 2.823}
    return Commune.objects.create(
        code=code,
        name=name,
        search_key=search_key(name),
        postcodes=[postcode],
        departement_code=departement_code,
        **values | fields,
    )


def make_world() -> World:
    departement = make_departement(name_with_article="du Pas-de-Calais")
    service = make_service(departement)
    sites = {
        slug: make_site(
            departement,
            slug=slug,
            name=name,
            address=address,
            postcode=postcode,
            city=city,
            latitude=lat,
            longitude=lon,
            is_step_free=slug != "henin",
            transport="Bus : arrêt Grand-Place, à 3 minutes à pied",
            access_notes="1er étage, ascenseur",
        )
        for slug, name, address, postcode, city, lat, lon in PLACES
    }
    agents = {
        slug: make_agent(site=site, services=[service], shows_name=False, profession="puéricultrice")
        for slug, site in sites.items()
    }
    motif = make_motif(
        departement,
        sites=sites.values(),
        service=service,
        slug="pesee",
        name="Pesée",
        public_label="Pesée et conseils",
        public_hint="Bébé de 0 à 2 ans",
        duration_min=20,
        horizon_days=28,
        documents=["Le carnet de santé", "Une couche et un change"],
        cancel_hours=4,
    )
    make_commune()
    return World(departement, sites, agents, motif)


def fill(world: World) -> World:
    """Hours for everybody but Hénin-Beaumont, which is full."""
    for day in (26, 27, 30):
        world.open("lens", (2026, 11, day), (9, 20), (11, 20))
        world.open("lens", (2026, 11, day), (14, 0), (15, 0))
    for day in (1, 2, 3):
        world.open("lens", (2026, 12, day), (8, 40), (10, 0))
    world.open("lievin", (2026, 11, 25), (14, 0), (16, 0))
    world.open("bethune", (2026, 11, 30), (10, 40), (12, 0))
    return world


@pytest.fixture
def now():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def world(db, now):
    return fill(make_world())


@pytest.fixture
def person():
    return Client(enforce_csrf_checks=False)


def text_of(response) -> str:
    """What is read on a page, spaces tidied, typographic spaces made plain."""
    page = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    words = re.sub(r"<[^>]+>", " ", page).replace("\u00a0", " ").replace("&nbsp;", " ").replace("&#x27;", "'")
    return re.sub(r"\s+", " ", words)


def buttons(response, name="creneau") -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]+)"', response.content.decode())


def hidden(response, name="vu") -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode()).group(1)


def hold(client, world, *, index=0, site="lens", motif=None):
    """Press one of the times; returns the address of the form that follows."""
    url = world.times_url(site, motif)
    page = client.get(url)
    response = client.post(url, {"creneau": buttons(page)[index], "vu": hidden(page)})
    assert response.status_code == 302, text_of(response)
    return response["Location"]


IDENTITY = {"who": "me", "first_name": "Nadia", "last_name": "Lemaire", "phone": PHONE, "email": "", "email_kept": ""}
CHILD = IDENTITY | {
    "who": "child",
    "person_first_name": "Yanis",
    "person_last_name": "",
    "person_birth_day": "14",
    "person_birth_month": "3",
    "person_birth_year": "2026",
}


def code_sent() -> str:
    """The six digits of the last code, as the person reads them."""
    message = Message.objects.filter(kind="code").order_by("-id").first()
    return re.search(r"(\d{3}) (\d{3})", message.body).expand(r"\1\2")


def book(client, world, *, identity=IDENTITY, **pressed) -> Participation:
    """From the times to the confirmation."""
    url = hold(client, world, **pressed)
    response = client.post(url, identity)
    assert response.status_code == 302, text_of(response)
    response = client.post(url + "code/", {"code": code_sent()})
    assert response.status_code == 302, text_of(response)
    return Participation.objects.order_by("-id").first()


def link_of(participation, action="") -> str:
    from rdv.core.links import make_token

    return f"/r/{make_token('rdv', str(participation.uuid))}" + (f"/{action}" if action else "")


def to_code(person, world, identity=IDENTITY, **pressed) -> str:
    url = hold(person, world, **pressed)
    response = person.post(url, identity)
    assert response.status_code == 302, text_of(response)
    return response["Location"]


def token_of_booking(participation) -> str:
    return str(Option.objects.get(rdv=participation.rdv).token)
