"""E-mail addresses as people type them: what is missing, and the slips of the key worth asking about. Pure.

Called by the forms of the app. A slip is asked about, never refused: the address may be right.
"""

from difflib import get_close_matches

_COMMON = (
    "gmail.com",
    "orange.fr",
    "wanadoo.fr",
    "hotmail.com",
    "hotmail.fr",
    "outlook.com",
    "outlook.fr",
    "laposte.net",
    "free.fr",
    "sfr.fr",
    "yahoo.fr",
    "yahoo.com",
    "live.fr",
    "icloud.com",
    "bbox.fr",
    "neuf.fr",
    "protonmail.com",
)
# Near a common one, and real: never asked about.
_REAL = frozenset(
    {
        *_COMMON,
        "mail.com",
        "email.com",
        "ymail.com",
        "live.com",
        "me.com",
        "mac.com",
        "msn.com",
        "proton.me",
        "nordnet.fr",
    }
)
_ENDINGS = {"gmail.fr": "gmail.com", "gmail": "gmail.com", "orange.com": "orange.fr", "laposte.fr": "laposte.net"}
_LIKENESS = 0.84


def tidy_email(typed: str) -> str:
    """Without the spaces that keyboards add; lowercase, as it is stored and compared."""
    return "".join(typed.split()).lower()


def email_problem(email: str) -> str:
    """What is missing, in a sentence; "" when the shape is that of an address."""
    local, at, domain = email.partition("@")
    if not at:
        return "Il manque le signe @. Une adresse e-mail s’écrit comme nom@example.org."
    if not local:
        return "Il manque ce qui est avant le signe @. Exemple : nom@example.org."
    if not domain or "." not in domain.strip("."):
        return "Il manque la fin de l’adresse, après le signe @. Exemple : nom@example.org."
    return ""


def email_suggestion(email: str) -> str:
    """ "nadia@gmial.com" gives "nadia@gmail.com"; "" when nothing looks wrong."""
    local, _, domain = email.rpartition("@")
    if not local or domain in _REAL:
        return ""
    meant = _ENDINGS.get(domain) or next(iter(get_close_matches(domain, _COMMON, n=1, cutoff=_LIKENESS)), "")
    return f"{local}@{meant}" if meant else ""
