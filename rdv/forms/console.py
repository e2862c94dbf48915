"""What the console asks before it holds, books or places knowingly. Shape and wording; the services decide.

Room: forms. Called by the views of the console.
"""

import datetime as dt
import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from agents.models import Agent, Site
from rdv.forms.console_rdv import MAX_NOTE, DayAndHourForm
from rdv.models import Modality, Motif, NoticeLevel
from rdv.services.console_people import gets_email, gets_sms
from rdv.services.questions import Creneau
from usagers.birth import BirthProblem, read_birth
from usagers.forms.fields import NameField
from usagers.models import Proche, Usager
from usagers.phones import say_phone

MAX_AGENTS = 6
SEAT = "place"


def read_creneau(value: str) -> Creneau | None:
    """What a radio of the matrix posts: seconds_site_agent-agent. None for anything else."""
    parts = value.split("_")
    if len(parts) != 3:
        return None
    numbers = [*parts[:2], *parts[2].split("-")[: MAX_AGENTS + 1]]
    if len(numbers) > MAX_AGENTS + 2 or not all(n.isascii() and n.isdigit() and len(n) < 11 for n in numbers):
        return None
    seconds, site_id, *agent_ids = (int(number) for number in numbers)
    starts_at = dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds < 2**34 else None
    return Creneau(starts_at, site_id, tuple(agent_ids)) if starts_at else None


class AlsoField(forms.MultipleChoiceField):
    """Who else of the family comes, each with the hour proposed: `uuid@seconds_site_agents`, `uuid@place` for a seat.

    The hour is the one that was read on the screen: it is not looked up among those proposed now.
    """

    def valid_value(self, value: str) -> bool:
        person, _, hour = value.partition("@")
        return bool(read_uuids([person])) and (hour == SEAT or read_creneau(hour) is not None)


@dataclass(frozen=True, slots=True)
class Also:
    """One box of the field above: its value and its words."""

    person: Usager
    hour: str
    label: str

    @property
    def value(self) -> str:
        return f"{self.person.uuid}@{self.hour}"


