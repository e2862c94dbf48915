"""Why this person: an offer explained from the journal. Room: views. Reads only."""

import uuid as uuids

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.views.guards import AgentRequest
from rdv.access import offre_for_writing
from rdv.core import clock
from rdv.domain import french
from rdv.services.waitlist_desk import agent_names
from rdv.services.waitlist_replay import replay_of
from rdv.views.console.screen import console_roles
from rdv.views.waiting.words import OFFRES, SOURCES, TIERS, event_words, left_words, level_words


@require_safe
@console_roles
def replay(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    offre, now = offre_for_writing(request.scope, uuid), clock.now()
    found = replay_of(request.scope, offre)
    names = agent_names([offre])
    context = {
        "offre": offre,
        "replay": found,
        "badge": OFFRES[offre.state],
        "source": SOURCES[offre.source_kind],
        "tier": TIERS.get(found.tier, ""),
        "level": level_words(found.level) if found.level is not None else "",
        "with_whom": french.joined([names[pk] for pk in offre.agent_ids if pk in names]),
        "before": [(one, OFFRES[one.state]) for one in found.before],
        "together": [(one, OFFRES[one.state]) for one in found.together],
        "after": [(one, OFFRES[one.state]) for one in found.after],
        "lines": [(event, event_words(event)) for event in found.lines],
        "left": left_words(offre.answer_by, now, request.departement.zone) if offre.is_live else "",
        "now": now,
    }
    return render(request, "rdv/waiting/pourquoi.html", context)
