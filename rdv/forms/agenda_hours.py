"""The hours of an Rdv, from and to: what a drag on the agenda sends, and its form twin. Shape and wording.

Room: forms. Called by rdv/views/agenda/hours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from agents.models import Agent, Site
from rdv.forms.console_rdv import ExactTimeForm
from rdv.models import Rdv

BY_SEVERAL = "Ce rendez-vous se fait à plusieurs : dites qui est remplacé sur sa page, avec « Début et fin »."


class HoursForm(ExactTimeForm):
    ends = forms.TimeField(
        label="Fin",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": "Choisissez l’heure de fin.", "invalid": "Écrivez l’heure et les minutes : 15:00."},
    )
    field_order = ("day", "hour", "ends", "who", "swap", "reason")

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        rdv: Rdv,
        who: Sequence[tuple[Site, Sequence[Agent]]],
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, rdv=rdv, who=who, initial=initial)
        self.rdv = rdv
        self.fields["hour"].label = "Début"
        if "who" in self.fields:
            self.fields["who"].error_messages["invalid_choice"] = f"Cette personne ne reçoit pas à {rdv.site.name}."

    def clean(self) -> dict[str, Any]:
        """Somebody asked for where the form has no such question: said, not forgotten."""
        data = super().clean() or {}
        if "who" not in self.fields and self.data.get("who"):
            raise forms.ValidationError(BY_SEVERAL)
        return data
