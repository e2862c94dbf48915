"""What every page about an appointment shows of it: ticket, how to come, what to bring. No name of a person received.

A discreet motif shows the hour and the place, nothing that tells what it is about.
"""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from notifications import services as post_office
from notifications.models import State
from rdv.core.links import make_token
from rdv.models import Modality, Participation
from rdv.services import public_reading
from rdv.views.public import words

REMINDERS = "rdv.reminder."


def token_of(participation: Participation) -> str:
    """The token of the link that messages carry."""
    return make_token("rdv", participation.link_subject)


def link_of(participation: Participation, name: str = "rdv:public_link") -> str:
    return reverse(name, args=[token_of(participation)])


def ticket(participation: Participation, *, address: str = "") -> dict[str, Any]:
    """Context of components/_ticket.html and of public/_come.html. `address`: of a visit, for its own person only."""
    rdv = participation.rdv
    motif, site = rdv.motif, rdv.site
    is_said = not words.is_discreet(motif)
    agents = public_reading.agents_of(rdv) if is_said and not motif.is_collective else []
    return {
        "rdv": rdv,
        "participation": participation,
        "motif": motif,
        "site": site,
        "at": rdv.starts_at,
        "minutes": int((rdv.ends_at - rdv.starts_at).total_seconds() // 60),
        "label": (rdv.title if is_said and rdv.title else words.label_of(motif)),
        "with_whom": words.with_whom(agents),
        "who": words.who_is_told(agents),
        "place_name": words.place_title(motif, site),
        "place_lines": words.place_lines(motif, site, address),
        "map_url": words.map_url(motif, site),
        "is_on_site": rdv.modality == Modality.PUBLIC_OFFICE,
        "documents": motif.documents if is_said else [],
        "instructions": motif.instructions_after if is_said else "",
        "links": {
            name: link_of(participation, f"rdv:public_{view}")
            for name, view in (
                ("see", "link"),
                ("calendar", "calendar"),
                ("cancel", "cancel"),
                ("restore", "restore"),
                ("coming", "coming"),
                ("move", "move"),
                ("late", "late"),
                ("companion", "companion"),
                ("code", "link_code"),
                ("earlier", "earlier"),
            )
        },
    }


def reminder_on(participation: Participation) -> datetime | None:
    """When the next reminder leaves, if one is planned."""
    rows = post_office.about(("participation", str(participation.uuid))).filter(
        state=State.PLANNED, kind__startswith=REMINDERS
    )
    return rows.order_by("send_not_before").values_list("send_not_before", flat=True).first()


def channels_told(participation: Participation, kind: str) -> set[str]:
    """By what this news goes: "sms", "email". Nothing is promised when nothing is sent (a silent motif)."""
    rows = post_office.about(("participation", str(participation.uuid))).filter(kind=kind)
    latest = participation.rdv.schedule_version
    return set(rows.filter(version=latest).values_list("channel", flat=True))


def sent_words(participation: Participation, masked: str, channel: str) -> str:
    """Where the confirmation goes."""
    if not masked or channel not in channels_told(participation, "rdv.booked"):
        return ""
    if channel == "sms":
        return _("Nous envoyons un SMS au %(number)s.") % {"number": masked}
    return _("Nous envoyons un e-mail à %(address)s.") % {"address": masked}
