"""The title and the seats of one session, changed on its page. Shape and wording. Room: forms. Called by
rdv/views/console/seats."""

from collections.abc import Mapping
from typing import Any

from django import forms

from rdv.services.seats import MOST_PLACES

MOST_LETTERS = 100


class TitleForm(forms.Form):
    """`vu`: the title that the page showed."""

    title = forms.CharField(
        label="Titre de la séance",
        required=False,
        max_length=MOST_LETTERS,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": f"Le titre est trop long. Gardez {MOST_LETTERS} signes au plus."},
    )
    vu = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, title: str) -> None:
        super().__init__(data, auto_id="titre-%s", initial={"title": title, "vu": title})

    def shown_again(self, title: str) -> None:
        """After a refusal: what was typed stays, and the title of now is the one that has been read."""
        self.data = {name: self.data.get(name) for name in self.data} | {"vu": title}


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

    def shown_again(self, capacity: int) -> None:
        """After a refusal: what was typed stays, and the seats of now are those that have been read."""
        self.data = {name: self.data.get(name) for name in self.data} | {"vu": capacity}