class ConfirmForm(forms.Form):
    """The last step. `recipients`: who may get the messages, the likeliest first. `also`: who else may come along."""

    also = AlsoField(label="Aussi pour", required=False, widget=forms.CheckboxSelectMultiple)

    recipient = forms.ChoiceField(label="Messages à", required=False)
    wants_sms = forms.BooleanField(label="SMS", required=False)
    wants_email = forms.BooleanField(label="E-mail", required=False)
    address = forms.CharField(
        label="Adresse de la visite",
        max_length=200,
        error_messages={"required": "Écrivez l’adresse de la visite.", "max_length": "L’adresse est trop longue."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    may_overlap = forms.BooleanField(
        label="Prendre quand même : la personne aura deux rendez-vous à la même heure", required=False
    )
    note = forms.CharField(
        label="Note pour l’agent (jamais envoyée)",
        required=False,
        max_length=MAX_NOTE,
        error_messages={"max_length": f"La note est trop longue. Gardez {MAX_NOTE} signes au plus."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        motif: Motif,
        person: Usager,
        recipients: Sequence[Usager],
        note: str = "",
        asks_overlap: bool = False,
        also: Sequence[Also] = (),
    ) -> None:
        first = recipients[0]
        initial = {
            "recipient": str(first.uuid),
            "wants_sms": gets_sms(first),
            "wants_email": gets_email(first),
            "address": _address(person) or _address(first),
            "note": note,
        }
        super().__init__(data, initial=initial, auto_id="conf-%s")
        self.recipients = list(recipients)
        self.asks_overlap = asks_overlap
        if also or (data is not None and "also" in data):
            self.fields["also"].choices = [(one.value, one.label) for one in also]  # type: ignore[attr-defined]  # AlsoField
        else:
            del self.fields["also"]
        self._keep_only_asked(motif)

    def _keep_only_asked(self, motif: Motif) -> None:
        is_silent = motif.notice_level == NoticeLevel.SILENT
        if is_silent or not any(gets_sms(one) for one in self.recipients):
            del self.fields["wants_sms"]
        if is_silent or not any(gets_email(one) for one in self.recipients):
            del self.fields["wants_email"]
        if len(self.recipients) > 1:
            choices = [(str(one.uuid), one.full_name) for one in self.recipients]
            self.fields["recipient"] = forms.ChoiceField(label="Messages à", choices=choices)
        else:
            del self.fields["recipient"]
            self._name_addresses(self.recipients[0])
        if motif.modality != Modality.HOME:
            del self.fields["address"]
        if not self.asks_overlap:
            del self.fields["may_overlap"]

    def _name_addresses(self, only: Usager) -> None:
        """One person gets the messages: say where they go."""
        if "wants_sms" in self.fields:
            self.fields["wants_sms"].label = f"SMS au {say_phone(only.phone)}"
        if "wants_email" in self.fields:
            self.fields["wants_email"].label = f"E-mail à {only.email}"

    @property
    def chosen_recipient(self) -> Usager:
        chosen = self.cleaned_data.get("recipient", "")
        return next((one for one in self.recipients if str(one.uuid) == chosen), self.recipients[0])

    @property
    def chosen_also(self) -> list[tuple[uuids.UUID, Creneau | None]]:
        """Who else comes, with the hour that was read; None for a seat."""
        values = [value.partition("@") for value in self.cleaned_data.get("also", ())]
        return [(uuids.UUID(person), read_creneau(hour)) for person, _, hour in values]

    def wants(self, channel: str) -> bool:
        """False for a box that was not asked: nothing can leave by that channel."""
        return bool(self.cleaned_data.get(f"wants_{channel}", False))


def _address(usager: Usager) -> str:
    city = usager.commune.name if usager.commune else ""
    return ", ".join(part for part in (usager.address, city) if part) if usager.address else ""


class OverbookForm(DayAndHourForm):
    """The twin, in a form, of placing an Rdv over taken or closed time."""

    reason = forms.CharField(
        label="Pourquoi (gardé dans l’historique)",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Dites pourquoi : la raison reste dans l’historique.",
            "max_length": "Dites-le en 200 signes au plus.",
        },
    )
    note = forms.CharField(
        label="Note pour l’agent (jamais envoyée)",
        required=False,
        max_length=MAX_NOTE,
        error_messages={"max_length": f"La note est trop longue. Gardez {MAX_NOTE} signes au plus."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    address = ConfirmForm.base_fields["address"]

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        motif: Motif,
        who: Sequence[tuple[Site, Sequence[Agent]]],
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), auto_id="forcer-%s")
        self.needed = motif.agents_needed
        groups = [(site.name, [(f"{site.pk}:{agent.pk}", agent.full_name) for agent in agents]) for site, agents in who]
        for number in range(self.needed):
            label = "Avec" if number == 0 else "Et avec"
            field = forms.ChoiceField(
                label=label,
                choices=[("", "Choisir"), *groups],
                error_messages={
                    "required": "Choisissez avec qui.",
                    "invalid_choice": f"Choisissez quelqu’un qui reçoit pour « {motif.name} »\u00a0: voyez la liste.",
                },
            )
            self.fields[f"with_{number}"] = field
        self.order_fields([f"with_{number}" for number in range(self.needed)])
        if motif.modality != Modality.HOME:
            del self.fields["address"]

    def clean(self) -> dict[str, Any]:
        chosen = self._chosen()
        if len(chosen) == self.needed and len({agent for _, agent in chosen}) != self.needed:
            self.add_error("with_1", "Choisissez deux personnes différentes.")
        if len({site for site, _ in chosen}) > 1:
            self.add_error("with_1", "Choisissez deux personnes du même site.")
        return self.cleaned_data

    def _chosen(self) -> list[tuple[int, int]]:
        values = [self.cleaned_data.get(f"with_{number}", "") for number in range(self.needed)]
        pairs = [value.split(":") for value in values if value]
        return [(int(site), int(agent)) for site, agent in pairs]

    @property
    def site_id(self) -> int:
        return self._chosen()[0][0]

    @property
    def agent_ids(self) -> list[int]:
        return [agent for _, agent in self._chosen()]


class ProcheForm(forms.Form):
    """A child or an adult helped, added while their responsable is on the phone. Only the names are needed."""

    first_name = NameField(label="Prénom", missing="Écrivez le prénom.")
    last_name = NameField(label="Nom", missing="Écrivez le nom.")
    birth_date = forms.CharField(
        label="Naissance",
        required=False,
        max_length=20,
        help_text="Exemple : 02092026",
        error_messages={"max_length": "Écrivez seulement la date. Exemple : 02/09/2026."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label="Lien", choices=Proche.Kind.choices, initial=Proche.Kind.CHILD)
    has_authority = forms.BooleanField(label="Autorité parentale ou mandat", required=False, initial=True)
    gets_messages = forms.BooleanField(label="Reçoit les messages pour cette personne", required=False, initial=True)

    def __init__(self, data: Any = None, *, responsable: Usager, today: dt.date) -> None:
        super().__init__(data, initial={"last_name": responsable.last_name}, auto_id="proche-%s")
        self.today = today

    def clean_birth_date(self) -> dt.date | None:
        try:
            return read_birth(self.cleaned_data["birth_date"], self.today)
        except BirthProblem as problem:
            raise forms.ValidationError(problem.message, code="birth_date") from problem


def read_uuids(values: Sequence[str]) -> set[uuids.UUID]:
    """The files that the page had shown already."""
    found = set()
    for value in values[:50]:
        try:
            found.add(uuids.UUID(value))
        except ValueError:
            continue
    return found
