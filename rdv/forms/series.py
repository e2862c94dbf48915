"""What the page of a series asks: the rhythm, then which dates are kept and at which hour. Shape and wording.

Room: forms. Called by rdv/views/console/series.
"""

import datetime as dt
import uuid as uuids
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from rdv.core.days import PLAUSIBLE_DAY
from rdv.domain.series import LONGEST, MOST, Pace, Unit
from rdv.forms.console import read_creneau
from rdv.services.questions import Creneau

MOST_EVERY = 12
DEFAULTS = {"tous": "1", "unite": Unit.WEEKS.value, "fois": "8", "jusqu": ""}
HOW_MANY = f"Écrivez combien de rendez-vous : un nombre entre 1 et {MOST}."
HOW_OFTEN = f"Écrivez après combien de semaines ou de mois : un nombre entre 1 et {MOST_EVERY}."
HOW_LONG = "Dites combien de rendez-vous, ou jusqu’à quel jour."


class PaceForm(forms.Form):
    """In the address: what was asked is found again by a reload, and travels with the dates."""

    tous = forms.IntegerField(
        label="Revenir après",
        min_value=1,
        max_value=MOST_EVERY,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), HOW_OFTEN),
    )
    unite = forms.ChoiceField(
        label="Semaines ou mois",
        choices=[(Unit.WEEKS.value, "semaine(s)"), (Unit.MONTHS.value, "mois")],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choisissez « semaines » ou « mois »."),
    )
    fois = forms.IntegerField(
        label="Nombre de rendez-vous",
        required=False,
        min_value=1,
        max_value=MOST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), HOW_MANY),
    )
    jusqu = forms.DateField(
        label="ou jusqu’au",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y"],
        validators=PLAUSIBLE_DAY,
        error_messages={"invalid": "Écrivez le jour, le mois et l’année, par exemple 26/11/2027."},
    )

    def __init__(self, data: Mapping[str, Any], *, today: dt.date) -> None:
        given = {name: data[name] for name in DEFAULTS if name in data}
        super().__init__(given or DEFAULTS, auto_id="serie-%s")
        self.today = today

    def clean_jusqu(self) -> dt.date | None:
        until: dt.date | None = self.cleaned_data.get("jusqu")
        if until is not None and until <= self.today:
            raise forms.ValidationError("Choisissez un jour à venir pour la fin de la série.")
        if until is not None and until > self.today + LONGEST:
            raise forms.ValidationError("Une série va jusqu’à 13 mois : choisissez un jour plus proche.")
        return until

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and data.get("fois") is None and data.get("jusqu") is None:
            self.add_error("fois", HOW_LONG)
        return data

    @property
    def pace(self) -> Pace:
        """A last day stands in place of the number."""
        data = self.cleaned_data
        count = None if data["jusqu"] else data["fois"]
        return Pace(data["tous"], Unit(data["unite"]), count, data["jusqu"])

    def pairs(self) -> list[tuple[str, str]]:
        """For hidden fields and addresses."""
        return [(name, str(self.data.get(name, ""))) for name in DEFAULTS]


def read_kept(data: QueryDict) -> dict[dt.date, Creneau]:
    """The dates that are ticked, each with its hour; what cannot be read is left out."""
    kept = {}
    for text in data.getlist("garder")[: MOST + 1]:
        creneau = read_creneau(data.get(f"heure-{text}", ""))
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            continue
        if creneau is not None:
            kept[day] = creneau
    return kept


def read_key(data: QueryDict) -> uuids.UUID:
    """The key of the form: sent twice, it makes one series."""
    try:
        return uuids.UUID(data.get("cle", ""))
    except ValueError:
        return uuids.uuid4()
