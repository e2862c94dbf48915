"""What would suit somebody who waits: places, half-days, dates, how short a warning. Shape and wording only.

Called by rdv/views/public/wait_*. After `is_valid()`: `over(wishes)` gives the Wishes with what was said here.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from agents.models import Site
from rdv.core.languages import LANGUAGES, french_name
from rdv.domain import french
from rdv.domain.french import NBSP
from rdv.models import Modality, Motif
from rdv.services.waitlist_join import Wishes

HALVES = 12
DAY = 24 * 60
NOTICES = (2 * 60, DAY, 2 * DAY, 7 * DAY)
DATE_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
_DATE_ERRORS = {"invalid": _("Écrivez une date. Exemple\u00a0: 14/12/2026.")}


def notices_of(motif: Motif) -> list[tuple[int, str]]:
    """The warnings that make a difference: nothing is proposed later than the motif's own last moment."""
    least = int(motif.waitlist_notice.total_seconds() // 60)
    return [(minutes, notice_words(minutes)) for minutes in sorted({max(one, least) for one in NOTICES})]


def notice_words(minutes: int) -> str:
    """2 heures avant, 1 jour avant."""
    if minutes % DAY:
        return f"{french.duration(dt.timedelta(minutes=minutes))} avant"
    days = minutes // DAY
    return f"{days}{NBSP}jour{'s' if days > 1 else ''} avant"


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
class HalfDay:
    id: str
    value: int
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class DayRow:
    """One line of the grid."""

    day: str
    morning: HalfDay
    afternoon: HalfDay


class WishesForm(forms.Form):
    """The boxes that make no sense for this motif are left out: places of a visit, days of one session."""

    sites = forms.MultipleChoiceField(
        label=_("Où pouvez-vous aller\u00a0?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Cochez au moins un lieu."),
            "invalid_choice": _("Cochez les lieux de la liste."),
        },
    )
    half_days = forms.TypedMultipleChoiceField(
        label=_("Quand pouvez-vous venir\u00a0?"),
        coerce=int,
        choices=[(bit, str(bit)) for bit in range(HALVES)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Cochez au moins une demi-journée."),
            "invalid_choice": _("Cochez les demi-journées de la liste."),
        },
    )
    from_day = _day_box(_("À partir du"), _("Si vous ne pouvez pas avant."))
    until_day = _day_box(_("Jusqu’au"), _("Après ce jour, nous ne vous proposons plus rien."))
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
    language = forms.ChoiceField(
        label=_("Dans quelle langue voulez-vous être reçu\u00a0?"),
        help_text=_("Une autre langue que le français peut demander plus de temps."),
        required=False,
        error_messages={"invalid_choice": _("Choisissez une langue de la liste.")},
    )
    auto_accept = forms.BooleanField(
        label=_("Inscrivez-moi tout de suite si une place se libère, sans me demander"), required=False
    )

    def __init__(
        self,
        data: Any = None,
        *,
        motif: Motif,
        sites: Sequence[tuple[Site, str]],
        today: dt.date,
        is_for_session: bool = False,
        has_end: bool = True,
        languages: Sequence[str] = (),
        **options: Any,
    ) -> None:
        """`sites`: each with its distance in words. `has_end`: False when an Rdv already says until when.
        `languages`: spoken by those who receive."""
        super().__init__(data, **options)
        self.today = today
        self.known = {site.slug: site for site, _distance in sites}
        self.set_choices("sites", [(site.slug, _named(site, distance)) for site, distance in sites])
        self.set_choices("notice", notices_of(motif))
        named = [(code, f"{LANGUAGES[code][0]} ({french_name(code)})") for code in languages]
        self.set_choices("language", [("", str(_("En français"))), *named])
        hidden = {
            "language": not languages,
            "sites": is_for_session or motif.modality != Modality.PUBLIC_OFFICE or len(sites) < 2,
            "half_days": is_for_session,
            "from_day": is_for_session,
            "until_day": is_for_session or not has_end,
            "auto_accept": not motif.is_collective,
        }
        for name in [name for name, is_hidden in hidden.items() if is_hidden]:
            del self.fields[name]

    def set_choices(self, name: str, choices: list[tuple[Any, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean_until_day(self) -> dt.date | None:
        until: dt.date | None = self.cleaned_data["until_day"]
        if until is not None and until < self.today:
            raise forms.ValidationError(_("Cette date est passée. Choisissez une date à venir."))
        begins = self.cleaned_data.get("from_day")
        if until is not None and begins is not None and until < begins:
            raise forms.ValidationError(_("Le dernier jour doit être après le premier."))
        return until

    def over(self, wishes: Wishes) -> Wishes:
        """These wishes with what was typed. Everything ticked is the same as anything."""
        said: dict[str, Any] = {"shortest_notice_min": self.cleaned_data["notice"]}
        if "sites" in self.fields:
            chosen = [self.known[slug] for slug in self.cleaned_data["sites"]]
            said["sites"] = [] if len(chosen) == len(self.known) else chosen
        if "half_days" in self.fields:
            bits = {int(bit) for bit in self.cleaned_data["half_days"]}
            said["half_days"] = 0 if len(bits) == HALVES else sum(1 << bit for bit in bits)
        for name in ("from_day", "until_day", "language", "auto_accept"):
            if name in self.fields:
                said[name] = self.cleaned_data[name]
        return replace(wishes, **said)

    def half_day_rows(self) -> list[DayRow]:
        """Monday to Saturday, for the grid of the page."""
        ticked = _ticked(self["half_days"])
        boxes = [HalfDay(f"id_half_days_{bit}", bit, str(bit) in ticked) for bit in range(HALVES)]
        days = french.WEEKDAYS[: HALVES // 2]
        return [DayRow(day, boxes[2 * n], boxes[2 * n + 1]) for n, day in enumerate(days)]

    def grid_fields(self) -> list[BoundField]:
        """The dates, side by side."""
        return [self[name] for name in ("from_day", "until_day") if name in self.fields]


def _ticked(field: BoundField) -> set[str]:
    return {str(value) for value in field.value() or []}


def _named(site: Site, distance: str) -> str:
    return f"{site.name}, {distance}" if distance else site.name


def initial_of(wishes: Wishes, sites: Sequence[Site], motif: Motif) -> dict[str, Any]:
    """The wishes as the boxes show them."""
    shown = {site.pk for site in wishes.sites} or {site.pk for site in sites}
    choices = [minutes for minutes, _words in notices_of(motif)]
    return {
        "sites": [site.slug for site in sites if site.pk in shown],
        "half_days": [bit for bit in range(HALVES) if not wishes.half_days or wishes.half_days >> bit & 1],
        "from_day": wishes.from_day,
        "until_day": wishes.until_day,
        "notice": max((one for one in choices if one <= wishes.shortest_notice_min), default=choices[0]),
        "language": wishes.language,
        "auto_accept": wishes.auto_accept,
    }
