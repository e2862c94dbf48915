"""Tones computed from the two colours of a département (components/theme.css).

Room: templates.
"""

from django import template

register = template.Library()

PALE_SHARE = 0.08  # of the colour, on white
DARK_SHARE = 0.7  # of the colour, on black


def channels(colour: str) -> list[int]:
    """#0f5a61 -> [15, 90, 97]."""
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def mixed(colour: str, share: float, ground: int) -> str:
    return "#" + "".join(f"{round(channel * share + ground * (1 - share)):02x}" for channel in channels(colour))


@register.filter
def pale(colour: str) -> str:
    """The ground of panels: 8 % of the colour on white."""
    return mixed(colour, PALE_SHARE, 255)


@register.filter
def dark(colour: str) -> str:
    """What a button becomes under the pointer."""
    return mixed(colour, DARK_SHARE, 0)
