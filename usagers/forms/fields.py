"""Boxes shared by the forms about people. Called by usagers/forms only."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from usagers.emails import email_problem, tidy_email
from usagers.phones import Phone, PhoneProblem, read_phone

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise  # a name of the stubs: what gettext_lazy returns

NAME_LENGTH = 80


class NameField(forms.CharField):
    """A name: one letter is enough, apostrophes and hyphens are letters of names."""

    def __init__(self, *, missing: "str | _StrPromise", autocomplete: str = "off", **options: Any) -> None:
        options.setdefault("max_length", NAME_LENGTH)
        super().__init__(**options)
        self.error_messages["required"] = missing
        self.error_messages["max_length"] = f"Ce nom est trop long ici. Gardez {NAME_LENGTH} lettres au plus."
        self.widget.attrs.update({"autocomplete": autocomplete, "spellcheck": "false"})

    def clean(self, value: Any) -> str:
        name = " ".join(str(super().clean(value)).split())
        if "@" in name:
            raise ValidationError("Cela ressemble à une adresse e-mail. Écrivez le nom ici.", code="not_a_name")
        if name and not any(c.isalpha() for c in name):
            raise ValidationError("Un nom s’écrit avec des lettres.", code="not_a_name")
        return name


class PhoneField(forms.CharField):
    """Cleans to a `Phone`, or None when left empty. `departement_code` is set by the form."""

    departement_code = ""

    def __init__(self, *, autocomplete: str = "tel", **options: Any) -> None:
        options.setdefault("max_length", 40)
        options.setdefault("widget", forms.TextInput(attrs={"type": "tel"}))
        super().__init__(**options)
        self.error_messages["max_length"] = "Il y a trop de chiffres. Écrivez un seul numéro de téléphone."
        self.widget.attrs.update({"autocomplete": autocomplete, "inputmode": "tel"})

    def clean(self, value: Any) -> Phone | None:
        typed = super().clean(value)
        if not typed:
            return None
        try:
            return read_phone(typed, departement_code=self.departement_code)
        except PhoneProblem as problem:
            raise ValidationError(problem.message, code="phone", params={"advice": problem.advice}) from problem


class MailField(forms.CharField):
    """Cleans to a lowercase address, or ""."""

    default_validators: list[Any] = []

    def __init__(self, *, autocomplete: str = "email", **options: Any) -> None:
        options.setdefault("max_length", 254)
        options.setdefault("widget", forms.EmailInput())
        super().__init__(**options)
        self.error_messages["max_length"] = "Cette adresse est trop longue. Écrivez une seule adresse e-mail."
        self.widget.attrs.update({"autocomplete": autocomplete, "inputmode": "email", "spellcheck": "false"})

    def clean(self, value: Any) -> str:
        email = tidy_email(super().clean(value))
        if not email:
            return ""
        if problem := email_problem(email):
            raise ValidationError(problem, code="email")
        EmailValidator(message="Vérifiez les signes de cette adresse e-mail. Exemple : nom@example.org.")(email)
        return email


class PartField(forms.CharField):
    """One of the three boxes of a birth date: day, month or year."""

    def __init__(self, *, size: int, autocomplete: str = "off", **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("max_length", 12)  # a month may be written in letters
        super().__init__(**options)
        attributes = {"inputmode": "numeric", "autocomplete": autocomplete, "size": str(size)}
        # No maxlength in the page: what is typed in full is read, or refused with a sentence.
        self.widget.attrs.update(attributes)
        self.widget.attrs.pop("maxlength", None)
        self.error_messages["max_length"] = "Écrivez seulement le jour, le mois ou l’année."
