"""Forms of openings and absences: shape and wording. Room: forms. Called by rdv/views/planning and planning_absences.

The rules are those of the services: a PlanningRefused comes back onto the field that it names (`refuse`).
"""

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db.models import QuerySet

from agents.forms.states import Stated
from agents.models import Site
from rdv.core.days import PLAUSIBLE_DAY
from rdv.domain import french
from rdv.models import AbsenceKind, Modality, Motif
from rdv.services.planning import DAY_END, DAY_START, AbsenceRule, EditScope, PlageRule, PlanningRefused

ONCE = "once-1"
REPETITIONS = {
    ONCE: "une seule fois",
    "weekly-1": "toutes les semaines",
    "weekly-2": "une semaine sur deux",
    "weekly-3": "une semaine sur trois",
    "weekly-4": "une semaine sur quatre",
    "monthly_weekday-1": "chaque mois, le même jour de la semaine",
    "monthly_weekday-2": "un mois sur deux, le même jour de la semaine",
    "monthly_weekday-3": "un mois sur trois, le même jour de la semaine",
    "monthly_day-1": "chaque mois, à la même date",
    "monthly_day-2": "un mois sur deux, à la même date",
    "monthly_day-3": "un mois sur trois, à la même date",
}
NOUNS = {
    "weekly": "semaines",
    "monthly_weekday": "mois, le même jour de la semaine",
    "monthly_day": "mois, à la même date",
}


