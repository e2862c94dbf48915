"""Spaces that must not break: in texts that people of the département typed (hours, bus stops, ways in), in numbers.

Room: templates. Our own sentences carry theirs already.
"""

import re

from django import template

from rdv.domain.french import NBSP

register = template.Library()

_BEFORE_SIGNS = re.compile(r" (?=[?!:;»%€])")
_AROUND_NUMBERS = re.compile(r"(?<=\d) (?=(?:h|min|minutes?|km|m|ans?|mois|jours?|places?)\b)|(?<=\bh) (?=\d)|(?<=«) ")


@register.filter
def insecables(text: str) -> str:
    """ "à 3 minutes, de 8 h 30 à 17 h" keeps "3 minutes" and "8 h 30" on one line."""
    return _AROUND_NUMBERS.sub(NBSP, _BEFORE_SIGNS.sub(NBSP, str(text)))


@register.filter
def milliers(number: int) -> str:
    """12 345, on one line."""
    return f"{number:,}".replace(",", NBSP)


@register.filter
def pluriel(number: int) -> str:
    """The s of French: zero is singular, as one is."""
    return "s" if number > 1 else ""
