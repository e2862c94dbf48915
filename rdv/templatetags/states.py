"""States in the back-office: a shape, a word, then a colour (look-backoffice.md).

Room: templates. `{% state "seen" %}` writes a badge; the filters give the class and the icon of a block of the
agenda (components/_semaine.html).
"""

from dataclasses import dataclass
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()


@dataclass(frozen=True)
class State:
    word: str
    icon: str
    tone: str = ""  # class of the badge: ok, w (attention), b (bad), h (held)
    block: str = ""  # class of the block in the agenda


STATES = {
    # A participation (codes of rdv.domain.statuses)
    "coming": State("À venir", "dot"),
    "unknown": State("À renseigner", "clock", "w"),
    "seen": State("Vu", "check", "ok", "seen"),
    "noshow": State("Absent", "cross", "b", "no"),
    "excused": State("Excusé", "back"),
    "revoked": State("Annulé par le service", "cross"),
    # Today
    "arrived": State("Arrivé", "arrived", "ok", "in"),
    "late": State("En retard", "clock", "w", "late"),
    # Planning
    "double": State("Double", "warning", "b", "over"),
    "review": State("À revoir", "warning", "b", "over"),
    "held": State("Place tenue", "hourglass", "h", "held"),
    "masked": State("Occupé", "lock", "", "mask"),
    "trip": State("Trajet", "car", "", "trip"),
    "absence": State("Absence", "warning", "", "abs"),
    "meeting": State("Réunion", "group", "", "abs"),
    "free": State("Libre", "plus", "", "free"),
    "rdv": State("Rdv", "dot"),
    # Messages
    "received": State("Reçu", "check", "ok"),
    "sent": State("Envoyé", "message"),
    "waiting": State("En attente", "hourglass"),
    "refused": State("Refusé", "cross", "b"),
    # Files
    "confidential": State("Masqué", "lock"),
}


def state_of(code: object) -> State:
    found = STATES.get(str(code))
    if found is None:
        raise template.TemplateSyntaxError(f"No state is called {code!r}. There are: {', '.join(STATES)}.")
    return found


@register.simple_tag
def state(code: str, word: str = "") -> SafeString:
    """A badge. `word` replaces the usual word: {% state "late" "+12 min" %}, {% state "seen" "Vue" %}."""
    found = state_of(code)
    return _badge(found.tone, found.icon, word or found.word)


@lru_cache(maxsize=1024)
def _badge(tone: str, icon_name: str, word: str) -> SafeString:
    """A day of fifty Rdv shows a few words fifty times."""
    badge = {"tone": tone, "icon_name": icon_name, "word": word}
    return render_to_string("components/_status.html", badge)


@register.filter
def block_class(code: str) -> str:
    return state_of(code).block


@register.filter
def state_icon(code: str) -> str:
    return state_of(code).icon
