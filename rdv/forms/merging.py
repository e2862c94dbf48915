"""Two files side by side: one choice for each field that differs. Room: forms. Called by rdv/views/console/merging."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import cached_property

from usagers.services.merging import Line

LABELS = {
    "last_name": "Nom",
    "first_name": "Prénom",
    "birth_name": "Nom de naissance",
    "birth_date": "Date de naissance",
    "phone": "Téléphone",
    "email": "Adresse e-mail",
    "address": "Adresse",
    "language": "Langue des messages",
    "channel": "Messages par",
    "needs_interpreter": "Interprète",
    "needs_step_free": "Accès sans marche",
    "needs_sign_language": "Langue des signes",
    "note": "Note",
}


class MergeForm(forms.Form):
    """The sure choices are made already; the others must be made by somebody who knows the person."""

    vu = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, data: Mapping[str, Any] | None = None, *, lines: Sequence[Line], seen: str) -> None:
        initial = {line.name: line.preset for line in lines if not line.is_same} | {"vu": seen}
        super().__init__(data, initial=initial, auto_id="choix-%s")
        self.lines = lines
        for line in lines:
            if not line.is_same:
                self.fields[line.name] = self._field(line)

    @staticmethod
    def _field(line: Line) -> forms.ChoiceField:
        label = LABELS[line.name]
        both = [("both", "Les deux")] if line.name == "note" and line.kept and line.other else []
        missing = f"{label} : choisissez entre les deux fiches."
        return forms.ChoiceField(
            label=label,
            choices=[("kept", "Cette fiche"), ("other", "L’autre fiche"), *both],
            widget=forms.RadioSelect,
            error_messages={"required": missing, "invalid_choice": missing},
        )

    @cached_property
    def rows(self) -> list[tuple[Line, str, forms.BoundField | None]]:
        """Line, its label, and its choice when there is one to make. What both leave empty is not shown."""
        shown = [line for line in self.lines if line.kept or line.other]
        return [(line, LABELS[line.name], None if line.is_same else self[line.name]) for line in shown]

    @property
    def seen(self) -> str:
        return str(self.cleaned_data["vu"])

    @property
    def choices(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if name != "vu"}
