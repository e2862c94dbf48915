"""Shape and wording of what the agents type to sign in and on their account page. Called by agents/views.

Errors say what is missing, never "invalide". Passwords are never shown again.
"""

import re
import unicodedata
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.validators import EmailValidator

from agents.models import Agent, NotificationLevel
from rdv.core.languages import SPOKEN

_NO_SIGNS = re.compile(r"[\s\-.·]+")
PASSWORD_HELP = "12 caractères ou plus. Une phrase est plus facile à retenir."  # noqa: S105 - a hint, not a password
EMAIL_UNCLEAR = "Écrivez l’adresse en entier. Exemple : prenom.nom@example.org."
CODE_DIGITS = 6
RECOVERY_LENGTH = 12


def put_focus(form: forms.Form) -> None:
    """The page opens on the first field to complete: one task per page, so that one types at once."""
    unsure = [name for name in form.fields if name in form.errors] if form.is_bound else []
    if form.is_bound and not unsure:
        unsure = [name for name, field in form.fields.items() if isinstance(field, PasswordField)]
    visible = [name for name, field in form.fields.items() if not field.widget.is_hidden]
    form.fields[(unsure or visible)[0]].widget.attrs["autofocus"] = True


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number > 1 else ''}"


class EmailField(forms.CharField):
    """An address, with our sentences. Lower case at once: the account is stored so."""

    widget = forms.EmailInput
    default_validators = [EmailValidator(message=EMAIL_UNCLEAR)]

    def __init__(self, *, autocomplete: str = "username", **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"required": "Il manque l’adresse e-mail."})
        super().__init__(max_length=254, **kwargs)
        self.widget.attrs |= {"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").lower()


class PasswordField(forms.CharField):
    widget = forms.PasswordInput

    def __init__(self, *, autocomplete: str, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"required": "Il manque le mot de passe."})
        super().__init__(max_length=256, strip=False, **kwargs)
        self.widget.attrs["autocomplete"] = autocomplete


class CodeField(forms.CharField):
    """Six digits, typed or pasted, with spaces if one likes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, error_messages={"required": "Il manque le code à 6 chiffres."}, **kwargs)
        self.widget.attrs |= {"inputmode": "numeric", "autocomplete": "one-time-code", "class": "otp"}

    def clean(self, value: Any) -> str:
        digits = _NO_SIGNS.sub("", unicodedata.normalize("NFKC", super().clean(value)))
        if not re.fullmatch(r"[0-9]*", digits):
            raise forms.ValidationError("Le code n’a que des chiffres.")
        if len(digits) < CODE_DIGITS:
            raise forms.ValidationError(f"Il manque {_count(CODE_DIGITS - len(digits), 'chiffre')}.")
        if len(digits) > CODE_DIGITS:
            raise forms.ValidationError(f"Il y a {_count(len(digits) - CODE_DIGITS, 'chiffre')} de trop.")
        return digits


class RecoveryCodeField(forms.CharField):
    """Twelve letters and digits, whatever their case, with or without hyphens. Cleaned to XXXX-XXXX-XXXX."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, error_messages={"required": "Il manque le code de secours."}, **kwargs)
        self.widget.attrs |= {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}

    def clean(self, value: Any) -> str:
        code = _NO_SIGNS.sub("", unicodedata.normalize("NFKC", super().clean(value))).upper()
        if re.search(r"[01OIL]", code):
            raise forms.ValidationError("Un code de secours n’a ni 0, ni 1, ni O, ni I, ni L. Regardez à nouveau.")
        if len(code) < RECOVERY_LENGTH:
            raise forms.ValidationError(f"Il manque {_count(RECOVERY_LENGTH - len(code), 'caractère')}.")
        if len(code) > RECOVERY_LENGTH:
            raise forms.ValidationError(f"Il y a {_count(len(code) - RECOVERY_LENGTH, 'caractère')} de trop.")
        return "-".join(code[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4))


class SignInForm(forms.Form):
    email = EmailField(label="Adresse e-mail professionnelle")
    password = PasswordField(label="Mot de passe", autocomplete="current-password")
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class CodeForm(forms.Form):
    code = CodeField(
        label="Code de votre application",
        help_text="Il change toutes les 30 secondes. Les espaces sont permis. Collez-le si vous voulez.",
    )
    trusts_post = forms.BooleanField(label="Ne plus demander sur ce poste pendant 12 heures", required=False)


class EnrolForm(forms.Form):
    code = CodeField(label="Code montré par l’application", help_text="6 chiffres. Les espaces sont permis.")


class RecoveryCodeForm(forms.Form):
    code = RecoveryCodeField(
        label="Code de secours", help_text="12 lettres et chiffres, sur la feuille que vous avez imprimée."
    )


class ForgottenForm(forms.Form):
    email = EmailField(label="Adresse e-mail professionnelle")


class NewPasswordForm(forms.Form):
    """`agent` is whose password it becomes: it may not look like their name or address."""

    password = PasswordField(label="Nouveau mot de passe", autocomplete="new-password", help_text=PASSWORD_HELP)

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agent = agent

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.agent)
        return password


class ChangePasswordForm(NewPasswordForm):
    current = PasswordField(label="Mot de passe actuel", autocomplete="current-password")
    field_order = ["current", "password"]


class ConfirmForm(forms.Form):
    password = PasswordField(label="Votre mot de passe", autocomplete="current-password")
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class PreferencesForm(forms.Form):
    notification_level = forms.ChoiceField(label="E-mails reçus sur vos rendez-vous", choices=NotificationLevel.choices)
    hears_arrivals = forms.BooleanField(label="M’écrire quand une personne arrive pour moi à l’accueil", required=False)
    shows_name = forms.BooleanField(label="Montrer mon nom au public", required=False)
    languages = forms.MultipleChoiceField(
        label="Langues que je parle, en plus du français",
        choices=SPOKEN,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Cochez les langues de la liste."},
    )
