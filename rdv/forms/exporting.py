"""What an export is asked for, in plain words. Room: forms. Called by rdv/views/exports.

The same form is read from the address (what the file would hold) and from the button that has it prepared.
"""

import uuid as uuids
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from rdv.domain.exporting import Filters
from rdv.forms.planning import date_field
from rdv.models import ExportFormat, StatusChoice
from rdv.services.exports import Choices

ONE_OF_THE_LIST = {"invalid_choice": "Choisissez dans la liste."}


def last_month(today: date) -> tuple[date, date]:
    """What is asked for most: the month that is over."""
    year, month = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


class _Ids(forms.TypedMultipleChoiceField):
    def __init__(self, label: str) -> None:
        super().__init__(
            label=label,
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            error_messages=ONE_OF_THE_LIST,
        )


class ExportForm(forms.Form):
    """`choices`: only what this person's file may hold."""

    from_day = date_field("Du", "Choisissez le premier jour.")
    until_day = date_field("Au", "Choisissez le dernier jour.")
    sites = _Ids("Lieux")
    services = _Ids("Services")
    motifs = _Ids("Motifs")
    statuses = forms.MultipleChoiceField(
        label="États",
        choices=StatusChoice.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages=ONE_OF_THE_LIST,
    )
    with_people = forms.BooleanField(
        label="Avec les noms, coordonnées et notes",
        required=False,
        help_text="Seulement pour les rendez-vous que vous avez le droit de lire.",
    )
    file_format = forms.ChoiceField(
        label="Format du fichier",
        choices=ExportFormat.choices,
        initial=ExportFormat.XLSX,
        widget=forms.RadioSelect,
        error_messages=ONE_OF_THE_LIST | {"required": "Choisissez un format."},
    )

    def __init__(self, data: Mapping[str, Any], *, choices: Choices, may_read_people: bool) -> None:
        super().__init__(data)
        offered = {
            "sites": [(one.pk, one.name) for one in choices.sites],
            "services": [(one.pk, one.name) for one in choices.services],
            "motifs": [(one.pk, one.name) for one in choices.motifs],
        }
        for name, pairs in offered.items():
            field = self.fields[name]
            assert isinstance(field, _Ids)  # noqa: S101 - narrows the type of a field declared above
            field.choices = pairs
        if not may_read_people:
            del self.fields["with_people"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        first, last = self.cleaned_data.get("from_day"), self.cleaned_data.get("until_day")
        if first and last and last < first:
            self.add_error("until_day", "Le dernier jour est avant le premier. Changez l’un des deux.")
        return cleaned

    @property
    def filters(self) -> Filters:
        """Once valid."""
        kept = self.cleaned_data
        return Filters(
            from_day=kept["from_day"],
            until_day=kept["until_day"],
            sites=tuple(kept["sites"]),
            services=tuple(kept["services"]),
            motifs=tuple(kept["motifs"]),
            statuses=tuple(kept["statuses"]),
            with_people=kept.get("with_people", False),
        )

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What was read, as hidden boxes of the button."""
        found = []
        for name in self.fields:
            value = self[name].value()
            values = value if isinstance(value, list | tuple) else [value]
            found += [(name, _written(one)) for one in values if one not in (None, "", False)]
        return found


def _written(value: object) -> str:
    return "on" if value is True else str(value)


def asked_or_usual(data: QueryDict, today: date) -> QueryDict:
    """What the address asks for; by itself, the page shows the month that is over."""
    if any(name in data for name in ExportForm.base_fields):
        return data
    usual = QueryDict(mutable=True)
    first, last = last_month(today)
    usual.update({"from_day": first.isoformat(), "until_day": last.isoformat(), "file_format": ExportFormat.XLSX.value})
    return usual


def read_key(data: Mapping[str, Any]) -> uuids.UUID | None:
    try:
        return uuids.UUID(str(data.get("key", "")))
    except ValueError:
        return None
