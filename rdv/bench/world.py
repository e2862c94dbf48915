"""What the questions of a run are about: sites, motifs, agents picked at random from a seed. Room: bench."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from agents.models import Agent, Departement, Site
from rdv.bench.scales import AGENTS_PER_SITE, LARGE, MONDAY, NOW, USAGERS_PER_AGENT, USUAL_SITES, WEEKS_FULL, Scale
from rdv.domain.windows import Window
from rdv.models import Modality, Motif
from rdv.services.availability import usager_window
from usagers.models import Usager

SEED = 20270111
# First day after the full weeks; bookings of the bench are made from there on.
EMPTY_FROM = datetime.combine(MONDAY + timedelta(weeks=WEEKS_FULL), datetime.min.time(), UTC)


class World:
    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.now = NOW
        self.random = random.Random(SEED)  # noqa: S311 - the same questions on every run
        self.departements = list(Departement.objects.filter(code__in=scale.sites).order_by("code"))
        self._sites: dict[str, list[Site]] = {}
        self._motifs: dict[str, list[Motif]] = {}

    @property
    def usual(self) -> Sequence[Departement]:
        """Those with exactly 20 sites (at the scale of a site: the only one there is)."""
        found = [one for one in self.departements if self.scale.sites[one.code] == USUAL_SITES]
        return found or self.departements

    @property
    def large(self) -> Departement | None:
        return next((one for one in self.departements if one.code == LARGE), None)

    def a_departement(self) -> Departement:
        return self.random.choice(self.usual)

    def sites(self, departement: Departement) -> list[Site]:
        if departement.pk not in self._sites:
            self._sites[departement.pk] = list(Site.objects.of(departement))
        return self._sites[departement.pk]

    def motifs(self, departement: Departement, *, longer_than: int = 0) -> list[Motif]:
        """Motifs on site, all or those that no hole of the full weeks can take."""
        if departement.pk not in self._motifs:
            rows = Motif.objects.of(departement).filter(modality=Modality.PUBLIC_OFFICE)
            self._motifs[departement.pk] = list(rows.select_related("departement"))
        return [one for one in self._motifs[departement.pk] if one.duration_min > longer_than]

    def a_motif(self, departement: Departement, *, longer_than: int = 0) -> Motif:
        return self.random.choice(self.motifs(departement, longer_than=longer_than))

    def a_site(self, departement: Departement) -> Site:
        return self.random.choice(self.sites(departement))

    def an_agent(self, departement: Departement) -> Agent:
        rows = Agent.objects.of(departement).select_related("departement")
        found: Agent = rows[self.random.randrange(self.scale.sites[departement.code] * AGENTS_PER_SITE)]
        return found

    def agent_ids(self, departement: Departement) -> list[int]:
        return list(Agent.objects.of(departement).values_list("pk", flat=True))

    def an_usager(self, departement: Departement, *, start: datetime, end: datetime) -> Usager:
        """Somebody who has nothing else at that time."""
        first = Usager.objects.of(departement).order_by("pk").values_list("pk", flat=True)[0]
        count = self.scale.sites[departement.code] * AGENTS_PER_SITE * USAGERS_PER_AGENT
        while True:
            usager = Usager.objects.get(pk=first + self.random.randrange(count))
            if not usager.participations.filter(starts_at__lt=end, ends_at__gt=start).exists():
                return usager

    def week(self, motif: Motif) -> Window:
        """Seven days somewhere in the twelve weeks."""
        start = self.now + timedelta(days=self.random.randrange(1, 77))
        return Window(start, start + timedelta(days=7))

    def twelve_weeks(self, motif: Motif) -> Window:
        return usager_window(motif, self.now)
