"""The places somebody may be offered: the one they looked at, those within some kilometres, all, or chosen by name.

Room: forms. Called by rdv/forms/wait and rdv/views/public/wait_*. Shape and wording only.

    ici     only the place the search was about       km15    every place within 15 km of where distances start
    choix   the boxes that are ticked                 partout any place
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.models import Site
from rdv.domain.travel import Point, distance_km
from rdv.services.visits import site_point
from rdv.services.waitlist_wishes import Centre, Wishes

HERE, NAMED, ANYWHERE, WITHIN = "ici", "choix", "partout", "km"
NEARS = (5, 15, 30, 50)
# What is proposed first to whoever said where they live.
USUAL_KM = 15


@dataclass(frozen=True)
class Places:
    """`sites`: nearest first. `start`, `start_name`: where distances start; "" is the home of the file. `kept_km`: a
    number of kilometres asked for already, at the desk perhaps."""

    sites: Sequence[Site]
    here: Site | None = None
    start: Point | None = None
    start_name: str = ""
    kept_km: int | None = None

    @property
    def centre(self) -> Centre | None:
        """What the wish keeps; None: the home of the file, which may be mended."""
        return Centre(self.start, self.start_name) if self.start is not None and self.start_name else None

    @cached_property
    def km(self) -> Mapping[int, float]:
        """site id -> kilometres, as the crow flies; those whose place is known."""
        if self.start is None:
            return {}
        points = {one.pk: site_point(one) for one in self.sites}
        return {pk: distance_km(self.start, point) for pk, point in points.items() if point is not None}

    @cached_property
    def nears(self) -> list[tuple[int, int]]:
        """(km, how many places): the numbers that add a place, and the one kept already. Never one that has none."""
        found: list[tuple[int, int]] = []
        for km in sorted({*NEARS, *([self.kept_km] if self.kept_km else [])}):
            count = sum(one <= km for one in self.km.values())
            adds = count > (found[-1][1] if found else 0)
            if km == self.kept_km or (adds and count < len(self.sites)):
                found.append((km, count))
        return found

    @property
    def choices(self) -> list[tuple[str, str]]:
        here = [(HERE, _("Seulement ici\u00a0: %(place)s") % {"place": self.here.name})] if self.here else []
        nears = [(f"{WITHIN}{km}", _near_words(km, count)) for km, count in self.nears]
        everywhere = _("Tous les lieux (%(count)s)") % {"count": len(self.sites)}
        return [*here, *nears, (ANYWHERE, everywhere), (NAMED, _("Des lieux que je choisis"))]

    @property
    def hint(self) -> str:
        if not self.nears:
            return ""
        if not self.start_name:
            return _("Distances depuis chez vous.")
        return _("Distances depuis %(place)s.") % {"place": self.start_name}

    @property
    def first_choice(self) -> str | None:
        """The place looked at, else what is near where one lives; nothing known: nothing is chosen in advance."""
        if self.here is not None:
            return HERE
        usual = [km for km, _count in self.nears if km >= USUAL_KM]
        return f"{WITHIN}{usual[0]}" if usual else None

    def choice_of(self, wishes: Wishes) -> str:
        """The wish as the choices show it."""
        if not wishes.sites:
            return f"{WITHIN}{wishes.radius_km}" if wishes.radius_km and self.start is not None else ANYWHERE
        return HERE if list(wishes.sites) == [self.here] else NAMED

    def said(self, choice: str, slugs: Sequence[str]) -> dict[str, Any]:
        """The wish that was chosen. Every place ticked is the same as any place."""
        if choice.startswith(WITHIN):
            return {"sites": [], "radius_km": int(choice.removeprefix(WITHIN)), "centre": self.centre}
        named = [one for one in self.sites if one.slug in slugs] if choice == NAMED else []
        if choice == HERE and self.here is not None:
            named = [self.here]
        is_any = len(named) == len(self.sites)
        return {"sites": [] if is_any else named, "radius_km": None, "centre": None}


def _near_words(km: int, count: int) -> str:
    return ngettext(
        "À moins de %(km)s\u00a0km (%(count)s lieu)",
        "À moins de %(km)s\u00a0km (%(count)s lieux)",
        count,
    ) % {"km": km, "count": count}
