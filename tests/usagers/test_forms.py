"""Forms about people: what was typed is kept, and each error says what to do."""

import datetime as dt

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from agents.models import Commune, Departement
from tests.factories import make_usager
from usagers.birth import BirthParts, BirthProblem, read_birth
from usagers.emails import email_problem, email_suggestion
from usagers.forms import CodeForm, IdentityForm, UsagerForm
from usagers.models import Proche

TODAY = dt.date(2027, 1, 4)
PLACE = Departement(code="62", name="Pas-de-Calais")
GOOD = {"who": "me", "first_name": "Nadia", "last_name": "Lemaire", "phone": "06 39 98 45 21"}
FOR_CHILD = GOOD | {
    "who": "child",
    "person_first_name": "Yanis",
    "person_birth_day": "14",
    "person_birth_month": "3",
    "person_birth_year": "2026",
}


def identity(**fields):
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in fields.items() if value is not None})
    query._mutable = False
    return IdentityForm(query, departement=PLACE, today=TODAY)


def errors(form):
    return {name: str(messages[0]) for name, messages in form.errors.items()}


class TestIdentity:
    def test_for_me(self):
        form = identity(**GOOD, birth_day="29", birth_month="février", birth_year="1992", needs_step_free="on")
        assert form.is_valid(), form.errors
        assert (form.channel, form.address) == ("sms", "+33639984521")
        assert form.person_fields() is None
        fields = form.usager_fields()
        assert fields["birth_date"] == dt.date(1992, 2, 29)
        assert (fields["needs_step_free"], fields["needs_interpreter"]) == (True, False)

    def test_for_my_child(self):
        form = identity(**FOR_CHILD, needs_interpreter="on")
        assert form.is_valid(), form.errors
        assert form.proche_kind == Proche.Kind.CHILD
        person = form.person_fields()
        assert (person["first_name"], person["last_name"]) == ("Yanis", "Lemaire")
        assert person["birth_date"] == dt.date(2026, 3, 14)
        assert person["needs_interpreter"]
        assert form.usager_fields()["needs_interpreter"]

    def test_a_child_may_have_another_name(self):
        form = identity(**FOR_CHILD, person_last_name="D’Haÿ")
        assert form.is_valid()
        assert form.person_fields()["last_name"] == "D’Haÿ"

    def test_what_is_missing_for_a_child(self):
        form = identity(**GOOD | {"who": "child"})
        assert errors(form) == {
            "person_first_name": "Écrivez le prénom de votre enfant.",
            "person_birth_day": "Écrivez la date de naissance de votre enfant.",
        }

    def test_what_is_missing_for_a_person_helped(self):
        form = identity(**GOOD | {"who": "helped"})
        assert list(errors(form)) == ["person_first_name", "person_last_name"]
        good = identity(**GOOD | {"who": "helped", "person_first_name": "Rose", "person_last_name": "Lemaire"})
        assert good.is_valid()
        assert good.proche_kind == Proche.Kind.ADULT
        assert good.person_fields()["birth_date"] is None

    def test_hidden_boxes_are_not_complained_about(self):
        form = identity(**GOOD, person_first_name="@@@", person_birth_day="31", person_birth_month="2")
        assert form.is_valid(), form.errors

    def test_the_mockup_errors_and_their_summary(self):
        form = identity(**FOR_CHILD | {"person_first_name": "", "phone": "06 39 98 45 2"})
        assert errors(form)["phone"] == "Il manque un chiffre. Un numéro français a 10\u00a0chiffres."
        assert form.error_summary() == [
            ("id_person_first_name", "Écrivez le prénom de votre enfant"),
            ("id_phone", "Ajoutez un chiffre à votre numéro de téléphone"),
        ]
        assert form["phone"].value() == "06 39 98 45 2"
        assert 'value="06 39 98 45 2"' in str(form["phone"])

    def test_nothing_typed_says_all_in_order(self):
        form = identity()
        assert [box for box, _ in form.error_summary()] == ["id_who_0", "id_first_name", "id_last_name", "id_phone"]
        text = " ".join(advice for _, advice in form.error_summary())
        assert "obligatoire" not in text
        assert "invalide" not in text

    def test_phone_or_email_one_is_enough(self):
        form = identity(**GOOD | {"phone": "", "email": " Nadia@Example.org "})
        assert form.is_valid()
        assert (form.channel, form.address) == ("email", "nadia@example.org")

    def test_a_landline_needs_an_email_beside(self):
        landline = GOOD | {"phone": "03 53 01 20 00"}
        assert "ne reçoit pas de SMS" in errors(identity(**landline))["phone"]
        form = identity(**landline, email="nadia@example.org")
        assert form.is_valid()
        assert (form.channel, form.usager_fields()["phone"]) == ("email", "+33353012000")

    def test_a_slip_in_the_email_is_asked_about_once(self):
        form = identity(**GOOD, email="nadia@gmial.com")
        assert errors(form)["email"].startswith("Vouliez-vous dire nadia@gmail.com\u00a0?")
        assert 'value="nadia@gmial.com"' in str(form["email_kept"])
        assert form["email"].value() == "nadia@gmial.com"
        again = identity(**GOOD, email="nadia@gmial.com", email_kept="nadia@gmial.com")
        assert again.is_valid()
        assert not identity(**GOOD, email="nadia@gmal.com", email_kept="nadia@gmial.com").is_valid()

    @pytest.mark.parametrize("name", ["O", "D’Haÿ-N'Guyen", "María José", "Иван", "李", "St. Clair"])
    def test_names_of_every_shape(self, name):
        form = identity(**GOOD | {"last_name": name, "first_name": name})
        assert form.is_valid(), form.errors
        assert form.cleaned_data["last_name"] == name

    @pytest.mark.parametrize("name", ["-", "1234", "nadia@example.org", "é" * 81])
    def test_what_is_no_name_is_said(self, name):
        form = identity(**GOOD | {"last_name": name})
        assert list(form.errors) == ["last_name"]
        assert form["last_name"].value() == name

    def test_boxes_help_phones_to_fill_them_in(self):
        form = identity()
        for name, words in {
            "first_name": ['autocomplete="given-name"'],
            "last_name": ['autocomplete="family-name"'],
            "phone": ['type="tel"', 'inputmode="tel"', 'autocomplete="tel"'],
            "email": ['type="email"', 'autocomplete="email"'],
            "birth_day": ['autocomplete="bday-day"', 'inputmode="numeric"'],
            "birth_year": ['autocomplete="bday-year"'],
            "person_first_name": ['autocomplete="off"'],
        }.items():
            for word in words:
                assert word in str(form[name])
        assert "maxlength" not in str(form["birth_day"])

    @given(st.dictionaries(st.sampled_from(list(IdentityForm.base_fields)), st.text(max_size=100)))
    def test_any_input_is_answered_in_words(self, typed):
        form = identity(**typed)
        if not form.is_valid():
            assert all(box and advice for box, advice in form.error_summary())


