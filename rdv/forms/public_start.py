"""The first questions of the public side: where, for what; and, for a visit at home, the address.

Shape and wording only. What was typed is kept; what is missing is said in the words of the question.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.commune_names import parse_commune_query
from agents.communes import find_communes
from agents.models import Commune, Departement
from rdv.domain.travel import Point

# Beyond this, people type the whole name rather than read the list.
CHOICES_SHOWN = 12
ANY_DOOR = "autre"


@dataclass(frozen=True, slots=True)
class Around:
    """Where the person lives, as far as we need to know: a commune."""

    commune: Commune
    label: str

    @property
    def name(self) -> str:
        return self.commune.name

    @property
    def postcode(self) -> str:
        return self.label.rpartition(" ")[2] if self.commune.postcodes else ""

    @property
    def point(self) -> Point | None:
        if self.commune.latitude is None or self.commune.longitude is None:
            return None
        return Point(self.commune.latitude, self.commune.longitude)


def around(commune: Commune, typed: str = "") -> Around:
    """The commune under a name that finds it again: "Lens 62300" (its own postcode when one was typed)."""
    asked = parse_commune_query(typed).postcode
    postcode = asked if asked in commune.postcodes else next(iter(commune.postcodes), "")
    return Around(commune, f"{commune.name} {postcode}".strip())


def around_from(lieu: str, departement: Departement) -> Around | None:
    """Read again what `around` wrote in the address of the page; what means nothing means nowhere."""
    found = find_communes(lieu, departement_code=departement.code, limit=1) if lieu.strip() else []
    return around(found[0], lieu) if found else None


class StartForm(forms.Form):
    """Where and for what. `candidates` holds the communes to choose from when several answer."""

    lieu = forms.CharField(max_length=100, required=False, strip=True)
    porte = forms.ChoiceField(error_messages={"required": gettext_lazy("Choisissez pour quoi vous venez.")})

    def __init__(self, data: Any = None, *, doors: Sequence[tuple[str, str]], departement: Departement | None) -> None:
        super().__init__(data)
        self.departement = departement
        self.candidates: list[Commune] = []
        porte = self.fields["porte"]
        assert isinstance(porte, forms.ChoiceField)  # noqa: S101 - declared above
        porte.choices = [*doors, (ANY_DOOR, "")]
        porte.error_messages["invalid_choice"] = _("Choisissez pour quoi vous venez.")

    def clean_lieu(self) -> str:
        """Empty is an answer in a département: people without a home come too."""
        typed: str = self.cleaned_data["lieu"]
        if not typed:
            if self.departement is None:
                raise forms.ValidationError(_("Écrivez le nom de votre commune ou son code postal."))
            return ""
        self.candidates = communes_named(typed, self.departement)
        if not self.candidates:
            raise forms.ValidationError(_not_found(typed, self.departement))
        return typed

    @property
    def commune(self) -> Commune | None:
        """The one commune meant; None when there is none or when the person must choose."""
        return self.candidates[0] if len(self.candidates) == 1 else None


def communes_named(typed: str, departement: Departement | None) -> list[Commune]:
    """Those that answer; only one when its very name was typed. An address is read by its postcode and town."""
    code = departement.code if departement else None
    found = find_communes(typed, departement_code=code, limit=CHOICES_SHOWN)
    if not found:
        found = _of_address(typed, code)
    keys = {" ".join(words) for words in parse_commune_query(typed).spellings}
    exact = [commune for commune in found if commune.search_key in keys]
    return exact if len(exact) == 1 else found


def _of_address(typed: str, code: str | None) -> list[Commune]:
    """ "14 rue des Acacias 62300 Lens": what follows the postcode, then the postcode alone."""
    postcode = parse_commune_query(typed).postcode
    if not postcode:
        return []
    town = typed.partition(postcode)[2]
    named = find_communes(f"{postcode} {town}", departement_code=code, limit=CHOICES_SHOWN)
    return named or find_communes(postcode, departement_code=code, limit=CHOICES_SHOWN)


def _not_found(typed: str, departement: Departement | None) -> str:
    elsewhere = find_communes(typed, limit=1) if departement else []
    if departement and elsewhere:
        return _(
            "%(commune)s n’est pas dans le département %(departement)s. "
            "Écrivez une commune du département, ou appelez-nous."
        ) % {"commune": elsewhere[0].name, "departement": departement.name_with_article}
    return _("Nous ne trouvons pas cette commune. Vérifiez son nom, ou écrivez son code postal.")


class VisitForm(forms.Form):
    """The address of a visit at home. It stays in the session, never in the address of a page."""

    street = forms.CharField(
        label=gettext_lazy("Numéro et rue"),
        max_length=120,
        error_messages={"required": gettext_lazy("Écrivez le numéro et le nom de la rue.")},
        widget=forms.TextInput(attrs={"autocomplete": "address-line1"}),
    )
    details = forms.CharField(
        label=gettext_lazy("Pour trouver la porte"),
        help_text=gettext_lazy("Bâtiment, étage, code. Exemple\u00a0: bâtiment B, 2e étage"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-line2"}),
    )
    commune = forms.CharField(
        label=gettext_lazy("Commune ou code postal"),
        max_length=100,
        error_messages={"required": gettext_lazy("Écrivez la commune ou le code postal.")},
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )

    def __init__(self, data: Any = None, *, departement: Departement, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.departement = departement
        self.found: Commune | None = None

    def clean_commune(self) -> str:
        typed: str = self.cleaned_data["commune"]
        found = communes_named(typed, self.departement)
        if not found:
            raise forms.ValidationError(_not_found(typed, self.departement))
        if len(found) > 1:
            names = ", ".join(commune.name for commune in found)
            raise forms.ValidationError(
                _("Plusieurs communes répondent\u00a0: %(names)s. Écrivez le nom en entier.") % {"names": names}
            )
        self.found = found[0]
        return around(found[0], typed).label

    @property
    def address(self) -> str:
        """In one line, as on an envelope."""
        data = self.cleaned_data
        place = around_words(data["commune"])
        return ", ".join(part for part in (data["street"], data["details"], place) if part)


def around_words(label: str) -> str:
    """ "Lens 62300" as it is written on an envelope: "62300 Lens"."""
    name, _space, postcode = label.rpartition(" ")
    return f"{postcode} {name}" if postcode.isdigit() and name else label
