"""A series from one Rdv: its rhythm, what is known of each date, one button that takes them all; giving up the rest.

Room: views. The rhythm is in the address (GET), the dates kept are posted. Masked or foreign: 404 (rdv/access).
"""

import uuid as uuids
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from agents.views.guards import AgentRequest
from rdv.access import motifs_for_agent, rdv_for_writing
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.domain.series import MOST, days_of, words_of
from rdv.forms.console_rdv import BY_SERVICE, CancelForm
from rdv.forms.series import PaceForm, read_kept, read_key
from rdv.models import Participation, Rdv
from rdv.services.console_rdv import page_of
from rdv.services.errors import ChangedMeanwhile
from rdv.services.proposition_notices import can_be_written_to
from rdv.services.questions import Creneau
from rdv.services.series import Asked, book_series, cancel_rest, taken_after
from rdv.services.series_members import Members, members_of
from rdv.services.series_report import Line, Report, report_of, value_of
from rdv.views.agenda.asked import to_rdv
from rdv.views.console.screen import console_roles

NOT_HERE = "On ne prend pas de série depuis ce rendez-vous : il faut une personne, et un motif que vous prenez."
NONE_KEPT = "Cochez au moins une date."
TOLD = "La personne reçoit un seul message, avec toutes les dates."
NOT_TOLD = "Aucun message ne part : dites-lui les dates."
ALONE = "Il n’y a plus de rendez-vous à venir dans cette série."


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour that may be taken on a line."""

    creneau: Creneau
    value: str
    with_whom: str  # said when it is somebody else
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Shown:
    line: Line
    hours: tuple[Hour, ...]
    is_kept: bool


@dataclass(slots=True)
class Page:
    """What the page reads once."""

    rdv: Rdv
    participation: Participation
    now: datetime
    today: date
    form: PaceForm
    with_everybody: bool


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def rdv_series(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    rdv = rdv_for_writing(request.scope, uuid)
    participation = _participation(rdv)
    if participation is None or not motifs_for_agent(request.scope).filter(pk=rdv.motif_id).exists():
        messages.warning(request, NOT_HERE)
        return to_rdv(request, rdv.uuid)
    now = clock.now()
    today = clock.local_date(now, request.departement.zone)
    data = request.POST if request.method == "POST" else request.GET
    page = Page(rdv, participation, now, today, PaceForm(data, today=today), data.get("avec") == "tous")
    return _taken(request, page) if request.method == "POST" else _page(request, page)


def _participation(rdv: Rdv) -> Participation | None:
    """The one who comes. A workshop has no series for one of its people."""
    live = [one for one in rdv.participations.all() if one.is_live]
    if rdv.motif.is_collective or len(live) != 1:
        return None
    live[0].rdv = rdv
    return live[0]


def _taken(request: AgentRequest, page: Page) -> HttpResponse:
    rdv, kept = page.rdv, read_kept(request.POST)
    if not page.form.is_valid():
        return _page(request, page, status=422)
    if not kept:
        return _page(request, page, kept=kept, refusal=NONE_KEPT, status=422)
    first = clock.local_date(rdv.starts_at, request.departement.zone)
    asked = Asked(
        page.participation,
        [Creneau(one.starts_at, rdv.site_id, tuple(sorted(one.agent_ids))) for one in kept.values()],
        words_of(page.form.pace, first),
        read_key(request.POST),
    )
    try:
        serie = book_series(asked=asked, author=request.scope.author(rdv.site_id), now=page.now)
    except DomainError as error:
        return _page(request, page, kept=kept, refusal=error.message, status=409)
    booked = taken_after(serie, rdv)
    said = "Le rendez-vous est pris." if len(booked) == 1 else f"Les {len(booked)} rendez-vous sont pris."
    is_told = can_be_written_to(page.participation)
    messages.success(request, f"{said} {TOLD if is_told else NOT_TOLD}")
    return to_rdv(request, booked[0].uuid)


def _page(
    request: AgentRequest,
    page: Page,
    *,
    kept: Mapping[date, Creneau] | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """`kept`: what was ticked, when the page comes back with a refusal."""
    context: dict[str, Any] = {
        "rdv": page.rdv,
        "page": page_of(page.rdv, now=page.now),
        "participation": page.participation,
        "form": page.form,
        "with_everybody": page.with_everybody,
        "is_told": can_be_written_to(page.participation),
        "refusal": refusal,
        "now": page.now,
        "most": MOST,
    }
    if page.form.is_valid():
        context |= _dates(request, page, kept)
    elif status == 200:
        status = 422
    return render(request, "rdv/rdv/serie.html", context, status=status)


def _dates(request: AgentRequest, page: Page, kept: Mapping[date, Creneau] | None) -> dict[str, Any]:
    first = clock.local_date(page.rdv.starts_at, request.departement.zone)
    pace = page.form.pace
    days = days_of(pace, first=first, today=page.today)
    report = report_of(page.participation, days.days, now=page.now, with_everybody=page.with_everybody)
    shown = [_shown(line, report, kept) for line in report.lines]
    return {
        "rule": words_of(pace, first),
        "report": report,
        "shown": shown,
        "count": sum(one.is_kept for one in shown),
        "is_cut": days.is_cut,
        "joins": page.rdv.serie_id is None and page.rdv.starts_at > page.now,
        "key": read_key(request.POST),
        "kept_words": _kept_words(page.rdv),
    }


def _kept_words(rdv: Rdv) -> str:
    """What each of them takes over, when it is not what the motif says."""
    length = "" if rdv.length == rdv.motif.duration else f"dure {french.duration(rdv.length)}, comme celui-ci"
    note = "reprend sa note" if rdv.context else ""
    return f"Chaque rendez-vous {' et '.join(filter(None, (length, note)))}." if length or note else ""


def _shown(line: Line, report: Report, kept: Mapping[date, Creneau] | None) -> Shown:
    wanted = kept.get(line.day) if kept is not None else None
    chosen = wanted if wanted in line.hours else next(iter(line.hours), None)
    hours = tuple(
        Hour(
            one,
            value_of(one),
            ""
            if one.agent_ids == line.wanted.agent_ids
            else " et ".join(report.agents[pk].full_name for pk in one.agent_ids),
            is_chosen=one == chosen,
        )
        for one in line.hours
    )
    return Shown(line, hours, is_kept=bool(hours) and (kept is None or line.day in kept))


@require_http_methods(["GET", "HEAD", "POST"])
@console_roles
def rdv_series_cancel(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """This one and the following: what changes and which message leaves, then one button that names it."""
    rdv = rdv_for_writing(request.scope, uuid)
    now = clock.now()
    members = members_of(request.scope, rdv, now=now)
    if members is None or not members.rest:
        messages.warning(request, ALONE)
        return to_rdv(request, rdv.uuid)
    form = CancelForm(request.POST if request.method == "POST" else None, is_workshop=False)
    if not form.is_bound or not form.is_valid():
        return _cancel_page(request, rdv, members, form, now, status=422 if form.is_bound else 200)
    try:
        done = cancel_rest(
            rdvs=members.rest,
            by_service=form.cleaned_data["who"] == BY_SERVICE,
            author=request.scope.author(rdv.site_id),
            now=now,
            reason=form.cleaned_data["reason"],
            seen=request.POST.get("vu"),
        )
    except ChangedMeanwhile as error:
        return _cancel_page(request, rdv, members, form, now, status=409, refusal=error)
    said = "Le rendez-vous est annulé." if done == 1 else f"Les {done} rendez-vous sont annulés."
    messages.success(request, f"{said} Chacun peut encore être remis, si son heure reste libre.")
    return to_rdv(request, rdv.uuid)


def _cancel_page(
    request: AgentRequest,
    rdv: Rdv,
    members: Members,
    form: CancelForm,
    now: datetime,
    *,
    status: int,
    refusal: DomainError | None = None,
) -> HttpResponse:
    """The dates as they are now: what was read of them travels with the form."""
    context = {
        "rdv": rdv,
        "members": members,
        "participation": _participation(rdv),
        "page": page_of(rdv, now=now),
        "form": form,
        "now": now,
        "refusal": refusal,
    }
    return render(request, "rdv/rdv/serie_annuler.html", context, status=status)
