"""A team as the administrator types it: a name, a site or none, who is in it. Called by agents/views/teams."""

import datetime as dt
from typing import Any

from django import forms

from agents.access import agents_with_agenda, sites_of
from agents.forms.places import text, with_letters
from agents.forms.states import Stated
from agents.models import Agent, Departement, Equipe, Site
from agents.services.teams import Team, told

NOBODY = "Cochez au moins une personne."
GONE = "Une personne cochée n’a plus d’agenda. Regardez la liste à nouveau."


class TeamForm(Stated, forms.Form):
    name = text("Nom", 60, what="le nom de l’équipe", help_text="Par exemple : Équipe PMI de Lens.")
    site: "forms.ModelChoiceField[Site]" = forms.ModelChoiceField(
        Site.objects.none(),
        label="Site",
        required=False,
        empty_label="Tout le département",
        error_messages={"invalid_choice": "Choisissez un site de la liste."},
        help_text="Elle est proposée à ceux qui travaillent sur ce site.",
    )
    agents: "forms.ModelMultipleChoiceField[Agent]" = forms.ModelMultipleChoiceField(
        Agent.objects.none(),
        label="Qui en fait partie",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": NOBODY, "invalid_choice": GONE, "invalid_pk_value": GONE},
    )

    def __init__(self, *args: Any, departement: Departement, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites_of(departement).active()  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["agents"].queryset = agents_with_agenda(departement, today)  # type: ignore[attr-defined]  # as above
        self.fields["agents"].label_from_instance = lambda agent: (  # type: ignore[attr-defined]  # as above
            f"{agent.full_name}, {agent.profession}" if agent.profession else agent.full_name
        )

    def clean_name(self) -> str:
        return with_letters(self.cleaned_data["name"], "le nom de l’équipe")

    def team(self) -> Team:
        cleaned = self.cleaned_data
        return Team(name=cleaned["name"], site=cleaned["site"], agents=list(cleaned["agents"]))


def initial_team(equipe: Equipe) -> dict[str, Any]:
    return told(equipe)
