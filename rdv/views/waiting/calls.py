"""The call list: held hours, the person to phone for each, and what they answered.

Room: views. An answer is one transaction of rdv/services/waitlist_answer; given twice it is the same one.
"""

import uuid as uuids
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from agents.views.guards import AgentRequest
from rdv.access import offre_for_writing
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.forms.waiting_desk import ANSWERS, NO, WRONG, YES, motif_in, read_uuid
from rdv.models import Offre
from rdv.services import waitlist_answer, waitlist_desk
from rdv.services.waitlist_answer import OffreOver
from rdv.services.waitlist_desk import Standing
from rdv.views.console.screen import console_roles
from rdv.views.waiting.words import left_words, over_words

PER_PAGE = 30
ALL = "toutes"


@dataclass(frozen=True, slots=True)
class Call:
    offre: Offre
    left: str
    with_whom: str
    standing: Standing | None

    @property
    def minutes(self) -> int:
        """How long the person had in all, for the bar."""
        return max(1, int((self.offre.answer_by - self.offre.sent_at).total_seconds() // 60))

    def minutes_left(self, now: datetime) -> int:
        return max(0, int((self.offre.answer_by - now).total_seconds() // 60))


@require_safe
@console_roles
def calls(request: AgentRequest) -> HttpResponse:
    return _page(request)


def _page(request: AgentRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    now, scope = clock.now(), request.scope
    shows_all = request.GET.get("voir") == ALL
    motifs = waitlist_desk.waited_motifs(scope)
    motif = motif_in(request.GET, motifs)
    found = waitlist_desk.offered_now(scope) if shows_all else waitlist_desk.calls_to_make(scope)
    if motif is not None:
        found = found.filter(motif=motif)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    listed = _listed(list(page.object_list), now)
    chosen = _chosen(request, listed)
    context = {
        "page_obj": page,
        "calls": listed,
        "chosen": chosen,
        "minutes_left": chosen.minutes_left(now) if chosen else 0,
        "shows_all": shows_all,
        "motif": motif,
        "usager": read_uuid(request.GET.get("usager", "")),
        "now": now,
        "today": clock.local_date(now, request.departement.zone),
    }
    return render(request, "rdv/waiting/appels.html", context | more, status=status)


def _listed(offres: list[Offre], now: datetime) -> list[Call]:
    names = waitlist_desk.agent_names(offres)
    standings = waitlist_desk.standings([one.inscription for one in offres], now=now)
    return [
        Call(
            offre=one,
            left=left_words(one.answer_by, now),
            with_whom=french.joined([names[pk] for pk in one.agent_ids if pk in names]),
            standing=standings.get(one.inscription_id),
        )
        for one in offres
    ]


def _chosen(request: AgentRequest, listed: list[Call]) -> Call | None:
    wanted = read_uuid(request.GET.get("appel", ""))
    first = listed[0] if listed else None
    return next((one for one in listed if one.offre.uuid == wanted), first)


@require_POST
@console_roles
def answer(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """Yes books the held hour; no and no answer give it to the next person at once."""
    offre = offre_for_writing(request.scope, uuid)
    said = request.POST.get("reponse", "")
    if said not in ANSWERS:
        raise Http404
    author, now = request.scope.author(offre.site_id), clock.now()
    name = offre.inscription.usager.full_name
    try:
        if said == YES:
            rdv = waitlist_answer.accept(offre=offre, author=author, now=now)
            when = french.day_hour(rdv.starts_at.astimezone(request.departement.zone))
            messages.success(request, f"C’est réservé pour {name} : {when}, {rdv.site.name}.")
        elif said == NO:
            waitlist_answer.refuse(offre=offre, author=author, now=now)
            messages.success(request, f"C’est noté : {name} garde son rang. La place va à la personne suivante.")
        elif said == WRONG:
            waitlist_answer.wrong_number(offre=offre, author=author, now=now)
            messages.success(
                request,
                f"C’est noté : ce n’est pas le numéro de {name}. La place va à la personne suivante. "
                "Cherchez le bon numéro et corrigez sa fiche : son rang est gardé.",
            )
        else:
            waitlist_answer.no_answer(offre=offre, author=author, now=now)
            messages.success(request, f"C’est noté : {name} n’a pas répondu. La place va à la personne suivante.")
    except OffreOver as over:
        return _page(request, status=409, refusal=over_words(offre, over.state), refused=offre)
    except DomainError as error:
        return _page(request, status=409, refusal=error.message, refused=offre)
    return redirect("rdv:waiting_calls")
