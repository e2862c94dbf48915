"""The console's state in templates: addresses, hidden fields, and the words about people.

Room: templates. `{% console_url state usager=person.uuid pour=None %}` is the same call with these changes;
`{% console_fields state "q" "m" %}` writes the rest of it into a form that asks for `q` and `m` itself.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from rdv.core.journal import Evenement
from rdv.core.languages import french_name
from rdv.core.text import search_key
from rdv.domain import french
from rdv.domain.french import NBSP
from rdv.forms.console_state import ConsoleState
from rdv.services.texts import News
from rdv.views.agenda.asked import read_written
from rdv.views.board.asked import board_day
from usagers.models import Channel
from usagers.phones import say_phone

register = template.Library()

FILE_EVENTS = {
    "usager.read": "lecture",
    "usager.created": "fiche créée",
    "usager.updated": "fiche modifiée",
    "proche.added": "responsable ajouté",
    "proche.ended": "responsable retiré",
    "referent.added": "référent ajouté",
    "referent.ended": "référent retiré",
    "usager.merged": "réunie avec une autre fiche",
    "usager.merged_into": "réunie avec la fiche gardée",
    "usager.unmerged": "séparée de l’autre fiche",
    "usager.printed": "rendez-vous imprimé",
    "usager.resent": "message renvoyé",
    "doublon.distinct": "dite différente d’une autre fiche",
    "doublon.again": "de nouveau à comparer avec une autre fiche",
}
FIELD_NAMES = {
    "last_name": "nom",
    "first_name": "prénom",
    "birth_name": "nom de naissance",
    "birth_date": "naissance",
    "phone": "téléphone",
    "email": "e-mail",
    "address": "adresse",
    "commune": "commune",
    "latitude": "adresse",
    "longitude": "adresse",
    "language": "langue",
    "channel": "messages",
    "note": "note",
    "needs_interpreter": "interprète",
    "needs_step_free": "accès sans marche",
    "needs_sign_language": "langue des signes",
}

MESSAGES = {
    "serie.booked": "dates de la série",
    "serie.cancelled": "annulation de la série",
    News.BOOKED: "confirmation",
    News.MOVED: "déplacement",
    News.CANCELLED: "annulation",
    News.RESTORED: "rétablissement",
    News.RESENT: "renvoi",
    News.SMS_REMINDER: "rappel",
    News.EMAIL_REMINDER: "rappel",
    News.SECOND_SMS: "question, faute de réponse",
}


@register.simple_tag
def console_url(state: ConsoleState, **changes: Any) -> str:
    pairs = state.with_changes(**changes).pairs()
    address = reverse("rdv:accueil")
    return f"{address}?{urlencode(pairs)}" if pairs else address


@register.simple_tag
def agenda_url(state: ConsoleState) -> str:
    """The page of the agenda, or the day board, that this call came from; empty when it came from elsewhere."""
    day = board_day(state.retour)
    if day is not None:
        return f"{reverse('rdv:board')}?{urlencode({'date': day.isoformat()})}"
    asked = read_written(state.retour)
    return asked.url() if asked else ""


@register.simple_tag
def waiting_url(state: ConsoleState) -> str:
    """The form that puts the person of this call on the waiting list of its motif."""
    pairs = state.with_changes(option=None, etape="", m="").pairs()
    return f"{reverse('rdv:waiting_join')}?{urlencode(pairs)}"


@register.simple_tag
def console_fields(state: ConsoleState, *without: str) -> SafeString:
    kept = [pair for pair in state.pairs() if pair[0] not in without]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', kept)


@register.filter
def age(born: dt.date | None, today: dt.date) -> str:
    """3 jours, 2 mois, 4 ans: months up to two years, because the follow-up of babies counts in months."""
    if born is None or born > today:
        return ""
    months = (today.year - born.year) * 12 + today.month - born.month - (1 if today.day < born.day else 0)
    if months == 0:
        days = (today - born).days
        return f"{days}{NBSP}jour{'s' if days > 1 else ''}"
    if months < 24:
        return f"{months}{NBSP}mois"
    return f"{months // 12}{NBSP}ans"


@register.filter
def language(code: str) -> str:
    return french_name(code)


@register.filter
def message_kind(kind: str) -> str:
    found = [words for name, words in MESSAGES.items() if name == kind]
    return found[0] if found else "message"


@register.filter
def file_event(event: Evenement) -> str:
    """A line of a file's journal in words: lecture (appel), fiche modifiée : téléphone..."""
    words = FILE_EVENTS.get(event.kind, "changement")
    if event.kind == "usager.updated":
        named = [FIELD_NAMES.get(name, name) for name in event.data.get("fields", [])]
        return f"{words}{NBSP}: {', '.join(named)}"
    reason = str(event.data.get("reason") or "")
    if event.data.get("outside"):
        return f"{words} hors de ses sites{NBSP}: {reason}"
    return f"{words}, {reason}" if reason else words


@register.filter
def file_value(value: Any, name: str) -> str:
    """What a field of a file holds, as people read it. Empty for nothing."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if not value:
        return ""
    if isinstance(value, dt.date):
        return french.day_year(value)
    readers: dict[str, Callable[[str], str]] = {
        "phone": say_phone,
        "language": french_name,
        "channel": lambda code: str(Channel(code).label),
    }
    return readers[name](str(value)) if name in readers else str(value)


@register.filter
def marked(text: object, typed: str) -> SafeString:
    """The text with what answers to the words typed between <mark>: by beginnings of words, accents apart."""
    wanted = search_key(typed).split()
    pieces = [_marked_word(word, wanted) for word in str(text).split(" ")]
    return mark_safe(" ".join(pieces))  # noqa: S308 - each piece was escaped by format_html


def _marked_word(word: str, wanted: list[str]) -> SafeString:
    key = search_key(word)
    length = max((len(one) for one in wanted if key.startswith(one)), default=0)
    # A key can be shorter or longer than the word (ligatures, apostrophes): then the whole word is marked.
    cut = length if len(key) == len(word) else len(word)
    return format_html("<mark>{}</mark>{}", word[:cut], word[cut:]) if length else format_html("{}", word)
