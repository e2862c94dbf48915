"""A motif and its site switches: shape and wording. Room: forms. Called by rdv/views/agenda/motifs.

The rules are those of the model and of rdv/services/catalogue; here each has a sentence beside its field.
"""

import uuid as uuids
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.http import QueryDict

from agents.access import services_of
from agents.forms.states import Stated
from agents.models import Departement
from rdv.forms.agenda_filling import as_uuid
from rdv.models import Modality, Motif
from rdv.services.catalogue import MotifRefused

FROZEN = ("modality", "is_collective", "service")
FROZEN_HELP = "Ne change plus : des rendez-vous ont déjà été pris pour ce motif."
MISSING = {
    "name": "Il manque le nom interne.",
    "public_label": "Il manque le libellé dit au public.",
    "service": "Il manque le service.",
    "duration_min": "Il manque la durée.",
}
# Smallest and largest, and what is said beyond: the constraints of the model, in words.
BOUNDS = {
    "duration_min": (5, 720, "La durée va de 5 à 720 minutes (12 heures)."),
    "buffer_before_min": (0, 240, "Le battement va de 0 à 240 minutes (4 heures)."),
    "buffer_after_min": (0, 240, "Le battement va de 0 à 240 minutes (4 heures)."),
    "capacity": (1, 500, "Le nombre de places va de 1 à 500."),
    "agents_needed": (1, 10, "Il faut de 1 à 10 professionnels."),
    "min_notice_min": (0, 60 * 24 * 90, "Le délai va de 0 à 129 600 minutes (90 jours)."),
    "horizon_days": (1, 396, "On réserve de 1 à 396 jours à l’avance (13 mois)."),
    "cancel_hours": (0, 24 * 14, "Le délai va de 0 à 336 heures (14 jours)."),
    "email_reminder_days": (1, 60, "Le rappel part de 1 à 60 jours avant. Vide : pas de rappel."),
    "sms_reminder_days": (1, 60, "Le rappel part de 1 à 60 jours avant. Vide : pas de rappel."),
    "second_sms_days": (1, 30, "Le second SMS part de 1 à 30 jours avant. Vide : pas de second SMS."),
    "call_days": (1, 5, "On appelle de 1 à 5 jours ouvrés avant. Vide : personne n’est à appeler."),
}
# Empty says "none": the model keeps nothing there.
MAY_BE_EMPTY = ("email_reminder_days", "sms_reminder_days", "second_sms_days", "call_days")
DOCUMENT_LENGTH = 120


