"""The call list: who is to be phoned, whatever the reason, what expires first before the rest. Reads only.

Room: services. Called by rdv/views/waiting/calls and the menu. Two sources, one list: held hours of the waiting list
(Offre) and calls about an Rdv (Appel). Only what this agent may write.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, F, IntegerField, Prefetch, Q, Value, When

from agents.access import Scope
from rdv.access import appels_for_writing
from rdv.models import Appel, AppelKind, Horaire, Motif, Offre, RdvAgent
from rdv.services import waitlist_desk

if TYPE_CHECKING:
    from django.db.models import QuerySet

# The reasons of the list, as its filter names them.
PLACE = "place"
REASONS: Mapping[str, str] = {
    PLACE: "Place tenue",
    "absence": "Professionnel absent",
    "dates": "Autres dates",
    "message": "Message non reçu",
    "vient": "Vient-elle ?",
}
KINDS: Mapping[str, AppelKind] = {
    "absence": AppelKind.ABSENCE,
    "dates": AppelKind.PROPOSITION,
    "message": AppelKind.MESSAGE,
    "vient": AppelKind.COMING,
}
# An Rdv cancelled because somebody is away: the person is still owed a call after its hour.
KEPT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Row:
    """One line, before it is read whole."""

    source: str  # "offre" or "appel"
    pk: int


def open_appels(scope: Scope, *, now: datetime) -> "QuerySet[Appel]":
    """Those that still help somebody."""
    useful = Q(before__gt=now) | Q(kind=AppelKind.ABSENCE, opened_at__gt=now - KEPT)
    # Somebody who is here needs no call.
    needless = Q(kind=AppelKind.COMING, participation__arrived_at__isnull=False)
    return appels_for_writing(scope).filter(useful, closed_at__isnull=True).exclude(needless)


def count_to_call(scope: Scope, *, now: datetime) -> int:
    """For the menu: to be phoned now. One query."""
    due = open_appels(scope, now=now).filter(Q(not_before__isnull=True) | Q(not_before__lte=now))
    offres = waitlist_desk.calls_to_make(scope).order_by()
    return offres.values_list("pk").union(due.order_by().values_list("pk"), all=True).count()


def rows_to_call(
    scope: Scope, *, now: datetime, reason: str = "", motif: Motif | None = None, shows_all: bool = False
) -> Any:
    """Keys of the lines, in order: those to call now, what ends first before; then those to call again later.

    `shows_all`: every place that is held for somebody, written to or not.
    """
    offres = waitlist_desk.offered_now(scope) if shows_all else waitlist_desk.calls_to_make(scope)
    appels = open_appels(scope, now=now)
    if reason:
        offres = offres if reason == PLACE else offres.none()
        appels = appels.filter(kind=KINDS[reason]) if reason in KINDS else appels.none()
    if shows_all:
        appels = appels.none()
    if motif is not None:
        offres, appels = offres.filter(motif=motif), appels.filter(participation__rdv__motif=motif)
    later = Case(When(not_before__gt=now, then=Value(1)), default=Value(0), output_field=IntegerField())
    first = offres.order_by().annotate(
        source=Value("offre", CharField()), later=Value(0, IntegerField()), until=F("answer_by")
    )
    second = appels.order_by().annotate(source=Value("appel", CharField()), later=later, until=F("before"))
    columns = ("source", "later", "until", "pk")
    return first.values_list(*columns).union(second.values_list(*columns), all=True).order_by("later", "until", "pk")


def read_rows(rows: Sequence[tuple[Any, ...]]) -> list[Offre | Appel]:
    """The lines of a page, whole, in their order. Bounded queries, however many they are."""
    offre_ids = [row[3] for row in rows if row[0] == "offre"]
    appel_ids = [row[3] for row in rows if row[0] == "appel"]
    offres: Mapping[int, Offre] = {one.pk: one for one in Offre.objects.whole().filter(pk__in=offre_ids)}
    hours = Prefetch("proposition__horaires", Horaire.objects.select_related("site").order_by("position"))
    agents = Prefetch("participation__rdv__rdv_agents", RdvAgent.objects.select_related("agent").order_by("agent_id"))
    found = Appel.objects.whole().filter(pk__in=appel_ids).prefetch_related(hours, agents)
    appels: Mapping[int, Appel] = {one.pk: one for one in found}
    read: list[Offre | Appel] = []
    for row in rows:
        known = offres.get(row[3]) if row[0] == "offre" else appels.get(row[3])
        if known is not None:
            read.append(known)
    return read
