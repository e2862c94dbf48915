"""Several holds that become Rdv together, or none: a family in one go, a series of follow-ups.

Room: services. Called by family and series, inside the transaction that they own. The first refusal ends it.
"""

import uuid as uuids
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rdv.core.db import lock_agents
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.models import Option, OptionAgent, Rdv
from rdv.services.booking import Booking, book_held
from rdv.services.holding import lock_workshop


@dataclass(frozen=True, slots=True)
class Held:
    """A hold, and who it is for."""

    token: uuids.UUID
    booking: Booking


def book_all(
    wanted: Sequence[Held], *, author: Author, now: datetime, named: Callable[[int, DomainError], DomainError]
) -> list[Rdv]:
    """Every lock in the one order before the first booking: agents, then workshops.

    `named`: the refusal of the one at this position, in words that say which one it is.
    """
    tokens = [one.token for one in wanted]
    links = OptionAgent.objects.filter(option__token__in=tokens)
    lock_agents(sorted(set(links.values_list("agent_id", flat=True))))
    workshops = Option.objects.filter(token__in=tokens, atelier__isnull=False).values_list("atelier_id", flat=True)
    for atelier_id in sorted({one for one in workshops if one is not None}):
        lock_workshop(atelier_id)
    booked = []
    for position, one in enumerate(wanted):
        try:
            booked.append(book_held(token=one.token, booking=one.booking, author=author, now=now))
        except DomainError as error:
            raise named(position, error) from error
    return booked
