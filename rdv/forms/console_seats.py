"""The seats of one session, changed on its page. Shape and wording. Room: forms. Called by rdv/views/console/seats."""

from collections.abc import Mapping
from typing import Any

from django import forms

from rdv.services.seats import MOST_PLACES


class SeatsForm(forms.Form):
    """`vu`: how many the page showed."""

    capacity = forms.IntegerField(
        label="Nombre de places",
        min_value=1,
        max_value=MOST_PLACES,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": "Il manque le nombre de places.",
            "invalid": "Écrivez le nombre de places en chiffres, par exemple 8.",
            "min_value": "Il faut au moins une place.",
            "max_value": f"Un atelier a {MOST_PLACES} places au plus.",
        },
    )
    vu = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, capacity: int) -> None:
        super().__init__(data, auto_id="places-%s", initial={"capacity": capacity, "vu": capacity})