class TestBirth:
    @pytest.mark.parametrize(
        ("typed", "date"),
        [
            (("14", "3", "1994"), dt.date(1994, 3, 14)),
            (("01", "mars", "1994"), dt.date(1994, 3, 1)),
            (("1", "Févr.", "2024"), dt.date(2024, 2, 1)),
            (("29", "2", "2024"), dt.date(2024, 2, 29)),
            (("٢٩", "٢", "٢٠٢٤"), dt.date(2024, 2, 29)),
            (("4", "1", "2027"), TODAY),
            (("", "", ""), None),
        ],
    )
    def test_read(self, typed, date):
        assert BirthParts(*typed).read(TODAY) == date

    @pytest.mark.parametrize(
        ("typed", "part", "words"),
        [
            (
                ("31", "2", "1994"),
                "day",
                "Le mois de février 1994 a 28\u00a0jours\u00a0: le 31\u00a0février n’existe pas.",
            ),
            (("29", "2", "1995"), "day", "Le mois de février 1995 a 28\u00a0jours"),
            (("31", "4", "1995"), "day", "Le mois d’avril 1995 a 30\u00a0jours"),
            (("32", "1", "1995"), "day", "1 à 31"),
            (("0", "1", "1995"), "day", "1 à 31"),
            (("1", "13", "1995"), "month", "1 à 12"),
            (("1", "ju", "1995"), "month", "1 à 12"),
            (("1", "jui", "1995"), "month", "1 à 12"),
            (("1", "1", "95"), "year", "4\u00a0chiffres"),
            (("1", "1", "0000"), "year", "4\u00a0chiffres"),
            (("5", "1", "2027"), "year", "pas encore arrivée"),
            (("", "1", "1995"), "day", "Ajoutez le jour"),
            (("1", "", "1995"), "month", "Ajoutez le mois"),
            (("1", "1", ""), "year", "Ajoutez l’année"),
            (("un", "1", "1995"), "day", "chiffres"),
        ],
    )
    def test_what_is_wrong_is_said_at_the_right_box(self, typed, part, words):
        with pytest.raises(BirthProblem) as refused:
            BirthParts(*typed).read(TODAY)
        assert refused.value.part == part
        assert words in refused.value.message
        names = dict(zip(("birth_day", "birth_month", "birth_year"), typed, strict=True))
        assert list(identity(**GOOD, **names).errors) == [f"birth_{part}"]

    @given(*[st.text(max_size=8)] * 3)
    def test_three_boxes_of_anything(self, day, month, year):
        problem = None
        try:
            read = BirthParts(day, month, year).read(TODAY)
        except BirthProblem as refused:
            problem = refused
        if problem:
            assert problem.part in ("day", "month", "year")
        else:
            assert read is None or read <= TODAY

    @given(st.text(max_size=20))
    def test_one_box_of_anything(self, typed):
        problem = None
        try:
            read_birth(typed, TODAY)
        except BirthProblem as refused:
            problem = refused
        assert problem is None or problem.message.endswith(".")

    def test_one_box_of_two_centuries_is_the_last_past_one(self):
        assert read_birth("14/3/24", TODAY) == dt.date(2024, 3, 14)
        assert read_birth("14/3/28", TODAY) == dt.date(1928, 3, 14)
        assert read_birth("17051998", TODAY) == dt.date(1998, 5, 17)
        assert read_birth(" ", TODAY) is None


