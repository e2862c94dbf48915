"""What the page of an Rdv says was just done, after an answer: one of our own sentences, named in the address.

Room: views. Called by link. The address is kept and opened again: nothing is said that is not so any more.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from rdv.models import Participation

# A cancellation by mistake is seen within minutes (messages.md).
UNDO_FOR = timedelta(minutes=10)


SAID = {
    "vient": lambda: _("C’est noté\u00a0: vous venez. Merci, et à bientôt."),
    "retard": lambda: _("C’est noté\u00a0: nous savons que vous serez en retard."),
    "accompagnement": lambda: _("C’est noté\u00a0: vous venez avec quelqu’un."),
    "repris": lambda: _("Votre rendez-vous est repris. Rien n’a changé."),
    "garde": lambda: _("Votre rendez-vous est gardé. Rien n’a changé."),
}


def said_before(request: HttpRequest, participation: Participation, state: Mapping[str, Any], now: datetime) -> str:
    """ "" when nothing was done, or when it is not so any more. `state`: that of the page."""
    said = request.GET.get("fait", "")
    is_so = {
        "vient": state["has_confirmed"],
        "retard": state["is_live"] and not state["is_over"] and bool(participation.late_minutes),
        "accompagnement": state["is_coming"] and bool(participation.companion),
        "repris": state["is_coming"] and _just_restored(participation, now),
        "garde": state["is_coming"],
    }
    return SAID[said]() if is_so.get(said, False) else ""


def _just_restored(participation: Participation, now: datetime) -> bool:
    """And not moved since: then something has changed."""
    at, moved_at = participation.status_at, participation.rdv.moved_at
    return at is not None and now - at <= UNDO_FOR and (moved_at is None or moved_at <= at)
