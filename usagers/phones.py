"""Phone numbers as people type and read them. Pure: no database.

Called by the forms (to say what is missing), the search (to read pieces of numbers) and the screens (to show them).
The public metadata calls whole ranges of valid French numbers "unknown" and refuses numbers that operators hand out
before it is updated: for France the numbering plan itself is read here, and `phonenumbers` judges only foreign numbers.
"""

import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from rdv.domain.french import NBSP

FRENCH_LENGTH = 10
MAX_TYPED = 40
# ARCEP numbering plan: the four first digits of overseas numbers say which country code they live under abroad.
OVERSEAS = {
    "0262": "262",
    "0263": "262",
    "0269": "262",
    "0692": "262",
    "0693": "262",
    "0590": "590",
    "0690": "590",
    "0691": "590",
    "0594": "594",
    "0694": "594",
    "0596": "596",
    "0696": "596",
    "0697": "596",
    "0508": "508",
    "0708": "508",
}
# 06 39 is a mobile of Mayotte when dialled there or in La Réunion, and a mobile of the mainland elsewhere.
INDIAN_OCEAN = frozenset({"974", "976"})
FRENCH_COUNTRIES = frozenset({"33", *OVERSEAS.values()})
_SEPARATORS = frozenset(" \t\u00a0\u202f\u2009.-–—/()·_")
# What the platform's own text puts around a number that is copied and pasted (direction marks).
_INVISIBLE = frozenset("\u200e\u200f\u202a\u202c\u2066\u2067\u2068\u2069\ufeff")
_NO_TEXTS = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.TOLL_FREE})


