"""The ways out of "no free hour": without one of the choices, later, or with another motif. Numbered on the screen.

Room: views. Called by rdv/views/console/showing for its context.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rdv.forms.console_state import ALL_DAY, MORNING, ConsoleState
from rdv.services.questions import Creneau
from rdv.services.shortage import Shortage
from rdv.services.shortage_steps import Taker
from rdv.views.console.screen import Screen

MOST = 9  # a digit each


@dataclass(frozen=True, slots=True)
class Way:
    label: str
    state: ConsoleState
    starts_at: datetime | None = None
    detail: str = ""


def ways_out(screen: Screen) -> list[Way]:
    if screen.why is None:
        return []
    return [*_without_choices(screen, screen.why), *_later(screen, screen.why), *_neighbours(screen)][:MOST]


def _without_choices(screen: Screen, why: Shortage) -> Iterator[Way]:
    state = screen.state
    moment = "le matin" if state.moment == MORNING else "l’après-midi"
    choices: dict[Taker, tuple[str, dict[str, Any]]] = {
        Taker.SITE: ("Sur un autre de vos sites", {"site": ""}),
        Taker.AGENT: ("Avec quelqu’un d’autre", {"agent": None}),
        Taker.TEAM: ("Hors de cette équipe", {"equipe": None}),
        Taker.MOMENT: (f"Pas seulement {moment}", {"moment": ALL_DAY}),
    }
    for loss in why.losses:
        if loss.way_out is not None:
            label, changes = choices[loss.taker]
            yield Way(label, _back(state, **changes), loss.way_out.starts_at, _who(screen, loss.way_out))


def _later(screen: Screen, why: Shortage) -> Iterator[Way]:
    if why.later is not None:
        day = why.later.starts_at.astimezone(screen.zone).date()
        yield Way("Plus tard", _back(screen.state, depuis=day), why.later.starts_at, _who(screen, why.later))


def _neighbours(screen: Screen) -> Iterator[Way]:
    for row in screen.neighbours:
        state = _back(screen.state, motif=row.motif.uuid, m="", depuis=None, agent=None, equipe=None)
        yield Way(f"Autre motif, {row.motif.name}", state, row.first_at)


def _back(state: ConsoleState, **changes: Any) -> ConsoleState:
    return state.with_changes(etape="", le=None, **changes)


def _who(screen: Screen, creneau: Creneau) -> str:
    why = screen.why
    assert why is not None  # noqa: S101 - asked by ways_out
    names = [why.people[agent_id].full_name for agent_id in creneau.agent_ids if agent_id in why.people]
    sites = [site.name for site in screen.sites if site.pk == creneau.site_id]
    return ", ".join([*names, *sites])
