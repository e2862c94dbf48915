"""An Rdv like this one: the console, with the same person, motif, place and professional, from the day after it.

Room: views. Only an address that reads and sends on: nothing is held nor written before an hour is chosen.
"""

import uuid as uuids
from datetime import date, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from agents.views.guards import AgentRequest
from rdv.access import motifs_for_agent, rdv_for_agent, sites_of
from rdv.core import clock
from rdv.forms.console_state import ConsoleState
from rdv.models import Participation, Rdv
from rdv.services.console_motifs import sites_of_motif
from rdv.views.console.screen import console_roles
from usagers.access import proches_of

NOT_YOURS = "Vous ne prenez pas de rendez-vous pour ce motif. Voyez avec le secrétariat du site."
ONE_DAY = timedelta(days=1)


@require_safe
@console_roles
def rdv_again(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    rdv = rdv_for_agent(request.scope, uuid)
    if not motifs_for_agent(request.scope).filter(pk=rdv.motif_id).exists():
        messages.warning(request, NOT_YOURS)
        return redirect("rdv:rdv_detail", uuid=rdv.uuid)
    now = clock.now()
    today = clock.local_date(now, request.departement.zone)
    state = _state(request, rdv, _who(rdv, request.GET.get("participation", "")), today)
    return redirect(f"{reverse('rdv:accueil')}?{urlencode(state.opened(now).pairs())}")


def _who(rdv: Rdv, asked: str) -> Participation | None:
    """The one asked for, else the only one."""
    people = list(rdv.participations.all())
    if asked:
        return next((one for one in people if str(one.uuid) == asked), None)
    return people[0] if len(people) == 1 else None


def _state(request: AgentRequest, rdv: Rdv, participation: Participation | None, today: date) -> ConsoleState:
    state = ConsoleState(motif=rdv.motif.uuid)
    if participation is not None:
        caller, person = participation.responsable, participation.usager
        if caller is None or not proches_of(caller, today).filter(person=person).exists():
            caller = person
        state = state.with_changes(usager=caller.uuid, pour=person.uuid)
    if rdv.motif.is_collective:
        return state
    agents = [link.agent for link in rdv.rdv_agents.all() if link.agent.is_active]
    if rdv.site in sites_of_motif(request.scope, rdv.motif, sites_of(request.scope)):
        state = state.with_changes(site=rdv.site.slug)
    if rdv.motif.agents_needed == 1 and len(agents) == 1:
        state = state.with_changes(agent=agents[0].pk)
    after = clock.local_date(rdv.starts_at, request.departement.zone) + ONE_DAY
    return state.with_changes(depuis=after) if after > today else state