class LinesField(forms.CharField):
    """A list typed one per line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def validate(self, value: Any) -> None:
        super().validate(value)
        if any(len(line) > DOCUMENT_LENGTH for line in value):
            raise forms.ValidationError(f"Une ligne a {DOCUMENT_LENGTH} caractères au plus.", code="too_long")

    def run_validators(self, value: Any) -> None:
        """Those of a text (null characters) are for each line."""
        for line in value:
            super().run_validators(line)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(list(initial or []) != self.to_python(data))


if TYPE_CHECKING:
    MotifModelForm = forms.ModelForm[Motif]
else:
    MotifModelForm = forms.ModelForm

GROUPS = {
    "said": (
        "name", "public_label", "public_hint", "tile", "instructions_before", "documents", "instructions_after",
        "cancel_warning",
    ),
    "nature": ("service", "modality", "is_collective", "capacity", "agents_needed"),
    "delays": (
        "duration_min", "buffer_before_min", "buffer_after_min", "min_notice_min", "horizon_days", "cancel_hours",
    ),
    "booking": ("who_books", "is_follow_up", "notice_level", "email_reminder_days", "sms_reminder_days"),
    "asking": ("asks_confirmation", "second_sms_days", "call_days"),
}  # fmt: skip


class MotifForm(Stated, MotifModelForm):
    documents = LinesField(
        label="À apporter",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Une chose par ligne. Exemple : carnet de santé.",
    )

    class Meta:
        model = Motif
        fields = [name for names in GROUPS.values() for name in names]
        help_texts = {
            "name": "Pour les agents seulement.",
            "public_label": "Les SMS et les pages publiques ne disent jamais plus que ceci.",
            "public_hint": "Une courte précision sous le libellé.",
            "tile": "Où le public trouve ce motif sur la page d’accueil.",
            "capacity": "Plus d’une place : pour les ateliers seulement.",
            "duration_min": "De 5 minutes à 12 heures.",
            "agents_needed": "2 pour un binôme.",
            "min_notice_min": "60 pour une heure, 1440 pour un jour.",
            "horizon_days": "84 pour 12 semaines.",
            "email_reminder_days": "Vide : pas de rappel par e-mail.",
            "sms_reminder_days": "Vide : pas de rappel par SMS.",
            "asks_confirmation": "Le rappel pose la question. La personne répond d’un geste, par le lien ou par SMS. "
            "Sans réponse, le rendez-vous reste pris : personne n’est annulé d’office.",
            "second_sms_days": "1 pour la veille, entre 10 h et 19 h. Vide : pas de second SMS.",
            "call_days": "1 pour le jour ouvré d’avant, dès le matin : la personne est dans la liste « À appeler ». "
            "Vide : pas d’appel.",
        }
        labels = {
            "cancel_hours": "Annulable jusqu’à combien d’heures avant",
            "horizon_days": "Réservable jusqu’à combien de jours avant",
            "min_notice_min": "Délai minimum avant, en minutes",
            "asks_confirmation": "Demander à la personne si elle vient",
            "second_sms_days": "Sans réponse, second SMS combien de jours avant",
            "call_days": "Sans réponse, appeler combien de jours ouvrés avant",
        }
        widgets = {
            "instructions_before": forms.Textarea(attrs={"rows": 3}),
            "instructions_after": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, departement: Departement, is_used: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        service = cast("forms.ModelChoiceField[Any]", self.fields["service"])
        service.queryset, service.empty_label = services_of(departement), "Choisissez"
        for name, field in self.fields.items():
            field.error_messages |= {
                "required": MISSING.get(name, "Il manque une réponse ici."),
                "invalid": "Écrivez un nombre entier, en chiffres.",
                "invalid_choice": "Choisissez une réponse de la liste.",
            }
        for name, (lowest, highest, words) in BOUNDS.items():
            self._bound(name, lowest, highest, words)
        if is_used:
            for name in FROZEN:
                self.fields[name].disabled = True
                self.fields[name].help_text = FROZEN_HELP

    def _bound(self, name: str, lowest: int, highest: int, words: str) -> None:
        old = self.fields[name]
        self.fields[name] = forms.IntegerField(
            label=old.label,
            help_text=old.help_text,
            required=old.required and name not in MAY_BE_EMPTY,
            initial=old.initial,
            min_value=lowest,
            max_value=highest,
            error_messages=old.error_messages | {"min_value": words, "max_value": words},
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        capacity, is_collective = cleaned.get("capacity"), cleaned.get("is_collective")
        if capacity and capacity > 1 and not is_collective:
            self.add_error(
                "capacity",
                "Un rendez-vous individuel a une seule place. Pour plusieurs, cochez « atelier collectif ».",
            )
        if is_collective and cleaned.get("modality") == Modality.HOME:
            self.add_error("modality", "Un atelier collectif ne se tient pas au domicile d’une personne.")
        return cleaned

    @property
    def groups(self) -> dict[str, list[forms.BoundField]]:
        """The fields as the page shows them, in panels."""
        return {group: [self[name] for name in names] for group, names in GROUPS.items()}

    def validate_constraints(self) -> None:
        """Said above, field by field; the service turns what the database still refuses into a sentence."""

    def refuse(self, refusal: MotifRefused) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


def switches_in(data: QueryDict) -> dict[uuids.UUID, tuple[frozenset[int], frozenset[int]]]:
    """For each motif of the grid: the sites ticked when it was shown (`was-<uuid>=1,2`), those ticked now."""
    found = {}
    for name, value in data.items():
        key = as_uuid(name.removeprefix("was-")) if name.startswith("was-") else None
        if key is not None:
            found[key] = (_numbers(str(value).split(",")), _numbers(data.getlist(f"m-{key}")))
    return found


def _numbers(texts: list[str]) -> frozenset[int]:
    return frozenset(int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < len(str(2**63)))
