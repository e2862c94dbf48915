"""The call list: everybody to phone, what ends first before the rest; and the answers to held hours.

Room: views. Three reasons: a place of the waiting list that is held (here), an agent who is away or dates to propose,
a message that reached nobody (calls_rdv). An answer is one transaction of the services; given twice it is the same one.
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
from rdv.models import Appel, Offre
from rdv.services import calls_desk, waitlist_answer, waitlist_desk
from rdv.services.waitlist_answer import OffreOver
from rdv.services.waitlist_desk import Standing
from rdv.views.console.screen import console_roles
from rdv.views.waiting.calls_words import Talk, is_wrong_number, talk_of, told
from rdv.views.waiting.words import left_words, over_words
from usagers.models import Usager

PER_PAGE = 30
ALL = "toutes"


@dataclass(frozen=True, slots=True)
class Call:
    """A line of the list: of a held place (`offre`), or about an Rdv (`appel`, `talk`)."""

    left: str
    with_whom: str
    offre: Offre | None = None
    standing: Standing | None = None
    appel: Appel | None = None
    talk: Talk | None = None

    @property
    def uuid(self) -> uuids.UUID:
        found = self.offre or self.appel
        assert found is not None  # noqa: S101 - one of the two makes the line
        return found.uuid

    @property
    def told(self) -> Usager | None:
        return told(self.appel) if self.appel is not None else None

    @property
    def is_wrong_number(self) -> bool:
        return self.appel is not None and is_wrong_number(self.appel)

    @property
    def minutes(self) -> int:
        """How long the person had in all, for the bar."""
        start, end = self._span()
        return max(1, int((end - start).total_seconds() // 60))

    def minutes_left(self, now: datetime) -> int:
        return max(0, int((self._span()[1] - now).total_seconds() // 60))

    def _span(self) -> tuple[datetime, datetime]:
        if self.offre is not None:
            return self.offre.sent_at, self.offre.answer_by
        assert self.appel is not None  # noqa: S101 - one of the two makes the line
        return self.appel.opened_at, self.appel.before


@require_safe
@console_roles
def calls(request: AgentRequest) -> HttpResponse:
    return page(request)


def page(
    request: AgentRequest, *, status: int = 200, chosen_uuid: uuids.UUID | None = None, **more: Any
) -> HttpResponse:
    """The list with one card open; also after a refusal, with what was refused."""
    now, scope = clock.now(), request.scope
    shows_all = request.GET.get("voir") == ALL
    reason = request.GET.get("raison", "")
    reason = reason if reason in calls_desk.REASONS else ""
    motif = motif_in(request.GET, waitlist_desk.waited_motifs(scope)) if "motif" in request.GET else None
    rows = calls_desk.rows_to_call(scope, now=now, reason=reason, motif=motif, shows_all=shows_all)
    found = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    listed = _listed(request, calls_desk.read_rows(list(found.object_list)), now)
    chosen = _chosen(request, listed, chosen_uuid)
    context = {
        "page_obj": found,
        "calls": listed,
        "chosen": chosen,
        "minutes_left": chosen.minutes_left(now) if chosen else 0,
        "shows_all": shows_all,
        "reason": reason,
        "reasons": calls_desk.REASONS.items(),
        "motif": motif,
        "usager": read_uuid(request.GET.get("usager", "")),
        "now": now,
        "today": clock.local_date(now, request.departement.zone),
    }
    return render(request, "rdv/waiting/appels.html", context | more, status=status)


def _listed(request: AgentRequest, rows: list[Offre | Appel], now: datetime) -> list[Call]:
    offres = [one for one in rows if isinstance(one, Offre)]
    names = waitlist_desk.agent_names(offres)
    standings = waitlist_desk.standings([one.inscription for one in offres], now=now)
    zone = request.departement.zone
    return [
        Call(
            offre=one,
            left=left_words(one.answer_by, now, zone),
            with_whom=french.joined([names[pk] for pk in one.agent_ids if pk in names]),
            standing=standings.get(one.inscription_id),
        )
        if isinstance(one, Offre)
        else Call(
            appel=one,
            left=left_words(one.before, now, zone),
            with_whom=french.joined([link.agent.full_name for link in one.participation.rdv.rdv_agents.all()]),
            talk=talk_of(one, now=now, zone=zone),
        )
        for one in rows
    ]


def _chosen(request: AgentRequest, listed: list[Call], wanted: uuids.UUID | None) -> Call | None:
    wanted = wanted or read_uuid(request.GET.get("appel", ""))
    first = listed[0] if listed else None
    return next((one for one in listed if one.uuid == wanted), first)


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
        return page(request, status=409, refusal=over_words(offre, over.state), refused=offre)
    except DomainError as error:
        return page(request, status=409, refusal=error.message, refused=offre)
    return redirect("rdv:waiting_calls")
