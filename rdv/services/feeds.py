"""The agenda of one agent as a calendar file that other software reads again and again (RFC 5545, 7986).

Room: services, reads only. Called by rdv/views/agenda/feed. Read by software of others, it says as little as may be:
no name, no address of a home, no reason of an absence; a discreet motif or a confidential service is "Rendez-vous".

The same rows always make the same bytes: DTSTAMP is the last change, not the time of reading, so that the mark of the
content (ETag) stands for it. Four queries, whatever the agenda holds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlparse
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db.models import Count, Max, Prefetch, Q
from django.urls import reverse
from icalendar import Calendar, Event, vDuration

from agents.models import Agent, Departement
from rdv.core.clock import midnight
from rdv.core.journal import Evenement
from rdv.models import Modality, NoticeLevel, Occupation, OccupationKind, Participation, Rdv
from rdv.services.calendars import PRODUCT

MONTHS_BACK, MONTHS_AHEAD = 3, 13
# A cancelled one is said so for as long: calendars that are read seldom must see it once.
CANCELLED_FOR = timedelta(days=30)
READ_EVERY = "PT1H"
# What changes whether it takes place, beside the schedule version (each move). The journal keeps them for years.
CHANGES = ("rdv.cancelled", "participation.status", "absence.edited")
WHERE = {Modality.HOME: "À domicile", Modality.PHONE: "Téléphone", Modality.VISIO: "Visio"}


@dataclass(frozen=True, slots=True)
class Revision:
    """How many of these changes, and when it changed last in any way."""

    count: int
    at: datetime


def calendar_of(agent: Agent, departement: Departement, *, shows_initials: bool, now: datetime) -> bytes:
    zone = departement.zone
    today = now.astimezone(zone).date()
    start, end = (
        midnight(today - relativedelta(months=MONTHS_BACK), zone),
        midnight(today + relativedelta(months=MONTHS_AHEAD), zone),
    )
    rdvs = _rdvs(agent, departement, start, end, midnight(today, zone) - CANCELLED_FOR)
    absences = _absences(agent, start, end)
    revisions = _revisions(rdvs, absences)
    calendar = _empty(agent)
    for rdv in rdvs:
        calendar.add_component(_rdv_event(rdv, revisions.get(str(rdv.uuid)), shows_initials=shows_initials))
    for row in absences:
        calendar.add_component(_absence_event(row, revisions, zone))
    return bytes(calendar.to_ical())


def _rdvs(agent: Agent, departement: Departement, start: datetime, end: datetime, cancelled: datetime) -> list[Rdv]:
    rows = Rdv.objects.between(start, end).filter(departement=departement, rdv_agents__agent=agent)
    rows = rows.filter(Q(cancelled_at=None) | Q(cancelled_at__gte=cancelled))
    people = Prefetch("participations", Participation.objects.live().select_related("usager").order_by("id"))
    return list(rows.select_related("motif__service", "site").prefetch_related(people).order_by("starts_at", "id"))


def _absences(agent: Agent, start: datetime, end: datetime) -> list[Occupation]:
    rows = Occupation.objects.meeting(start, end).filter(agent=agent, kind=OccupationKind.ABSENCE)
    return list(rows.select_related("absence").order_by("starts_at", "id"))


def _revisions(rdvs: Iterable[Rdv], absences: Iterable[Occupation]) -> dict[str, Revision]:
    """By uuid, of what the journal knows about them. One query."""
    ids = {str(rdv.uuid) for rdv in rdvs} | {str(row.absence.uuid) for row in absences if row.absence}
    rows = Evenement.objects.filter(subject_type__in=("rdv", "absence"), subject_id__in=ids)
    told = rows.values("subject_id").annotate(count=Count("id", filter=Q(kind__in=CHANGES)), last=Max("at"))
    return {row["subject_id"]: Revision(row["count"], row["last"]) for row in told.order_by("subject_id")}


def _empty(agent: Agent) -> Calendar:
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", f"Rendez-vous de {agent.full_name}")
    calendar.add("NAME", f"Rendez-vous de {agent.full_name}")
    calendar.add("X-PUBLISHED-TTL", READ_EVERY)
    calendar.add("REFRESH-INTERVAL", vDuration(timedelta(hours=1)), parameters={"VALUE": "DURATION"})
    return calendar


def _rdv_event(rdv: Rdv, revision: Revision | None, *, shows_initials: bool) -> Event:
    changes, at = (revision.count, revision.at) if revision else (0, rdv.created_at)
    event = _event(str(rdv.uuid), Revision(rdv.schedule_version + changes, at))
    event.add("CREATED", rdv.created_at.astimezone(UTC))
    event.add("DTSTART", rdv.starts_at.astimezone(UTC))
    event.add("DTEND", rdv.ends_at.astimezone(UTC))
    event.add("SUMMARY", _title(rdv, shows_initials=shows_initials))
    event.add("LOCATION", WHERE.get(Modality(rdv.modality)) or f"{rdv.site.name}, {rdv.site.city}")
    event.add("STATUS", "CONFIRMED" if rdv.is_live else "CANCELLED")
    event.add("TRANSP", "OPAQUE" if rdv.is_live else "TRANSPARENT")
    # Opens only for somebody signed in, with the right to read it.
    event.add("URL", settings.BASE_URL.rstrip("/") + reverse("rdv:rdv_detail", args=[rdv.uuid]))
    return event


def _title(rdv: Rdv, *, shows_initials: bool) -> str:
    if rdv.motif.notice_level != NoticeLevel.NORMAL or rdv.motif.service.is_confidential:
        return "Rendez-vous"
    title = rdv.title or rdv.motif.public_label
    if not shows_initials or rdv.motif.is_collective:
        return title
    people = [_initials(one.usager.first_name, one.usager.last_name) for one in rdv.participations.all()]
    return " - ".join([title, *filter(None, people)])


def _initials(first_name: str, last_name: str) -> str:
    return " ".join(f"{name.strip()[0].upper()}." for name in (first_name, last_name) if name.strip())


def _absence_event(row: Occupation, revisions: Mapping[str, Revision], zone: ZoneInfo) -> Event:
    """One per day that it takes. Why one is away is nobody's business."""
    assert row.absence is not None  # noqa: S101 - an Occupation of this kind has one (a constraint)
    start, end = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    revision = revisions.get(str(row.absence.uuid)) or Revision(0, row.starts_at)
    event = _event(f"absence-{row.absence.uuid}-{start.date().isoformat()}-{start:%H%M}", revision)
    is_whole_day = start.time() == time() and end.time() == time()
    event.add("DTSTART", start.date() if is_whole_day else row.starts_at.astimezone(UTC))
    event.add("DTEND", end.date() if is_whole_day else row.ends_at.astimezone(UTC))
    event.add("SUMMARY", "Absence")
    event.add("STATUS", "CONFIRMED")
    event.add("TRANSP", "OPAQUE")
    return event


def _event(key: str, revision: Revision) -> Event:
    event = Event()
    event.add("UID", f"{key}@{urlparse(settings.BASE_URL).hostname}")
    event.add("DTSTAMP", revision.at.astimezone(UTC))
    event.add("LAST-MODIFIED", revision.at.astimezone(UTC))
    event.add("SEQUENCE", revision.count)
    event.add("CLASS", "PRIVATE")
    return event
