"""Small forms of the waiting list: filters, the answer to a call, a reason.

Room: forms. Called by rdv/views/waiting.
"""

import uuid as uuids
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from agents.models import Site
from rdv.models import Motif
from rdv.services.waitlist_desk import STATES, Asked

YES, NO, NOBODY, WRONG = "oui", "non", "absent", "numero"
ANSWERS = (YES, NO, NOBODY, WRONG)
MAX_NAME = 80
REASON_LENGTH = 200


def read_filters(
    data: Mapping[str, Any], motifs: Sequence[Motif], sites: Sequence[Site], here: Site | None = None
) -> Asked:
    """What cannot be read is forgotten, never refused. Nothing said about the place: the site one works at (`here`)."""
    state = str(data.get("etat", ""))
    named = next((one for one in sites if one.slug == data.get("site")), None)
    return Asked(
        state=state if state in STATES else "attend",
        motif=motif_in(data, motifs),
        site=named if "site" in data else here,
        name=str(data.get("nom", ""))[:MAX_NAME].replace("\x00", "").strip(),
    )


def motif_in(data: Mapping[str, Any], motifs: Sequence[Motif]) -> Motif | None:
    wanted = read_uuid(str(data.get("motif", "")))
    return next((one for one in motifs if one.uuid == wanted), None)


def read_uuid(text: str) -> uuids.UUID | None:
    try:
        return uuids.UUID(text)
    except ValueError:
        return None


class ReasonForm(forms.Form):
    """Why an hour is taken back from the list, knowingly."""

    reason = forms.CharField(
        label="Pourquoi vous reprenez cette heure",
        max_length=REASON_LENGTH,
        help_text="Gardé dans l’historique, jamais envoyé. Exemple : urgence, enfant à voir aujourd’hui.",
        error_messages={
            "required": "Dites pourquoi : la raison reste dans l’historique.",
            "max_length": f"Gardez {REASON_LENGTH} signes au plus.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class LeaveForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi, gardé dans l’historique",
        required=False,
        max_length=REASON_LENGTH,
        error_messages={"max_length": f"Gardez {REASON_LENGTH} signes au plus."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
