"""Shared templates and template tags: what they write, and what they refuse."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django import forms
from django.template import TemplateSyntaxError, engines
from django.template.loader import get_template

from agents.models.departement import Departement
from rdv.templatetags.states import STATES

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PAS_DE_CALAIS = Departement(
    code="62", name="Pas-de-Calais", name_with_article="du Pas-de-Calais", public_phone="+33353012000"
)
REUNION = Departement(code="974", name="La Réunion", zone_name="Indian/Reunion", public_phone="+262262999999")
MORNING = dt.datetime(2026, 11, 26, 8, 20, tzinfo=dt.UTC)


def written(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render(context)


def names() -> list[str]:
    return sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("name", names())
def test_a_template_compiles_and_holds_nothing_inline(name: str) -> None:
    get_template(name)
    text = re.sub(
        r"\{% comment %\}.*?\{% endcomment %\}", "", (TEMPLATES / name).read_text(encoding="utf-8"), flags=re.S
    )
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", text)


def test_an_hour_is_that_of_the_departement() -> None:
    source = "{% load dates %}{{ at|heure:departement }}|{{ at|horloge:departement }}|{{ at|jour_heure:departement }}"
    assert written(source, at=MORNING, departement=PAS_DE_CALAIS) == (
        "9\u00a0h\u00a020|9:20|jeudi 26\u00a0novembre à 9\u00a0h\u00a020"
    )
    assert written(source, at=MORNING, departement=REUNION).startswith("12\u00a0h\u00a020|12:20")


def test_a_day_is_that_of_the_departement() -> None:
    evening = dt.datetime(2026, 11, 26, 21, 0, tzinfo=dt.UTC)
    source = "{% load dates %}{{ at|jour:departement }}, {{ at|jour_court:departement }}, {{ at|machine:departement }}"
    assert written(source, at=evening, departement=PAS_DE_CALAIS).startswith("jeudi 26\u00a0novembre, jeu. 26")
    assert written(source, at=evening, departement=REUNION) == (
        "vendredi 27\u00a0novembre, ven. 27\u00a0nov., 2026-11-27T01:00+04:00"
    )


def test_an_instant_is_never_shown_in_a_guessed_zone() -> None:
    with pytest.raises(TemplateSyntaxError):
        written("{% load dates %}{{ at|heure }}", at=MORNING)


@pytest.mark.parametrize(
    ("number", "shown", "masked"),
    [
        ("+33639981240", "06 39 98 12 40", "06 39 98 •• 40"),
        ("+33353012000", "03 53 01 20 00", "03 53 01 •• 00"),
        ("+262262999999", "0262 99 99 99", "0262 99 •• 99"),
    ],
)
def test_a_phone_number_reads_as_people_say_it(number: str, shown: str, masked: str) -> None:
    source = "{% load phones %}{{ number|telephone }}|{{ number|masked_phone }}|{{ number|e164 }}"
    assert written(source, number=number).replace("\u00a0", " ") == f"{shown}|{masked}|{number}"


def test_a_masked_number_does_not_tell_the_hidden_digits() -> None:
    assert "12" not in written("{% load phones %}{{ '+33639981240'|masked_phone }}")


@pytest.mark.parametrize("tag", ['{% icon "nothing" %}', '{% picto "nothing" %}'])
def test_an_unknown_icon_is_refused(tag: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        written("{% load icons %}" + tag)


@pytest.mark.parametrize("code", sorted(STATES))
def test_a_state_has_a_shape_and_a_word(code: str) -> None:
    badge = written("{% load states %}{% state code %}", code=code)
    assert "<svg" in badge
    assert f">{STATES[code].word}<" in badge


class BirthDate(forms.MultiWidget):
    part_labels = ("Jour", "Mois", "Année")

    def __init__(self) -> None:
        super().__init__([forms.TextInput(), forms.TextInput(), forms.TextInput()])

    def decompress(self, value: object) -> list[object]:
        return [None, None, None]


class BirthDateField(forms.MultiValueField):
    widget = BirthDate

    def __init__(self, **kwargs: object) -> None:
        super().__init__([forms.CharField(), forms.CharField(), forms.CharField()], **kwargs)


class Sample(forms.Form):
    name = forms.CharField(
        label="Nom", help_text="Comme sur vos papiers.", error_messages={"required": "Il manque le nom."}
    )
    mail = forms.EmailField(label="E-mail", required=False)
    who = forms.ChoiceField(
        label="Pour qui",
        choices=[("me", "Moi"), ("child", "Mon enfant")],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites pour qui."},
    )
    born = BirthDateField(label="Naissance", error_messages={"required": "Il manque la date."})


def field(name: str, **context: object) -> str:
    form = Sample({"name": "", "mail": "a@example.org"})
    return written('{% include "components/_field.html" with field=field %}', field=form[name], **context)


def test_the_error_stands_between_the_label_and_the_control() -> None:
    html = field("name")
    places = [html.index(part) for part in ("<label", "Comme sur", "Il manque le nom.", "<input")]
    assert places == sorted(places)


def test_the_control_is_tied_to_its_hint_and_its_error() -> None:
    html = field("name")
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'class="fr-input"' in html


def test_what_may_be_left_empty_says_so() -> None:
    assert "(facultatif)" in field("mail")
    assert "(facultatif)" not in field("name")


def test_what_was_typed_is_kept() -> None:
    assert 'value="a@example.org"' in field("mail")


@pytest.mark.parametrize("pills", [True, False])
def test_choices_are_a_group_with_its_question(pills: bool) -> None:
    html = field("who", pills=pills)
    assert re.search(r"<fieldset[^>]*aria-describedby=\"id_who_error\"", html)
    assert html.index("<legend") < html.index("Dites pour qui.") < html.index('type="radio"')
    assert '<label for="id_who_0"' in html or 'for="id_who_0"' in html


def test_a_date_in_three_parts_names_each_of_them() -> None:
    html = field("born")
    for index, label in enumerate(BirthDate.part_labels):
        assert f'<label class="fr-label" for="id_born_{index}">{label}</label>' in html
        assert f'id="id_born_{index}"' in html


def test_the_summary_leads_to_each_control() -> None:
    form = Sample({"name": ""})
    html = written('{% include "components/_error_summary.html" %}', form=form, summary_title="")
    links = re.findall(r'<a href="#([^"]+)">([^<]+)</a>', html)
    assert links == [
        ("id_name", "Il manque le nom."),
        ("id_who_0", "Dites pour qui."),
        ("id_born_0", "Il manque la date."),
    ]
    assert 'tabindex="-1"' in html


def test_no_error_no_summary() -> None:
    html = written('{% include "components/_error_summary.html" %}', form=Sample(), summary_title="")
    assert html.strip() == ""


def test_the_clock_says_until_when_before_how_long() -> None:
    html = written(
        '{% include "components/_clock.html" %}',
        departement=PAS_DE_CALAIS,
        ends_at=MORNING,
        minutes_left=6,
        seconds_left=362,
        minutes_total=10,
        more_url="",
    )
    text = re.sub(r"<[^>]+>", "", html.partition(">")[2])
    assert text.index("jusqu’à 9\u00a0h\u00a020") < text.index("6\u00a0minutes")
    assert '<progress max="10" value="6"' in html


def week() -> dict[str, object]:
    block = {
        "state": "rdv",
        "row": 6,
        "span": 6,
        "place": 1,
        "of": 1,
        "hour": "8:30",
        "icon": "",
        "word": "",
        "url": "",
    }
    return {
        "hours": 10,
        "axis": [{"row": 12, "label": "9:00"}],
        "now": None,
        "days": [
            {
                "date": dt.date(2026, 11, 24),
                "label": "mardi 24 novembre",
                "is_today": True,
                "note": "",
                "grounds": [{"kind": "open", "row": 6, "span": 48, "words": "Ouverture de 8:30 à 12:30"}],
                "blocks": [
                    {
                        **block,
                        "state": "noshow",
                        "title": "Emma Roy",
                        "text": "Pesée",
                        "word": "Absente",
                        "url": "/rdv/1",
                    },
                    {**block, "state": "masked", "row": 18, "title": "Occupé", "text": "Service confidentiel"},
                ],
            }
        ],
    }


def test_the_week_places_by_classes_and_speaks() -> None:
    html = written('{% include "components/_semaine.html" %}', grid=week())
    assert '<li class="bg open r6 s48"><span class="fr-sr-only">Ouverture de 8:30 à 12:30</span>' in html
    assert '<li class="r6 s6 k1of1">' in html
    assert re.search(r'<a class="e no" href="/rdv/1">\s*<span class="s b">', html)
    assert "Absente" in html


def test_a_masked_hour_leads_nowhere() -> None:
    html = written('{% include "components/_semaine.html" %}', grid=week())
    assert re.search(r'<div class="e mask">', html)
    assert html.count("<a ") == 1


def test_the_theme_is_that_of_the_departement() -> None:
    departement = Departement(code="62", colour_1="#123456", colour_2="#654321")
    css = get_template("components/theme.css").render({"departement": departement})
    assert "--dep-1: #123456;" in css
    assert "--dep-2: #654321;" in css
    assert re.search(r"--dep-1-pale: #[ef][0-9a-f]", css)


@pytest.mark.parametrize(
    "name", ["400.html", "403.html", "403_csrf.html", "404.html", "405.html", "429.html", "500.html"]
)
def test_an_error_page_says_whom_to_call(name: str) -> None:
    html = get_template(name).render({"help_phone": "+33353012000"})
    assert "tel:+33353012000" in html
    assert "invalide" not in html
    without_number = get_template(name).render({})
    assert "maison des solidarités" in without_number


def test_the_500_page_stands_alone() -> None:
    text = (TEMPLATES / "500.html").read_text(encoding="utf-8")
    assert "{% extends" not in text
    assert "departement" not in text


def test_a_theme_asked_with_a_null_byte_is_not_found(client) -> None:
    assert client.get("/theme/%00.css").status_code == 404
