"""The lines of an export of Rdv: one question, read by a cursor of the server, a line per person and Rdv.

Room: services. Called by exports (how many), export_run (the lines) and the bench. Reads only.

    figures   when, where, what for, with whom, how it ended    the whole scope: the département, or one's own sites
    people    names, phones, notes                              where the agent may read the Rdv (Scope.may_read), else
                                                                "masqué"
Rdv of confidential services that are not the agent's are not there at all.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import StringAgg
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat

from agents.models import Departement
from rdv.core.clock import day_bounds
from rdv.core.spreadsheets import Cell
from rdv.domain.exporting import Filters, Rights
from rdv.models import Modality, Origin, Rdv, RdvAgent, StatusChoice

CHUNK = 2000
DAY = timedelta(days=1)
MASKED = "masqué"
FIGURES = (
    "Date",
    "Heure",
    "Durée (minutes)",
    "Lieu",
    "Service",
    "Motif",
    "Modalité",
    "Atelier",
    "Professionnels",
    "État",
    "Annulé le",
    "Pris le",
    "Délai (jours)",
    "Pris comment",
    "Durée de la prise (secondes)",
)
PEOPLE = ("Nom", "Prénom", "Date de naissance", "Téléphone", "E-mail", "Accompagné par", "Note pour les agents")
_FIGURES = (
    "starts_at",
    "ends_at",
    "site__name",
    "motif__service__name",
    "motif__name",
    "modality",
    "title",
    "agent_names",
    "participations__status",
    "participations__status_at",
    "participations__created_at",
    "created_at",
    "participations__origin",
    "origin",
    "booking_seconds",
)
_PEOPLE = (
    "participations__usager__last_name",
    "participations__usager__first_name",
    "participations__usager__birth_date",
    "participations__usager__phone",
    "participations__usager__email",
    "participations__companion",
    "context",
)
_MODALITIES: dict[str, str] = {choice.value: str(choice.label) for choice in Modality}
_ORIGINS: dict[str, str] = {choice.value: str(choice.label) for choice in Origin}
_STATUSES: dict[str, str] = {choice.value: str(choice.label) for choice in StatusChoice}
_CANCELLED = (StatusChoice.EXCUSED.value, StatusChoice.REVOKED.value)


def header(filters: Filters) -> tuple[str, ...]:
    return (*FIGURES, *PEOPLE) if filters.with_people else FIGURES


def count_lines(departement: Departement, rights: Rights, filters: Filters) -> int:
    return _asked(departement, rights, filters).values("participations__id").count()


def lines(departement: Departement, rights: Rights, filters: Filters, *, now: datetime) -> Iterator[list[Cell]]:
    """In the order of the hours. Inside a transaction: the cursor stays on the server, and sees one instant."""
    if not connection.in_atomic_block:
        raise RuntimeError("lines() needs a transaction: without one the whole answer would come at once")
    query = _lines_query(departement, rights, filters)
    try:
        sql, params = query.query.sql_with_params()
    except EmptyResultSet:  # an empty set of sites: Django knows without asking that there is nothing
        return
    zone = departement.zone
    # Not `iterator()`: behind PgBouncer the settings forbid it cursors, which a transaction of its own does allow.
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(CHUNK):
            for row in rows:
                yield _line(row, zone, now)


def _lines_query(departement: Departement, rights: Rights, filters: Filters) -> "QuerySet[Rdv, tuple[Any, ...]]":
    names = (
        RdvAgent.objects.filter(rdv=OuterRef("pk"))
        .order_by()
        .values("rdv")
        .annotate(
            names=StringAgg(
                Concat("agent__first_name", Value(" "), "agent__last_name"),
                ", ",
                order_by=("agent__search_key", "agent"),
            )
        )
        .values("names")
    )
    rows = _asked(departement, rights, filters).annotate(agent_names=Subquery(names))
    if not filters.with_people:
        return rows.order_by("starts_at", "id", "participations__id").values_list(*_FIGURES)
    rows = rows.annotate(is_readable=_may_read(rights))
    return rows.order_by("starts_at", "id", "participations__id").values_list(*_FIGURES, "is_readable", *_PEOPLE)


def _asked(departement: Departement, rights: Rights, filters: Filters) -> "QuerySet[Rdv]":
    start, _ = day_bounds(filters.from_day, departement.zone)
    _, end = day_bounds(filters.until_day, departement.zone)
    rows = Rdv.objects.filter(departement=departement, starts_at__gte=start, starts_at__lt=end)
    if not rights.is_admin:
        rows = rows.filter(site__in=rights.sites)
    if rights.hidden:
        rows = rows.exclude(motif__service__in=rights.hidden)
    narrowed: Sequence[tuple[str, Sequence[int | str]]] = (
        ("site__in", filters.sites),
        ("motif__service__in", filters.services),
        ("motif__in", filters.motifs),
        ("participations__status__in", filters.statuses),
    )
    return rows.filter(**{name: values for name, values in narrowed if values})


def _may_read(rights: Rights) -> Q | Exists:
    """The rule of `Scope.may_read`, in SQL; hidden services are out already."""
    own = Exists(RdvAgent.objects.filter(rdv=OuterRef("pk"), agent=rights.agent_id))
    in_service = Q(site__in=rights.offices, motif__service__in=rights.services)
    return Q(own) | Q(site__in=rights.desks) | in_service


def _line(row: Sequence[Any], zone: ZoneInfo, now: datetime) -> list[Cell]:
    starts_at, ends_at, site, service, motif, modality, title, agents, status, status_at = row[:10]
    participation_at, rdv_at, participation_origin, rdv_origin, seconds = row[10:15]
    start = starts_at.astimezone(zone)
    made = (participation_at or rdv_at).astimezone(zone).date()
    cells: list[Cell] = [
        start.date(),
        start.time(),
        (ends_at - starts_at) // timedelta(minutes=1),
        site,
        service,
        motif,
        _MODALITIES[modality],
        title,
        agents,
        _status(status, is_over=ends_at <= now),
        status_at.astimezone(zone).date() if status in _CANCELLED and status_at else None,
        made,
        (start.date() - made) // DAY,
        _ORIGINS[participation_origin or rdv_origin],
        seconds,
    ]
    return cells if len(row) == len(_FIGURES) else [*cells, *_people(row[len(_FIGURES)], row[len(_FIGURES) + 1 :])]


def _status(code: str | None, *, is_over: bool) -> str:
    if code is None:
        return "Personne d’inscrit"
    if code == StatusChoice.UNKNOWN:
        return "À renseigner" if is_over else "À venir"
    return _STATUSES[code]


def _people(is_readable: bool, cells: Sequence[Any]) -> list[Cell]:  # noqa: FBT001 - a column of the row
    if not is_readable:
        return [MASKED, *[None] * (len(PEOPLE) - 1)]
    last_name, first_name, birth_date, phone, *others = cells
    return [last_name, first_name, birth_date, written_phone(phone or ""), *others]


def written_phone(number: str) -> str:
    """+33639984521 as 06 39 98 45 21; another country's as 00 and its digits: no cell begins with a plus."""
    if number.startswith("+33") and len(number) == len("+33639984521"):
        national = f"0{number[3:]}"
        return " ".join(national[at : at + 2] for at in range(0, len(national), 2))
    return f"00{number[1:]}" if number.startswith("+") else number
