"""Wishes of somebody who waits, and their place in the order. Room: forms. Called by rdv/views/waiting.

Choices hold only what may be named: the rules are those of rdv/services/waitlist_join, which has the last word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django import forms

from agents.models import Agent, Site
from rdv.core.languages import french_name
from rdv.domain import french
from rdv.domain.waiting import HALF_DAYS
from rdv.forms.planning import date_field
from rdv.models import Inscription, Motif, Participation, Priority, Rdv
from rdv.services.waitlist_wishes import Centre, Wishes

NOTICES = (
    (60, "1 heure avant"),
    (120, "2 heures avant"),
    (240, "4 heures avant"),
    (24 * 60, "La veille"),
    (48 * 60, "2 jours avant"),
    (7 * 24 * 60, "Une semaine avant"),
)
FARTHEST_KM = 100
REASON_LENGTH = 200
REASON_MISSING = "Dites pourquoi elle passe avant les autres : la raison reste dans l’historique."


@dataclass(frozen=True, slots=True)
class Choices:
    """What wishes may name, read by the view."""

    motif: Motif
    motifs: Sequence[Motif] = ()
    sites: Sequence[Site] = ()
    agents: Sequence[Agent] = ()
    sessions: Sequence[Rdv] = ()
    rdvs: Sequence[Participation] = ()
    languages: Sequence[str] = ()
    # Where the person's own kilometres count from, when it is not their home.
    centre: Centre | None = None


class NumbersField(forms.TypedMultipleChoiceField):
    """Boxes whose values are ids."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": "Choisissez dans la liste."},
            **options,
        )


class WishesForm(forms.Form):
    equivalents = NumbersField(label="Ces motifs iraient aussi")
    sites = NumbersField(label="Lieux", help_text="Rien de coché : tous les lieux.")
    radius_km = forms.IntegerField(
        label="Ou à moins de … km de chez elle",
        required=False,
        min_value=1,
        max_value=FARTHEST_KM,
        error_messages={
            "invalid": "Écrivez le nombre de kilomètres en chiffres.",
            "min_value": "Il faut au moins 1 km.",
            "max_value": f"Pas plus de {FARTHEST_KM} km.",
        },
    )
    half_days = NumbersField(label="Demi-journées", help_text="Rien de coché : toutes.")
    from_day = date_field("À partir du", required=False)
    until_day = date_field("Jusqu’au", required=False)
    agent = forms.TypedChoiceField(
        label="Avec qui",
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Choisissez un professionnel de la liste."},
    )
    referent_only = forms.BooleanField(label="Avec son référent seulement", required=False)
    needs_step_free = forms.BooleanField(label="Accès sans marche", required=False)
    language = forms.ChoiceField(
        label="Avec quelqu’un qui parle",
        required=False,
        error_messages={"invalid_choice": "Choisissez une langue de la liste."},
    )
    shortest_notice_min = forms.TypedChoiceField(
        label="Peut venir si on la prévient",
        coerce=int,
        choices=NOTICES,
        error_messages={"required": "Choisissez un délai.", "invalid_choice": "Choisissez un délai de la liste."},
    )
    auto_accept = forms.BooleanField(label="L’inscrire dès qu’une place se libère, sans redemander", required=False)

    def __init__(self, *args: Any, choices: Choices, **options: Any) -> None:
        super().__init__(*args, **options)
        self.choices = choices
        self._offer("equivalents", [(one.pk, one.name) for one in choices.motifs])
        self._offer("sites", [(one.pk, one.name) for one in choices.sites])
        self._offer("half_days", [(1 << n, name.capitalize()) for n, name in enumerate(HALF_DAYS)])
        self._offer("shortest_notice_min", self._notices())
        self._offer("agent", [("", "N’importe qui"), *((one.pk, one.full_name) for one in choices.agents)])
        self._offer("language", [("", "Peu importe"), *((one, french_name(one)) for one in choices.languages)])
        if choices.centre is not None:
            self.fields["radius_km"].label = f"Ou à moins de … km (depuis {choices.centre.name})"
        if not choices.motif.is_collective:
            del self.fields["auto_accept"]
        optional = {"equivalents": choices.motifs, "agent": choices.agents, "language": choices.languages}
        for name in [name for name, offered in optional.items() if not offered]:
            del self.fields[name]

    def _notices(self) -> list[tuple[Any, str]]:
        """The usual ones, and the one kept already when it is another."""
        kept = self.initial.get("shortest_notice_min")
        if kept is None or kept in dict(NOTICES):
            return list(NOTICES)
        return sorted([*NOTICES, (kept, f"{french.duration(timedelta(minutes=kept))} avant")])

    def _offer(self, name: str, choices: list[tuple[Any, str]]) -> None:
        cast("forms.ChoiceField", self.fields[name]).choices = choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("from_day"), cleaned.get("until_day")
        if first and last and last < first:
            self.add_error("until_day", "Le dernier jour doit être après le premier.")
        return cleaned

    @property
    def wishes(self) -> Wishes:
        """Once valid."""
        data, choices = self.cleaned_data, self.choices
        return Wishes(
            equivalents=[one for one in choices.motifs if one.pk in data.get("equivalents", [])],
            sites=[one for one in choices.sites if one.pk in data["sites"]],
            radius_km=data["radius_km"],
            centre=choices.centre,
            half_days=sum(set(data["half_days"])),
            from_day=data["from_day"],
            until_day=data["until_day"],
            agent=next((one for one in choices.agents if one.pk == data.get("agent")), None),
            referent_only=data["referent_only"],
            needs_step_free=data["needs_step_free"],
            language=data.get("language", ""),
            shortest_notice_min=data["shortest_notice_min"],
            auto_accept=data.get("auto_accept", False),
        )

    def refuse(self, field: str, message: str) -> None:
        """What a service refused, beside its field."""
        self.add_error(field if field in self.fields else None, message)


