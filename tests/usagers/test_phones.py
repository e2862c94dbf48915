"""Phone numbers: what people type, what is kept, what is said back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usagers.phones import PhoneProblem, mask_email, mask_phone, read_phone, say_phone


@pytest.mark.parametrize(
    ("typed", "e164", "gets_sms"),
    [
        ("06 39 98 12 40", "+33639981240", True),
        ("06.39.98.12.40", "+33639981240", True),
        ("06-39-98-12-40", "+33639981240", True),
        (" 0639981240 ", "+33639981240", True),
        ("06\u00a039\u00a098\u00a012\u00a040", "+33639981240", True),
        ("\u206606 39 98 12 40\u2069", "+33639981240", True),  # pasted from our own page
        ("٠٦ ٣٩ ٩٨ ١٢ ٤٠", "+33639981240", True),
        ("+33 6 39 98 12 40", "+33639981240", True),
        ("+33 (0)6 39 98 12 40", "+33639981240", True),
        ("0033639981240", "+33639981240", True),
        ("33639981240", "+33639981240", True),
        ("639981240", "+33639981240", True),
        ("03 53 01 20 00", "+33353012000", False),
        ("09 53 01 20 00", "+33953012000", False),
        ("0262 12 34 56", "+262262123456", False),
        ("0692 12 34 56", "+262692123456", True),
        ("+262 692 12 34 56", "+262692123456", True),
        ("0690 12 34 56", "+590690123456", True),
        ("0696 12 34 56", "+596696123456", True),
        ("0694 12 34 56", "+594694123456", True),
        ("0269 12 34 56", "+262269123456", False),
        ("+32 470 12 34 56", "+32470123456", True),
        ("0032 470 12 34 56", "+32470123456", True),
        ("+1 202 555 0134", "+12025550134", True),
    ],
)
def test_read(typed, e164, gets_sms):
    phone = read_phone(typed)
    assert (phone.e164, phone.gets_sms) == (e164, gets_sms)


def test_06_39_is_of_mayotte_when_typed_in_the_indian_ocean():
    assert read_phone("0639 01 23 45", departement_code="976").e164 == "+262639012345"
    assert read_phone("0639 01 23 45", departement_code="62").e164 == "+33639012345"


@pytest.mark.parametrize(
    ("typed", "sentence", "advice"),
    [
        ("06 39 98 45 2", "Il manque un chiffre. Un numéro français a 10\u00a0chiffres.", "Ajoutez un chiffre"),
        ("06 39 98", "Il manque 4\u00a0chiffres. Un numéro français a 10\u00a0chiffres.", "Ajoutez 4\u00a0chiffres"),
        ("06 39 98 45 211", "Il y a un chiffre en trop. Un numéro français a 10\u00a0chiffres.", "Enlevez un chiffre"),
        ("0639984521 0639984521", "Il y a 10\u00a0chiffres en trop.", "Enlevez 10\u00a0chiffres"),
        ("+33 6 39 98 45 2", "Il manque un chiffre.", "Ajoutez un chiffre"),
        ("samira", "Un numéro de téléphone s’écrit avec des chiffres.", "Écrivez"),
        ("", "Écrivez votre numéro de téléphone.", "Écrivez"),
        ("112", "Un numéro français commence par 0", "Vérifiez le début"),
        ("+999 12 34 56", "Nous ne reconnaissons pas le début", "Vérifiez le début"),
        ("+32 470", "Il manque un ou plusieurs chiffres", "Complétez"),
        ("08 99 12 34 56", "Ce numéro est un numéro de service.", "Écrivez"),
    ],
)
def test_what_is_missing_is_said(typed, sentence, advice):
    with pytest.raises(PhoneProblem) as refused:
        read_phone(typed)
    assert refused.value.message.startswith(sentence)
    assert refused.value.advice.startswith(advice)
    assert "invalide" not in refused.value.message


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_sentence(typed):
    phone = problem = None
    try:
        phone = read_phone(typed)
    except PhoneProblem as refused:
        problem = refused
    if phone is None:
        assert problem.message.endswith(".")
    else:
        assert re.fullmatch(r"\+[0-9]{5,17}", phone.e164)


@given(st.text(alphabet="+0123456789 .()-", max_size=24))
def test_what_was_read_reads_the_same_again(typed):
    try:
        phone = read_phone(typed)
    except PhoneProblem:
        return
    assert read_phone(phone.e164).e164 == phone.e164


@given(st.integers(0, 10**8 - 1), st.sampled_from("123456 7".replace(" ", "")))
def test_said_numbers_read_back(number, start):
    e164 = read_phone(f"0{start}{number:08d}").e164
    assert read_phone(say_phone(e164)).e164 == e164


@given(st.text(max_size=30))
def test_showing_never_fails(text):
    say_phone(text)
    mask_phone(text)
    mask_email(text)


def test_said_and_masked():
    assert say_phone("+33639981240") == "06\u00a039\u00a098\u00a012\u00a040"
    assert say_phone("+262692123456") == "06\u00a092\u00a012\u00a034\u00a056"
    assert say_phone("+32470123456") == "+32\u00a0470\u00a012\u00a034\u00a056"
    assert say_phone("") == ""
    assert mask_phone("+33639984521") == "06\u00a039\u00a098\u00a0••\u00a021"
    assert mask_email("samira@example.org") == "sa•••@example.org"
    assert mask_email("s@example.org") == "•••@example.org"
