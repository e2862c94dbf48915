"""When each professional opens what: the rules of openings, by duty, and Claire Vasseur's own week.

Room: management. Plain data and small rules, read by planning.py. Days are staggered from site to site, so that the
week of the departement is covered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from rdv.management.seed.team import CLAIRE, AgentSeed
from rdv.models import RhythmChoice

MON, TUE, WED, THU, FRI, SAT = range(6)
# Where weighing is booked up for weeks, so that "Complet jusqu’au…" is seen.
FULL_SITE, FULL_WEEKS = "henin-beaumont", 4
# What is booked up everywhere in 62, as far as it may be booked (28 days) and a week more.
FULL_MOTIF, FULL_MOTIF_DAYS = "dossier-surendettement", 35
# Whose next openings are known to colleagues, and not to the public yet.
PUBLISHED_LATER = "Gwendoline Ledoux"


@dataclass(frozen=True, slots=True)
class PlageSeed:
    """`site` None: at home or by phone. `from_week`: first week, from the current one (None: since long ago)."""

    agent: str
    site: str | None
    motifs: tuple[str, ...]
    weekday: int
    starts: time
    ends: time
    rhythm: str = RhythmChoice.WEEKLY
    every: int = 1
    from_week: int | None = None
    public_week: int | None = None
    title: str = ""


OFFICE_NURSE = ("pesee", "conseil-allaitement", "vaccination")
MORNING = (time(9), time(12))
AFTERNOON = (time(13, 30), time(16, 30))


def plages_of(seed: AgentSeed, *, sites: tuple[str, ...], shift: int) -> Iterator[PlageSeed]:
    """`sites`: the posts that exist at this scale; `shift` staggers the days from one place to the next."""
    if seed.key == CLAIRE:
        yield from _claire()
    elif seed.duty and sites:
        yield from _BY_DUTY[seed.duty](_Rules(seed.key, sites, shift))


@dataclass(frozen=True, slots=True)
class _Rules:
    agent: str
    sites: tuple[str, ...]
    shift: int

    @property
    def main(self) -> str:
        return self.sites[0]

    def day(self, number: int) -> int:
        return (self.shift + number) % 5

    def office(
        self, number: int, hours: tuple[time, time], *motifs: str, every: int = 1, site: str = "", title: str = ""
    ) -> PlageSeed:
        return PlageSeed(self.agent, site or self.main, motifs, self.day(number), *hours, every=every, title=title)

    def away(self, number: int, hours: tuple[time, time], *motifs: str, every: int = 1) -> PlageSeed:
        return PlageSeed(self.agent, None, motifs, self.day(number), *hours, every=every)


def _nurse(rules: _Rules) -> Iterator[PlageSeed]:
    if rules.main == FULL_SITE:
        yield rules.office(0, (time(9), time(11)), "pesee", title="Pesées")
        yield rules.office(2, MORNING, "conseil-allaitement", "vaccination")
    else:
        yield rules.office(0, (time(9, 30), time(12)), "pesee", "conseil-allaitement")
        yield rules.office(2, (time(14), time(16)), "pesee", "vaccination", every=2)
    yield rules.away(1, (time(14), time(16, 30)), "visite-naissance")
    yield rules.away(4, (time(11), time(12)), "conseil-telephone")
    if rules.agent == PUBLISHED_LATER:
        # A new rhythm, published to everybody at once, later.
        yield PlageSeed(
            rules.agent,
            rules.main,
            OFFICE_NURSE,
            rules.day(3),
            time(9),
            time(12),
            from_week=6,
            public_week=3,
            title="Nouvelle permanence",
        )


def _doctor(rules: _Rules) -> Iterator[PlageSeed]:
    motifs = ("consultation-nourrisson", "vaccination", "bilan-4-ans")
    yield rules.office(1, MORNING, *motifs)
    second = rules.sites[-1]
    yield rules.office(3, AFTERNOON, *motifs, site=second, every=1 if second == rules.main else 2)


def _midwife(rules: _Rules) -> Iterator[PlageSeed]:
    yield rules.office(1, MORNING, "entretien-grossesse", "conseil-allaitement")
    yield rules.away(2, (time(13, 30), time(17)), "visite-sage-femme")
    second = rules.sites[-1]
    if second != rules.main:
        yield rules.office(4, MORNING, "entretien-grossesse", site=second, every=2)


def _social(rules: _Rules) -> Iterator[PlageSeed]:
    yield rules.office(0, MORNING, "permanence-sociale", title="Permanence")
    yield rules.office(3, AFTERNOON, "suivi-social", "entretien-a-deux")
    yield rules.away(1, (time(14), time(16, 30)), "visite-sociale", every=2)
    second = rules.sites[-1]
    if second != rules.main:
        yield rules.office(2, MORNING, "permanence-sociale", site=second, every=2)


def _budget(rules: _Rules) -> Iterator[PlageSeed]:
    yield rules.office(2, MORNING, "dossier-surendettement", "bilan-budget")
    yield rules.office(4, AFTERNOON, "bilan-budget", "dossier-surendettement", every=2)
    yield rules.away(1, (time(16), time(17)), "point-budget-telephone")
    yield PlageSeed(
        rules.agent,
        rules.main,
        ("bilan-budget",),
        rules.day(0),
        time(14),
        time(16, 30),
        rhythm=RhythmChoice.MONTHLY_WEEKDAY,
        title="Bilans du mois",
    )


def _child(rules: _Rules) -> Iterator[PlageSeed]:
    # The same half-day for the whole team of a place: they receive two by two.
    yield rules.office(3, (time(13, 30), time(17)), "entretien-enfance", "rencontre-enfance-a-deux")
    yield rules.office(1, (time(9, 30), time(12)), "entretien-enfance")


def _lactation(rules: _Rules) -> Iterator[PlageSeed]:
    yield rules.office(2, (time(14), time(16)), "conseil-allaitement", every=2)


_BY_DUTY = {
    "nurse": _nurse,
    "doctor": _doctor,
    "midwife": _midwife,
    "social": _social,
    "budget": _budget,
    "child": _child,
    "lactation": _lactation,
}


def _claire() -> Iterator[PlageSeed]:
    """The week of the agenda that is shown most."""
    long_morning = (time(8, 30), time(12, 30))
    yield PlageSeed(CLAIRE, "lens", OFFICE_NURSE, MON, *long_morning)
    yield PlageSeed(CLAIRE, None, ("visite-naissance",), MON, time(13, 30), time(17), title="Visites")
    yield PlageSeed(CLAIRE, "lens", OFFICE_NURSE, TUE, *long_morning)
    yield PlageSeed(CLAIRE, None, ("visite-naissance",), TUE, time(13, 30), time(15, 30), title="Visites")
    yield PlageSeed(CLAIRE, "lens", ("conseil-allaitement", "pesee"), TUE, time(15, 45), time(17, 30))
    yield PlageSeed(CLAIRE, "lens", ("pesee", "vaccination"), WED, time(9), time(12), every=2)
    yield PlageSeed(CLAIRE, "lens", OFFICE_NURSE, THU, *long_morning)
    yield PlageSeed(CLAIRE, "lens", ("entretien-a-deux", "conseil-allaitement"), THU, time(13, 30), time(15, 30))
    yield PlageSeed(CLAIRE, None, ("conseil-telephone",), THU, time(15, 30), time(16, 30), title="Téléphone")
    yield PlageSeed(CLAIRE, "lens", ("pesee", "vaccination"), FRI, *long_morning)
    yield PlageSeed(
        CLAIRE,
        "lens",
        ("pesee", "vaccination"),
        SAT,
        time(9, 30),
        time(12),
        rhythm=RhythmChoice.ONCE,
        from_week=2,
        title="Matinée portes ouvertes",
    )
