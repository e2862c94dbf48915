"""Many statuses at once: "À renseigner" and the sheet of a workshop.

Each participation is its own transaction (rdv/services/attendance): what somebody changed meanwhile is told, and the
rest is kept. Sending the same form again changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from agents.access import Scope
from rdv.core.clock import local_date
from rdv.core.errors import DomainError
from rdv.domain.statuses import Status
from rdv.models import Participation
from rdv.services.attendance import set_status
from rdv.services.errors import ChangedMeanwhile

# What may be said of somebody whose hour is over.
ANSWERS = (Status.SEEN, Status.NOSHOW, Status.EXCUSED)


@dataclass(frozen=True, slots=True)
class Refused:
    """Whose status was not written, where it stands now, and why in a sentence."""

    participation: Participation
    current: Status
    message: str


@dataclass(slots=True)
class Filled:
    saved: int = 0
    refused: list[Refused] = field(default_factory=list)


def fill_in(
    answers: Mapping[Participation, Status],
    *,
    scope: Scope,
    now: datetime,
    day: date | None = None,
) -> Filled:
    """Write each answer over "unknown". Those already so count as saved. `day`: the one that the page showed; what has
    moved to another since is told, not filled in."""
    done = Filled()
    for participation, status in answers.items():
        try:
            _require_shown(participation, status, day=day, now=now)
            set_status(
                participation=participation,
                status=status,
                author=scope.author(participation.rdv.site_id),
                now=now,
                expected=Status.UNKNOWN,
                expected_version=participation.rdv.schedule_version,
            )
        except DomainError as refusal:
            participation.refresh_from_db(fields=["status"])
            done.refused.append(Refused(participation, Status(participation.status), refusal.message))
        else:
            done.saved += 1
    return done


def _require_shown(participation: Participation, status: Status, *, day: date | None, now: datetime) -> None:
    """Moved since the list was shown: nobody gave up the hour to come, or was absent another day."""
    if participation.starts_at > now and status is not Status.EXCUSED:
        return  # set_status refuses it, in clearer words
    local = local_date(participation.starts_at, participation.rdv.motif.departement.zone)
    if participation.ends_at > now or (day is not None and local != day):
        raise ChangedMeanwhile


def answers_of_sheet(people: Sequence[Participation], present: Sequence[Participation]) -> dict[Participation, Status]:
    """A workshop's sheet: ticked is seen, the others of the sheet were absent."""
    return {one: Status.SEEN if one in present else Status.NOSHOW for one in people}
