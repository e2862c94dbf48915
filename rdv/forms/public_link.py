"""What a person says from the link of their appointment, and how they ask for the list of all of them."""

from typing import Any, Literal

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from usagers.emails import email_problem, tidy_email
from usagers.forms import CodeForm
from usagers.phones import PhoneProblem, read_phone

LATE_CHOICES = (5, 10, 15, 20, 30, 45, 60)


class PublicCodeForm(CodeForm):
    """The box of the code, with large figures."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["code"].widget.attrs["class"] = "rdv-code"

    @classmethod
    def refused(cls, message: str) -> "PublicCodeForm":
        """Empty, saying why no code was sent."""
        form = cls({"code": ""})
        form.errors["code"] = form.error_class([message])
        return form


class LateForm(forms.Form):
    """One button per length."""

    minutes = forms.TypedChoiceField(
        coerce=int,
        choices=[(minutes, str(minutes)) for minutes in LATE_CHOICES],
        error_messages={
            "required": gettext_lazy("Choisissez de combien de minutes."),
            "invalid_choice": gettext_lazy("Choisissez de combien de minutes."),
        },
    )


class CompanionForm(forms.Form):
    companion = forms.CharField(
        label=gettext_lazy("Avec qui venez-vous\u00a0?"),
        help_text=gettext_lazy("Un prénom ou un rôle suffit. Exemple\u00a0: ma sœur, un interprète"),
        max_length=120,
        error_messages={
            "required": gettext_lazy("Écrivez qui vient avec vous."),
            "max_length": gettext_lazy("C’est trop long ici\u00a0: gardez 120 lettres au plus."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ContactForm(forms.Form):
    """A phone or an e-mail in one box: people know which one they gave."""

    contact = forms.CharField(
        label=gettext_lazy("Votre téléphone portable ou votre e-mail"),
        help_text=gettext_lazy("Celui que vous avez donné pour le rendez-vous. Nous y envoyons un code."),
        max_length=254,
        error_messages={"required": gettext_lazy("Écrivez un numéro de portable, ou une adresse e-mail.")},
        widget=forms.TextInput(attrs={"autocomplete": "tel", "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None, *, departement_code: str) -> None:
        super().__init__(data)
        self.departement_code = departement_code
        self.channel: Literal["sms", "email"] = "sms"
        self.address = ""

    def clean_contact(self) -> str:
        typed: str = self.cleaned_data["contact"]
        if "@" in typed or any(c.isalpha() for c in typed):
            self.channel, self.address = "email", tidy_email(typed)
            if problem := email_problem(self.address):
                raise forms.ValidationError(problem)
            return typed
        try:
            phone = read_phone(typed, departement_code=self.departement_code)
        except PhoneProblem as problem:
            raise forms.ValidationError(problem.message) from problem
        if not phone.gets_sms:
            raise forms.ValidationError(
                _("Ce numéro ne reçoit pas de SMS. Écrivez un portable ou une adresse e-mail, ou appelez-nous.")
            )
        self.channel, self.address = "sms", phone.e164
        return typed
