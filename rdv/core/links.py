"""Links in messages: made from the secret, hashed at rest, never stored in clear.

A token is an HMAC of (purpose, subject): the same subject always gets the same link, so a later message never kills an
earlier one. The database keeps only `hash_token(token)`. A message's stored text carries a marker instead of the link;
`fill_links` puts the real one in at the last moment, when the message leaves or is shown on the local page.

    stored:   "Pour annuler : [[lien:rdv:3f0c...]]"
    sent:     "Pour annuler : https://rdv.example.org/r/Qm3fT9..."
"""

import hashlib
import hmac
import re
from collections.abc import Callable

from django.conf import settings

# 16 base62 characters, about 95 bits: short enough for a one-segment SMS, far beyond guessing under a throttle.
TOKEN_LENGTH = 16
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MARKER = re.compile(r"\[\[lien:([a-z_]+):([0-9a-f-]{36})\]\]")
PATHS: dict[str, Callable[[str], str]] = {
    "rdv": lambda token: f"/r/{token}",
    "offre": lambda token: f"/o/{token}",
    "attente": lambda token: f"/l/{token}",
    "agenda": lambda token: f"/agents/agenda/flux/{token}.ics",
    "choix": lambda token: f"/c/{token}",
    "compte": lambda token: f"/agents/mot-de-passe/{token}/",
}


# Any of these paths, with whatever stands where the token does.
_SECRET_PATH = re.compile(
    "(" + "|".join(re.escape(path("#").partition("#")[0]) for path in PATHS.values()) + r")[0-9A-Za-z]{8,}"
)


def hide_links(text: str) -> str:
    """The same words without the keys: for logs, which people read who must not open these pages."""
    return _SECRET_PATH.sub(r"\1[...]", text)


def make_token(purpose: str, subject: str) -> str:
    """The token of this purpose for this subject (a uuid in text): deterministic, single-purpose."""
    # Apart from SECRET_KEY, so that changing that one leaves the links of old messages alive.
    secret: str = settings.LINK_SECRET or settings.SECRET_KEY
    digest = hmac.new(secret.encode(), f"link:{purpose}:{subject}".encode(), hashlib.sha256).digest()
    number = int.from_bytes(digest, "big")
    characters = []
    for _ in range(TOKEN_LENGTH):
        number, rest = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[rest])
    return "".join(characters)


def hash_token(token: str) -> str:
    """What the database keeps: 64 hexadecimal characters."""
    return hashlib.sha256(token.encode()).hexdigest()


def marker(purpose: str, subject: str) -> str:
    """What a stored message carries in place of the link."""
    return f"[[lien:{purpose}:{subject}]]"


def link_url(purpose: str, subject: str) -> str:
    """The full address that a person follows."""
    base: str = settings.BASE_URL
    return base.rstrip("/") + PATHS[purpose](make_token(purpose, subject))


def fill_links(text: str) -> str:
    """Replace the markers of a stored text by real links."""
    return _MARKER.sub(lambda found: link_url(found.group(1), found.group(2)), text)
