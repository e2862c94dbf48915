"""The waiting list as the back-office shows it: rows with their rank, calls to make, who and what a form may name.

Room: services. Reads only. Called by rdv/views/waiting and the menu.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Case, Count, DurationField, ExpressionWrapper, F, FloatField, Q, Value, When
from django.db.models.functions import Cast, Extract, Floor, Greatest

from agents.access import Scope
from agents.models import AGENDA_ROLES, Affectation, Agent, Departement, Site
from rdv.access import motifs_for_agent, offres_for_writing, waiting_for_agent
from rdv.core.clock import local_date
from rdv.core.journal import Evenement
from rdv.core.languages import in_order
from rdv.core.text import search_key
from rdv.models import Inscription, InscriptionState, Motif, MotifSite, Offre, OffreState, Rdv
from rdv.services.waitlist_match import CLASS
from rdv.services.waitlist_rules import policy_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

DAY_SECONDS = 24 * 3600
# What the filter "state" of the list may say. The first is what is shown when nothing is asked.
STATES: Mapping[str, tuple[str, tuple[InscriptionState, ...]]] = {
    "attend": ("Attendent", (InscriptionState.WAITING, InscriptionState.OFFERED)),
    "proposee": ("Ont une proposition", (InscriptionState.OFFERED,)),
    "pause": ("En pause", (InscriptionState.ASLEEP,)),
    "fini": ("Terminées", (InscriptionState.SERVED, InscriptionState.LEFT, InscriptionState.EXPIRED)),
}
SESSIONS = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of the list."""

    state: str = "attend"
    motif: Motif | None = None
    site: Site | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands: the same figures as the person is told (waitlist_position)."""

    rank: int
    waiting: int
    level: int


def count_calls(scope: Scope) -> int:
    """Held hours that somebody must be phoned for. One query."""
    return calls_to_make(scope).count()


def calls_to_make(scope: Scope) -> "QuerySet[Offre]":
    """What expires first comes first."""
    return offered_now(scope).filter(by_call=True)


def offered_now(scope: Scope) -> "QuerySet[Offre]":
    """Every hour that is held for somebody of the list, as far as this agent may give it."""
    return offres_for_writing(scope).filter(state=OffreState.LIVE).order_by("answer_by", "starts_at", "id")


def waited_motifs(scope: Scope) -> list[Motif]:
    """Motifs of this agent with a list, or with somebody on it."""
    open_ones = Q(has_waitlist=True) | Q(pk__in=waiting_for_agent(scope).values("motif"))
    rows = motifs_for_agent(scope).filter(open_ones)
    return list(rows.order_by("service__position", "position", "name", "id"))


def listed(scope: Scope, asked: Asked, *, motifs: Sequence[Motif], now: datetime) -> "QuerySet[Inscription]":
    """By motif, then as they will be called: class after ageing, age of the request."""
    rows = waiting_for_agent(scope).filter(state__in=STATES[asked.state][1])
    if asked.motif is not None:
        rows = rows.filter(motifs__contains=[asked.motif.pk])
    if asked.site is not None:
        rows = rows.filter(Q(sites=[]) | Q(sites__contains=[asked.site.pk]))
    for word in search_key(asked.name).split():
        rows = rows.filter(usager__search_key__contains=f" {word}")
    if asked.state == "fini":
        return rows.order_by("-closed_at", "-id")
    level = _level(motifs, now)
    return rows.annotate(level=level).order_by(
        "motif__service__position", "motif__position", "motif__name", "motif_id", "level", "opened_at", "id"
    )


def _level(motifs: Sequence[Motif], now: datetime) -> Greatest:
    """rdv.domain.waiting.effective_class, in the words of the ORM: each motif has its own days of ageing."""
    whens = [When(motif=motif.pk, then=Value(float(policy_of(motif).ageing_days * DAY_SECONDS))) for motif in motifs]
    ageing = Case(*whens, default=Value(float(DAY_SECONDS * 21)), output_field=FloatField())
    waited = ExpressionWrapper(Value(now) - F("opened_at"), output_field=DurationField())
    gained = Floor(Cast(Extract(waited, "epoch"), FloatField()) / ageing)
    return Greatest(F("priority") - gained, Value(0.0), output_field=FloatField())


_STANDING = f"""
SELECT me.id, me.class, count(*) FILTER (WHERE (greatest(i.priority - floor(
           extract(epoch FROM %(now)s - i.opened_at) / (me.ageing * 86400)), 0), i.opened_at, i.id)
           < (me.class, me.opened_at, me.id)), count(*)
FROM (SELECT i.*, a.ageing, {CLASS.replace("%(ageing)s", "a.ageing")} AS class
      FROM rdv_inscription i JOIN unnest(%(ids)s::bigint[], %(ageings)s::int[]) AS a(id, ageing) ON a.id = i.id) AS me
JOIN rdv_inscription i ON i.departement_id = me.departement_id AND i.state IN ('waiting', 'offered')
  AND i.motifs && me.motifs
  AND (cardinality(i.sites) = 0 OR cardinality(me.sites) = 0 OR i.sites && me.sites)