def date_field(label: str, missing: str = "", *, required: bool = True, help_text: str = "") -> forms.DateField:
    """A native date control; where there is none, the date is typed."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y"],
        validators=PLAUSIBLE_DAY,
        error_messages={
            "required": missing,
            "invalid": "Écrivez le jour, le mois et l’année, par exemple 26/11/2027.",
        },
    )


def time_field(label: str, missing: str = "", *, required: bool = True, help_text: str = "") -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S", "%Hh%M", "%H h %M"],
        error_messages={"required": missing, "invalid": "Écrivez l’heure et les minutes, par exemple 9:30."},
    )


if TYPE_CHECKING:
    # Generic for the type checker only: Django's own class takes no parameter when it runs.
    ManyMotifs = forms.ModelMultipleChoiceField[Motif]
else:
    ManyMotifs = forms.ModelMultipleChoiceField


GONE = "Un motif de la liste n’est plus proposé ici. Regardez la liste, puis enregistrez de nouveau."


class MotifsField(ManyMotifs):
    """A motif archived, or taken from the site, since the page was opened is left out of the list: said in words."""

    default_error_messages: ClassVar[dict[str, Any]] = dict.fromkeys(("invalid_choice", "invalid_pk_value"), GONE)

    def label_from_instance(self, obj: Motif) -> str:
        where = "" if obj.modality == Modality.PUBLIC_OFFICE else f" ({Modality(obj.modality).label.lower()})"
        return f"{obj.name}{where}"


class RhythmForm(forms.Form):
    """What openings and absences share: a first day, a repetition, an end."""

    weekdays = forms.MultipleChoiceField(
        label="Chaque",
        choices=[(str(number), name) for number, name in enumerate(french.WEEKDAYS)],
        required=False,
        error_messages={"invalid_choice": "Cochez les jours de la liste."},
        widget=forms.CheckboxSelectMultiple,
    )
    repetition = forms.ChoiceField(
        label="Répétition",
        choices=list(REPETITIONS.items()),
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choisissez une répétition de la liste."),
    )
    first_day = date_field("du", "Choisissez le premier jour.")
    until = date_field("jusqu’au", required=False)
    # Sent twice, made once (services).
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid.uuid4(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self._offer(kwargs["initial"].get("repetition", ONCE))

    def _offer(self, repetition: str) -> None:
        """A rule that came from an import may have a rhythm that the list has not."""
        field = self.fields["repetition"]
        if repetition not in REPETITIONS and isinstance(field, forms.ChoiceField):
            rhythm, _, every = repetition.partition("-")
            field.choices = [*REPETITIONS.items(), (repetition, f"toutes les {every} {NOUNS[rhythm]}")]

    def rhythm_columns(self) -> dict[str, Any]:
        rhythm, _, every = self.cleaned_data["repetition"].partition("-")
        return {
            "rhythm": rhythm,
            "every": int(every),
            "weekdays": tuple(int(number) for number in self.cleaned_data["weekdays"]) if rhythm == "weekly" else (),
            "first_day": self.cleaned_data["first_day"],
            "until": self.cleaned_data["until"] if rhythm != "once" else None,
        }

    def refuse(self, error: PlanningRefused) -> None:
        """Put the refusal of a service beside its field."""
        self.add_error(error.field if error.field in self.fields else None, error.message)


class PlageForm(RhythmForm):
    """A new opening."""

    site = forms.ModelChoiceField(
        label="Lieu",
        queryset=Site.objects.none(),
        required=False,
        empty_label="Sans lieu (domicile, téléphone, visio)",
        error_messages={"invalid_choice": "Choisissez un lieu de la liste."},
    )
    starts_time = time_field("de", "Écrivez l’heure de début.")
    ends_time = time_field("à", "Écrivez l’heure de fin.")
    closes_on_holidays = forms.BooleanField(label="Fermer les jours fériés", required=False)
    motifs = MotifsField(
        label="Motifs",
        queryset=Motif.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un motif de rendez-vous."},
    )
    public_from = date_field("Ouvert au public à partir du", required=False)
    title = forms.CharField(label="Titre", max_length=80, required=False)

    def __init__(self, *args: Any, sites: "QuerySet[Site]", motifs: "QuerySet[Motif]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, queryset in (("site", sites), ("motifs", motifs)):
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = queryset

    @property
    def rule(self) -> PlageRule:
        """Of a valid form."""
        data = self.cleaned_data
        return PlageRule(
            site=data["site"],
            motifs=tuple(data["motifs"]),
            starts_time=data["starts_time"],
            ends_time=data["ends_time"],
            on_holidays=not data["closes_on_holidays"],
            public_from=data["public_from"],
            title=data["title"],
            **self.rhythm_columns(),
        )


class PlageEditForm(Stated, PlageForm):
    """An opening seen from one of its days: this day, from it on, or the whole series."""

    SCOPES: ClassVar = {
        EditScope.ONE: "{day} seulement",
        EditScope.FOLLOWING: "Ce jour et les suivants",
        EditScope.ALL: "Toute la série",
    }
    scope = forms.ChoiceField(
        label="Portée",
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Dites quelles dates changer."),
    )
    reset_changes = forms.BooleanField(
        label="Remettre aussi dans la série les dates changées à la main", required=False
    )

    def __init__(self, *args: Any, shown_day: dt.date, series_days: dict[EditScope, dt.date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown_day, self.series_days = shown_day, series_days
        scope = self.fields["scope"]
        if isinstance(scope, forms.ChoiceField):
            said = french.day(shown_day)
            scope.choices = [(key.value, label.format(day=f"Ce {said}")) for key, label in self.SCOPES.items()]

    def clean(self) -> dict[str, Any]:
        """A first day left as the page showed it means the one of the series, not of this occurrence."""
        data = super().clean() or {}
        scope = data.get("scope")
        if scope in self.series_days and data.get("first_day") == self.shown_day:
            data["first_day"] = self.series_days[EditScope(scope)]
        return data


class AbsenceForm(RhythmForm):
    kind = forms.ChoiceField(
        label="Nature",
        choices=AbsenceKind.choices,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choisissez une nature de la liste."),
    )
    starts_time = time_field("à partir de", required=False)
    last_day = date_field("au", required=False)
    ends_time = time_field("jusqu’à", required=False)
    note = forms.CharField(
        label="Note privée",
        max_length=200,
        required=False,
        help_text="Lue par l’agent et son responsable seulement. Les collègues lisent la nature de l’absence.",
    )

    @property
    def rule(self) -> AbsenceRule:
        """Of a valid form. An hour left empty is the edge of the day."""
        data = self.cleaned_data
        return AbsenceRule(
            kind=data["kind"],
            starts_time=data["starts_time"] or DAY_START,
            ends_time=data["ends_time"] or DAY_END,
            last_day=data["last_day"] if data["repetition"] == ONCE else None,
            note=data["note"],
            **self.rhythm_columns(),
        )


class AbsenceEditForm(Stated, AbsenceForm):
    """One that exists."""


class EndForm(forms.Form):
    last_day = date_field("Dernier jour ouvert", "Choisissez le dernier jour ouvert.")


def initial_of_rule(rule: PlageRule) -> dict[str, Any]:
    return {
        "site": rule.site.pk if rule.site else None,
        "motifs": rule.motif_ids,
        "starts_time": rule.starts_time,
        "ends_time": rule.ends_time,
        "closes_on_holidays": not rule.on_holidays,
        "public_from": rule.public_from,
        "title": rule.title,
        **_initial_rhythm(rule),
    }


def initial_of_absence(rule: AbsenceRule) -> dict[str, Any]:
    return {
        "kind": rule.kind,
        "starts_time": None if rule.starts_time == DAY_START else rule.starts_time,
        "ends_time": None if rule.ends_time == DAY_END else rule.ends_time,
        "last_day": rule.last_day,
        "note": rule.note,
        **_initial_rhythm(rule),
    }


def _initial_rhythm(rule: PlageRule | AbsenceRule) -> dict[str, Any]:
    is_weekly = rule.rhythm == "weekly"
    return {
        "repetition": f"{rule.rhythm}-{rule.every}",
        "weekdays": [str(day) for day in rule.weekdays or ((rule.first_day.weekday(),) if is_weekly else ())],
        "first_day": rule.first_day,
        "until": rule.until,
    }
