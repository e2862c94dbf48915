"""An agent is away: who, when; what is wanted for each Rdv. Shape and wording; the services decide.

Room: forms. Called by rdv/views/absent.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from agents.models import Agent
from rdv.forms.planning import date_field, time_field
from rdv.models import AbsenceKind, SuiteChoice
from rdv.services.absent import Wanted
from rdv.services.absent_plan import LATER, Line
from rdv.services.planning import DAY_END, DAY_START, AbsenceRule, PlanningRefused

MAX_HOURS = 3
HOUR_LENGTH = 80


class ReportForm(forms.Form):
    """Who is away and when. The nature stays vague unless somebody chooses it: an illness is nobody's business here."""

    agent = forms.TypedChoiceField(
        label="Qui est absent\u00a0?",
        coerce=int,
        error_messages={
            "required": "Choisissez le professionnel absent.",
            "invalid_choice": "Choisissez quelqu’un de la liste.",
        },
    )
    first_day = date_field("du", "Choisissez le jour de l’absence.")
    starts_time = time_field("à partir de", required=False)
    last_day = date_field("au", required=False)
    ends_time = time_field("jusqu’à", required=False)
    kind = forms.ChoiceField(label="Nature", choices=AbsenceKind.choices, required=False)
    # Sent twice, made once (services).
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Mapping[str, Any] | None, *, agents: Sequence[Agent], initial: dict[str, Any]) -> None:
        super().__init__(data, initial={"key": uuid.uuid4(), "kind": AbsenceKind.OTHER} | initial)
        self.agents = {agent.pk: agent for agent in agents}
        field = self.fields["agent"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "Choisir"), *((agent.pk, agent.full_name) for agent in agents)]
        for name in ("agent", "kind"):
            self.fields[name].widget.attrs["class"] = "fr-select"
        if data is None:
            self.fields["agent"].widget.attrs["autofocus"] = True

    @property
    def who(self) -> Agent:
        """Of a valid form."""
        return self.agents[self.cleaned_data["agent"]]

    @property
    def rule(self) -> AbsenceRule:
        """Of a valid form. An hour left empty is the edge of the day, a last day left empty is the same day."""
        data = self.cleaned_data
        return AbsenceRule(
            first_day=data["first_day"],
            last_day=data["last_day"] or data["first_day"],
            starts_time=data["starts_time"] or DAY_START,
            ends_time=data["ends_time"] or DAY_END,
            kind=data["kind"] or AbsenceKind.OTHER.value,
        )

    def refuse(self, error: PlanningRefused) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.message)


def read_wanted(data: QueryDict, lines: Sequence[Line]) -> list[Wanted]:
    """What was chosen for each Rdv that the page showed. What this agent may not read is left to those who may.

    A value that no line of ours has is no decision: the Rdv stays in the list.
    """
    found = []
    for line in lines:
        if line.is_masked and line.suite is None:
            found.append(Wanted(line.rdv.pk, SuiteChoice.CALL, line.rdv.schedule_version))
        elif line.ways:
            wanted = _wanted(data, line)
            if wanted is not None:
                found.append(wanted)
    return found


def _wanted(data: QueryDict, line: Line) -> Wanted | None:
    key = str(line.rdv.uuid)
    choice, _, agent = data.get(f"suite-{key}", "").partition(":")
    if choice == LATER or choice not in SuiteChoice.values:
        return None
    is_agent = agent.isascii() and agent.isdigit() and len(agent) < 10
    if choice == SuiteChoice.MOVE and (not is_agent or f"move:{agent}" not in {way.value for way in line.ways}):
        return None
    version = data.get(f"version-{key}", "")
    if not (version.isascii() and version.isdigit() and len(version) < 5):
        return None
    return Wanted(
        rdv_id=line.rdv.pk,
        choice=SuiteChoice(choice),
        version=int(version),
        agent_id=int(agent) if choice == SuiteChoice.MOVE else None,
        hours=tuple(code[:HOUR_LENGTH] for code in data.getlist(f"heures-{key}")[:MAX_HOURS]),
    )
