"""A card and a hole of the day board, written at once: a day of twenty professionals has two hundred of them, and the
template language asks some twenty questions for each. What a person typed is escaped here, and nowhere else.

Room: templates. Called by templates/rdv/board/_colonne.html; what is said comes from rdv/views/board/words.
"""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from rdv.templatetags.icons import picto
from rdv.views.board.shown import Cell
from rdv.views.board.words import Badge, Need, Said

register = template.Library()


@register.simple_tag
def carte(cell: Cell) -> SafeString:
    """The link of an Rdv: hour and person, warning, needs, what for; then its badge."""
    said = cell.said
    short = " l1" if cell.is_short else ""
    html = (
        f'<a class="ev {said.state}{short}" id="{said.key}" href="{escape(said.url)}"{_marks(said)}>'
        f"<b>{said.hour} {escape(said.title)}</b>"
        f'<span class="tx">{_warning(said)}{"".join(map(_need, said.needs))}{_answer(said.answer)}'
        f'<span class="w1">{_sign(said.icon)}{escape(said.text)}</span></span>{_badge(said.badge)}</a>'
    )
    return mark_safe(html)  # noqa: S308 - what is typed is escaped above


@register.simple_tag
def trou(cell: Cell, name: str) -> SafeString:
    """A free hole: a link for those who may book there, with whom."""
    said = cell.said
    ear = f'<span class="fr-sr-only">{said.hour}, </span>'
    eye = f'<span class="hm">{said.hour} </span>{escape(said.title)}'
    if not said.url:
        return mark_safe(f'<span class="hole">{ear}{eye}</span>')  # noqa: S308 - as above
    html = (
        f'<a class="hole" href="{escape(said.url)}" hx-boost="false">{ear}{picto("plus")} <span>{eye}'
        f'<span class="fr-sr-only"> avec {escape(name)} : placer quelqu’un</span></span></a>'
    )
    return mark_safe(html)  # noqa: S308 - as above


def _marks(said: Said) -> str:
    """For the keys A and N: whose participation, and what was seen of it."""
    if said.participation is None:
        return ""
    return f' data-participation="{said.participation}" data-seen="{escape(said.stamp)}"'


def _warning(said: Said) -> str:
    if not said.warning:
        return ""
    return f'<span class="s b">{picto("warning")}<span class="w2">{escape(said.warning)}</span></span> '


def _need(need: Need) -> str:
    return f'<span class="nd">{picto(need.icon)}<span class="nw">{escape(need.word)}</span></span> '


def _answer(answer: Need | None) -> str:
    """Quieter than a need: it is read when one looks for it."""
    if answer is None:
        return ""
    return f'<span class="nd an">{picto(answer.icon)}<span class="nw">{escape(answer.word)} ·</span></span> '


def _sign(icon: str) -> str:
    return f"{picto(icon)} " if icon else ""


def _badge(badge: Badge | None) -> str:
    if badge is None:
        return ""
    lead = f'<span class="pw">{escape(badge.lead)} </span>' if badge.lead else ""
    return f'<span class="s {badge.tone}">{picto(badge.icon)}{lead}{escape(badge.word)}</span>'
