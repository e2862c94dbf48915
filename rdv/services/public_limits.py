"""How many hours one network may hold at once: nobody empties an agenda by holding it. Called by the public views.

Counted in the database, on the holds themselves: the count survives a restart and a cache that is away, and falls as
holds end or become Rdv. A hold of the public carries, as its author's number, a keyed hash of the network and the day:
enough to count, nothing to follow somebody by.
"""

from datetime import datetime

from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.models import HOLD_FOR, Option
from usagers.hashing import keyed_hash, network_of

# An MDS hall, a school or a phone operator stand behind one address.
HELD_AT_ONCE = 60
_NUMBER_DIGITS = 15  # hexadecimal: fits a bigint


class TooManyHolds(DomainError):  # noqa: N818 - same family of names as rdv/services/errors
    code = "too_many_holds"
    message = "Trop d’horaires sont gardés en même temps depuis votre réseau."
    # By then the oldest hold has ended.
    retry_minutes = int(HOLD_FOR.total_seconds() // 60)


def public_author(address: str, *, now: datetime) -> Author:
    """Who holds before anything is known of them. `address`: of the network the request came from."""
    digest = keyed_hash("hold", network_of(address), now.date().isoformat())
    return Author("usager", int(digest[:_NUMBER_DIGITS], 16), "Usager")


def require_room(author: Author, *, now: datetime) -> None:
    """Raises TooManyHolds."""
    held = Option.objects.alive(now).filter(author_kind="usager", author_id=author.id)
    if held.count() >= HELD_AT_ONCE:
        raise TooManyHolds
