"""Other dates for one Rdv: a few free hours, held for the person, who picks one by link. The Rdv stands until then.

Room: views. The best three are ticked; others may be, three at the most. Masked or foreign: 404 (rdv/access).
"""

import uuid as uuids
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from agents.models import Agent, Site
from agents.views.guards import AgentRequest
from rdv.access import rdv_for_writing
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.domain.absent import PROPOSED, Hour
from rdv.models import Participation, Rdv
from rdv.services import propositions
from rdv.services.console_rdv import page_of
from rdv.services.proposition_reads import live_proposition, names_of_hours, some_hours
from rdv.services.propositions import Asked, HoursGone
from rdv.views.agenda.asked import to_rdv
from rdv.views.console.screen import console_roles

TOO_MANY = f"Choisissez {PROPOSED} dates au plus : la personne doit pouvoir choisir en un coup d’œil."
NONE = "Choisissez au moins une date à proposer."


@dataclass(frozen=True, slots=True)
class Choice:
    hour: Hour
    site: Site
    agents: tuple[Agent, ...]
    is_ticked: bool


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def propose_dates(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    rdv = rdv_for_writing(request.scope, uuid)
    participation = _participation(rdv)
    now = clock.now()
    if participation is None or not rdv.is_live or rdv.starts_at <= now:
        messages.warning(request, "On ne propose pas d’autres dates pour ce rendez-vous.")
        return to_rdv(request, rdv.uuid)
    if request.method == "POST":
        return _proposed(request, rdv, participation, now)
    return _page(request, rdv, participation, now)


def _participation(rdv: Rdv) -> Participation | None:
    """The one who comes. A session is not moved for one of its people."""
    live = [one for one in rdv.participations.all() if one.is_live]
    if rdv.motif.is_collective or len(live) != 1:
        return None
    live[0].rdv = rdv
    return live[0]


def _proposed(request: AgentRequest, rdv: Rdv, participation: Participation, now: datetime) -> HttpResponse:
    codes = request.POST.getlist("heure")[: PROPOSED + 1]
    if not 0 < len(codes) <= PROPOSED:
        refusal = TOO_MANY if codes else NONE
        return _page(request, rdv, participation, now, ticked=codes, refusal=refusal, status=422)
    hours = propositions.hours_from(codes, rdv)
    asked = Asked(participation, hours, key=_key(request))
    try:
        made = propositions.propose(asked=asked, author=request.scope.author(rdv.site_id), now=now)
    except DomainError as error:
        again = rdv_for_writing(request.scope, rdv.uuid)
        ticked = None if isinstance(error, HoursGone) else codes
        return _page(request, again, _participation(again) or participation, now, ticked=ticked,
                     refusal=error.message, status=409)  # fmt: skip
    if made.by_call:
        messages.success(request, "Les dates sont tenues. Cette personne ne reçoit pas de message : appelez-la.")
        return redirect("rdv:waiting_calls")
    messages.success(request, "Les dates sont tenues, le message part. Le rendez-vous reste pris d’ici la réponse.")
    return to_rdv(request, rdv.uuid)


def _key(request: AgentRequest) -> uuids.UUID:
    try:
        return uuids.UUID(request.POST.get("cle", ""))
    except ValueError:
        return uuids.uuid4()


def _page(
    request: AgentRequest,
    rdv: Rdv,
    participation: Participation,
    now: datetime,
    *,
    ticked: list[str] | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    own = [link.agent_id for link in rdv.rdv_agents.all()]
    everybody = request.GET.get("avec") == "tous" or rdv.motif.agents_needed > 1
    found = some_hours(participation, agents=None if everybody else own, now=now)
    best = set(ticked) if ticked is not None else {one.code for one in found.best}
    context: dict[str, Any] = {
        "rdv": rdv,
        "page": page_of(rdv, now=now),
        "proposition": live_proposition(participation),
        "choices": [
            Choice(hour, site, agents, hour.code in best) for hour, site, agents in names_of_hours(found.hours)
        ],
        "answer_by": found.answer_by,
        "with_everybody": everybody,
        "refusal": refusal,
        "key": uuids.uuid4(),
        "now": now,
    }
    return render(request, "rdv/rdv/proposer.html", context, status=status)


@require_POST
@console_roles
def take_back(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """The dates are not proposed any more; the Rdv stands as it was."""
    rdv = rdv_for_writing(request.scope, uuid)
    participation = _participation(rdv)
    live = live_proposition(participation) if participation is not None else None
    if live is None:
        raise Http404
    propositions.withdraw(proposition=live, author=request.scope.author(rdv.site_id), now=clock.now())
    messages.success(request, "Les dates ne sont plus proposées. Le rendez-vous reste pris à son heure.")
    return to_rdv(request, rdv.uuid)
