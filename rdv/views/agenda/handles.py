"""What the script of the agenda needs to take hold of an Rdv or of a hole (static/js/agenda-*.js).

Room: views. Pure, no query. Nothing here is a right: the address that a gesture leads to asks again.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.urls import reverse

from rdv.access import may_write_rdv
from rdv.services.agenda import Kind
from rdv.views.agenda.lines import Line, Reader

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Handle:
    """A hole has hours only. `is_solo`: an Rdv that may change hands (neither a workshop nor a binôme)."""

    starts: str  # on the wall, 09:05
    minutes: int
    uuid: UUID | None = None
    url: str = ""
    move_url: str = ""
    version: int = 0
    site_id: int = 0
    is_solo: bool = False


def handle_of(line: Line, reader: Reader) -> Handle | None:
    if line.kind is Kind.FREE:
        return Handle(_wall(line, reader), (line.ends_at - line.starts_at) // MINUTE) if line.url else None
    rdv = line.rdv
    if rdv is None or rdv.starts_at <= reader.now or not may_write_rdv(reader.scope, rdv):
        return None
    return Handle(
        _wall(line, reader),
        (rdv.ends_at - rdv.starts_at) // MINUTE,
        uuid=rdv.uuid,
        url=reverse("rdv:rdv_hours", args=[rdv.uuid]),
        move_url=reverse("rdv:rdv_move", args=[rdv.uuid]),
        version=rdv.schedule_version,
        site_id=rdv.site_id,
        is_solo=rdv.motif.agents_needed == 1 and not rdv.motif.is_collective and len(rdv.rdv_agents.all()) == 1,
    )


def _wall(line: Line, reader: Reader) -> str:
    return f"{line.starts_at.astimezone(reader.zone):%H:%M}"
