"""A new workshop: shape and wording. Room: forms. Called by rdv/views/agenda/workshops.

Choices hold only what the agent may use: somebody else's id is refused as a choice that does not exist.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet

from agents.models import Agent, Site
from rdv.forms.planning import date_field, time_field
from rdv.models import Motif
from rdv.services.seats import MOST_PLACES


class WorkshopForm(forms.Form):
    motif: "forms.ModelChoiceField[Motif]" = forms.ModelChoiceField(
        queryset=None,
        to_field_name="uuid",
        label="Atelier",
        empty_label="Choisissez",
        error_messages={"required": "Il manque l’atelier.", "invalid_choice": "Choisissez un atelier de la liste."},
    )
    title = forms.CharField(
        label="Titre de la séance",
        required=False,
        max_length=100,
        help_text="Dit au public. Vide : le nom de l’atelier.",
    )
    site: "forms.ModelChoiceField[Site]" = forms.ModelChoiceField(
        queryset=None,
        label="Lieu",
        empty_label=None,
        error_messages={"required": "Il manque le lieu.", "invalid_choice": "Choisissez un lieu de la liste."},
    )
    day = date_field("Jour", "Il manque le jour.")
    starts_time = time_field("Début", "Il manque l’heure de début.")
    ends_time = time_field("Fin", required=False, help_text="Vide : la durée habituelle de l’atelier.")
    capacity = forms.IntegerField(
        label="Places",
        required=False,
        min_value=1,
        max_value=MOST_PLACES,
        help_text="Vide : le nombre habituel de l’atelier.",
        error_messages={
            "invalid": "Écrivez le nombre de places en chiffres, par exemple 8.",
            "min_value": "Il faut au moins une place.",
            "max_value": f"Un atelier a {MOST_PLACES} places au plus.",
        },
    )
    # Asked only once the day has turned out to be closed, or a holiday.
    anyway = forms.BooleanField(label="Poser l’atelier ce jour-là quand même", required=False)
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    agents = forms.TypedMultipleChoiceField(
        coerce=int,
        label="Qui anime",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Il manque au moins une personne pour animer.",
            "invalid_choice": "Choisissez des personnes de la liste.",
        },
    )

    def __init__(
        self,
        *args: Any,
        motifs: "QuerySet[Motif]",
        sites: "QuerySet[Site]",
        agents: Sequence[Agent],
        zone: ZoneInfo,
        now: datetime,
        **kwargs: Any,
    ) -> None:
        kwargs["initial"] = {"key": uuid.uuid4(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        cast("forms.ModelChoiceField[Motif]", self.fields["motif"]).queryset = motifs
        cast("forms.ModelChoiceField[Site]", self.fields["site"]).queryset = sites
        cast("forms.TypedMultipleChoiceField", self.fields["agents"]).choices = [
            (agent.pk, agent.full_name) for agent in agents
        ]
        self.known = {agent.pk: agent for agent in agents}
        self.zone, self.now = zone, now

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        motif, day, start = cleaned.get("motif"), cleaned.get("day"), cleaned.get("starts_time")
        if motif and day and start:
            self._clean_times(cleaned, motif, day, start)
        if motif and cleaned.get("capacity") is None and "capacity" not in self.errors:
            cleaned["capacity"] = motif.capacity
        return cleaned

    def _clean_times(self, cleaned: dict[str, Any], motif: Motif, day: date, start: time) -> None:
        end = cleaned.get("ends_time")
        starts_at = self._instant(day, start)
        # The usual length is elapsed time: across a change of hour the wall follows.
        ends_at = self._instant(day, end) if end else starts_at + motif.duration
        if ends_at <= starts_at:
            self.add_error("ends_time", "L’heure de fin doit être après l’heure de début.")
        elif starts_at <= self.now:
            self.add_error("day", "Cette heure est déjà passée : choisissez un jour ou une heure à venir.")
        cleaned["starts_at"], cleaned["ends_at"] = starts_at, ends_at

    def _instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    @property
    def leaders(self) -> list[Agent]:
        return [self.known[pk] for pk in sorted(self.cleaned_data["agents"])]
