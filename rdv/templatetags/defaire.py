"""The button that undoes what a message says, on whatever page shows the message.

Room: templates. The message carries it (rdv/views/console/undoing.offer): nothing else is kept.
"""

from django import template
from django.contrib.messages.storage.base import Message

from rdv.core import clock
from rdv.views.console.undoing import Offered, read_offer

register = template.Library()


@register.simple_tag
def undo_of(message: Message) -> Offered | None:
    """None once it is too late: the page may have waited in another window."""
    found = read_offer(message.extra_tags or "")
    return found if found is not None and clock.now() <= found.until else None
