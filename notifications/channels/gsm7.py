"""The alphabet of SMS. One letter outside GSM 03.38 turns a segment of 160 signs into one of 70: "ê" costs a segment.

Room: channels. Called by the SMS channel, by whoever writes texts (rdv/services/texts.py) and counts them.
"""

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€")  # two signs each
ALL = BASIC | EXTENDED
_REPLACED = {
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "«": '"',
    "»": '"',
    "–": "-",
    "—": "-",
    "‑": "-",
    "…": "...",
    "œ": "oe",
    "Œ": "OE",
    "•": "-",
    "\t": " ",
}
_QUOTES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " "})
ONE, MANY = 160, 153
UCS2_ONE, UCS2_MANY = 70, 67


def plain(text: str) -> str:
    """The same text in the SMS alphabet where it can be; other scripts are left as they are."""
    spaced = text.translate(_QUOTES).replace("« ", "«").replace(" »", "»")
    if _is_gsm(spaced):
        return spaced
    return "".join(_plain_sign(sign) for sign in spaced)


def _plain_sign(sign: str) -> str:
    if sign in BASIC or sign in EXTENDED:
        return sign
    if sign in _REPLACED:
        return _REPLACED[sign]
    base = unicodedata.normalize("NFKD", sign)[0]
    return base if base in BASIC else sign


def length(text: str) -> int:
    """How many signs of the SMS alphabet, or of UCS-2, it takes."""
    if _is_gsm(text):
        return len(text) + sum(text.count(sign) for sign in EXTENDED)
    return len(text.encode("utf-16-be")) // 2


def segments(text: str) -> int:
    """How many SMS the operator counts, and bills."""
    one, many = (ONE, MANY) if _is_gsm(text) else (UCS2_ONE, UCS2_MANY)
    signs = length(text)
    return 1 if signs <= one else -(-signs // many)


def _is_gsm(text: str) -> bool:
    return frozenset(text) <= ALL
