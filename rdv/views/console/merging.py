"""Two files of one person: the list of likely pairs, the two side by side, made one, parted again.

Room: views. For secretaries and heads of a site: a file is the département's. What they may not read of it stays a
count; both files read here leave their line in the journal, as any reading does.
"""

import uuid as uuids
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.access import Scope
from agents.models import Role
from agents.views.guards import AgentRequest, role_required
from rdv.core import clock
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.forms.merging import LABELS, MergeForm
from rdv.services import files_page
from rdv.services.console_people import read_file
from rdv.services.merging import Undone, merge_files, plan_of, since, undo_merge
from usagers.access import fusion_for_agent, journal_search, keep_count, pairs_for_agent
from usagers.models import Usager
from usagers.services.merging import compare, fingerprint, link_between
from usagers.services.pairs import look_again, say_distinct

PER_PAGE = 25
READ_FOR = "comparaison de deux fiches"
# Those who keep the files of a site (domain.md, roles).
KEEPERS = (Role.SECRETAIRE, Role.RESPONSABLE)
file_keepers = role_required(*KEEPERS)


def keeps_files(scope: Scope) -> bool:
    """May this agent open these pages?"""
    return any(role in KEEPERS for role in scope.roles.values())


@require_safe
@file_keepers
def doublons(request: AgentRequest) -> HttpResponse:
    now = clock.now()
    is_said = request.GET.get("etat") == "distinctes"
    found = pairs_for_agent(request.scope, is_said=is_said)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    if not is_said:
        keep_count(request.departement.code, page.paginator.count)
    journal_search(request.scope.author(), request.departement, "(doublons)", found=page.paginator.count, now=now)
    context = {"page_obj": page, "is_said": is_said, "today": clock.local_date(now, request.departement.zone)}
    return render(request, "usagers/doublons.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@file_keepers
def merge(request: AgentRequest, uuid: uuids.UUID, autre: uuids.UUID) -> HttpResponse:
    now = clock.now()
    kept, other = _pair(request, uuid, autre, now)
    if kept == other:  # made one already: an old tab, or the form sent twice
        return redirect("rdv:usager", uuid=kept.uuid)
    lines, seen = compare(kept, other), fingerprint(kept, other)
    if request.method != "POST":
        return _side_by_side(request, kept, other, MergeForm(lines=lines, seen=seen), now)
    form = MergeForm(request.POST, lines=lines, seen=seen)
    if not form.is_valid():
        return _side_by_side(request, kept, other, form, now, status=422)
    author = request.scope.author()
    try:
        merge_files(kept=kept, other=other, choices=form.choices, author=author, now=now, seen=form.seen)
    except DomainError as error:
        fresh = MergeForm(lines=lines, seen=seen)
        return _side_by_side(request, kept, other, fresh, now, status=409, refusal=error.message)
    messages.success(request, "Les deux fiches n’en font plus qu’une. Vous pouvez la défaire pendant 30 jours.")
    return redirect("rdv:usager", uuid=kept.uuid)


def _side_by_side(
    request: AgentRequest,
    kept: Usager,
    other: Usager,
    form: MergeForm,
    now: datetime,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    plan = plan_of(kept, other, now=now)
    context = {
        "kept": kept,
        "other": other,
        "form": form,
        "plan": plan,
        "obstacles": files_page.told_obstacles(request.scope, plan),
        "link": link_between(kept, other, now),
        "now": now,
        "today": clock.local_date(now, request.departement.zone),
    }
    return render(request, "usagers/reunir.html", context | more, status=status)


@require_POST
@file_keepers
def distinct(request: AgentRequest, uuid: uuids.UUID, autre: uuids.UUID) -> HttpResponse:
    """ "Ce ne sont pas les mêmes personnes", or back to the list when it was said too soon."""
    now = clock.now()
    one, other = _pair(request, uuid, autre, now)
    if one == other:
        raise Http404
    answer = look_again if request.POST.get("reponse") == "revoir" else say_distinct
    answer(one=one, other=other, author=request.scope.author(), now=now)
    if answer is look_again:
        messages.success(request, "La paire sera de nouveau proposée, si les fiches se ressemblent toujours.")
    else:
        messages.success(
            request, f"C’est noté{french.NBSP}: {one.full_name} et {other.full_name} sont deux personnes différentes."
        )
    return redirect("rdv:doublons")


@require_http_methods(["GET", "HEAD", "POST"])
@file_keepers
def unmerge(request: AgentRequest, uuid: uuids.UUID) -> HttpResponse:
    """Says what goes back and what stays, then one button."""
    now = clock.now()
    fusion = fusion_for_agent(request.scope, uuid)
    kept = _read(request, fusion.kept.uuid, now)
    if request.method == "POST":
        try:
            undone = undo_merge(fusion=fusion, author=request.scope.author(), now=now)
        except DomainError as error:
            messages.error(request, error.message)
            return redirect("rdv:usager", uuid=kept.uuid)
        for sentence in _told(undone):
            messages.success(request, sentence)
        return redirect("rdv:usager", uuid=kept.uuid)
    new_rdvs, new_waits = since(fusion)
    (told,) = files_page.told_fusions(request.scope, [fusion])
    context = {"fusion": fusion, "by": told.by, "kept": kept, "new_rdvs": new_rdvs, "new_waits": new_waits, "now": now}
    return render(request, "usagers/defaire.html", context)


def _told(undone: Undone) -> list[str]:
    """What went back, then everything that did not."""
    said = ["Les deux fiches sont de nouveau séparées."]
    if undone.fields:
        names = sorted({LABELS.get(name, LABELS["address"]).lower() for name in undone.fields})
        said.append(f"Changé depuis la réunion, donc laissé tel quel{french.NBSP}: {french.joined(names)}.")
    if undone.rows:
        said.append(f"{undone.rows} élément(s) changés depuis par quelqu’un restent avec la fiche gardée.")
    if undone.new_rdvs or undone.new_waits:
        said.append(
            f"Restent avec la fiche gardée, car plus récents{french.NBSP}: "
            f"{undone.new_rdvs} rendez-vous, {undone.new_waits} attente(s)."
        )
    return said


def _pair(request: AgentRequest, uuid: uuids.UUID, autre: uuids.UUID, now: datetime) -> tuple[Usager, Usager]:
    return _read(request, uuid, now), _read(request, autre, now)


def _read(request: AgentRequest, uuid: uuids.UUID, now: datetime) -> Usager:
    return read_file(request.scope, uuid, now=now, reason=READ_FOR)
