"""What would suit somebody who waits: places, moments, dates, with whom, how short a warning. Shape and wording only.

Called by rdv/views/public/wait_*. After `is_valid()`: `over(wishes)` gives the Wishes with what was said here. Nothing
is ticked in advance but the place that was looked at; boxes behind a choice stand there without a script.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from agents.models import Agent
from rdv.core.languages import LANGUAGES, french_name
from rdv.domain.french import NBSP
from rdv.forms.wait_moments import HALVES, DayRow, notices_of, rows_of
from rdv.forms.wait_places import NAMED, Places
from rdv.models import Modality, Motif
from rdv.services.waitlist_join import Wishes

ANY_TIME, SOME_TIMES = "tous", "certains"
ANYBODY, SAME, REFERENT = "", "meme", "referent"
# Boxes that stand behind a choice: ticked without it, they say it.
BEHIND = {"half_days": ("when", SOME_TIMES), "sites": ("where", NAMED)}
DATE_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
_DATE_ERRORS = {"invalid": _("Écrivez une date. Exemple\u00a0: 14/12/2026.")}


def _day_box(label: Any, hint: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        required=False,
        input_formats=DATE_FORMATS,
        error_messages=_DATE_ERRORS,
        widget=forms.DateInput(format=DATE_FORMATS[0], attrs={"type": "date"}),
    )


@dataclass(frozen=True, slots=True)
class Offered:
    """What the wishes may name beside places, read by the view. `agent`: one person by name, who has received them or
    was asked for; `agent_words`: how the page calls them."""

    languages: Sequence[str] = ()
    motifs: Sequence[Motif] = ()
    agent: Agent | None = None
    agent_words: str = ""
    has_referent: bool = False

    @property
    def company(self) -> list[tuple[str, str]]:
        same = [(SAME, self.agent_words)] if self.agent else []
        followed = [(REFERENT, str(_("Avec la personne qui me suit (mon référent)")))] if self.has_referent else []
        return [(ANYBODY, str(_("Avec n’importe qui"))), *same, *followed] if same or followed else []


class WishesForm(forms.Form):
    """The boxes that make no sense for this motif are left out: places of a visit, days of one session."""

    when = forms.ChoiceField(
        label=_("Quand pouvez-vous venir\u00a0?"),
        choices=[(ANY_TIME, _("N’importe quel jour")), (SOME_TIMES, _("Certains moments"))],
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choisissez quand vous pouvez venir.")),
    )
    half_days = forms.TypedMultipleChoiceField(
        label=_("Quels moments\u00a0?"),
        coerce=int,
        choices=[(bit, str(bit)) for bit in range(HALVES)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Cochez au moins un moment."),
            "invalid_choice": _("Cochez les moments de la liste."),
        },
    )
    where = forms.ChoiceField(
        label=_("Où pouvez-vous aller\u00a0?"),
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choisissez où vous pouvez aller.")),
    )
    sites = forms.MultipleChoiceField(
        label=_("Quels lieux\u00a0?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Cochez au moins un lieu."),
            "invalid_choice": _("Cochez les lieux de la liste."),
        },
    )
    notice = forms.TypedChoiceField(
        label=_("Combien de temps avant faut-il vous prévenir\u00a0?"),
        help_text=_("Si vous pouvez venir au dernier moment, vous avez plus de chances."),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choisissez combien de temps avant."),
            "invalid_choice": _("Choisissez un délai."),
        },
    )
    equivalents = forms.TypedMultipleChoiceField(
        label=_("Ces rendez-vous vous iraient aussi\u00a0?"),
        help_text=_("Cochez ce qui vous irait\u00a0: vous avez plus de chances."),
        required=False,
        coerce=str,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Cochez les rendez-vous de la liste.")},
    )
    company = forms.ChoiceField(
        label=_("Avec qui\u00a0?"),
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choisissez avec qui.")},
    )
    language = forms.ChoiceField(
        label=_("Dans quelle langue voulez-vous être reçu\u00a0?"),
        help_text=_("Une autre langue que le français peut demander plus de temps."),
        required=False,
        error_messages={"invalid_choice": _("Choisissez une langue de la liste.")},
    )
    from_day = _day_box(_("À partir du"), _("Si vous ne pouvez pas avant."))
    until_day = _day_box(_("Jusqu’au"), _("Après ce jour, nous ne vous proposons plus rien."))
    auto_accept = forms.BooleanField(
        label=_("Inscrivez-moi tout de suite si une place se libère, sans me demander"), required=False
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        motif: Motif,
        places: Places,
        offered: Offered,
        today: dt.date,
        is_for_session: bool = False,
        has_end: bool = True,
        **options: Any,
    ) -> None:
        """`has_end`: False when an Rdv already says until when."""
        super().__init__(_said_by_boxes(data), **options)
        self.today, self.places, self.offered = today, places, offered
        self.set_choices("where", places.choices)
        self.fields["where"].help_text = places.hint
        self.set_choices("sites", [(one.slug, _named(one.name, places.km.get(one.pk))) for one in places.sites])
        self.set_choices("notice", notices_of(motif))
        self.set_choices("equivalents", [(one.slug, one.public_label) for one in offered.motifs])
        self.set_choices("company", offered.company)
        named = [(code, f"{LANGUAGES[code][0]} ({french_name(code)})") for code in offered.languages]
        self.set_choices("language", [("", str(_("En français"))), *named])
        has_one_place = is_for_session or motif.modality != Modality.PUBLIC_OFFICE or len(places.sites) < 2
        hidden = {
            "language": not offered.languages,
            "company": is_for_session or not offered.company,
            "equivalents": is_for_session or not offered.motifs,
            "where": has_one_place,
            "sites": has_one_place,
            "when": is_for_session,
            "half_days": is_for_session,
            "from_day": is_for_session,
            "until_day": is_for_session or not has_end,
            "auto_accept": not motif.is_collective,
        }
        for name in [name for name, is_hidden in hidden.items() if is_hidden]:
            del self.fields[name]
        self._free_boxes()

    def _free_boxes(self) -> None:
        """What stands behind another choice is not asked."""
        for boxes, (choice, value) in BEHIND.items():
            if boxes in self.fields and self.is_bound and self.data.get(choice) != value:
                self.fields[boxes].required = False

    def set_choices(self, name: str, choices: Sequence[tuple[Any, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices)

    def clean_until_day(self) -> dt.date | None:
        until: dt.date | None = self.cleaned_data["until_day"]
        if until is not None and until < self.today:
            raise forms.ValidationError(_("Cette date est passée. Choisissez une date à venir."))
        begins = self.cleaned_data.get("from_day")
        if until is not None and begins is not None and until < begins:
            raise forms.ValidationError(_("Le dernier jour doit être après le premier."))
        return until

    def typed_before(self, typed: QueryDict) -> dict[str, Any]:
        """What was sent once, as the boxes show it again."""
        said = _said_by_boxes(typed) or QueryDict()
        many = (forms.MultipleChoiceField,)
        return {
            name: said.getlist(name) if isinstance(field, many) else said.get(name)
            for name, field in self.fields.items()
            if name in said
        }

    def over(self, wishes: Wishes) -> Wishes:
        """These wishes with what was typed. Everything ticked is the same as anything."""
        data = self.cleaned_data
        said: dict[str, Any] = {"shortest_notice_min": data["notice"]}
        if "where" in self.fields:
            said |= self.places.said(data["where"], data["sites"])
        if "half_days" in self.fields:
            bits = {int(bit) for bit in data["half_days"]} if data["when"] == SOME_TIMES else set()
            said["half_days"] = 0 if len(bits) == HALVES else sum(1 << bit for bit in bits)
        if "equivalents" in self.fields:
            said["equivalents"] = self._equivalents(wishes)
        if "company" in self.fields and "company" in self.data:  # one of the choices is always sent
            said["agent"] = self.offered.agent if data["company"] == SAME else None
            said["referent_only"] = data["company"] == REFERENT
        for name in ("from_day", "until_day", "language", "auto_accept"):
            if name in self.fields:
                said[name] = data[name]
        return replace(wishes, **said)

    def _equivalents(self, wishes: Wishes) -> list[Motif]:
        """What was ticked, and what an agent added that this page does not show."""
        ticked = [one for one in self.offered.motifs if one.slug in self.cleaned_data["equivalents"]]
        return [*ticked, *(one for one in wishes.equivalents if one not in self.offered.motifs)]

    def half_day_rows(self) -> list[DayRow]:
        return rows_of(self["half_days"])

    @property
    def more(self) -> list[BoundField]:
        """What few people ask for, folded away."""
        return [self[name] for name in ("company", "language", "from_day", "until_day") if name in self.fields]

    @property
    def is_more_open(self) -> bool:
        return any(one.errors or one.value() for one in self.more)


def _said_by_boxes(data: QueryDict | None) -> QueryDict | None:
    """A moment ticked without a word on moments means "certain moments": old browsers show the boxes at once."""
    if data is None:
        return None
    said = data.copy()
    for boxes, (choice, value) in BEHIND.items():
        if said.getlist(boxes) and not said.get(choice):
            said[choice] = value
    return said


def _named(name: str, km: float | None) -> str:
    if km is None:
        return name
    return f"{name}, {round(km)}{NBSP}km" if round(km) else f"{name}, moins d’1{NBSP}km"


def initial_of(wishes: Wishes, places: Places, motif: Motif) -> dict[str, Any]:
    """Wishes that were said, as the boxes show them."""
    return first_of(wishes, motif) | {
        "when": SOME_TIMES if wishes.half_days else ANY_TIME,
        "half_days": [bit for bit in range(HALVES) if wishes.half_days >> bit & 1],
        "where": places.choice_of(wishes),
        "sites": [site.slug for site in wishes.sites],
        "equivalents": [one.slug for one in wishes.equivalents],
        "company": REFERENT if wishes.referent_only else SAME if wishes.agent else ANYBODY,
        "from_day": wishes.from_day,
        "until_day": wishes.until_day,
        "language": wishes.language,
        "auto_accept": wishes.auto_accept,
    }


def first_of(wishes: Wishes, motif: Motif) -> dict[str, Any]:
    """Nothing was said yet: a warning of a day, or what the motif leaves."""
    choices = [minutes for minutes, _words in notices_of(motif)]
    return {"notice": max((one for one in choices if one <= wishes.shortest_notice_min), default=choices[0])}