class PhoneProblem(ValueError):  # noqa: N818 - named like the domain errors (house.md, "Names")
    """What is wrong with a typed number, in a sentence for the person; `advice` is the gesture that mends it."""

    def __init__(self, message: str, advice: str = "Écrivez votre numéro de téléphone en entier") -> None:
        self.message = message
        self.advice = advice
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that can be called. `e164` is what the database keeps."""

    e164: str
    gets_sms: bool

    @property
    def national(self) -> str:
        return say_phone(self.e164)


def read_phone(typed: str, *, departement_code: str = "") -> Phone:
    """Read a French number of any territory, or a foreign one that begins with + or 00. Raises PhoneProblem."""
    digits, is_international = _digits_of(typed)
    if is_international:
        return _read_international(digits)
    if len(digits) == 11 and digits.startswith("33"):  # the + was forgotten
        return _read_french("0" + digits[2:], departement_code)
    if len(digits) == FRENCH_LENGTH - 1 and digits[0] != "0":  # the first 0 was eaten by a spreadsheet, or left out
        digits = "0" + digits
    return _read_french(digits, departement_code)


def plain_digits(text: str) -> str:
    """Decimal digits of any script as 0-9 ("٠٦" gives "06"); everything else is dropped."""
    return "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())


def e164_prefix(digits: str, *, departement_code: str = "") -> str:
    """How a number that begins so is stored: "0639" gives "+33639". For numbers typed from their first 0."""
    return f"+{_country(digits, departement_code)}{digits[1:]}"


def say_phone(e164: object) -> str:
    """As people read it: "06 39 98 12 40" for every French territory, "+32 470 12 34 56" for the rest."""
    text = str(e164 or "")
    for country in FRENCH_COUNTRIES:
        rest = text.removeprefix(f"+{country}")
        if rest != text and len(rest) == FRENCH_LENGTH - 1 and rest.isdigit():
            return _pairs("0" + rest)
    try:
        number = phonenumbers.parse(text)
    except NumberParseException:
        return text
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)).replace(" ", NBSP)


def mask_phone(e164: object) -> str:
    """ "06 39 98 •• 21": enough to recognise one's own number, not enough to learn somebody else's."""
    said = say_phone(e164)
    kept = [index for index, c in enumerate(said) if c.isdigit()]
    hidden = set(kept[-4:-2])
    return "".join("•" if index in hidden else c for index, c in enumerate(said))


def mask_email(email: str) -> str:
    """ "sa•••@example.org"."""
    local, at, domain = email.rpartition("@")
    return f"{local[: min(2, max(len(local) - 1, 0))]}•••{at}{domain}"


def _pairs(digits: str) -> str:
    return NBSP.join(digits[at : at + 2] for at in range(0, len(digits), 2))


def _digits_of(typed: str) -> tuple[str, bool]:
    """Digits, and whether the number names its country. Says so when something else than a number was typed."""
    text = "".join(c for c in typed.strip() if c not in _SEPARATORS and c not in _INVISIBLE)
    if not text:
        raise PhoneProblem("Écrivez votre numéro de téléphone.")
    is_international = text[0] in "+＋"
    text = text[1:] if is_international else text
    if not text.isdecimal() or len(text) > MAX_TYPED:
        raise PhoneProblem("Un numéro de téléphone s’écrit avec des chiffres. Exemple : 06 39 98 12 40.")
    digits = plain_digits(text)
    if not is_international and digits.startswith("00"):
        return digits[2:], True
    return digits, is_international


def _read_french(digits: str, departement_code: str) -> Phone:
    if not digits.startswith("0"):
        raise PhoneProblem(
            "Un numéro français commence par 0 et a 10 chiffres. Un numéro étranger commence par +. "
            "Exemple : +32 470 12 34 56.",
            "Vérifiez le début de votre numéro de téléphone",
        )
    _require_length(len(digits))
    if digits[1] == "0":
        raise PhoneProblem("Vérifiez le début : un numéro français ne commence pas par 00.")
    if digits[1] == "8":
        raise PhoneProblem("Ce numéro est un numéro de service. Écrivez votre numéro personnel.")
    gets_sms = digits[1] in "67"
    return Phone(e164_prefix(digits, departement_code=departement_code), gets_sms)


def _require_length(length: int) -> None:
    gap = length - FRENCH_LENGTH
    if gap == 0:
        return
    count = "un chiffre" if abs(gap) == 1 else f"{abs(gap)}{NBSP}chiffres"
    rule = f"Un numéro français a 10{NBSP}chiffres."
    if gap < 0:
        raise PhoneProblem(f"Il manque {count}. {rule}", f"Ajoutez {count} à votre numéro de téléphone")
    raise PhoneProblem(f"Il y a {count} en trop. {rule}", f"Enlevez {count} à votre numéro de téléphone")


def _country(digits: str, departement_code: str) -> str:
    if digits.startswith("0639") and departement_code in INDIAN_OCEAN:
        return "262"
    return OVERSEAS.get(digits[:4], "33")


def _read_international(digits: str) -> Phone:
    for country in FRENCH_COUNTRIES:
        if digits.startswith(country):
            return _read_french_abroad(country, digits[len(country) :])
    try:
        number = phonenumbers.parse(f"+{digits}")
    except NumberParseException as error:
        raise PhoneProblem(
            "Nous ne reconnaissons pas le début de ce numéro. Après le +, écrivez le code du pays. "
            "Exemple : +32 470 12 34 56.",
            "Vérifiez le début de votre numéro de téléphone",
        ) from error
    _require_possible(number)
    kind = phonenumbers.number_type(number)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(str(e164), kind not in _NO_TEXTS)


def _read_french_abroad(country: str, rest: str) -> Phone:
    """+33 6..., +33 (0)6..., +262 692...: the country was said, it is kept; the length is the French one."""
    digits = "0" + rest.removeprefix("0")
    read = _read_french(digits, "")
    return Phone(f"+{country}{digits[1:]}", read.gets_sms)


def _require_possible(number: phonenumbers.PhoneNumber) -> None:
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == phonenumbers.ValidationResult.TOO_SHORT:
        raise PhoneProblem("Il manque un ou plusieurs chiffres à ce numéro.", "Complétez votre numéro de téléphone")
    if reason == phonenumbers.ValidationResult.TOO_LONG:
        raise PhoneProblem("Il y a un ou plusieurs chiffres en trop.", "Raccourcissez votre numéro de téléphone")
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise PhoneProblem("Il manque un ou plusieurs chiffres à ce numéro.", "Complétez votre numéro de téléphone")
