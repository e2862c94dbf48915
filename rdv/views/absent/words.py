"""Where each Rdv of an absence stands, in words. Pure: no query.

Room: views. Called by rdv/views/absent/pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rdv.domain import french
from rdv.models import (
    AppelResult,
    Proposition,
    PropositionState,
    Rdv,
    SuiteChoice,
    SuiteState,
)
from rdv.services.absent_plan import Line

RESULTS: Mapping[str, str] = {
    AppelResult.ACCEPTED: "Joint : il a accepté",
    AppelResult.OTHER_DATE: "Joint : une autre date est prise",
    AppelResult.REFUSED: "Joint : ne souhaite pas d’autre date",
    AppelResult.SETTLED: "Réglé",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """`code`: of rdv/templatetags/states.py. `group`: under which word the top of the page counts it."""

    code: str
    word: str
    detail: str = ""
    group: str = ""


GROUPS: Sequence[tuple[str, str, str]] = (
    # group, one, several
    ("done", "réglé", "réglés"),
    ("waiting", "attend sa réponse", "attendent leur réponse"),
    ("call", "à appeler", "à appeler"),
    ("todo", "à décider", "à décider"),
    ("masked", "masqué", "masqués"),
)
CODES = {"done": "seen", "waiting": "held", "call": "late", "todo": "rdv", "masked": "masked"}


def standing(line: Line, names: Mapping[int, str], zone: ZoneInfo) -> Standing:
    if line.is_masked:
        return Standing("masked", "Le service s’en charge", "dans sa liste d’appels", "masked")
    suite = line.suite
    if suite is None:
        return Standing("rdv", "À décider", "", "todo")
    if suite.state == SuiteState.FAILED:
        return Standing("double", "Pas fait", suite.reason, "todo")
    if suite.state == SuiteState.PLANNED:
        return Standing("waiting", "En cours", "rechargez la page dans un instant", "waiting")
    if line.appel is not None and line.appel.closed_at is None:
        return Standing("late", "À appeler", _called(line), "call")
    if line.proposition is not None:
        return _proposed(line, line.proposition, zone)
    if suite.choice == SuiteChoice.MOVE:
        return _given(line, names.get(suite.agent_id or 0, "un collègue"))
    if suite.choice == SuiteChoice.CANCEL:
        waits = "en priorité sur la liste d’attente" if line.rdv.motif.has_waitlist else "la personne est prévenue"
        return Standing("revoked", "Annulé", waits, "done")
    if line.appel is not None:
        return Standing("seen", RESULTS.get(line.appel.result, "Réglé"), _now_at(line.rdv, zone), "done")
    return Standing("seen", "Réglé", _now_at(line.rdv, zone), "done")


def _called(line: Line) -> str:
    assert line.appel is not None  # noqa: S101 - asked by standing
    if line.appel.attempts:
        return f"{line.appel.attempts} essai{'s' if line.appel.attempts > 1 else ''}"
    return "liste d’appels"


def _given(line: Line, name: str) -> Standing:
    if not line.rdv.is_live:
        return Standing("excused", "Annulé depuis", f"était confié à {name}", "done")
    return Standing("seen", "Confié", f"à {name}, même heure ; la personne est prévenue", "done")


def _proposed(line: Line, proposition: Proposition, zone: ZoneInfo) -> Standing:
    state = PropositionState(proposition.state)
    if state is PropositionState.LIVE:
        until = _at(proposition.answer_by, zone)
        return Standing("held", "Attend sa réponse", f"jusqu’à {until}", "waiting")
    if state is PropositionState.PICKED and proposition.rdv is not None:
        return Standing("seen", "A choisi", _at(proposition.rdv.starts_at, zone), "done")
    result = RESULTS.get(line.appel.result, "Réglé") if line.appel is not None else "Réglé"
    return Standing("seen", result, str(state.label).lower(), "done")


def _now_at(rdv: Rdv, zone: ZoneInfo) -> str:
    return f"rendez-vous {_at(rdv.starts_at, zone)}" if rdv.is_live else "rendez-vous annulé"


def _at(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{french.short_day(local)}, {local.hour}:{local.minute:02d}"


def counted(found: Sequence[Standing]) -> list[tuple[str, str]]:
    """(code of the badge, "3 à décider") for the top of the page; nothing of what there is none."""
    lines = []
    for group, one, several in GROUPS:
        number = sum(standing.group == group for standing in found)
        if number:
            lines.append((CODES[group], f"{number} {several if number > 1 else one}"))
    return lines
