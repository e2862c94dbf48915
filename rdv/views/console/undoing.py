"""A move undone in one gesture, for two minutes: from the page of the Rdv, or from the agenda that it was dragged on.

Room: views. `offer` hands the button to the agenda with the words of what was just done (components/_messages): the
page of the Rdv reads it in the journal.
"""

import re
import uuid as uuids
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from agents.views.guards import AgentRequest
from rdv.access import rdv_for_writing
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.forms.console_rdv import read_version
from rdv.models import Rdv
from rdv.services.undo_move import Undone, undo_move
from rdv.services.undo_record import UNDO_FOR
from rdv.views.agenda.asked import Asked, back_to_agenda, to_rdv
from rdv.views.agenda.lines import clock as hour_of
from rdv.views.console.rdv_page import refused
from rdv.views.console.screen import console_roles

_OFFER = re.compile(r"defaire:([0-9a-f-]{36}):([0-9]{1,9}):([0-9]{1,11}):([0-9a-z.-]+)")


@dataclass(frozen=True, slots=True)
class Offered:
    """A move that can still be undone, and the page of the agenda to go back to."""

    uuid: uuids.UUID
    version: int
    until: datetime
    place: str


def offer(rdv: Rdv, agenda: Asked, *, now: datetime) -> str:
    """For the message that says what was done (`extra_tags`)."""
    return f"defaire:{rdv.uuid}:{rdv.schedule_version}:{int((now + UNDO_FOR).timestamp())}:{agenda.written}"


def read_offer(text: str) -> Offered | None:
    found = _OFFER.fullmatch(text)
    if found is None:
        return None
    until = datetime.fromtimestamp(int(found[3]), UTC)
    return Offered(uuids.UUID(found[1]), int(found[2]), until, found[4])


@require_POST
@console_roles
def rdv_move_undo(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    rdv = rdv_for_writing(request.scope, uuid)
    author, now = request.scope.author(rdv.site_id), clock.now()
    try:
        undone = undo_move(rdv=rdv, version=read_version(request.POST), author=author, now=now)
    except DomainError as error:
        return refused(request, uuid, error)
    messages.success(request, _said(request, undone))
    agenda = back_to_agenda(request)
    return HttpResponseRedirect(agenda) if agenda else to_rdv(request, uuid)


def _said(request: AgentRequest, undone: Undone) -> str:
    rdv, zone = undone.rdv, request.departement.zone
    day = french.day_year(rdv.starts_at.astimezone(zone).date())
    words = f"Le déplacement est défait : le rendez-vous est de nouveau {day}, {hour_of(rdv.starts_at, zone)}."
    return f"{words} Un message le dit à la personne." if undone.tells else words
