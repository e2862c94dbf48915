"""Small forms of a person's file. Room: forms. Called by rdv/views/console/usagers."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from agents.models import Agent


class ReferentForm(forms.Form):
    agent = forms.TypedChoiceField(
        label="Suivi aussi par",
        error_messages={
            "required": "Choisissez un professionnel.",
            "invalid_choice": "Choisissez un professionnel de la liste.",
        },
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, agents: Sequence[Agent]) -> None:
        super().__init__(data, auto_id="ref-%s")
        by_id = {str(agent.pk): agent for agent in agents}
        field = self.fields["agent"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - declared above
        field.choices = [("", "Choisir"), *((key, agent.full_name) for key, agent in by_id.items())]
        field.coerce = lambda key: by_id[key]
