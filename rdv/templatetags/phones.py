"""Phone numbers in templates: how people read them, and how a phone dials them.

Room: templates.
"""

import re
from functools import lru_cache

import phonenumbers
from django import template

register = template.Library()

NBSP = "\u00a0"
# Metropolitan and overseas numbers are dialled with a leading 0 from anywhere in France.
FRENCH_PREFIXES = frozenset({33, 262, 508, 590, 594, 596})


@lru_cache(maxsize=4096)
def _parsed(text: str) -> phonenumbers.PhoneNumber | None:
    """Reading a number costs a tenth of a millisecond, and the same few stand on every page. Never changed."""
    try:
        return phonenumbers.parse(text, "FR")
    except phonenumbers.NumberParseException:
        return None


def parsed(number: object) -> phonenumbers.PhoneNumber | None:
    """What a model field (a PhoneNumber) or a plain E.164 text stands for; None when it is no number."""
    return _parsed(str(number))


@register.filter
def telephone(number: object) -> str:
    """06 39 98 12 40, unbreakable; foreign numbers with their prefix. What cannot be read is shown as typed."""
    found = parsed(number)
    if found is None:
        return str(number or "")
    is_french = found.country_code in FRENCH_PREFIXES
    shape = phonenumbers.PhoneNumberFormat.NATIONAL if is_french else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(found, shape).replace(" ", NBSP)


@register.filter
def masked_phone(number: object) -> str:
    """06 39 98 •• 21: enough to recognise one's own number, not to learn it."""
    return re.sub(r"\d{2}(?=\D?\d{2}$)", "••", telephone(number))


@register.filter
def e164(number: object) -> str:
    """+33639981240, for `tel:` links."""
    found = parsed(number)
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164) if found else ""
