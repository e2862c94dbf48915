"""Small forms of a person's file. Room: forms. Called by rdv/views/console/usagers."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from agents.models import Agent
from usagers.models import Usager
from usagers.services.files import addresses_of


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


class ProcheEndForm(forms.Form):
    """Who hears of the Rdv to come of somebody, once this responsable does not any more."""

    told = forms.TypedChoiceField(
        label="Qui reçoit les messages maintenant\u00a0?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez qui reçoit les messages maintenant.",
            "invalid_choice": "Choisissez quelqu’un de la liste.",
        },
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, person: Usager, others: Sequence[Usager]) -> None:
        super().__init__(data, auto_id="fin-%s")
        people = {str(one.uuid): one for one in (*others, person)}
        field = self.fields["told"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - declared above
        field.choices = [(key, _how_told(one, person)) for key, one in people.items()]
        field.coerce = lambda key: people[key]
        # Who may hear of a child after a separation is a decision, not a default (0028).
        field.initial = next(iter(people)) if len(people) == 1 else None


def _how_told(usager: Usager, person: Usager) -> str:
    whom = f"{usager.full_name}, directement" if usager == person else usager.full_name
    return whom if any(addresses_of(usager)) else f"{whom} (aucun message possible\u00a0: à prévenir par téléphone)"
