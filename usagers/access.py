"""The doors by which people reach files: the agents' search, one file, and the family of somebody.

Room: access. Called by views and by the apps above. Rights come from the agent's Scope (agents/access.py); every read
of a file and every search for people is journalled (domain.md, "The journal").
"""

import datetime as dt
import uuid as uuids
from collections.abc import Iterable, Sequence

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet, Value, prefetch_related_objects
from django.http import Http404

from agents.access import Scope
from agents.models import Departement
from rdv.core import journal
from rdv.core.journal import Author, Evenement
from usagers.models import FORGIVEN, Doublon, DoublonQuerySet, Fusion, Proche, Referent, Usager, UsagerQuerySet
from usagers.search_query import MAX_QUERY_LENGTH, UsagerQuery, parse_usager_query

MAX_FOUND = 50
# A search typed letter by letter asks the same thing again: once is enough for the journal.
SAME_SEARCH = dt.timedelta(minutes=5)


class Found(list[Usager]):
    """Files, best first, and whether there were others."""

    has_more: bool = False


def search_usagers(scope_departement: Departement, query: str, *, limit: int = 10) -> Found:
    """Files answering to "samira ben", "06 39 98", "1240", "benali 14/03/1994"...

    Whole names first, then the last seen. Two queries (files, their communes). What means nothing finds nobody.
    Call `journal_search` beside it.
    """
    asked = parse_usager_query(query)
    if not asked.is_searchable:
        return Found()
    limit = max(1, min(limit, MAX_FOUND))
    found = Found(_unique(_tiers(Usager.objects.of(scope_departement), asked, limit + 1)))
    found.has_more = len(found) > limit
    del found[limit:]
    prefetch_related_objects(found, "commune")
    return found


def _tiers(files: UsagerQuerySet, asked: UsagerQuery, count: int) -> Iterable[Usager]:
    """Whole names, then a last word only begun, then all words begun: each tier is cut alone.

    Sorting by nearness would read every "ma..." of the département before showing ten; a cut tier stops at once.
    """
    matching = files.matching(asked)
    if not asked.words:
        return matching.last_seen_first()[:count]
    tiers = [asked.words, asked.words[:-1], ()] if len(asked.words) > 1 else [asked.words, ()]
    cut = [
        matching.with_whole_names(words).annotate(tier=Value(number)).last_seen_first()[:count]
        for number, words in enumerate(tiers)
    ]
    return cut[0].union(*cut[1:], all=True).order_by("tier", "-last_contact_at", "-id")


def forgiving_search(scope_departement: Departement, query: str, *, limit: int = 10) -> Found:
    """For a search that found nobody: each word of four letters or more may have a letter wrong, missing, added or
    swapped with the next ("benaly" finds Benali). Whole names first, then the last seen. Two queries."""
    asked = parse_usager_query(query)
    if not any(len(word) >= FORGIVEN for word in asked.words):
        return Found()
    limit = max(1, min(limit, MAX_FOUND))
    files = Usager.objects.of(scope_departement).numbered(asked)
    found = Found(files.nearly_named(asked.words).order_by("tier", "-last_contact_at", "-id")[: limit + 1])
    found.has_more = len(found) > limit
    del found[limit:]
    prefetch_related_objects(found, "commune")
    return found


def _unique(usagers: Iterable[Usager]) -> list[Usager]:
    return list({usager.pk: usager for usager in usagers}.values())


def journal_search(author: Author, departement: Departement, query: str, *, found: int, now: dt.datetime) -> None:
    """Keep that this agent looked for these words and how many files answered; 12 months, as every read."""
    terms = " ".join(query[:MAX_QUERY_LENGTH].replace("\x00", " ").split())
    if not terms or _was_just_asked(author, terms, now):
        return
    journal.write_read(
        "usager.searched",
        subject=("recherche", author.id or 0),
        departement_code=departement.code,
        author=author,
        now=now,
        data={"terms": terms, "found": found},
    )


def _was_just_asked(author: Author, terms: str, now: dt.datetime) -> bool:
    recent = Evenement.objects.about("recherche", author.id or 0).filter(at__gt=now - SAME_SEARCH)
    return any(event.data.get("terms") == terms for event in recent[:10])


