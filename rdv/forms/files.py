"""Why a file outside one's usual work is opened. Room: forms. Called by rdv/views/console/files."""

from typing import Any

from django import forms

OTHER = "autre"
REASON_LENGTH = 200
REASONS = {
    "presente": "La personne est devant moi ou au téléphone",
    "collegue": "Un ou une collègue me l’a demandé",
    "remplacement": "Je remplace quelqu’un sur un autre site",
    OTHER: "Autre raison",
}


class AccessReasonForm(forms.Form):
    raison = forms.ChoiceField(
        label="Pourquoi ouvrez-vous cette fiche ?",
        choices=list(REASONS.items()),
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez une raison.",
            "invalid_choice": "Choisissez une raison de la liste.",
        },
    )
    precision = forms.CharField(
        label="Précision",
        required=False,
        max_length=REASON_LENGTH,
        help_text="À écrire si vous choisissez « Autre raison ». Rien de la vie de la personne.",
        error_messages={"max_length": f"Gardez {REASON_LENGTH} signes au plus."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    suite = forms.CharField(required=False, widget=forms.HiddenInput, max_length=2000)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("raison") == OTHER and len(data.get("precision", "").strip()) < 3:
            self.add_error("precision", "Écrivez la raison en quelques mots.")
        return data

    @property
    def reason(self) -> str:
        """As the journal keeps it."""
        said, more = self.cleaned_data["raison"], self.cleaned_data["precision"].strip()
        words = "" if said == OTHER else REASONS[said].lower()
        return ", ".join(part for part in (words, more) if part)
