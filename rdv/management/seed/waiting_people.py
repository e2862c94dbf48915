"""Who waits in the demo, for what, and how they answer. Plain data, read by waiting.py.

Room: management. Those who are quoted by their name first, then the crowd: places and motifs dealt in turn.
"""

from dataclasses import dataclass, field
from typing import Any

from rdv.management.seed.motif_shape import HOUR
from rdv.models import Priority

DAY_MIN = 24 * HOUR
MORNINGS = 0b0101_0101_0101
WEDNESDAY = 0b0000_0011_0000
TUESDAY_THURSDAY = 0b0000_1100_1100


@dataclass(frozen=True, slots=True)
class WaitSeed:
    """`days`: how long ago they joined. `by_agent`: put on the list by the secretary. `exchange`: keeps an Rdv."""

    who: str
    motif: str
    site: str
    days: int
    by_agent: bool = False
    exchange: bool = False
    session: bool = False
    any_site: bool = False
    priority: int = Priority.NORMAL
    reason: str = ""
    wishes: dict[str, Any] = field(default_factory=dict)
    equivalents: tuple[str, ...] = ()
    agent: str = ""


NAMED = (
    # Neither telephone nor e-mail: only the desk reaches them.
    WaitSeed("Marc Toussaint", "bilan-budget", "lens", 26, by_agent=True),
    WaitSeed("Samira Ben Ali", "permanence-sociale", "lens", 19, by_agent=True),
    # A telephone at home: no message reaches her.
    WaitSeed(
        "Houria Meziane",
        "permanence-sociale",
        "lens",
        18,
        by_agent=True,
        priority=Priority.HIGH,
        reason="Coupure d’électricité annoncée",
    ),
    WaitSeed("Nora Slimani", "dossier-surendettement", "lens", 12),
    WaitSeed(
        "Gaspard Leroy",
        "dossier-surendettement",
        "lens",
        9,
        by_agent=True,
        priority=Priority.HIGH,
        reason="Recevable avant le 15, ses allocations s’arrêtent",
    ),
    WaitSeed("Moussa Diallo", "consultation-nourrisson", "lens", 6, wishes={"half_days": MORNINGS}),
    WaitSeed(
        "Louise Ferrand", "vaccination", "lens", 17, wishes={"shortest_notice_min": 2 * HOUR}, equivalents=("pesee",)
    ),
    WaitSeed("Adam Nowak", "vaccination", "lens", 15, wishes={"half_days": WEDNESDAY}),
    WaitSeed("Lou Girard", "vaccination", "lens", 14),
    WaitSeed("Mila Henry", "vaccination", "lens", 13),
    WaitSeed("Awa Koné", "visite-sage-femme", "lens", 8, by_agent=True, priority=Priority.HIGH,
             reason="Enceinte de 8 mois, seule à la maison"),
    WaitSeed("Éva Masson", "entretien-grossesse", "lens", 11, agent="", wishes={"radius_km": 20}, any_site=True),
    WaitSeed("Paul Renard", "suivi-social", "lens", 22, by_agent=True, wishes={"referent_only": True}),
    WaitSeed("Camille Jean", "massage-bebe", "lievin", 10, session=True),
    WaitSeed("Ana Silva", "massage-bebe", "lievin", 7, session=True, wishes={"auto_accept": True}),
    WaitSeed("Inès Roche", "massage-bebe", "lens", 5),
    WaitSeed("Maëlys Dupuis", "entretien-enfance", "lens", 16, by_agent=True, priority=Priority.URGENT,
             reason="Demande de la cellule, à voir sous dix jours"),
    WaitSeed("Iris Delcourt", "bilan-budget", "lens", 4, exchange=True),
)  # fmt: skip

# (motif, sites in turn): the crowd of those who wait today.
CROWD = (
    ("dossier-surendettement", ("lens", "lievin", "bethune", "arras", "calais", "boulogne-sur-mer")),
    ("pesee", ("henin-beaumont", "lens", "bethune")),
    ("dossier-surendettement", ("lens", "bethune", "lens", "lievin")),
    ("consultation-nourrisson", ("lens", "arras", "lievin", "calais")),
    ("permanence-sociale", ("lens", "lievin", "bethune", "arras")),
    ("entretien-grossesse", ("lens", "bethune", "arras")),
    ("vaccination", ("lens", "lievin")),
    ("bilan-budget", ("lens", "calais", "arras")),
    ("conseil-allaitement", ("lens", "bethune")),
    ("visite-naissance", ("lens", "arras")),
)
CROWD_SIZE, CROWD_SIZE_SMALL = 44, 8
# What suits them, dealt in turn; a name of Wishes and its value.
WISHES: tuple[dict[str, Any], ...] = (
    {},
    {"half_days": MORNINGS},
    {"shortest_notice_min": 2 * HOUR},
    {},
    {"half_days": TUESDAY_THURSDAY},
    {"radius_km": 15},
    {"shortest_notice_min": 2 * DAY_MIN},
    {"half_days": WEDNESDAY, "needs_step_free": True},
)
PRIORITIES = (
    (Priority.HIGH, "Naissance prévue dans trois semaines"),
    (Priority.RAISED, "Vient de perdre son logement"),
    (Priority.HIGH, "Délai de la commission : fin du mois"),
    (Priority.RAISED, "Sans nouvelles depuis deux mois, a rappelé elle-même"),
)
# One in so many of the crowd goes first, with a reason; one in so many keeps an Rdv that comes too late.
ONE_PRIORITY_IN, ONE_EXCHANGE_IN = 7, 6
# Who never answers: they joined long ago for any place, and are asleep by now.
SLEEPERS = (("pesee", "lens"), ("permanence-sociale", "lens"), ("bilan-budget", "lens"))

# What the administrator says would do as well, on the page where one joins.
ALIKE = {"dossier-surendettement": ("bilan-budget",)}

# What people of the past answered, and after how many minutes.
YES, NO, NOTHING = "yes", "no", "nothing"
ANSWERS = {YES: 8, NO: 3, NOTHING: 4}
TAKEN_BACK = "Nourrisson à voir aujourd’hui, adressé par la maternité"