def wishes_initial(inscription: Inscription) -> dict[str, Any]:
    """What the form shows of an Inscription, to be changed."""
    mask = inscription.half_days
    return {
        "equivalents": inscription.motifs,
        "sites": inscription.sites,
        "radius_km": inscription.radius_km,
        "half_days": [1 << n for n in range(len(HALF_DAYS)) if mask >> n & 1],
        "from_day": inscription.from_day,
        "until_day": inscription.until_day,
        "agent": inscription.agent_id,
        "referent_only": inscription.referent_only,
        "needs_step_free": inscription.needs_step_free,
        "language": inscription.language,
        "shortest_notice_min": inscription.shortest_notice_min,
        "auto_accept": inscription.auto_accept,
    }


class PriorityForm(forms.Form):
    """Who passes before, with a written reason."""

    priority = forms.TypedChoiceField(
        label="Ordre de passage",
        coerce=int,
        choices=[(one.value, one.label) for one in reversed(Priority)],
        initial=Priority.NORMAL.value,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez un ordre.", "invalid_choice": "Choisissez un ordre de la liste."},
    )
    priority_reason = forms.CharField(
        label="Pourquoi",
        required=False,
        max_length=REASON_LENGTH,
        help_text="Écrivez-le si elle passe avant les autres. Exemple : enfant né le mois dernier.",
        error_messages={"max_length": f"Gardez {REASON_LENGTH} signes au plus."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        priority, reason = cleaned.get("priority"), cleaned.get("priority_reason", "")
        is_missing = priority is not None and priority != Priority.NORMAL and not reason.strip()
        if is_missing and "priority_reason" not in self.errors:
            self.add_error("priority_reason", REASON_MISSING)
        return cleaned


class ReorderForm(PriorityForm):
    """To change it later: a reason each time, going back to the usual order too."""

    priority_reason = forms.CharField(
        label="Pourquoi",
        max_length=REASON_LENGTH,
        help_text="Gardé dans l’historique, jamais envoyé.",
        error_messages={
            "required": "Dites pourquoi : la raison reste dans l’historique.",
            "max_length": f"Gardez {REASON_LENGTH} signes au plus.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class JoinForm(PriorityForm, WishesForm):
    """Everything that is asked when somebody is put on the list."""

    participation = forms.ChoiceField(
        label="Rendez-vous qu’elle rendra si une place plus tôt se libère",
        required=False,
        error_messages={"invalid_choice": "Choisissez un rendez-vous de la liste."},
    )
    atelier = forms.ChoiceField(
        label="Quelle séance", required=False, error_messages={"invalid_choice": "Choisissez une séance de la liste."}
    )
    context = forms.CharField(
        label="Note pour les agents (jamais envoyée)",
        required=False,
        max_length=300,
        error_messages={"max_length": "La note est trop longue. Gardez 300 signes au plus."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, choices: Choices, **options: Any) -> None:
        super().__init__(*args, choices=choices, **options)
        zone = choices.motif.departement.zone

        def said(rdv: Rdv) -> str:
            return f"{french.day_hour(rdv.starts_at.astimezone(zone))}, {rdv.site.name}"

        self._offer("atelier", [("", "Toutes les séances"), *((str(one.uuid), said(one)) for one in choices.sessions)])
        self._offer("participation", [("", "Aucun"), *((str(one.uuid), said(one.rdv)) for one in choices.rdvs)])
        for name, kept in (("atelier", choices.sessions), ("participation", choices.rdvs)):
            if not kept:
                del self.fields[name]

    @property
    def chosen_session(self) -> Rdv | None:
        wanted = self.cleaned_data.get("atelier")
        return next((one for one in self.choices.sessions if str(one.uuid) == wanted), None)

    @property
    def chosen_rdv(self) -> Participation | None:
        wanted = self.cleaned_data.get("participation")
        return next((one for one in self.choices.rdvs if str(one.uuid) == wanted), None)