class TestEmails:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("a@gmial.com", "a@gmail.com"),
            ("a@gmail.fr", "a@gmail.com"),
            ("a@gmail.con", "a@gmail.com"),
            ("a@hotmial.fr", "a@hotmail.fr"),
            ("a@orang.fr", "a@orange.fr"),
            ("a@wanado.fr", "a@wanadoo.fr"),
            ("a@gmail.com", ""),
            ("a@mail.com", ""),
            ("a@example.org", ""),
            ("a@mairie-lens.example.org", ""),
            ("", ""),
        ],
    )
    def test_slips(self, typed, meant):
        assert email_suggestion(typed) == meant

    @pytest.mark.parametrize("typed", ["nadia", "@example.org", "nadia@", "nadia@example", "nadia@.", "na dia@@x.fr"])
    def test_what_is_missing(self, typed):
        form = identity(**GOOD, email=typed)
        assert list(form.errors) == ["email"]
        assert "invalide" not in errors(form)["email"]
        assert form["email"].value() == typed

    @given(st.text(max_size=60))
    def test_anything(self, typed):
        email_problem(typed)
        email_suggestion(typed)


class TestCode:
    @pytest.mark.parametrize("typed", ["123456", " 123 456 ", "123-456", "١٢٣٤٥٦"])
    def test_read(self, typed):
        form = CodeForm({"code": typed})
        assert form.is_valid()
        assert form.cleaned_data["code"] == "123456"

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("", "Écrivez le code que vous avez reçu."),
            ("12345", "Il manque 1\u00a0chiffre. Le code a 6\u00a0chiffres."),
            ("1234567", "Il y a 1\u00a0chiffre en trop."),
            ("abc", "Il manque 6\u00a0chiffres."),
        ],
    )
    def test_a_slip_costs_no_try(self, typed, words):
        form = CodeForm({"code": typed})
        assert not form.is_valid()
        assert errors(form)["code"].startswith(words)

    def test_phones_offer_the_code_they_received(self):
        assert 'autocomplete="one-time-code"' in str(CodeForm()["code"])


class TestUsagerForm:
    @pytest.fixture
    def communes(self, departement):
        for code, name, key, postcode, of in (
            ("62498", "Lens", "lens", "62300", "62"),
            ("97411", "Saint-Denis", "saint denis", "97400", "974"),
            ("93066", "Saint-Denis", "saint denis", "93200", "93"),
        ):
            Commune.objects.create(code=code, name=name, search_key=key, postcodes=[postcode], departement_code=of)

    def fill(self, departement, **fields):
        values = {"last_name": "Diallo", "first_name": "Aminata", "language": "fr", "channel": "both"}
        return UsagerForm(values | fields, departement=departement, today=TODAY)

    def test_only_names_are_needed(self, departement):
        form = self.fill(departement)
        assert form.is_valid(), form.errors
        fields = form.usager_fields()
        assert (fields["phone"], fields["email"], fields["birth_date"], fields["commune"]) == ("", "", None, None)

    def test_filled_in_one_go_with_hints(self, departement, communes):
        form = self.fill(
            departement, birth_date="17051998", phone="0353012000", email="a@gmial.com", commune="62300 lens"
        )
        assert form.is_valid(), form.errors
        assert form.usager_fields()["commune"].code == "62498"
        assert form.hints() == {
            "birth_date": "= dimanche 17\u00a0mai 1998",
            "email": "Est-ce a@gmail.com\u00a0?",
            "phone": "Ce numéro ne reçoit pas de SMS.",
        }

    def test_communes_of_one_name_are_named(self, departement, communes):
        form = self.fill(departement, commune="Saint-Denis")
        assert "Saint-Denis 97400" in errors(form)["commune"]
        assert self.fill(departement, commune="Saint-Denis 93200").is_valid()
        assert "Nous ne trouvons pas" in errors(self.fill(departement, commune="Xyz"))["commune"]

    def test_a_file_comes_back_as_it_is_shown(self, departement, communes):
        usager = make_usager(
            departement, phone="+33639981240", birth_date=dt.date(2024, 2, 29), commune_id="62498", note="n"
        )
        shown = UsagerForm(departement=departement, today=TODAY, usager=usager).initial
        assert (shown["phone"], shown["birth_date"]) == ("06\u00a039\u00a098\u00a012\u00a040", "29/02/2024")
        form = UsagerForm(shown, departement=departement, today=TODAY, usager=usager)
        assert form.is_valid(), form.errors
        assert form.changed_data == []
        for name, value in form.usager_fields().items():
            kept = getattr(usager, name)
            assert (str(kept) if name == "phone" else kept) == value

    @given(st.dictionaries(st.sampled_from(["last_name", "first_name", "phone", "birth_date", "email"]), st.text()))
    def test_any_input_is_answered_in_words(self, typed):
        form = UsagerForm(typed, departement=PLACE, today=TODAY)
        for messages in form.errors.values():
            assert "invalide" not in str(messages)
