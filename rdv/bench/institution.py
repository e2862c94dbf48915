"""The small tables of the bench: départements, services, motifs, sites, agents. Room: bench; called by loading."""

from datetime import timedelta

from agents.models import Affectation, Agent, AgentService, Departement, Role, Service, Site
from rdv.bench.scales import AGENTS_PER_SITE, MONDAY, Scale, zone_of
from rdv.core.text import search_key
from rdv.models import Booker, Modality, Motif, MotifSite, Tile

LONG_AGO = MONDAY - timedelta(days=900)
SERVICES = (("pmi", "PMI"), ("social", "Service social"), ("budget", "Conseil budgétaire"))
# slug, service, minutes, buffer after, modality, door. Those of 30 minutes fill the six full weeks; those that are
# longer than the holes left there have six full weeks to skip.
MOTIFS = (
    ("consultation", "pmi", 30, 0, Modality.PUBLIC_OFFICE, Tile.ENFANT),
    ("pesee", "pmi", 20, 0, Modality.PUBLIC_OFFICE, Tile.ENFANT),
    ("bilan", "pmi", 45, 0, Modality.PUBLIC_OFFICE, Tile.ENFANT),
    ("accueil", "social", 30, 0, Modality.PUBLIC_OFFICE, Tile.SOCIAL),
    ("entretien", "social", 60, 0, Modality.PUBLIC_OFFICE, Tile.SOCIAL),
    ("dossier", "social", 40, 5, Modality.PUBLIC_OFFICE, Tile.SOCIAL),
    ("conseil", "budget", 30, 0, Modality.PUBLIC_OFFICE, Tile.BUDGET),
    ("surendettement", "budget", 60, 10, Modality.PUBLIC_OFFICE, Tile.BUDGET),
    ("appel", "social", 30, 0, Modality.PHONE, Tile.SOCIAL),
    ("visite", "pmi", 60, 0, Modality.HOME, Tile.GROSSESSE),
)


def build_institution(scale: Scale) -> None:
    """A few seconds for the whole country."""
    for code, sites in scale.sites.items():
        departement = _departement(code)
        services = _services(departement)
        motifs = _motifs(departement, services)
        places = Site.objects.bulk_create(_site(departement, number) for number in range(1, sites + 1))
        MotifSite.objects.bulk_create(
            MotifSite(departement=departement, motif=motif, site=site) for motif in motifs for site in places
        )
        _agents(departement, services, places)


def _departement(code: str) -> Departement:
    name = f"Département {code}"
    return Departement.objects.create(
        code=code,
        name=name,
        name_with_article=f"du {name}",
        search_key=search_key(name),
        slug=f"departement-{code.lower()}",
        zone_name=zone_of(code),
        public_phone="+33353012000",
        sms_sender="MDS",
        reply_to=f"mds{code.lower()}@example.org",
    )


def _services(departement: Departement) -> list[Service]:
    rows = [
        Service(departement=departement, code=code, name=name, short_name=name, position=position)
        for position, (code, name) in enumerate(SERVICES)
    ]
    return Service.objects.bulk_create(rows)


def _motifs(departement: Departement, services: list[Service]) -> list[Motif]:
    by_code = {service.code: service for service in services}
    rows = [
        Motif(
            departement=departement,
            slug=slug,
            service=by_code[code],
            name=slug.capitalize(),
            search_key=slug,
            public_label=slug.capitalize(),
            tile=tile,
            modality=modality,
            duration_min=minutes,
            buffer_after_min=after,
            who_books=Booker.EVERYONE,
            position=position,
        )
        for position, (slug, code, minutes, after, modality, tile) in enumerate(MOTIFS)
    ]
    return Motif.objects.bulk_create(rows)


def _site(departement: Departement, number: int) -> Site:
    name = f"MDS {departement.code}-{number}"
    return Site(
        departement=departement,
        slug=f"mds-{number}",
        name=name,
        search_key=search_key(name),
        address=f"{number} rue des Acacias",
        postcode="00000",
        city=f"Ville {number}",
        latitude=46.0 + number / 40,
        longitude=2.0 + number / 30,
        phone="+33353012040",
        is_step_free=True,
        transport="Bus 12, arrêt Mairie",
    )


def _agents(departement: Departement, services: list[Service], sites: list[Site]) -> None:
    places = [site for site in sites for _ in range(AGENTS_PER_SITE)]
    rows = [
        Agent(
            departement=departement,
            email=f"agent-{departement.code.lower()}-{number}@example.org",
            password="!",  # noqa: S106 - no password: nobody signs in with one here
            first_name="Claire",
            last_name=f"Vasseur {number}",
            search_key=f"vasseur {number} claire",
            profession="puéricultrice",
        )
        for number in range(len(places))
    ]
    agents = Agent.objects.bulk_create(rows)
    AgentService.objects.bulk_create(
        AgentService(departement=departement, agent=agent, service=services[number % len(services)])
        for number, agent in enumerate(agents)
    )
    Affectation.objects.bulk_create(
        Affectation(departement=departement, agent=agent, site=site, role=Role.AGENT, starts_on=LONG_AGO)
        for agent, site in zip(agents, places, strict=True)
    )
