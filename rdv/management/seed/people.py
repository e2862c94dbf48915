"""The people received: households of invented usagers around each site, in pools by what they come for.

Room: management. Called by run.py. Rows stay in memory until `People.save`, when the last contact of each is known.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from agents.models import Agent, Commune, Site
from rdv.core.text import search_key
from rdv.management.seed.names import METROPOLE, OVERSEAS, STREETS, Origin
from rdv.management.seed.places import TOWNS, Town
from rdv.management.seed.world import DAY, Deck, World, new_uuid
from usagers.models import Proche, Referent, Usager
from usagers.models.usager import name_key

# Two Rdv of one person are at least this far apart, so that files look like files.
APART = 5 * DAY
HOUSEHOLDS = ("baby",) * 8 + ("child",) * 4 + ("pregnant",) * 3 + ("adult",) * 6 + ("couple",) * 2
SIZES = {"lens": 210, "lievin": 130, "saint-denis": 80, "saint-pierre": 45, "saint-paul": 35}
USUAL_SIZE, SMALL_SIZE = 92, 150


@dataclass(slots=True, eq=False)
class Person:
    """An usager with what booking needs: who answers for them, where they live, the days they already come."""

    usager: Usager
    responsable: Usager | None = None
    days: list[date] = field(default_factory=list)

    def is_apart(self, day: date) -> bool:
        after = bisect_left(self.days, day)
        return not any(abs(other - day) < APART for other in self.days[max(0, after - 1) : after + 1])

    def comes_on(self, day: date) -> None:
        insort(self.days, day)

    @property
    def contact(self) -> Usager:
        return self.responsable or self.usager


@dataclass(slots=True)
class People:
    """`pools`: by (what for, site slug); the followed by (agent's full name)."""

    usagers: list[Usager] = field(default_factory=list)
    proches: list[Proche] = field(default_factory=list)
    referents: list[Referent] = field(default_factory=list)
    pools: dict[tuple[str, str], list[Person]] = field(default_factory=dict)
    by_name: dict[str, Person] = field(default_factory=dict)

    def join(self, pool: str, place: str, person: Person) -> None:
        self.pools.setdefault((pool, place), []).append(person)

    def save(self) -> None:
        Usager.objects.bulk_create(self.usagers, batch_size=1000)
        Proche.objects.bulk_create(self.proches, batch_size=1000)
        Referent.objects.bulk_create(self.referents, batch_size=1000)


@dataclass(slots=True)
class Registrar:
    """Fills in one usager after another."""

    world: World
    people: People
    dice: Random
    communes: dict[str, Commune]
    phones: Deck[int]
    origins: Deck[Origin]
    towns: dict[str, Town] = field(default_factory=lambda: TOWNS)

    def adult(self, first: str, last: str, town: Town, *, born: date, language: str = "fr", phone: str = "") -> Usager:
        usager = self._usager(first, last, town, born=born)
        draw = self.dice.random()
        usager.phone = phone or ("" if draw > 0.93 else f"+3363998{self.phones.deal():04d}")
        if draw < 0.52:
            local = ".".join(search_key(name).replace(" ", "-") for name in (first, last))
            usager.email = f"{local}{self.dice.randrange(100)}@example.net"
        if language != "fr" and self.dice.random() < 0.6:
            usager.language = language
            usager.needs_interpreter = self.dice.random() < 0.6
        usager.needs_step_free = self.dice.random() < 0.03
        usager.needs_sign_language = self.dice.random() < 0.008
        return usager

    def child(self, first: str, parent: Usager, town: Town, *, born: date, last: str = "") -> Person:
        usager = self._usager(first, last or parent.last_name, town, born=born)
        usager.address, usager.latitude, usager.longitude = parent.address, parent.latitude, parent.longitude
        usager.language = parent.language
        self.answer_for(parent, usager)
        return Person(usager, parent)

    def answer_for(self, responsable: Usager, person: Usager, *, gets_messages: bool = True) -> None:
        self.people.proches.append(
            Proche(
                departement=self.world.departement,
                responsable=responsable,
                person=person,
                kind=Proche.Kind.CHILD,
                gets_messages=gets_messages,
                starts_on=min(person.birth_date or self.world.today, self.world.today),
            )
        )

    def refer(self, usager: Usager, agent: Agent) -> None:
        self.people.referents.append(
            Referent(
                departement=self.world.departement,
                usager=usager,
                agent=agent,
                starts_on=self.world.first_day - self.dice.randrange(300) * DAY,
            )
        )

    def _usager(self, first: str, last: str, town: Town, *, born: date) -> Usager:
        created_at = self._created_at()
        usager = Usager(
            departement=self.world.departement,
            uuid=new_uuid(self.dice),
            first_name=first,
            last_name=last,
            search_key=name_key(last, first),
            birth_date=born,
            address=f"{self.dice.randrange(1, 90)} {self.dice.choice(STREETS)}, {town.postcode} {town.name}",
            commune=self.communes.get(town.code),
            latitude=round(town.latitude + self.dice.uniform(-0.012, 0.012), 5),
            longitude=round(town.longitude + self.dice.uniform(-0.018, 0.018), 5),
            created_at=created_at,
            last_contact_at=created_at,
        )
        self.people.usagers.append(usager)
        return usager

    def _created_at(self) -> datetime:
        """Before the history begins: the file exists when the first Rdv is booked."""
        day = self.world.first_day - self.dice.randrange(60, 600) * DAY
        return self.world.at(day, time(9)) + timedelta(minutes=5 * self.dice.randrange(90))


def open_register(world: World) -> Registrar:
    dice = world.dice("people")
    origins = OVERSEAS if world.departement.code == "974" else METROPOLE
    # Numbers of named people (below 2000) are not dealt.
    return Registrar(
        world=world,
        people=People(),
        dice=dice,
        communes=Commune.objects.in_bulk(list(TOWNS)),
        phones=Deck(range(2000, 10000), world.dice("phones")),
        origins=Deck(origins, world.dice("origins")),
    )


def build_households(register: Registrar, sites: dict[str, Site], around: dict[str, tuple[str, ...]]) -> None:
    """Households until each site has its number of files."""
    kinds = Deck(HOUSEHOLDS, register.world.dice("households"))
    for slug in sites:
        wanted = SMALL_SIZE if register.world.is_small else SIZES.get(slug, USUAL_SIZE)
        towns = Deck([around[slug][0], *around[slug]], register.world.dice(f"towns:{slug}"))
        begun = len(register.people.usagers)
        while len(register.people.usagers) - begun < wanted:
            _household(register, kinds.deal(), slug, TOWNS[towns.deal()])


def _household(register: Registrar, kind: str, slug: str, town: Town) -> None:
    dice, people, origin = register.dice, register.people, register.origins.deal()
    family = dice.choice(origin.families)
    woman = register.adult(
        dice.choice(origin.women), family, town, born=_born(register, 19, 43), language=origin.language
    )
    mother = Person(woman)
    if kind in ("baby", "child"):
        born = _born_days(register, 20, 700) if kind == "baby" else _born_days(register, 800, 2150)
        child = register.child(dice.choice(origin.children), woman, town, born=born)
        people.join(kind, slug, child)
        people.join("mother", slug, mother)
        if dice.random() < 0.35:
            father = register.adult(
                dice.choice(origin.men), family, town, born=_born(register, 22, 48), phone=str(woman.phone)
            )
            register.answer_for(father, child.usager)
    elif kind == "pregnant":
        people.join("pregnant", slug, mother)
    else:
        _adults(register, kind, slug, town, origin, mother)


def _adults(register: Registrar, kind: str, slug: str, town: Town, origin: Origin, woman: Person) -> None:
    dice, people = register.dice, register.people
    members = [woman]
    if kind == "couple" or dice.random() < 0.4:
        man = register.adult(
            dice.choice(origin.men),
            woman.usager.last_name,
            town,
            born=_born(register, 24, 78),
            language=origin.language,
            phone=str(woman.usager.phone) if kind == "couple" else "",
        )
        members.append(Person(man))
    for member in members:
        people.join("adult", slug, member)
        if dice.random() < 0.55:
            people.join("debt", slug, member)


def _born(register: Registrar, youngest: int, oldest: int) -> date:
    return register.world.today - register.dice.randrange(youngest * 365, oldest * 365) * DAY


def _born_days(register: Registrar, least: int, most: int) -> date:
    return register.world.today - register.dice.randrange(least, most) * DAY


def assign_referents(register: Registrar, sites: dict[str, Site], social: dict[str, list[Agent]]) -> None:
    """Two adults in three, and a mother in four, are followed by one social worker of their site."""
    people, dice = register.people, register.dice
    for slug in sites:
        agents = social.get(slug, [])
        candidates = [*people.pools.get(("adult", slug), []), *people.pools.get(("mother", slug), [])[::4]]
        for number, person in enumerate(candidates):
            if agents and dice.random() < 0.66:
                agent = agents[number % len(agents)]
                register.refer(person.usager, agent)
                people.join("followed", agent.full_name, person)
