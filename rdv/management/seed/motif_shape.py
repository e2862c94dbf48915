"""The shape of a service and of a motif in the catalogue of the demo.

Room: management. Read by the catalogues and by institution.py.
"""

from dataclasses import dataclass

from rdv.models import Booker, Modality, NoticeLevel, Tile

HOUR = 60
EVERYWHERE = ("*",)
# Towns where debt counselling, child welfare and workshops are held in 62; 974 has its own list.
BIG = ("lens", "lievin", "bethune", "arras", "calais", "boulogne-sur-mer", "saint-denis", "saint-pierre")


@dataclass(frozen=True, slots=True)
class ServiceSeed:
    code: str
    name: str
    short_name: str
    is_confidential: bool = False


@dataclass(frozen=True, slots=True)
class MotifSeed:
    """Durations and delays in minutes. `pool`: which usagers come for it (people.py)."""

    slug: str
    service: str
    name: str
    label: str
    duration: int
    pool: str
    hint: str = ""
    tile: str = Tile.NONE
    who_books: str = Booker.EVERYONE
    modality: str = Modality.PUBLIC_OFFICE
    capacity: int = 1
    buffer_before: int = 0
    buffer_after: int = 0
    agents_needed: int = 1
    is_follow_up: bool = False
    min_notice: int = 24 * HOUR
    horizon_days: int = 84
    cancel_hours: int = 4
    before: str = ""
    after: str = ""
    documents: tuple[str, ...] = ()
    cancel_warning: str = ""
    email_reminder_days: int | None = 7
    sms_reminder_days: int | None = 2
    notice_level: str = NoticeLevel.NORMAL
    sites: tuple[str, ...] = EVERYWHERE
    # A waiting list (62 only), and how near a freed hour may still be offered.
    waits: bool = True
    waits_until: int = 2 * HOUR
    waits_policy: tuple[tuple[str, int], ...] = ()

    @property
    def is_collective(self) -> bool:
        return self.capacity > 1


CARNET = "Le carnet de santé de l’enfant"
VITALE = "La carte Vitale, si vous l’avez"
CHANGE = "Une couche et un change"
NOT_FREE = "Cette place servira à une autre famille."
