"""The waiting list: who waits, for what, since when, who comes next. Reads only.

Room: views. A page of rows asks a bounded number of questions, however many wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.views.guards import AgentRequest
from rdv.access import sites_of
from rdv.core import clock
from rdv.forms.waiting_desk import read_filters
from rdv.models import Inscription, Motif, Offre
from rdv.services import waitlist_desk
from rdv.services.waitlist_desk import OVER, STATES, Standing
from rdv.views.console.screen import console_roles
from rdv.views.site import current_site
from rdv.views.waiting.words import STATES as BADGES
from rdv.views.waiting.words import Names, left_words, level_words, wishes_in_words

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody on the list, ready to be shown."""

    inscription: Inscription
    standing: Standing | None
    wishes: list[str]
    badge: tuple[str, str]
    offre: Offre | None
    left: str

    @property
    def level(self) -> str:
        """The class that waiting has won, when it is no longer the one given."""
        if self.standing is None or self.standing.level == self.inscription.priority:
            return ""
        return level_words(self.standing.level)


@require_safe
@console_roles
def waiting(request: AgentRequest) -> HttpResponse:
    now, scope = clock.now(), request.scope
    motifs, sites = waitlist_desk.waited_motifs(scope), sites_of(scope)
    asked = read_filters(request.GET, motifs, sites, current_site(request, sites))
    found = waitlist_desk.listed(scope, asked, motifs=motifs, now=now)
    is_asked = bool(asked.motif or request.GET.get("site") or asked.name or asked.state != "attend")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "motifs": motifs,
        "filter_sites": sites,
        "states": [(code, words) for code, (words, _) in STATES.items()],
        "page_obj": page,
        "groups": _groups(rows_of(list(page.object_list), now=now), asked.state),
        "calls": waitlist_desk.count_calls(scope),
        "is_filtered": bool(asked.site or is_asked),
        "is_asked": is_asked,
        "now": now,
        "today": clock.local_date(now, request.departement.zone),
    }
    return render(request, "rdv/waiting/liste.html", context)


def _groups(rows: Sequence[Row], state: str) -> list[tuple[Motif | None, list[Row]]]:
    """A line of people per motif, each in the order of the calls; waits that are over are in the order of their end."""
    if state == OVER:
        return [(None, list(rows))] if rows else []
    return [(motif, list(found)) for motif, found in groupby(rows, key=lambda row: row.inscription.motif)]


def rows_of(found: Sequence[Inscription], *, now: datetime) -> list[Row]:
    """Ranks, names of wishes and running offers: four queries for all of them."""
    if not found:
        return []
    names = names_for(found)
    standings = waitlist_desk.standings(found, now=now)
    offres = waitlist_desk.live_offres(found)
    return [_row(one, standings.get(one.pk), names, offres.get(one.pk), now) for one in found]


def names_for(found: Sequence[Inscription]) -> Names:
    motifs = {pk for one in found for pk in one.motifs}
    sites = {pk for one in found for pk in one.sites}
    read = waitlist_desk.names_of(found[0].departement, motifs=motifs, sites=sites)
    return Names(read["motifs"], read["sites"])


def _row(one: Inscription, standing: Standing | None, names: Names, offre: Offre | None, now: datetime) -> Row:
    return Row(
        inscription=one,
        standing=standing,
        wishes=wishes_in_words(one, names),
        badge=BADGES[one.state],
        offre=offre,
        left=left_words(offre.answer_by, now, one.motif.departement.zone) if offre else "",
    )
