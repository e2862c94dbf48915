"""How the planning screens say what would change: dates with their fate, Rdv concerned, the mark of what was seen.

Room: views. Called by rdv/views/planning and planning_absences.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import Http404
from django.urls import reverse

from agents.access import Scope
from rdv.access import may_read_rdv
from rdv.domain import french
from rdv.models import Rdv
from rdv.services.planning import DateChange, Fate, Preview

# The first dates say how the rule falls; the rest is counted, and listed on the page of the series.
DATES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class DateLine:
    """A date with its shape, its word and its colour."""

    day: date
    icon: str
    word: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class RdvLine:
    """An Rdv concerned: with its person and a link, or only its hour when this agent may not read it."""

    rdv: Rdv
    people: str
    url: str


_FATES = {
    Fate.KEPT: ("check", "", ""),
    Fate.CHANGED: ("clock", "change d’heure", "w"),
    Fate.NEW: ("plus", "nouvelle", "ok"),
    Fate.REMOVED: ("cross", "retirée", "b"),
    Fate.BY_HAND: ("lock", "gardée telle quelle", ""),
    Fate.CANCELLED: ("lock", "reste annulée", ""),
    Fate.HOLIDAY: ("cross", "férié", "b"),
}


def date_line(change: DateChange) -> DateLine:
    icon, word, tone = _FATES[change.fate]
    return DateLine(change.day, icon, word, tone)


def rdv_line(rdv: Rdv, scope: Scope) -> RdvLine:
    if not may_read_rdv(scope, rdv):
        return RdvLine(rdv, "Occupé", "")
    people = [one.usager.full_name for one in rdv.participations.all() if one.status == "unknown"]
    return RdvLine(
        rdv, french.joined(people) or rdv.title or rdv.motif.name, reverse("rdv:rdv_detail", args=[rdv.uuid])
    )


def effects_of(preview: Preview, scope: Scope) -> dict[str, Any]:
    """What the panel "Ce que cela change" needs (templates/rdv/planning/_effets.html)."""
    count = len(preview.standing)
    return {
        "preview": preview,
        "count": count,
        "save_label": f"Enregistrer pour {count} date{'s' if count > 1 else ''}",
        "dates": [date_line(change) for change in preview.dates[:DATES_SHOWN]],
        "date_count": len(preview.dates),
        "removed_count": sum(change.fate is Fate.REMOVED for change in preview.dates),
        "by_hand": french.joined([french.day(change.day) for change in preview.by_hand]),
        "by_hand_count": len(preview.by_hand),
        "holidays": french.joined([f"{french.day_year(one.day)} ({one.holiday})" for one in preview.holidays]),
        "difference": _difference(preview.hours_added),
        "rdvs": [rdv_line(rdv, scope) for rdv in preview.outside],
        "seen": mark([*_facts(preview)]),
    }


def _facts(preview: Preview) -> Sequence[object]:
    dates = [(one.day, one.fate.value, one.before, one.after) for one in preview.dates]
    return [preview.words_after, dates, [rdv.pk for rdv in preview.outside]]


def _difference(change: timedelta) -> str:
    if not change:
        return "pareil"
    sign = "+" if change > timedelta(0) else "−"
    return f"{sign}{french.duration(abs(change))}"


def mark(facts: Sequence[object]) -> str:
    """Short name of what was shown: saving asks that it is still what would happen."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:20]


def day_in_address(text: str) -> date:
    """A day written in an address; anything else leads nowhere."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
