"""The SMS alphabet: what French becomes in it, and what a text costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.gsm7 import BASIC, EXTENDED, length, plain, segments


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("C’est déjà prévu à 9 h 20", "C'est déjà prévu à 9 h 20"),
        ("Être prêt, forêt, hôtel, août, maïs, Noël", "Etre pret, foret, hotel, aout, mais, Noel"),
        ("ça va", "ca va"),
        ("« mot »", '"mot"'),
        ("cœur, sœur, Œuvre", "coeur, soeur, OEuvre"),
        ("un – deux — trois…", "un - deux - trois..."),
        ("à è é ù ì ò ä ö ü Ç É", "à è é ù ì ò ä ö ü Ç É"),
    ],
)
def test_french_becomes_gsm(typed, sent):
    assert plain(typed) == sent


def test_other_scripts_are_left_whole():
    assert plain("موعدكم") == "موعدكم"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ê" + "a" * 69, 1),
        ("ê" + "a" * 70, 2),
        ("", 1),
    ],
)
def test_segments(text, count):
    assert segments(text) == count


def test_one_circumflex_costs_a_segment_and_plain_saves_it():
    text = "ê" * 100
    assert (segments(text), segments(plain(text))) == (2, 1)


@given(st.text(alphabet=sorted(BASIC | EXTENDED)))
def test_what_telephones_know_is_not_touched(text):
    # Quotes with spaces inside do not exist in the alphabet, so nothing at all changes.
    assert plain(text) == text


@given(st.text())
def test_plain_twice_is_plain_once(text):
    once = plain(text)
    assert plain(once) == once
    assert length(once) >= 0
