"""Who the appointment is for, and how to reach them: the public form of the third step (mockup 04-coordonnees).

Called by the public views. After `is_valid()`: `channel` and `address` (where the code goes), `usager_fields()`
(for find_or_create_verified), `person_fields()` and `proche_kind` (for add_proche).
"""

import datetime as dt
from typing import Any, Literal

from django import forms
from django.utils.translation import gettext_lazy as _

from agents.models import Departement
from usagers.birth import BirthParts, BirthProblem
from usagers.emails import email_suggestion
from usagers.forms.fields import MailField, NameField, PartField, PhoneField
from usagers.models import Proche
from usagers.phones import Phone

ME, CHILD, HELPED = "me", "child", "helped"
WHO = [(ME, _("Pour moi")), (CHILD, _("Pour mon enfant")), (HELPED, _("Pour une personne que j’aide"))]
NEEDS = ("needs_interpreter", "needs_step_free", "needs_sign_language")
_MISSING_PERSON: dict[str, dict[str, Any]] = {
    CHILD: {
        "first_name": _("Écrivez le prénom de votre enfant."),
        "birth": _("Écrivez la date de naissance de votre enfant."),
    },
    HELPED: {
        "first_name": _("Écrivez le prénom de la personne que vous aidez."),
        "last_name": _("Écrivez le nom de la personne que vous aidez."),
    },
}


