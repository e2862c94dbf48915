"""Tones computed from the two colours of a département (components/theme.css).

Room: templates.
"""

import colorsys

from django import template

register = template.Library()

# A ground keeps the hue: a mix with white would turn grey under the dark colours that text asks for.
PALE_LIGHTNESS = 0.95
PALE_SATURATION = 0.45
DARK_SHARE = 0.7  # of the colour, on black


def channels(colour: str) -> tuple[float, float, float]:
    """#0f5a61 -> three numbers between 0 and 1."""
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def written(rgb: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in rgb)


@register.filter
def pale(colour: str) -> str:
    """The ground of panels: the same hue, almost white."""
    hue, _, saturation = colorsys.rgb_to_hls(*channels(colour))
    return written(colorsys.hls_to_rgb(hue, PALE_LIGHTNESS, min(saturation, PALE_SATURATION)))


@register.filter
def dark(colour: str) -> str:
    """What a button becomes under the pointer."""
    red, green, blue = channels(colour)
    return written((red * DARK_SHARE, green * DARK_SHARE, blue * DARK_SHARE))