GROUP BY me.id, me.class
"""  # noqa: S608 - constants; values are parameters


def standings(rows: Iterable[Inscription], *, now: datetime) -> dict[int, Standing]:
    """Those of a page, in one query: waitlist_position.position_of says the same of one (a test compares them)."""
    found = [one for one in rows if one.state in (InscriptionState.WAITING, InscriptionState.OFFERED)]
    if not found:
        return {}
    ageings = [policy_of(one.motif).ageing_days for one in found]
    parameters: dict[str, Any] = {"ids": [one.pk for one in found], "ageings": ageings, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, parameters)
        return {pk: Standing(before + 1, waiting, int(level)) for pk, level, before, waiting in cursor.fetchall()}


def live_offres(rows: Iterable[Inscription]) -> dict[int, Offre]:
    """The offer that runs, by inscription. The person's file is the département's: their own offer is told."""
    found = Offre.objects.live().filter(inscription__in=[one.pk for one in rows]).select_related("site")
    return {one.inscription_id: one for one in found}


def offres_of(inscription: Inscription) -> list[Offre]:
    """What this person was offered, the last first."""
    return list(Offre.objects.whole().filter(inscription=inscription).order_by("-sent_at", "-id")[:50])


def names_of(departement: Departement, *, motifs: Collection[int] = (), sites: Collection[int] = ()) -> dict[str, Any]:
    """Names for ids of wishes: motif id -> name, site id -> name."""
    motif_rows = Motif.objects.filter(departement=departement, pk__in=motifs).values_list("pk", "name")
    site_rows = Site.objects.filter(departement=departement, pk__in=sites).values_list("pk", "name")
    return {"motifs": dict(motif_rows), "sites": dict(site_rows)}


# What a form of wishes may name.


def sites_offering(motif: Motif) -> list[Site]:
    """Where the motif is received: wishes may name any site of the département, one's own or not."""
    ids = MotifSite.objects.filter(motif=motif).values("site")
    return list(Site.objects.active().filter(departement=motif.departement_id, pk__in=ids).order_by("search_key", "id"))


def agents_receiving(motif: Motif, sites: Sequence[Site], *, now: datetime) -> list[Agent]:
    """Who may be named: those with an agenda on these sites, in the service of the motif."""
    today = local_date(now, motif.departement.zone)
    ids = Affectation.objects.current(today).filter(site__in=sites, role__in=AGENDA_ROLES).values("agent")
    found = Agent.objects.active().filter(pk__in=ids, services=motif.service_id).order_by("search_key", "id")
    return list(found)


def languages_spoken(motif: Motif, *, now: datetime) -> list[str]:
    """What those who receive this motif speak beside French. One query."""
    today = local_date(now, motif.departement.zone)
    sites = MotifSite.objects.filter(motif=motif).values("site")
    ids = Affectation.objects.current(today).filter(site__in=sites, role__in=AGENDA_ROLES).values("agent")
    rows = Agent.objects.active().filter(pk__in=ids, services=motif.service_id).exclude(languages=[])
    return in_order(code for codes in rows.values_list("languages", flat=True) for code in codes)


def motifs_alike(scope: Scope, motif: Motif) -> list[Motif]:
    """Equivalent motifs to propose: of the same service, with a list, individual."""
    rows = motifs_for_agent(scope).filter(service=motif.service_id, has_waitlist=True, is_collective=False)
    return list(rows.exclude(pk=motif.pk).order_by("position", "name", "id")) if not motif.is_collective else []


def sessions_ahead(motif: Motif, sites: Sequence[Site], *, now: datetime) -> list[Rdv]:
    """The next sessions of a workshop, full or not: one may wait for a seat of a single one."""
    if not motif.is_collective:
        return []
    rows = Rdv.objects.filter(motif=motif, site__in=sites, cancelled_at=None, starts_at__gt=now)
    return list(rows.select_related("site").order_by("starts_at", "id")[:SESSIONS])


def agent_names(offres: Iterable[Offre]) -> dict[int, str]:
    """agent id -> name, for everybody whose time these offers hold."""
    ids = {pk for one in offres for pk in one.agent_ids}
    return {agent.pk: agent.full_name for agent in Agent.objects.filter(pk__in=ids)} if ids else {}


def history_of(inscription: Inscription) -> list[Evenement]:
    """The journal of somebody who waits, the last first."""
    return list(Evenement.objects.about("inscription", inscription.uuid)[:50])


def motifs_with_rules(departement: Departement) -> list[tuple[Motif, int]]:
    """For the administrator: each motif of the département and how many wait for it. Two queries."""
    waiting = Inscription.objects.open().filter(departement=departement).values_list("motif").annotate(Count("id"))
    counts = dict(waiting)
    rows = Motif.objects.of(departement).active().select_related("service", "departement")
    return [(motif, counts.get(motif.pk, 0)) for motif in rows]
