"""The box where the code is typed. Called by the public views, before usagers.services.codes.check_code."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from rdv.domain.french import NBSP
from usagers.phones import plain_digits

CODE_DIGITS = 6


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Votre code"),
        help_text=_("6\u00a0chiffres. Il marche pendant 10\u00a0minutes."),
        max_length=40,
        error_messages={
            "required": _("Écrivez le code que vous avez reçu."),
            "max_length": _("Écrivez seulement les 6\u00a0chiffres du code."),
        },
        # No maxlength in the page: "123 456" pasted from the message keeps its six digits.
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        """A code of another length costs no try: it is a slip, not a guess."""
        digits = plain_digits(self.cleaned_data["code"])
        gap = CODE_DIGITS - len(digits)
        if gap > 0:
            raise ValidationError(f"Il manque {_count(gap)}. Le code a {CODE_DIGITS}{NBSP}chiffres.", code="short")
        if gap < 0:
            raise ValidationError(f"Il y a {_count(-gap)} en trop. Le code a {CODE_DIGITS}{NBSP}chiffres.", code="long")
        return digits


def _count(number: int) -> str:
    return f"{number}{NBSP}chiffre{'s' if number > 1 else ''}"
