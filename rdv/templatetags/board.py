"""The cells of the day board, written at once: a day of twenty professionals has two hundred of them, and the template
language asks some thirty questions for each. What a person typed is escaped here, and nowhere else.

Room: templates. Called by templates/rdv/board/_colonne.html; what is said comes from rdv/views/board/words.
"""

from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from rdv.services.agenda import Kind
from rdv.templatetags.icons import picto
from rdv.views.board.shown import Cell, Mark, ShownBoard, ShownColumn
from rdv.views.board.words import Badge, Need, Said

register = template.Library()


@register.simple_tag
def cellules(one: ShownColumn, shown: ShownBoard) -> SafeString:
    """The items of one professional's list: the ground behind, then what fills the day."""
    grounds = "".join(
        f'<li class="bg gr r{ground.row} s{ground.span}" aria-hidden="true"></li>' for ground in one.grounds
    )
    cells = "".join(_item(cell, one.column.name) for cell in one.cells)
    html = f'<li class="bg fd r0 s{shown.rows}" aria-hidden="true"></li>{grounds}{_pause(shown.pause)}{cells}'
    return mark_safe(html)  # noqa: S308 - what is typed is escaped where it is written, below


def _pause(pause: Mark | None) -> str:
    if pause is None:
        return ""
    return f'<li class="bg ps r{pause.row} s4" aria-hidden="true"><span>{escape(pause.label)}</span></li>'


def _item(cell: Cell, name: str) -> str:
    current = " cur" if cell.said.is_current else ""
    place = f"r{cell.row} s{cell.span} k{cell.place}of{cell.of}{current}"
    return f'<li class="{place}">{_inside(cell, name)}</li>'


def _inside(cell: Cell, name: str) -> str:
    match cell.said.kind:
        case Kind.RDV:
            return _card(cell)
        case Kind.FREE:
            return _hole(cell.said, name)
        case Kind.HELD:
            return _held(cell)
    return _other(cell.said)


def _card(cell: Cell) -> str:
    """The link of an Rdv: hour and person, warning, needs, what for; then its badge."""
    said = cell.said
    return (
        f'<a class="ev {said.state}{_short(cell)}" id="{said.key}" href="{escape(said.url)}"{_marks(said)}>'
        f"{_title(said)}"
        f'<span class="tx">{_warning(said)}{"".join(map(_need, said.needs))}{_answer(said.answer)}'
        f'<span class="w1">{_sign(said.icon)}{escape(said.text)}</span></span>{_badge(said.badge)}</a>'
    )


def _hole(said: Said, name: str) -> str:
    """A free hole: a link for those who may book there, with whom."""
    ear = f'<span class="fr-sr-only">{said.hour}, </span>'
    eye = f'<span class="hm">{said.hour} </span>{escape(said.title)}'
    if not said.url:
        return f'<span class="hole">{ear}{eye}</span>'
    return (
        f'<a class="hole" href="{escape(said.url)}" hx-boost="false">{ear}{picto("plus")} <span>{eye}'
        f'<span class="fr-sr-only"> avec {escape(name)} : placer quelqu’un</span></span></a>'
    )


def _held(cell: Cell) -> str:
    """An hour held: a link for those who may take it back from the waiting list."""
    said = cell.said
    within = f'{_title(said)}<span class="tx">{escape(said.text)}</span>{_badge(said.badge)}'
    shape = f'class="ev held{_short(cell)}"'
    if said.url:
        return f'<a {shape} href="{escape(said.url)}" hx-boost="false">{within}</a>'
    return f"<span {shape}>{within}</span>"


def _other(said: Said) -> str:
    """An absence, the road, or somebody else's time: no link."""
    shape = "busy" if said.kind is Kind.MASKED else "off"
    warning = f'<strong class="s b">{picto("warning")}{escape(said.warning)}</strong> ' if said.warning else ""
    hours = f' <span class="nw">{said.hour} – {said.until}</span>' if said.hour else ""
    return f'<span class="{shape}">{_sign(said.icon)}{warning}{escape(said.title)}{hours}</span>'


def _title(said: Said) -> str:
    """Hour and name. The short name is no text of the page: the sheet writes it where the whole one does not fit."""
    short = f' data-c="{escape(said.short)}"' if said.short else ""
    name = f'<span class="nm"{short}><span>{escape(said.title)}</span></span>'
    return f'<b><span class="hh">{said.hour}</span> {name}</b>'


def _short(cell: Cell) -> str:
    if cell.is_short:
        return " l1"
    return " l3" if cell.is_tall else ""


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
