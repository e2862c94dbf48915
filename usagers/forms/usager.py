"""The file of a person, as agents fill it in (mockups 01b-accueil-nouvelle-personne, 08-usager). Only names are needed.

Called by the back-office views. After `is_valid()`, `usager_fields()` goes to create_usager or update_usager.
Doubts are said beside the box (`hints`), never opposed to an agent who has somebody on the phone.
"""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from agents.forms.communes import commune_label, commune_named
from agents.models import Commune, Departement
from rdv.domain import french
from usagers.birth import BirthProblem, read_birth
from usagers.emails import email_suggestion
from usagers.forms.fields import MailField, NameField, PhoneField
from usagers.languages import MESSAGE_LANGUAGES
from usagers.models import Channel, Usager
from usagers.phones import say_phone

_PLAIN = (
    "last_name",
    "first_name",
    "birth_name",
    "email",
    "address",
    "language",
    "channel",
    "needs_interpreter",
    "needs_step_free",
    "needs_sign_language",
    "note",
)


class UsagerForm(forms.Form):
    last_name = NameField(label=_("Nom"), missing=_("Écrivez le nom."))
    first_name = NameField(label=_("Prénom"), missing=_("Écrivez le prénom."))
    birth_name = NameField(label=_("Nom de naissance"), missing="", required=False)
    birth_date = forms.CharField(
        label=_("Naissance"),
        required=False,
        max_length=20,
        help_text=_("Exemple\u00a0: 17051998 ou 17/05/1998"),
        error_messages={"max_length": _("Écrivez seulement la date. Exemple\u00a0: 17/05/1998.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    phone = PhoneField(label=_("Téléphone"), required=False, autocomplete="off")
    email = MailField(label=_("E-mail"), required=False, autocomplete="off")
    address = forms.CharField(
        label=_("Adresse"),
        required=False,
        max_length=200,
        error_messages={"max_length": _("L’adresse est trop longue. Gardez le numéro et la rue.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    commune = forms.CharField(
        label=_("Commune"), required=False, max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    language = forms.ChoiceField(label=_("Messages en"), choices=MESSAGE_LANGUAGES, initial="fr")
    channel = forms.ChoiceField(label=_("Messages par"), choices=Channel.choices, initial=Channel.BOTH)
    needs_interpreter = forms.BooleanField(label=_("Interprète"), required=False)
    needs_step_free = forms.BooleanField(label=_("Accès sans marche"), required=False)
    needs_sign_language = forms.BooleanField(label=_("Langue des signes"), required=False)
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": "3"}))

    def __init__(
        self,
        data: Any = None,
        *,
        departement: Departement,
        today: dt.date,
        usager: Usager | None = None,
        initial: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        known = initial_of(usager) if usager else {}
        super().__init__(data, initial={**known, **(initial or {})}, **options)
        self.departement = departement
        self.today = today
        phone = self.fields["phone"]
        if isinstance(phone, PhoneField):
            phone.departement_code = departement.code

    def clean_birth_date(self) -> dt.date | None:
        try:
            return read_birth(self.cleaned_data["birth_date"], self.today)
        except BirthProblem as problem:
            raise ValidationError(problem.message, code="birth_date") from problem

    def clean_commune(self) -> Commune | None:
        typed = self.cleaned_data["commune"]
        return commune_named(typed, self.departement) if typed else None

    def usager_fields(self) -> dict[str, Any]:
        phone = self.cleaned_data["phone"]
        return {name: self.cleaned_data[name] for name in _PLAIN} | {
            "birth_date": self.cleaned_data["birth_date"],
            "phone": phone.e164 if phone else "",
            "commune": self.cleaned_data["commune"],
        }

    def hints(self) -> dict[str, str]:
        """What is worth a second look, by box; errors are elsewhere. Call after `is_valid()`."""
        found: dict[str, str] = {}
        if born := self.cleaned_data.get("birth_date"):
            found["birth_date"] = f"= {french.day_year(born)}"
        if meant := email_suggestion(self.cleaned_data.get("email") or ""):
            found["email"] = f"Est-ce {meant}\u00a0?"
        phone = self.cleaned_data.get("phone")
        if phone and not phone.gets_sms:
            found["phone"] = "Ce numéro ne reçoit pas de SMS."
        return found


def initial_of(usager: Usager) -> dict[str, Any]:
    """The file as it is shown in the boxes."""
    shown = {name: getattr(usager, name) for name in _PLAIN}
    shown["birth_date"] = f"{usager.birth_date:%d/%m/%Y}" if usager.birth_date else ""
    shown["phone"] = say_phone(usager.phone)
    shown["commune"] = commune_label(usager.commune) if usager.commune else ""
    return shown
