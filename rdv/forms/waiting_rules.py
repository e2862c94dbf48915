"""Rules of the waiting list in plain words, for the département or for one motif. Room: forms.

An empty box keeps what applies below (the platform, or the département for a motif). Called by rdv/views/waiting/rules.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from django import forms

from rdv.domain import french
from rdv.domain.waiting import Policy, PolicyError, policy_from
from rdv.models import Motif
from rdv.services.waitlist_rules import examples_of, settings_of

LARGEST = 24 * 60 * 7
HOUR_MIN = 60
# Panels of the page, and the words of each setting.
GROUPS: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "far": (
        "L’heure libérée est loin",
        (
            ("long_from_h", "« Loin » : à plus de combien d’heures"),
            ("long_people", "Combien de personnes à la fois (0 : toutes)"),
            ("long_answer_min", "Minutes pour répondre"),
        ),
    ),
    "middle": (
        "L’heure est à quelques jours",
        (
            ("middle_from_h", "« Quelques jours » : à plus de combien d’heures"),
            ("middle_people", "Combien de personnes à la fois, à quelques jours (0 : toutes)"),
            ("middle_answer_min", "Minutes pour répondre, à quelques jours"),
        ),
    ),
    "near": (
        "L’heure est proche",
        (
            ("near_from_h", "« Proche » : à plus de combien d’heures"),
            ("near_people", "Combien de personnes à la fois, quand c’est proche (0 : toutes)"),
            ("near_answer_min", "Minutes pour répondre, quand c’est proche"),
        ),
    ),
    "short": (
        "L’heure est très proche : on téléphone",
        (
            ("short_people", "Combien de personnes à appeler (0 : toutes)"),
            ("short_answer_min", "Minutes pour appeler et répondre"),
        ),
    ),
    "order": (
        "Ordre et limites",
        (
            ("ageing_days", "Une personne gagne un rang de priorité tous les … jours"),
            ("offers_a_day", "Propositions par jour et par personne, au plus"),
            ("unanswered_limit", "Propositions sans réponse avant la pause"),
            ("chain_limit", "Échanges à la suite, au plus"),
            ("public_delay_min", "Minutes, au plus, avant de rendre au public une heure que personne ne veut"),
        ),
    ),
    "quiet": (
        "Heures calmes : le temps pour répondre s’arrête",
        (
            ("quiet_from_h", "Le soir, à partir de … heures"),
            ("quiet_until_h", "Le matin, jusqu’à … heures"),
        ),
    ),
}


def _hours(name: str, value: int) -> str:
    """Nobody reads 1440 minutes as a day."""
    return f" ({french.duration(timedelta(minutes=value))})" if name.endswith("_min") and value >= HOUR_MIN else ""


class PolicyForm(forms.Form):
    """`below`: what applies where a box is left empty."""

    def __init__(self, *args: Any, below: Policy, whose: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.below, usual = below, settings_of(below)
        for _, lines in GROUPS.values():
            for name, label in lines:
                self.fields[name] = forms.IntegerField(
                    label=label,
                    required=False,
                    min_value=0,
                    max_value=LARGEST,
                    help_text=f"Vide : {usual[name]}{_hours(name, usual[name])}, comme {whose}.",
                    error_messages={
                        "invalid": "Écrivez un nombre entier, en chiffres.",
                        "min_value": "Ce nombre est trop petit.",
                        "max_value": f"Pas plus de {LARGEST}.",
                    },
                )

    @property
    def settings(self) -> dict[str, int]:
        """Once valid: only what was written."""
        return {name: value for name, value in self.cleaned_data.items() if value is not None}

    @property
    def panels(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        return [(key, title, [self[name] for name, _ in lines]) for key, (title, lines) in GROUPS.items()]

    @property
    def examples(self) -> list[str]:
        """What the numbers do: those typed when they can be, else those that apply today."""
        typed = self.settings if self.is_bound and not self.errors else dict(self.initial)
        for settings in (typed, {}):
            try:
                return examples_of(policy_from(settings_of(self.below), settings))
            except PolicyError:
                continue
        return examples_of(self.below)

    def refuse(self, field: str, message: str) -> None:
        self.add_error(field if field in self.fields else None, message)


class OpenForm(forms.Form):
    """The switch of a motif, how near an hour may still be proposed, and what else may be asked for."""

    is_open = forms.BooleanField(label="Ce motif a une liste d’attente", required=False)
    notice_min = forms.IntegerField(
        label="Ne plus proposer une heure à moins de … minutes",
        required=False,
        min_value=0,
        max_value=60 * 24 * 90,
        error_messages={
            "invalid": "Écrivez le nombre de minutes en chiffres.",
            "min_value": "Ce nombre est trop petit.",
            "max_value": "Pas plus de 129 600 minutes (90 jours).",
        },
    )
    alike = forms.TypedMultipleChoiceField(
        label="Ces motifs iraient aussi : la personne peut les demander elle-même, en ligne",
        help_text="Cochez seulement ceux qui rendent le même service. Rien de coché : on ne le demande pas.",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choisissez des motifs de la liste."},
    )

    def __init__(self, *args: Any, motifs: Sequence[Motif], **options: Any) -> None:
        super().__init__(*args, **options)
        self.motifs = motifs
        cast("forms.ChoiceField", self.fields["alike"]).choices = [(one.pk, one.name) for one in motifs]
        if not motifs:
            del self.fields["alike"]

    @property
    def motifs_alike(self) -> list[Motif] | None:
        """Once valid. None: not asked."""
        ticked = self.cleaned_data.get("alike")
        return None if ticked is None else [one for one in self.motifs if one.pk in ticked]
