"""The status of a participation: which moves are allowed, and how people read it.

Room: domain (pure). Called by the attendance and cancelling services (the answer) and by every screen (the label).
The codes are shared by the French ecosystem of appointments.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from rdv.domain.french import NBSP


class Status(StrEnum):
    UNKNOWN = "unknown"  # to come, or to be filled in once past
    SEEN = "seen"
    NOSHOW = "noshow"
    EXCUSED = "excused"  # cancelled by the usager
    REVOKED = "revoked"  # cancelled by the service


class Refusal(StrEnum):
    SAME = "same"  # it already is so
    NOT_ALLOWED = "not_allowed"  # not in the table
    NOT_YET = "not_yet"  # nobody has come, or failed to come, to a future Rdv
    HOUR_TAKEN = "hour_taken"  # reopening would put two Rdv on one hour


# The statuses that hold an hour of the agent and a seat of the workshop.
LIVE = frozenset({Status.UNKNOWN, Status.SEEN, Status.NOSHOW})
CANCELLED = frozenset({Status.EXCUSED, Status.REVOKED})
AFTER_THE_START = frozenset({Status.SEEN, Status.NOSHOW})

# Every live status can be corrected into any other. A cancelled Rdv was not attended: it is reopened first, which
# checks its hour, and then says what happened. Who cancelled may be corrected at any time.
ALLOWED: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.UNKNOWN: frozenset({Status.SEEN, Status.NOSHOW, Status.EXCUSED, Status.REVOKED}),
        Status.SEEN: frozenset({Status.UNKNOWN, Status.NOSHOW, Status.EXCUSED, Status.REVOKED}),
        Status.NOSHOW: frozenset({Status.UNKNOWN, Status.SEEN, Status.EXCUSED, Status.REVOKED}),
        Status.EXCUSED: frozenset({Status.UNKNOWN, Status.REVOKED}),
        Status.REVOKED: frozenset({Status.UNKNOWN, Status.EXCUSED}),
    }
)


def may_move(
    before: Status, after: Status, *, starts_at: datetime, now: datetime, hour_is_free: bool
) -> Refusal | None:
    """None when the move is allowed, else why not.

    `hour_is_free` is read only when a cancelled Rdv would live again; it is the caller's business to have looked
    under the agents' locks.
    """
    if before == after:
        return Refusal.SAME
    if after not in ALLOWED[before]:
        return Refusal.NOT_ALLOWED
    if after in AFTER_THE_START and starts_at > now:
        return Refusal.NOT_YET
    if before not in LIVE and after in LIVE and not hour_is_free:
        return Refusal.HOUR_TAKEN
    return None


def label(status: Status, *, past: bool, feminine: bool = False) -> str:
    """What people read. `feminine` agrees with the person; "annulé" always agrees with the rendez-vous."""
    if status is Status.UNKNOWN:
        return "À renseigner" if past else "À venir"
    if status is Status.REVOKED:
        return "Annulé par le service"
    masculine_label, feminine_label = _AGREED[status]
    return feminine_label if feminine else masculine_label


_AGREED: Mapping[Status, tuple[str, str]] = {
    Status.SEEN: ("Vu", "Vue"),
    Status.NOSHOW: ("Absent", "Absente"),
    Status.EXCUSED: (
        f"Excusé{NBSP}: annulé par l’usager",
        f"Excusée{NBSP}: annulé par l’usagère",
    ),
}
