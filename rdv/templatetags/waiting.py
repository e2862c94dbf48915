"""How long something is still held, for scripts that count down from the server's clock. Room: templates."""

import datetime as dt

from django import template

register = template.Library()


@register.filter
def seconds_until(instant: dt.datetime, now: dt.datetime) -> int:
    """Whole seconds left; 0 once it is over."""
    return max(0, int((instant - now).total_seconds()))
