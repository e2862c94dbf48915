"""The right side of the console: the hour chosen, what to say, who is told; then what was booked.

Room: views. Called by rdv/views/console/showing and booking.
"""

import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from agents.access import Scope
from agents.models import Agent, Site
from agents.views.guards import AgentRequest
from rdv.access import rdv_for_agent
from rdv.core.clock import local_date
from rdv.domain import french
from rdv.forms.console import SEAT, Also, ConfirmForm
from rdv.forms.console_rdv import MAX_NOTE
from rdv.models import Motif, Option, Participation, Rdv
from rdv.services.console_holds import holds_an_hour, participation_in
from rdv.services.console_matrix import Slot
from rdv.services.console_people import Caller, RdvLine, gets_sms
from rdv.services.console_script import Told, sentences
from rdv.services.family import Beside, beside, taken_together
from rdv.views.console.screen import Screen, visit_point
from usagers.models import Usager

# A booking just made is undone in one gesture for so long.
UNDO_FOR = timedelta(minutes=2)
NOTE = "console_note"


@dataclass(frozen=True, slots=True)
class Confirming:
    """What the panel shows of the hour chosen. `form` is None until we know who comes."""

    option: Option
    motif: Motif
    site: Site
    agents: Sequence[Agent]
    seconds_left: int
    form: ConfirmForm | None
    same_day: Sequence[RdvLine]
    says: Sequence[str]

    @property
    def with_whom(self) -> str:
        return french.joined([agent.full_name for agent in self.agents])


@dataclass(frozen=True, slots=True)
class Done:
    rdv: Rdv
    participation: Participation
    agents: Sequence[Agent]
    says: Sequence[str]
    undo_until: datetime | None
    together: Sequence[Participation] = ()  # the others of the family, by the same gesture

    @property
    def with_whom(self) -> str:
        return french.joined([agent.full_name for agent in self.agents])


def confirming_of(request: HttpRequest, screen: Screen, form: ConfirmForm | None) -> Confirming | None:
    option = screen.option
    if option is None or option.rdv_id is not None or option.site is None:
        return None
    caller, person = screen.caller, screen.person
    agents = screen.option_agents
    if form is None and caller is not None and person is not None:
        also = also_of(screen, option) if screen.is_held else ()
        form = confirm_form(caller, person, option.motif, note=draft_of(request, caller.usager), also=also)
    told = caller is not None and person is not None
    return Confirming(
        option=option,
        motif=option.motif,
        site=option.site,
        agents=agents,
        seconds_left=max(0, int((option.expires_at - screen.now).total_seconds())),
        form=form,
        same_day=_same_day(screen, option),
        says=_says(option.motif, option.site, agents, person, caller) if told else (),
    )


def confirm_form(
    caller: Caller,
    person: Usager,
    motif: Motif,
    *,
    data: Mapping[str, Any] | None = None,
    note: str = "",
    asks_overlap: bool = False,
    also: Sequence[Also] = (),
) -> ConfirmForm:
    recipients = recipients_of(caller, person)
    return ConfirmForm(
        data, motif=motif, person=person, recipients=recipients, note=note, asks_overlap=asks_overlap, also=also
    )


def also_of(screen: Screen, option: Option) -> list[Also]:
    """The others of the family, each with the nearest hour of that day."""
    caller, person = screen.caller, screen.person
    if caller is None or person is None:
        return []
    zone = caller.usager.departement.zone
    place = visit_point(option.motif, person)
    found = beside(option, screen.option_agents, caller.others(person), now=screen.now, place=place)
    return [Also(one.person, _hour_of(one), _words_of(one, zone)) for one in found]


def _hour_of(one: Beside) -> str:
    return SEAT if one.creneau is None else Slot(one.creneau).value


def _words_of(one: Beside, zone: ZoneInfo) -> str:
    if one.creneau is None:
        return f"{one.person.first_name}, même séance"
    hour = one.creneau.starts_at.astimezone(zone)
    words = f"{one.person.first_name}, {hour:%-H:%M}"
    return words if one.is_same_agents else f"{words}, avec quelqu’un d’autre"


def recipients_of(caller: Caller, person: Usager) -> list[Usager]:
    """Who may get the messages: the caller for a proche; for somebody with responsables, them or the person."""
    if person.pk != caller.usager.pk:
        return [caller.usager]
    others = [link.responsable for link in caller.responsables if link.gets_messages]
    reached = bool(person.phone or person.email)
    return [person, *others] if reached else [*others, person]


def done_of(scope: Scope, screen: Screen) -> Done | None:
    """What was booked; None when the person is not in it any more (undone in another window)."""
    caller, person = screen.caller, screen.person
    if screen.state.fait is None or caller is None or person is None:
        return None
    rdv = rdv_for_agent(scope, screen.state.fait)
    participation = participation_in(rdv, person.pk)
    if participation is None:
        return None
    agents = [link.agent for link in rdv.rdv_agents.all()]
    says = _says(rdv.motif, rdv.site, agents, person, caller, address=rdv.address)
    together = taken_together(participation, caller.others(person))
    return Done(rdv, participation, agents, says, undo_until(participation, scope.agent_id, screen.now), together)


def undo_until(participation: Participation, agent_id: int, now: datetime) -> datetime | None:
    """The last instant of the undo, for whoever booked; None once it is over."""
    is_own = (participation.created_by_kind, participation.created_by_id) == ("agent", agent_id)
    until = participation.created_at + UNDO_FOR
    return until if is_own and now < until else None


def keep_draft(request: HttpRequest, usager: uuids.UUID, note: str) -> None:
    """The note survives a refused hour; it goes with the booking, or with the call after its hour is let go."""
    if note:
        request.session[NOTE] = {"usager": str(usager), "note": note[:MAX_NOTE]}
    else:
        drop_draft(request)


def drop_draft_of_no_call(request: AgentRequest, *, now: datetime) -> None:
    """A new call: the note of one that goes on in another window, its hour held, stays."""
    if NOTE in request.session and not holds_an_hour(request.scope, now=now):
        drop_draft(request)


def drop_draft(request: HttpRequest) -> None:
    if NOTE in request.session:
        del request.session[NOTE]


def draft_of(request: HttpRequest, usager: Usager) -> str:
    kept = request.session.get(NOTE) or {}
    return str(kept.get("note", "")) if kept.get("usager") == str(usager.uuid) else ""


def _same_day(screen: Screen, option: Option) -> list[RdvLine]:
    caller = screen.caller
    if caller is None:
        return []
    people = {caller.usager.pk, *([screen.person.pk] if screen.person else [])}
    day = local_date(option.starts_at, caller.usager.departement.zone)
    return caller.same_day(day, people)


def _says(
    motif: Motif,
    site: Site,
    agents: Sequence[Agent],
    person: Usager | None,
    caller: Caller | None,
    *,
    address: str = "",
) -> list[str]:
    assert person is not None and caller is not None  # noqa: S101, PT018 - asked by the callers
    recipient = recipients_of(caller, person)[0]
    names = french.joined([agent.public_name for agent in agents])
    visit = address or person.address
    return sentences(Told(motif, site, person, caller.usager, names, visit, gets_sms=gets_sms(recipient)))
