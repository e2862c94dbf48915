"""Lays out a departement: services, sites, motifs, agents with their posts, equipes, closures.

Room: management. Called by run.py, in its transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from agents.models import (
    Affectation,
    Agent,
    AgentService,
    Commune,
    Departement,
    Equipe,
    EquipeMembre,
    Fermeture,
    Role,
    Service,
    Site,
)
from rdv.core.text import search_key
from rdv.management.seed.catalogue import MOTIFS, SERVICES
from rdv.management.seed.motif_shape import EVERYWHERE, MotifSeed
from rdv.management.seed.places import SITES_62, SITES_974, TOWNS, SiteSeed
from rdv.management.seed.team import EQUIPES, SMALL_SITES, SMALL_TEAMS, SPEAKS, TEAM_62, TEAM_974, AgentSeed
from rdv.management.seed.world import DAY, WEEK, World
from rdv.models import Motif, MotifSite

HIRED_ON = date(2021, 9, 1)
DEPARTEMENTS = {
    "62": {
        "name": "Pas-de-Calais",
        "name_with_article": "du Pas-de-Calais",
        "slug": "pas-de-calais",
        "zone_name": "Europe/Paris",
        "population": 1_460_000,
        "colour_1": "#0f5a61",
        "colour_2": "#96305a",
        "public_phone": "+33353012000",
        "sms_sender": "MDS62",
        "reply_to": "mds62@example.org",
    },
    "974": {
        "name": "La Réunion",
        "name_with_article": "de La Réunion",
        "slug": "la-reunion",
        "zone_name": "Indian/Reunion",
        "population": 885_000,
        "colour_1": "#1d4f7c",
        "colour_2": "#8a3b12",
        "public_phone": "+33353019000",
        "phone_hours": "du lundi au vendredi, de 8\u00a0h à 16\u00a0h",
        "sms_sender": "MDS974",
        "reply_to": "mds974@example.org",
    },
}
# The other one shows the same pages without waiting lists.
WITH_LISTS = ("62",)
SITES = {"62": SITES_62, "974": SITES_974}
TEAMS = {"62": TEAM_62, "974": TEAM_974}


@dataclass(slots=True)
class Institution:
    """Everything by its seed's key: site and motif by slug, agent by full name."""

    services: dict[str, Service] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    motifs: dict[str, Motif] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    seeds: dict[str, AgentSeed] = field(default_factory=dict)
    pools: dict[str, str] = field(default_factory=dict)
    # (motif slug, site slug): what the catalogue allows, then (`switch_on`) what somebody receives.
    offered: set[tuple[str, str]] = field(default_factory=set)
    closed: list[Fermeture] = field(default_factory=list)

    def posts_of(self, seed: AgentSeed) -> list[Site]:
        return [self.sites[slug] for slug in seed.posts if slug in self.sites]

    def is_closed(self, site: Site | None, day: date) -> bool:
        return any(
            one.starts_on <= day <= one.ends_on and one.site_id in (None, site.pk if site else None)
            for one in self.closed
        )


def create_departement(code: str) -> Departement:
    fields = DEPARTEMENTS[code]
    return Departement.objects.create(code=code, search_key=search_key(str(fields["name"])), **fields)


def build_institution(world: World) -> Institution:
    built = Institution()
    _build_services(world, built)
    _build_sites(world, built)
    _build_motifs(world, built)
    _build_agents(world, built)
    _build_equipes(world, built)
    _build_closures(world, built)
    return built


def _build_services(world: World, built: Institution) -> None:
    for position, seed in enumerate(SERVICES):
        built.services[seed.code] = Service.objects.create(
            departement=world.departement,
            code=seed.code,
            name=seed.name,
            short_name=seed.short_name,
            is_confidential=seed.is_confidential,
            position=position,
        )


def _build_sites(world: World, built: Institution) -> None:
    code = world.departement.code
    seeds = [seed for seed in SITES[code] if not world.is_small or seed.slug in SMALL_SITES[code]]
    communes = Commune.objects.in_bulk([seed.town for seed in seeds])
    for number, seed in enumerate(seeds):
        built.sites[seed.slug] = _site(world.departement, seed, communes.get(seed.town), number)


def _site(departement: Departement, seed: SiteSeed, commune: Commune | None, number: int) -> Site:
    town = TOWNS[seed.town]
    return Site.objects.create(
        departement=departement,
        slug=seed.slug,
        name=seed.name,
        search_key=search_key(seed.name),
        address=seed.address,
        postcode=town.postcode,
        city=town.name,
        commune=commune,
        # A few streets away from the centre, so that no two visits begin at the very same point.
        latitude=round(town.latitude + 0.0021 * (number % 3 - 1), 5),
        longitude=round(town.longitude + 0.0034 * (number % 2), 5),
        phone=seed.phone,
        email=f"mds.{seed.slug}@example.org",
        is_step_free=seed.is_step_free,
        has_hearing_loop=seed.has_hearing_loop,
        transport=seed.transport,
        access_notes=seed.access_notes,
        opening_text=seed.opening_text,
    )


