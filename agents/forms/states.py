"""Two people on one form: the second is told what changed since their page, and what they typed is kept. Room: forms.

For forms of something that exists, here and above (rdv/forms). What the page shows is named by a mark, `etat`, which it
sends back. When the thing has changed since, and the form would write something else than what is there now, nothing is
saved and each difference is said; sent again, the form goes through. The same form sent twice asks nothing.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import QueryDict

from rdv.domain import french

LATE = (
    "Quelqu’un a changé ceci pendant que vous écriviez. {now} "
    "Ce que vous avez écrit est gardé : vérifiez, puis enregistrez."
)
MOST_SAID = 6
LONGEST = 80


class Stated(forms.BaseForm):
    """`initial` is the thing as it is now, read again at each request; without it, the form makes a new thing."""

    # What says how to write, not what is written.
    ASIDE: ClassVar[Collection[str]] = ("etat", "key", "scope", "reset_changes")
    late = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["etat"] = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)
        self.initial["etat"] = self.state

    @property
    def state(self) -> str:
        """The same as long as nobody changes the thing."""
        facts = [(name, _plain(self.get_initial_for_field(self.fields[name], name))) for name in self._told]
        return sha256(repr(facts).encode()).hexdigest()[:16]

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound:
            return
        # Not a column: services write what is clean.
        self.cleaned_data.pop("etat", None)
        seen = self.data.get(self.add_prefix("etat"), "")
        changed = [name for name in self.changed_data if name not in self.ASIDE]
        if seen and seen != self.state and changed:
            self.late = LATE.format(now=self._now(changed))
            self.add_error(None, ValidationError(self.late, code="late"))
            # The mark of now: they have been told.
            told = QueryDict(mutable=True)
            told.update(self.data)
            told[self.add_prefix("etat")] = self.state
            self.data = told

    @property
    def _told(self) -> list[str]:
        return [name for name in self.fields if name not in self.ASIDE]

    def _now(self, changed: list[str]) -> str:
        said = [f"{self[name].label} : {self._shown(name)}" for name in changed[:MOST_SAID]]
        return f"Maintenant, {' ; '.join(said)}."

    def _shown(self, name: str) -> str:
        field, value = self.fields[name], self.get_initial_for_field(self.fields[name], name)
        if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
            held = {str(one) for one in _each(value)}
            choices = cast("Iterable[tuple[Any, Any]]", field.choices)  # groups of choices: none here
            labels = [str(label) for key, label in choices if str(key) in held and str(key)]
            return french.joined(labels) or "rien"
        return _words(field.prepare_value(value))


def _each(value: Any) -> Iterable[Any]:
    many = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return [one.pk if isinstance(one, Model) else one for one in many]


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return repr(sorted(_plain(one) for one in value))
    return str(value.pk if isinstance(value, Model) else "" if value is None else value)


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, dt.date):
        return french.day_year(value)
    if isinstance(value, dt.time):
        return french.hour(value)
    said = " ".join(str("" if value is None else value).split())
    return f"« {said[:LONGEST]}{'…' if len(said) > LONGEST else ''} »" if said else "rien"
