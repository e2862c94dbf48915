"""What the caller comes for: the motifs that answer to a few letters, with the first free hour of each.

Room: services, reads only. Called by the console. Without letters, the most booked of late on the agent's sites.
"""

import uuid as uuids
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.http import Http404

from agents.access import Scope
from agents.models import Site
from rdv.access import motifs_for_agent
from rdv.core.text import search_key
from rdv.domain.travel import Point
from rdv.domain.windows import Window
from rdv.models import Modality, Motif, MotifSite, Rdv
from rdv.services.availability import agent_window, agents_asked, creneaux_of, sessions_of
from rdv.services.questions import EVERYBODY
from usagers.models import Usager

SHOWN = 8
# How far the first hour of a row is looked for; beyond, the matrix of the motif says it.
AHEAD = timedelta(days=28)
# "Usual" is what was received lately and is booked already.
AROUND = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class MotifRow:
    motif: Motif
    number: int
    first_at: datetime | None
    seats_left: int | None  # of the first workshop with a place; None when it is not a workshop

    @property
    def icon(self) -> str:
        if self.motif.is_collective:
            return "group"
        icons = {Modality.HOME: "home", Modality.PHONE: "phone", Modality.VISIO: "camera"}
        return icons.get(Modality(self.motif.modality), "")


@dataclass(frozen=True, slots=True)
class MotifList:
    rows: tuple[MotifRow, ...]
    found: int  # how many answer, shown or not
    total: int  # how many this agent books
    until: datetime  # how far the first hours were looked for


def motif_of(scope: Scope, uuid: uuids.UUID) -> Motif:
    """A motif that this agent books. Http404 otherwise."""
    found: Motif | None = motifs_for_agent(scope).filter(uuid=uuid).first()
    if found is None:
        raise Http404
    return found


def sites_of_motif(scope: Scope, motif: Motif, sites: Sequence[Site]) -> list[Site]:
    """Where this agent may book it, in the order given."""
    offered = _offered([motif.pk], sites)[motif.pk]
    return [site for site in sites if site.pk in offered and _may_book(scope, motif, site)]


def motif_list(
    scope: Scope, sites: Sequence[Site], *, text: str, usager: Usager | None, place: Point | None, now: datetime
) -> MotifList:
    """The rows of the list. One question of availability for each row shown."""
    offered = list(motifs_for_agent(scope).order_by("service__position", "position", "name", "id"))
    words = search_key(text).split()
    found = [motif for motif in offered if _answers(motif, words)]
    if words:
        # What begins with the letters comes before what only contains them.
        found.sort(key=lambda motif: not motif.search_key.startswith(words[0]))
    else:
        booked = _booked_around(sites, now)
        found.sort(key=lambda motif: -booked.get(motif.pk, 0))
    shown = found[:SHOWN]
    where = _offered([motif.pk for motif in shown], sites)
    rows = []
    for number, motif in enumerate(shown, start=1):
        places = [site for site in sites if site.pk in where[motif.pk] and _may_book(scope, motif, site)]
        first_at, seats_left = _first(motif, places, usager=usager, place=place, now=now)
        rows.append(MotifRow(motif, number, first_at, seats_left))
    return MotifList(tuple(rows), len(found), len(offered), now + AHEAD)


def _may_book(scope: Scope, motif: Motif, site: Site) -> bool:
    return scope.may_write(site_id=site.pk, service_id=motif.service_id, agent_ids=())


def answers(motif: Motif, text: str) -> bool:
    """Each word typed begins a word of its name, of its public label or of its service."""
    return _answers(motif, search_key(text).split())


def _answers(motif: Motif, words: Sequence[str]) -> bool:
    key = f" {motif.search_key} {search_key(motif.public_label)} {search_key(motif.service.short_name)}"
    return all(f" {word}" in key for word in words)


def _offered(motif_ids: Sequence[int], sites: Sequence[Site]) -> dict[int, set[int]]:
    rows = MotifSite.objects.filter(motif__in=motif_ids, site__in=sites).values_list("motif_id", "site_id")
    found: dict[int, set[int]] = defaultdict(set)
    for motif_id, site_id in rows:
        found[motif_id].add(site_id)
    return found


def _booked_around(sites: Sequence[Site], now: datetime) -> dict[int, int]:
    near = Rdv.objects.filter(site__in=sites, starts_at__range=(now - AROUND, now + AROUND))
    return dict(near.values("motif").annotate(count=Count("id")).order_by("-count").values_list("motif_id", "count"))


def _first(
    motif: Motif, sites: Sequence[Site], *, usager: Usager | None, place: Point | None, now: datetime
) -> tuple[datetime | None, int | None]:
    whole = agent_window(motif, now)
    window = Window(whole.earliest, min(whole.latest, now + AHEAD))
    if motif.is_collective:
        session = next((one for one in sessions_of(motif, sites=sites, window=window) if one.seats_left > 0), None)
        return (session.starts_at, session.seats_left) if session else (None, None)
    agents = agents_asked(motif, EVERYBODY, usager=usager, today=now.astimezone(motif.departement.zone).date())
    found = creneaux_of(motif, sites=sites, agents=agents, window=window, now=now, place=place)
    return (found[0].starts_at if found else None), None
