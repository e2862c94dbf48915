"""Which week of openings is copied, to whom and to which week. Shape and wording. Room: forms.

Called by rdv/views/planning_copy. Any day of a week says that week.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from agents.models import Agent
from rdv.forms.planning import date_field
from rdv.services.week_copies import Copy, monday

SAME_WEEK = "C’est la même semaine du même agenda : choisissez une autre semaine, ou un collègue."


class CopyForm(forms.Form):
    """In the address while one looks, posted to save."""

    semaine = date_field("La semaine du", "Choisissez un jour de la semaine à copier.")
    vers = forms.ChoiceField(
        label="dans l’agenda de",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choisissez dans quel agenda copier."),
    )
    cible = date_field("la semaine du", "Choisissez un jour de la semaine à remplir.")

    def __init__(
        self, data: Mapping[str, Any] | None, *, source: Agent, targets: Sequence[Agent], initial: Mapping[str, Any]
    ) -> None:
        super().__init__(data, initial=dict(initial), auto_id="copie-%s")
        self.source, self.targets = source, {str(agent.pk): agent for agent in targets}
        field = self.fields["vers"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(str(agent.pk), agent.full_name) for agent in targets]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            copy = self._copy(data)
            if copy.source == copy.target and copy.from_week == copy.to_week:
                self.add_error("cible", SAME_WEEK)
        return data

    @property
    def copy(self) -> Copy:
        return self._copy(self.cleaned_data)

    def _copy(self, data: Mapping[str, Any]) -> Copy:
        start: dt.date = data["semaine"]
        return Copy(self.source, self.targets[data["vers"]], monday(start), monday(data["cible"]))