def _build_motifs(world: World, built: Institution) -> None:
    for position, seed in enumerate(MOTIFS):
        built.motifs[seed.slug] = _motif(world.departement, built.services[seed.service], seed, position)
        built.pools[seed.slug] = seed.pool
        built.offered.update((seed.slug, slug) for slug in _where(seed, built.sites))


def switch_on(world: World, built: Institution, received: set[tuple[str, str]]) -> None:
    """Each motif is offered where somebody receives for it: `received` holds (motif slug, site slug)."""
    built.offered &= received
    MotifSite.objects.bulk_create(
        MotifSite(departement=world.departement, motif=built.motifs[motif], site=built.sites[site])
        for motif, site in sorted(built.offered)
    )


def _where(seed: MotifSeed, slugs: Iterable[str]) -> list[str]:
    return [slug for slug in slugs if seed.sites == EVERYWHERE or slug in seed.sites]


def _motif(departement: Departement, service: Service, seed: MotifSeed, position: int) -> Motif:
    return Motif.objects.create(
        departement=departement,
        slug=seed.slug,
        service=service,
        name=seed.name,
        search_key=search_key(f"{seed.name} {seed.label}")[:120],
        public_label=seed.label,
        public_hint=seed.hint,
        tile=seed.tile,
        modality=seed.modality,
        is_collective=seed.is_collective,
        capacity=seed.capacity,
        duration_min=seed.duration,
        buffer_before_min=seed.buffer_before,
        buffer_after_min=seed.buffer_after,
        agents_needed=seed.agents_needed,
        who_books=seed.who_books,
        is_follow_up=seed.is_follow_up,
        min_notice_min=seed.min_notice,
        horizon_days=seed.horizon_days,
        cancel_hours=seed.cancel_hours,
        instructions_before=seed.before,
        instructions_after=seed.after,
        documents=list(seed.documents),
        cancel_warning=seed.cancel_warning,
        email_reminder_days=seed.email_reminder_days,
        sms_reminder_days=seed.sms_reminder_days,
        notice_level=seed.notice_level,
        has_waitlist=seed.waits and departement.code in WITH_LISTS,
        waitlist_notice_min=seed.waits_until,
        waitlist_policy=dict(seed.waits_policy) if departement.code in WITH_LISTS else {},
        position=position,
    )


def _build_agents(world: World, built: Institution) -> None:
    code = world.departement.code
    for number, seed in enumerate(TEAMS[code]):
        if world.is_small and seed.key not in SMALL_TEAMS[code]:
            continue
        agent = _agent(world.departement, seed, number)
        built.agents[seed.key], built.seeds[seed.key] = agent, seed
        AgentService.objects.bulk_create(
            AgentService(departement=world.departement, agent=agent, service=built.services[service])
            for service in seed.services
        )
        Affectation.objects.bulk_create(_posts(world, built, agent, seed))


def _agent(departement: Departement, seed: AgentSeed, number: int) -> Agent:
    email = ".".join(search_key(name).replace(" ", "-") for name in (seed.first_name, seed.last_name))
    agent: Agent = Agent.objects.create_agent(
        email=f"{email}@example.org",
        departement=departement,
        first_name=seed.first_name,
        last_name=seed.last_name,
        profession=seed.profession,
        shows_name=seed.shows_name,
        languages=list(SPEAKS.get(seed.key, ())),
        phone=f"+3335301{('9' if departement.code == '974' else '3')}{100 + number:03d}",
    )
    return agent


def _posts(world: World, built: Institution, agent: Agent, seed: AgentSeed) -> list[Affectation]:
    sites: Sequence[Site | None] = [None] if seed.role == Role.ADMIN else built.posts_of(seed)
    weeks = seed.leaves_in_weeks
    return [
        Affectation(
            departement=world.departement,
            agent=agent,
            site=site,
            role=seed.role,
            starts_on=HIRED_ON,
            ends_on=None if weeks is None else last_day_of(world, weeks),
        )
        for site in sites
    ]


def last_day_of(world: World, weeks: int) -> date:
    """The Friday on which somebody leaves, so many weeks ahead."""
    return world.monday + weeks * WEEK + 4 * DAY


def _build_equipes(world: World, built: Institution) -> None:
    for name, slug, duties in EQUIPES:
        members = [
            built.agents[key]
            for key, seed in built.seeds.items()
            if seed.duty in duties and slug in seed.posts and slug in built.sites
        ]
        if members:
            equipe = Equipe.objects.create(departement=world.departement, site=built.sites[slug], name=name)
            EquipeMembre.objects.bulk_create(
                EquipeMembre(departement=world.departement, equipe=equipe, agent=agent) for agent in members
            )


def _build_closures(world: World, built: Institution) -> None:
    """One day for everybody, one day for one site, both to come."""
    everybody = world.monday + 5 * WEEK + 3 * DAY
    rows: list[tuple[Site | None, date, str]] = [
        (None, everybody, "Journée des professionnels\u00a0: tous les lieux sont fermés")
    ]
    site = built.sites.get("arras") or next(iter(built.sites.values()))
    rows.append((site, world.monday + 2 * WEEK + 2 * DAY, "Travaux d’électricité"))
    for closed_site, day, label in rows:
        built.closed.append(
            Fermeture.objects.create(
                departement=world.departement, site=closed_site, starts_on=day, ends_on=day, label=label
            )
        )
