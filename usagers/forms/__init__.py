"""Forms about people: shape and wording only. What was typed is kept; errors say what is missing, never "invalide"."""

from usagers.forms.code import CodeForm
from usagers.forms.identity import IdentityForm
from usagers.forms.usager import UsagerForm

__all__ = ["CodeForm", "IdentityForm", "UsagerForm"]
