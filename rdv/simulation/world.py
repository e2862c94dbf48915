"""The MDS of the simulation: made and filled by the same services as the screens use. Room: simulation.

One site, one motif of 45 minutes, agents who receive from 9:00 to 12:00 and from 13:30 to 16:30: 8 hours to give a day.
Every hour of the month is booked when the walk begins: the convention's agendas are full, and its people do not come.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from agents.models import Agent, Departement, Role, Service, Site
from agents.services.accounts import Invitation, invite
from agents.services.departements import NewDepartement, create_departement, set_open
from agents.services.sites import create_site
from rdv.core.errors import DomainError
from rdv.core.journal import SYSTEM, Author
from rdv.models import Booker, Motif, Origin, Ouverture, Participation, Rdv
from rdv.services import planning
from rdv.services.booking import Booking, book_option
from rdv.services.catalogue import SiteChange, create_motif, set_motif_sites
from rdv.services.holding import hold_creneau
from rdv.simulation.desk import ZONE
from rdv.simulation.ledger import Slot
from rdv.simulation.people import People, dice
from usagers.models import Usager
from usagers.services.files import create_usager

MINUTES = 45
MORNING, AFTERNOON = (time(9), time(12)), (time(13, 30), time(16, 30))
FIRST_DAY = date(2027, 1, 11)  # a Monday; no public holiday in the four weeks that follow
FILLED_AT = datetime(2026, 12, 14, 9, 0, tzinfo=UTC)
# Two weeks before the month: nobody cancels earlier (people.py).
WALK_FROM = datetime(2026, 12, 28, 7, 0, tzinfo=UTC)
CODE = "62"
FIRST_NAMES = ("Samira", "Paul", "Iris", "Marc", "Nora", "Jeanne", "Ali", "Lucie", "Hugo", "Fatou")


class NotEmptyError(DomainError):
    """Somebody's data are here. The simulation only writes in a database that it made."""

    code = "database_not_empty"
    message = "Cette base contient déjà des données : la simulation n’écrit que dans une base vide, faite pour elle."


@dataclass(frozen=True, slots=True)
class World:
    departement: Departement
    site: Site
    motif: Motif
    agents: tuple[Agent, ...]
    secretary: Author
    slots: tuple[Slot, ...]

    @property
    def ends_at(self) -> datetime:
        return max(start for _, start in self.slots) + timedelta(minutes=MINUTES)


def require_empty() -> None:
    if Departement.objects.exists() or Usager.objects.exists() or Rdv.objects.exists():
        raise NotEmptyError


def build(*, agents: int, days: int, people: People) -> World:
    """Rows made once, by the services; every run of a policy begins on a copy."""
    require_empty()
    now = FILLED_AT
    departement, admin = create_departement(
        departement=NewDepartement(
            code=CODE, name="Pas-de-Calais", name_with_article="du Pas-de-Calais", zone_name=ZONE.key,
            public_phone="+33353012000", sms_sender="MDS62", reply_to="mds62@example.org",
        ),
        admin_email="admin@example.org", admin_first_name="Alice", admin_last_name="Martin", author=SYSTEM, now=now,
    )  # fmt: skip
    chief = Author("agent", admin.pk, "Alice Martin", "admin")
    set_open(departement=departement, is_open=True, author=chief, now=now)
    service = Service.objects.get(departement=departement, code="pmi")
    site = _site(departement, chief, now)
    motif = _motif(departement, service, site, chief, now)
    staff = [_agent(number, site, service, chief, now) for number in range(agents)]
    _secretary(site, service, chief, now)
    for agent in staff:
        _open_agenda(agent, motif, site, days, chief, now)
    world = read()
    _fill(world, people)
    return world


def read() -> World:
    """What `build` made, from the database that this process is on."""
    departement = Departement.objects.get(pk=CODE)
    motif = Motif.objects.select_related("departement", "service").get(departement=departement)
    site = Site.objects.select_related("departement").get(departement=departement)
    openings = Ouverture.objects.filter(departement=departement).order_by("agent_id", "starts_at")
    agents = tuple(Agent.objects.filter(ouvertures__in=openings).distinct().order_by("pk"))
    desk = Agent.objects.get(departement=departement, email="secretaire@example.org")
    slots = tuple((row.agent_id, start) for row in openings for start in _starts(row))
    return World(departement, site, motif, agents, Author("agent", desk.pk, "Élise Petit", "secretaire"), slots)


