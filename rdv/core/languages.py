"""The languages of people: of their messages, spoken by agents, asked for by who waits. Pure: codes and names.

Each under the name that its speakers read, and its French name.
"""

from collections.abc import Iterable

FRENCH = "fr"
LANGUAGES = {
    FRENCH: ("Français", "français"),
    "en": ("English", "anglais"),
    "ar": ("العربية", "arabe"),
    "uk": ("Українська", "ukrainien"),
    "es": ("Español", "espagnol"),
    "pt": ("Português", "portugais"),
    "ro": ("Română", "roumain"),
    "tr": ("Türkçe", "turc"),
}
# What an agent may speak beside French, for forms.
SPOKEN = [(code, names[1].capitalize()) for code, names in LANGUAGES.items() if code != FRENCH]


def french_name(code: str) -> str:
    """arabe; a code of another time as it is."""
    return LANGUAGES[code][1] if code in LANGUAGES else code


def in_order(codes: Iterable[str]) -> list[str]:
    """Each known one once, always in the same order."""
    found = set(codes)
    return [code for code in LANGUAGES if code in found]