def usager_for_agent(
    scope: Scope,
    uuid: uuids.UUID,
    *,
    now: dt.datetime,
    reason: str = "",
    is_outside: bool = False,
    unless_since: dt.datetime | None = None,
) -> Usager:
    """One file, and the line of the journal that says it was opened. Http404 outside the département.

    The address of a file that was made one with another leads to the one that was kept.

    `reason`: why, when the agent steps outside their usual scope (`is_outside`: the apps above know what that is).
    `unless_since`: no second line when this agent opened it since then (a console reads it again at each step).
    """
    if not scope.may_search_usagers:
        raise PermissionDenied
    usager = standing_file(scope.departement_code, uuid=uuid)
    if unless_since is not None and was_opened(scope.agent_id, usager, since=unless_since):
        return usager
    journal.write_read(
        "usager.read",
        subject=("usager", usager.pk),
        departement_code=scope.departement_code,
        author=scope.author(),
        now=now,
        data=({"reason": reason} if reason else {}) | ({"outside": True} if is_outside else {}),
    )
    return usager


def standing_file(departement_code: str, **named: uuids.UUID | int) -> Usager:
    """The file so named, or the one it was made one with. Http404 outside the département. For other doors only:
    whoever shows it goes through `usager_for_agent`, which journals."""
    files = Usager.objects.filter(departement=departement_code, erased_at__isnull=True)
    usager = files.filter(**named).select_related("commune", "departement").first()
    if usager is None:
        raise Http404
    return usager if usager.merged_into_id is None else standing_file(departement_code, pk=usager.merged_into_id)


def file_ids(usager: Usager) -> list[int]:
    """Its own id and those of the files made one with it: the journal speaks of each under its own."""
    ids, latest = [usager.pk], [usager.pk]
    while latest := list(Usager.objects.filter(merged_into__in=latest).values_list("pk", flat=True)):
        ids += latest
    return ids


def was_opened(agent_id: int, usager: Usager, *, since: dt.datetime) -> bool:
    """Did this agent open this file since then?"""
    lines = Evenement.objects.about("usager", usager.pk).filter(kind="usager.read", at__gt=since)
    return lines.filter(author_kind="agent", author_id=agent_id).exists()


def proches_of(responsable: Usager, today: dt.date) -> QuerySet[Proche]:
    """Those this person answers for today, the youngest first: most come for their last born.

    Only their own links: of separated parents neither sees the other's.
    """
    own = Proche.objects.current(today).filter(responsable=responsable, person__erased_at__isnull=True)
    return own.select_related("person").order_by(F("person__birth_date").desc(nulls_last=True), "pk")


def responsables_of(person: Usager, today: dt.date) -> QuerySet[Proche]:
    """Who answers for this person today. For agents only: a responsable never sees the other ones."""
    links = Proche.objects.current(today).filter(person=person, responsable__erased_at__isnull=True)
    return links.select_related("responsable").order_by("starts_on", "pk")


def referent_ids(usager: Usager, today: dt.date) -> Sequence[int]:
    """Agents who follow this person today. Empty means nobody, never everybody."""
    links = Referent.objects.current(today).filter(usager=usager).order_by("pk")
    return list(links.values_list("agent_id", flat=True))


# --- Likely pairs and files made one


def pairs_for_agent(scope: Scope, *, is_said: bool = False) -> DoublonQuerySet:
    """Pairs of the département to look at, or said to be two people."""
    rows = Doublon.objects.said_distinct if is_said else Doublon.objects.to_look_at
    return rows(scope.departement_code).select_related("first__commune", "second__commune")


def counted_pairs(departement_code: str) -> int | None:
    """For the menu of every page: what was counted last, without a query. None when nobody counted yet."""
    found: int | None = cache.get(_count_key(departement_code))
    return found


def keep_count(departement_code: str, count: int) -> None:
    cache.set(_count_key(departement_code), count, timeout=None)


def count_pairs(departement_code: str) -> None:
    """Count again what is to be looked at, for `counted_pairs`. Called once something changed the list."""
    keep_count(departement_code, Doublon.objects.to_look_at(departement_code).count())


def _count_key(departement_code: str) -> str:
    return f"doublons:{departement_code}"


def fusion_for_agent(scope: Scope, uuid: uuids.UUID) -> Fusion:
    """Two files made one, of this département. Http404 elsewhere."""
    found = Fusion.objects.filter(departement=scope.departement_code, uuid=uuid)
    fusion = found.select_related("departement", "kept", "merged").first()
    if fusion is None:
        raise Http404
    return fusion