def new_person(world: World, people: People, *, key: object, now: datetime) -> Usager:
    """Most have a mobile phone; the others a landline: they are called, never written to."""
    chance = dice("person", key)
    digits = f"{Usager.objects.count() % 10000:04d}"
    phone = f"+33639 98{digits}".replace(" ", "") if chance.random() < people.has_mobile else f"+3335301{digits}"
    return create_usager(
        departement=world.departement, first_name=chance.choice(FIRST_NAMES), last_name=_surname(chance),
        phone=phone, author=world.secretary, now=now,
    )  # fmt: skip


def _surname(chance: random.Random) -> str:
    syllables = ("Ba", "Co", "Du", "Fe", "Gu", "La", "Mo", "Ri", "Sa", "To")
    return "".join(chance.choice(syllables) for _ in range(3)).capitalize()


def _starts(row: Ouverture) -> Iterator[datetime]:
    start = row.starts_at
    while start + timedelta(minutes=MINUTES) <= row.ends_at:
        yield start
        start += timedelta(minutes=MINUTES)


def _site(departement: Departement, author: Author, now: datetime) -> Site:
    fields = {
        "name": "MDS de Lens", "address": "14 rue des Acacias", "postcode": "62300", "city": "Lens",
        "phone": "+33353012040", "latitude": 50.43, "longitude": 2.83,
    }  # fmt: skip
    return create_site(departement=departement, fields=fields, author=author, now=now)


def _motif(departement: Departement, service: Service, site: Site, author: Author, now: datetime) -> Motif:
    fields = {
        "name": "Consultation de PMI", "public_label": "Consultation", "service": service, "duration_min": MINUTES,
        "who_books": Booker.EVERYONE, "tile": "enfant",
    }  # fmt: skip
    motif = create_motif(departement=departement, fields=fields, author=author, now=now)
    change = SiteChange(motif, added=frozenset({site.pk}), removed=frozenset())
    set_motif_sites(departement=departement, changes=[change], author=author, now=now)
    return motif


def _agent(number: int, site: Site, service: Service, author: Author, now: datetime) -> Agent:
    return _invite(f"agent{number}@example.org", ("Claire", f"Vasseur{number}"), Role.AGENT, site, service, author, now)


def _secretary(site: Site, service: Service, author: Author, now: datetime) -> Agent:
    return _invite("secretaire@example.org", ("Élise", "Petit"), Role.SECRETAIRE, site, service, author, now)


def _invite(
    email: str, name: tuple[str, str], role: Role, site: Site, service: Service, author: Author, now: datetime
) -> Agent:
    invitation = Invitation(email, *name, "puéricultrice", role, site, [service], date(2020, 1, 1))
    return invite(departement=site.departement, invitation=invitation, author=author, now=now)


def _open_agenda(agent: Agent, motif: Motif, site: Site, days: int, author: Author, now: datetime) -> None:
    last = FIRST_DAY + timedelta(days=days // 5 * 7 + days % 5 - 1 - (2 if days % 5 == 0 else 0))
    for begins, ends in (MORNING, AFTERNOON):
        planning.create_plage(
            departement=site.departement, agent=agent, author=author, now=now, site=site, motifs=[motif],
            first_day=FIRST_DAY, starts_time=begins, ends_time=ends, rhythm="weekly", weekdays=[0, 1, 2, 3, 4],
            until=last,
        )  # fmt: skip


def _fill(world: World, people: People) -> None:
    for number, slot in enumerate(world.slots):
        usager = new_person(world, people, key=f"fill/{number}", now=FILLED_AT)
        book_by_desk(world, slot, usager, now=FILLED_AT)


def book_by_desk(world: World, slot: Slot, usager: Usager, *, now: datetime, origin: Origin = Origin.PHONE) -> Rdv:
    """The secretary gives this hour. Raises CreneauUnavailable, UsagerBusy."""
    agent_id, start = slot
    option = hold_creneau(
        motif=world.motif, site=world.site, starts_at=start, agents=[agent_id], author=world.secretary,
        opened_at=now, now=now,
    )  # fmt: skip
    booking = Booking(usager=usager, origin=origin)
    return book_option(token=option.token, booking=booking, author=world.secretary, now=now)


def author_of(usager: Usager) -> Author:
    return Author("usager", usager.pk, "Usager")


def slot_of(participation: Participation) -> Slot:
    agent_id = participation.rdv.rdv_agents.values_list("agent_id", flat=True).get()
    return agent_id, participation.starts_at


def has_mobile(usager: Usager) -> bool:
    return str(usager.phone or "").startswith("+336")
