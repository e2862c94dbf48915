"""Shape and wording of what administrators and operators type. Called by agents/views.

Choices are limited to the rows of one département: a foreign id is refused as a choice that does not exist.
"""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from phonenumber_field.formfields import PhoneNumberField

from agents.access import services_of, sites_of
from agents.forms.sign_in import EmailField
from agents.forms.states import Stated
from agents.models import Agent, Departement, Role, Service, Site
from agents.models.departement import SMS_SENDER
from rdv.core.days import PLAUSIBLE_DAY
from rdv.core.languages import SPOKEN

# The zones of the French départements and regions (tz database).
ZONES = {
    "Europe/Paris": "Métropole (Paris)",
    "America/Guadeloupe": "Guadeloupe",
    "America/Martinique": "Martinique",
    "America/Cayenne": "Guyane",
    "Indian/Reunion": "La Réunion",
    "Indian/Mayotte": "Mayotte",
    "America/Miquelon": "Saint-Pierre-et-Miquelon",
}
_CODE = RegexValidator(r"^(?:\d{2,3}|2[ABab])$", "Écrivez le code du département : 62, 2A ou 974 par exemple.")
_SITE_ROLES = [(role.value, role.label) for role in Role if role != Role.ADMIN]


def missing(what: str) -> dict[str, str]:
    """The sentence of an empty field: "Il manque le nom."."""
    return {"required": f"Il manque {what}."}


class DayField(forms.DateField):
    """A day, typed or picked."""

    def __init__(self, *, what: str, **kwargs: Any) -> None:
        unclear = f"Écrivez {what} en entier : jour, mois, année."
        super().__init__(
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            input_formats=["%Y-%m-%d", "%d/%m/%Y"],
            error_messages={"required": f"Il manque {what}.", "invalid": unclear},
            validators=PLAUSIBLE_DAY,
            **kwargs,
        )


class ClosureForm(forms.Form):
    site: "forms.ModelChoiceField[Site]" = forms.ModelChoiceField(
        queryset=None, label="Où", required=False, empty_label="Tout le département"
    )
    starts_on = DayField(label="Premier jour fermé", what="le premier jour")
    ends_on = DayField(label="Dernier jour fermé", what="le dernier jour")
    label = forms.CharField(
        label="Raison dite au public",
        max_length=120,
        help_text="Par exemple : travaux, formation de l’équipe.",
        error_messages=missing("la raison"),
    )

    def __init__(self, *args: Any, departement: Departement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites_of(departement).active()  # type: ignore[attr-defined]  # a ModelChoiceField, declared above

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", "Le dernier jour doit être après le premier.")
        return cleaned


class RoleForm(forms.Form):
    """A role on a site, or administrator of the département."""

    role = forms.ChoiceField(
        label="Rôle", choices=[*_SITE_ROLES, (Role.ADMIN.value, Role.ADMIN.label)], error_messages=missing("le rôle")
    )
    site: "forms.ModelChoiceField[Site]" = forms.ModelChoiceField(
        queryset=None,
        label="Site",
        required=False,
        empty_label="Aucun",
        help_text="Pour tous les rôles, sauf administrateur.",
    )
    starts_on = DayField(label="À partir du", what="le premier jour")

    def __init__(self, *args: Any, departement: Departement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites_of(departement).active()  # type: ignore[attr-defined]  # a ModelChoiceField, declared above

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        role, site = cleaned.get("role"), cleaned.get("site")
        if role == Role.ADMIN and site is not None:
            self.add_error("site", "Un administrateur a tout le département : choisissez « Aucun ».")
        if role and role != Role.ADMIN and site is None and "site" not in self.errors:
            self.add_error("site", "Il manque le site.")
        return cleaned


class InviteForm(RoleForm):
    first_name = forms.CharField(label="Prénom", max_length=60, error_messages=missing("le prénom"))
    last_name = forms.CharField(label="Nom", max_length=60, error_messages=missing("le nom"))
    email = EmailField(label="Adresse e-mail professionnelle", autocomplete="off")
    profession = forms.CharField(
        label="Métier",
        max_length=60,
        required=False,
        help_text="Dit au public si la personne ne montre pas son nom. Par exemple : puéricultrice.",
    )
    services: "forms.ModelMultipleChoiceField[Service]" = forms.ModelMultipleChoiceField(
        queryset=None, label="Services", required=False, widget=forms.CheckboxSelectMultiple
    )
    field_order = ["first_name", "last_name", "email", "profession", "role", "site", "starts_on", "services"]

    def __init__(self, *args: Any, departement: Departement, **kwargs: Any) -> None:
        super().__init__(*args, departement=departement, **kwargs)
        self.fields["services"].queryset = services_of(departement)  # type: ignore[attr-defined]  # a ModelMultipleChoiceField, declared above


def initial_services(agent: Agent) -> dict[str, Any]:
    return {"services": [service.pk for service in agent.services.all()], "languages": agent.languages}


class ServicesForm(Stated, forms.Form):
    services: "forms.ModelMultipleChoiceField[Service]" = forms.ModelMultipleChoiceField(
        queryset=None, label="Services", required=False, widget=forms.CheckboxSelectMultiple
    )

    languages = forms.MultipleChoiceField(
        label="Langues parlées, en plus du français",
        choices=SPOKEN,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Cochez les langues de la liste."},
    )

    def __init__(self, *args: Any, departement: Departement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["services"].queryset = services_of(departement)  # type: ignore[attr-defined]  # a ModelMultipleChoiceField, declared above


class NewDepartementForm(forms.Form):
    code = forms.CharField(
        label="Code du département",
        max_length=3,
        validators=[_CODE],
        help_text="62, 2A, 974…",
        error_messages=missing("le code"),
    )
    name = forms.CharField(label="Nom", max_length=60, error_messages=missing("le nom du département"))
    name_with_article = forms.CharField(
        label="Nom avec son article",
        max_length=70,
        help_text="Comme après « Département » : du Pas-de-Calais, de La Réunion.",
        error_messages=missing("le nom avec son article"),
    )
    zone_name = forms.ChoiceField(label="Heure locale", choices=list(ZONES.items()))
    public_phone = PhoneNumberField(
        label="Téléphone donné au public",
        region="FR",
        error_messages={
            "required": "Il manque le téléphone.",
            "invalid": "Écrivez le numéro en entier. Exemple : 03 53 01 20 00.",
        },
    )
    sms_sender = forms.CharField(
        label="Émetteur des SMS",
        max_length=11,
        validators=[SMS_SENDER],
        help_text="De 3 à 11 lettres ou chiffres, sans espace.",
        error_messages=missing("l’émetteur des SMS"),
    )
    reply_to = EmailField(label="Adresse de réponse des e-mails", autocomplete="off")
    admin_first_name = forms.CharField(
        label="Prénom de l’administrateur", max_length=60, error_messages=missing("le prénom")
    )
    admin_last_name = forms.CharField(label="Nom de l’administrateur", max_length=60, error_messages=missing("le nom"))
    admin_email = EmailField(label="Adresse e-mail de l’administrateur", autocomplete="off")

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).upper()