class IdentityForm(forms.Form):
    """The order of the boxes is that of the page. `email_kept` is hidden and must be in the page."""

    who = forms.ChoiceField(
        label=_("Pour qui est ce rendez-vous\u00a0?"),
        choices=WHO,
        widget=forms.RadioSelect,
        initial=ME,
        error_messages={
            "required": _("Dites pour qui est ce rendez-vous."),
            "invalid_choice": _("Dites pour qui est ce rendez-vous."),
        },
    )
    person_first_name = NameField(label=_("Son prénom"), missing="", required=False)
    person_last_name = NameField(
        label=_("Son nom"), missing="", required=False, help_text=_("Seulement s’il est différent du vôtre.")
    )
    person_birth_day = PartField(label=_("Jour"), size=2)
    person_birth_month = PartField(label=_("Mois"), size=2)
    person_birth_year = PartField(label=_("Année"), size=4)
    first_name = NameField(label=_("Votre prénom"), missing=_("Écrivez votre prénom."), autocomplete="given-name")
    last_name = NameField(label=_("Votre nom"), missing=_("Écrivez votre nom."), autocomplete="family-name")
    birth_day = PartField(label=_("Jour"), size=2, autocomplete="bday-day")
    birth_month = PartField(label=_("Mois"), size=2, autocomplete="bday-month")
    birth_year = PartField(label=_("Année"), size=4, autocomplete="bday-year")
    phone = PhoneField(
        label=_("Votre téléphone portable"),
        required=False,
        help_text=_("Nous envoyons un code, puis un rappel. Jamais de publicité."),
    )
    email = MailField(label=_("Votre e-mail"), required=False)
    # The address the person was asked about and sends again: it was right.
    email_kept = forms.CharField(required=False, widget=forms.HiddenInput, max_length=254)
    needs_interpreter = forms.BooleanField(label=_("Un interprète"), required=False)
    needs_step_free = forms.BooleanField(label=_("Un accès sans marche"), required=False)
    needs_sign_language = forms.BooleanField(label=_("La langue des signes"), required=False)

    def __init__(self, data: Any = None, *, departement: Departement, today: dt.date, **options: Any) -> None:
        """`today`: the date on the wall of the département."""
        super().__init__(data, **options)
        self.today = today
        phone = self.fields["phone"]
        if isinstance(phone, PhoneField):
            phone.departement_code = departement.code

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["birth_date"] = self._read_birth("")
        self._clean_person()
        self._clean_contact()
        self._ask_about_email()
        return self.cleaned_data

    @property
    def is_for_other(self) -> bool:
        return self.cleaned_data.get("who") in (CHILD, HELPED)

    @property
    def channel(self) -> Literal["sms", "email"]:
        """Where the code goes: the phone if it gets texts, else the e-mail."""
        phone: Phone | None = self.cleaned_data["phone"]
        return "sms" if phone and phone.gets_sms else "email"

    @property
    def address(self) -> str:
        return self.cleaned_data["phone"].e164 if self.channel == "sms" else str(self.cleaned_data["email"])

    @property
    def proche_kind(self) -> Proche.Kind:
        return Proche.Kind.CHILD if self.cleaned_data["who"] == CHILD else Proche.Kind.ADULT

    def usager_fields(self) -> dict[str, Any]:
        """The person who fills the form in, and gets the messages."""
        phone: Phone | None = self.cleaned_data["phone"]
        return {
            "first_name": self.cleaned_data["first_name"],
            "last_name": self.cleaned_data["last_name"],
            "birth_date": self.cleaned_data["birth_date"],
            "phone": phone.e164 if phone else "",
            "email": self.cleaned_data["email"],
            **self._needs(),
        }

    def person_fields(self) -> dict[str, Any] | None:
        """The child or the person helped, who is received; None when it is for oneself.

        The needs go to both files: both people come, and agents look at the file of the one they receive.
        """
        if not self.is_for_other:
            return None
        return {
            "first_name": self.cleaned_data["person_first_name"],
            "last_name": self.cleaned_data["person_last_name"] or self.cleaned_data["last_name"],
            "birth_date": self.cleaned_data["person_birth_date"],
            **self._needs(),
        }

    def error_summary(self) -> list[tuple[str, str]]:
        """(id of the box, what to do), in the order of the page, for the list at the top of it."""
        found = self.errors.as_data()
        return [(self._box_id(name), _advice(found[name][0])) for name in self.fields if name in found]

    def _box_id(self, name: str) -> str:
        """A group of radio buttons has no id of its own: its first button has."""
        return self[name].id_for_label or f"{self[name].auto_id}_0"

    def _needs(self) -> dict[str, bool]:
        return {name: self.cleaned_data[name] for name in NEEDS}

    def _read_birth(self, prefix: str) -> dt.date | None:
        """Read three boxes; the error goes to the box to mend."""
        parts = [str(self.cleaned_data.get(f"{prefix}birth_{part}", "")).strip() for part in ("day", "month", "year")]
        if any(f"{prefix}birth_{part}" in self.errors for part in ("day", "month", "year")):
            return None
        try:
            return BirthParts(*parts).read(self.today)
        except BirthProblem as problem:
            self.add_error(f"{prefix}birth_{problem.part}", problem.message)
            return None

    def _clean_person(self) -> None:
        """Only when the appointment is for somebody else: hidden boxes are forgotten, never complained about."""
        who = self.cleaned_data.get("who", ME)
        if who == ME:
            for name in [name for name in self.errors if name.startswith("person_")]:
                del self.errors[name]
            return
        missing = _MISSING_PERSON[who]
        for name in ("first_name", "last_name"):
            box = f"person_{name}"
            if name in missing and box not in self.errors and not self.cleaned_data.get(box):
                self.add_error(box, str(missing[name]))
        self.cleaned_data["person_birth_date"] = born = self._read_birth("person_")
        if born is None and "birth" in missing and not any(name.startswith("person_birth") for name in self.errors):
            self.add_error("person_birth_day", str(missing["birth"]))

    def _clean_contact(self) -> None:
        if "phone" in self.errors or "email" in self.errors or self.cleaned_data.get("email"):
            return
        phone: Phone | None = self.cleaned_data.get("phone")
        if phone is None:
            self.add_error("phone", _("Écrivez un numéro de portable, ou une adresse e-mail."))
        elif not phone.gets_sms:
            self.add_error("phone", _("Ce numéro ne reçoit pas de SMS. Ajoutez un portable ou une adresse e-mail."))

    def _ask_about_email(self) -> None:
        email = self.cleaned_data.get("email", "")
        meant = email_suggestion(email)
        if not meant or self.cleaned_data.get("email_kept") == email:
            return
        self.add_error("email", f"Vouliez-vous dire {meant}\u00a0? Corrigez, ou envoyez encore si l’adresse est juste.")
        typed: Any = self.data
        kept: Any = typed.copy()  # a QueryDict is read-only
        kept[self.add_prefix("email_kept")] = email
        self.data = kept


def _advice(error: forms.ValidationError) -> str:
    """What to do, without the explanation that stands beside the box."""
    params = getattr(error, "params", None) or {}
    sentence = params["advice"] if "advice" in params else str(error.messages[0])
    return sentence.rstrip(".")
