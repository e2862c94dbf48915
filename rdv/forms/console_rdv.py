"""What the page of an Rdv asks before it cancels or moves. Shape and wording; the services decide.

Room: forms. Called by rdv/views/console/rdv_page and moving.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from agents.models import Agent, Site
from rdv.core.days import PLAUSIBLE_DAY
from rdv.models import Rdv

BY_USAGER, BY_SERVICE, WHOLE = "usager", "service", "seance"
MAX_REASON = 200
MAX_NOTE = 2000
MAX_VERSION_DIGITS = 9


def read_version(data: Mapping[str, Any]) -> int | None:
    """The schedule version that the page showed, from the `version` of its form."""
    text = str(data.get("version", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_VERSION_DIGITS else None


def read_reason(data: Mapping[str, Any]) -> str:
    """The `reason` that a summary carries back: cut to size, without what no keyboard writes."""
    return str(data.get("reason", ""))[:MAX_REASON].replace("\x00", "").strip()


def asked_agents(data: Mapping[str, Any]) -> set[str]:
    """Whom `who` (site:agent) or `swap` (gone:comes) names, as it was sent."""
    return {str(data.get(name, "")).partition(":")[2] for name in ("who", "swap")}


WHO = [(BY_USAGER, "La personne ne peut pas venir"), (BY_SERVICE, "Le service ne peut pas recevoir")]


class CancelForm(forms.Form):
    who = forms.ChoiceField(
        label="Qui annule ?",
        choices=WHO,
        widget=forms.RadioSelect,
        error_messages={"required": "Dites qui annule.", "invalid_choice": "Dites qui annule."},
    )
    reason = forms.CharField(
        label="Raison (gardée dans l’historique, jamais envoyée)",
        required=False,
        max_length=MAX_REASON,
        error_messages={"max_length": f"Dites-le en {MAX_REASON} signes au plus."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, is_workshop: bool) -> None:
        super().__init__(data, auto_id="annuler-%s")
        if is_workshop:
            who = self.fields["who"]
            assert isinstance(who, forms.ChoiceField)  # noqa: S101 - declared above
            who.choices = [*WHO, (WHOLE, "Toute la séance est annulée, pour tout le monde")]


class DayAndHourForm(forms.Form):
    """An exact time, whatever is open."""

    day = forms.DateField(
        label="Jour",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choisissez le jour.", "invalid": "Écrivez le jour en entier, avec l’année."},
        validators=PLAUSIBLE_DAY,
    )
    hour = forms.TimeField(
        label="Heure",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": "Choisissez l’heure.", "invalid": "Écrivez l’heure et les minutes : 14:30."},
    )


class ExactTimeForm(DayAndHourForm):
    """The twin, in a form, of dragging an Rdv: an exact time, somebody else, over taken time with a reason."""

    who = forms.ChoiceField(label="Avec", required=False)
    swap = forms.ChoiceField(
        label="Remplacer quelqu’un",
        required=False,
        error_messages={"invalid_choice": "Choisissez dans la liste qui remplace qui."},
    )
    reason = forms.CharField(
        label="Raison, si l’heure est prise ou fermée",
        required=False,
        max_length=MAX_REASON,
        help_text="Sans raison, une heure prise est refusée. Avec, le rendez-vous est en rouge dans l’agenda.",
        error_messages={"max_length": f"Dites-le en {MAX_REASON} signes au plus."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        rdv: Rdv,
        who: Sequence[tuple[Site, Sequence[Agent]]],
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), auto_id="exact-%s")
        groups = [(site.name, [(f"{site.pk}:{agent.pk}", agent.full_name) for agent in agents]) for site, agents in who]
        self._choose("who", groups)
        self._choose("swap", [*_swaps(rdv, who), *_swapped(rdv, str((data or {}).get("swap", "")))])
        is_several = rdv.motif.agents_needed > 1
        if is_several or rdv.motif.is_collective:
            del self.fields["who"]
        if not is_several or rdv.motif.is_collective:
            del self.fields["swap"]

    def _choose(self, name: str, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", "Comme maintenant"), *groups]

    @property
    def chosen(self) -> tuple[int, int] | None:
        """Site and agent; None keeps those of now."""
        value = self.cleaned_data.get("who", "")
        if not value:
            return None
        site_id, agent_id = value.split(":")
        return int(site_id), int(agent_id)

    def agents_after(self, own: Sequence[int]) -> tuple[int, ...]:
        """Who receives once somebody of a binôme is replaced: the others stay."""
        value = self.cleaned_data.get("swap", "")
        if not value:
            return tuple(own)
        gone, comes = map(int, value.split(":"))
        return tuple(comes if agent_id == gone else agent_id for agent_id in own)


def _swaps(rdv: Rdv, who: Sequence[tuple[Site, Sequence[Agent]]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Under the name of each of those who receive, everybody of the site who could come instead."""
    own = [link.agent for link in rdv.rdv_agents.all()]
    there = [agent for site, agents in who if site.pk == rdv.site_id for agent in agents if agent not in own]
    return [
        (f"À la place de {gone.full_name}", [(f"{gone.pk}:{agent.pk}", agent.full_name) for agent in there])
        for gone in own
    ]


def _swapped(rdv: Rdv, sent: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The same form sent twice: who was to come is there, who was to go is gone. It then changes nothing."""
    own = {str(link.agent_id): link.agent.full_name for link in rdv.rdv_agents.all()}
    gone, _, comes = sent.partition(":")
    is_done = gone.isascii() and gone.isdigit() and gone not in own and comes in own
    return [("Fait", [(sent, own[comes])])] if is_done else []


class NoteForm(forms.Form):
    """`before`: the note as the page showed it, so that what somebody else wrote meanwhile is not lost."""

    note = forms.CharField(
        label="Note pour les agents (jamais envoyée)",
        required=False,
        max_length=MAX_NOTE,
        help_text="Lue par ceux qui lisent ce rendez-vous. Rien de la vie de la personne qui ne serve à la recevoir.",
        error_messages={"max_length": f"La note est trop longue. Gardez {MAX_NOTE} signes au plus."},
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )
    before = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, rdv: Rdv) -> None:
        super().__init__(data, initial={"note": rdv.context, "before": rdv.context}, auto_id="note-%s")

    def clean_note(self) -> str:
        return _lines(self.cleaned_data["note"])

    def clean_before(self) -> str:
        return _lines(self.cleaned_data["before"])

    def shown_again(self, rdv: Rdv) -> None:
        """After a refusal: what was typed stays, and the note of now is the one that has been read."""
        self.data = {name: self.data.get(name) for name in self.data} | {"before": rdv.context}


def _lines(text: str) -> str:
    """As it is kept: browsers send the ends of lines of Windows, whatever they were given."""
    return text.replace("\r\n", "\n")
