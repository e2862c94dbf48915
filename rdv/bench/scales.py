"""How much data each scale has, and the instant at which its questions are asked. Room: bench.

The day is fixed, so that the same question has the same answer on every run; `rdv.core.clock` is set to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

# Raised when the data of a kept database must be made again.
BENCH_VERSION = 3

MONDAY = date(2027, 1, 11)
NOW = datetime(2027, 1, 11, 6, 30, tzinfo=UTC)  # 7:30 in Paris, before the first opening
WEEKS_OPEN = 26
WEEKS_FULL = 6
AGENTS_PER_SITE = 10
USAGERS_PER_AGENT = 40

# The one with more places than the others: 50 sites, 500 agents (question earliest_of_500_agents).
LARGE = "59"
USUAL = "62"
LARGE_SITES, USUAL_SITES, SMALL_SITES = 50, 20, 19
OVERSEAS = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "976": "Indian/Mayotte",
}


@dataclass(frozen=True, slots=True)
class Scale:
    """`sites`: how many sites each département has, by code."""

    name: str
    sites: Mapping[str, int]

    @property
    def agents(self) -> int:
        return sum(self.sites.values()) * AGENTS_PER_SITE


def _all_codes() -> list[str]:
    mainland = [f"{number:02}" for number in range(1, 96) if number != 20]
    return [*mainland, "2A", "2B", *OVERSEAS]


def _national() -> dict[str, int]:
    """101 départements, 2,020 sites: one large, thirty a little smaller, so that the average stays 20."""
    codes = _all_codes()
    sites = dict.fromkeys(codes, USUAL_SITES)
    sites[LARGE] = LARGE_SITES
    others = [code for code in codes if code not in (LARGE, USUAL)]
    for code in others[:: len(others) // 30][:30]:
        sites[code] = SMALL_SITES
    return sites


SCALES = {
    "site": Scale("site", {USUAL: 1}),
    # One usual département, and the large one: the questions over 500 agents exist at this scale too.
    "departement": Scale("departement", {USUAL: USUAL_SITES, LARGE: LARGE_SITES}),
    "national": Scale("national", _national()),
}


def zone_of(code: str) -> str:
    return OVERSEAS.get(code, "Europe/Paris")
