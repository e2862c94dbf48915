"""Hours that came free otherwise than by a cancellation: looked at by the task, within a minute.

Room: services. Called by rdv.tasks. What is far beyond what people may book is left for the night on which it comes
within reach (`note_reach`); a closure taken away is read in the journal, since the closures' room knows no lists.

    Liberation rows  ->  agents' locks  ->  the row (skipped when another worker has it)  ->  offers  ->  the row goes
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F

from agents.models import Departement, Site
from rdv.core import journal
from rdv.core.clock import local_date
from rdv.core.db import lock_agents, lock_waitlist
from rdv.core.journal import SYSTEM, Evenement
from rdv.core.sweeps import each_alone
from rdv.domain.windows import Window
from rdv.models import Inscription, Liberation, Motif, Ouverture, Participation, Rdv, SourceKind
from rdv.services.availability import free_stretches, lay, usager_window
from rdv.services.holding import lock_workshop
from rdv.services.questions import EVERYBODY, Question
from rdv.services.waitlist_hold import journal_released
from rdv.services.waitlist_match import Freed
from rdv.services.waitlist_offer import offer_freed
from rdv.services.waitlist_queue import note_freed, note_openings, somebody_waits
from rdv.services.waitlist_sources import OFFERS_PER_ROW, offer_seats

# How many rows one run of the task looks at, and how many hours it offers of one row: the rest comes a minute later.
BATCH = 100
ONE_DAY = timedelta(days=1)
# How many days without workers are made up for (`note_reach`).
MOST_DAYS_MISSED = timedelta(days=7)
# How long a closure taken away is looked for in the journal: workers may be away for a night.
LOOKED_BACK = timedelta(days=2)
# A closure that lived no longer than this took nothing away: what was public before is public again, without a word.
MOMENT = timedelta(days=1)
REOPENED = "waitlist.reopened"
# Told when they happened (a cancelled hour that the list did not take), or no news at all (the calendar goes on).
OF_AN_RDV = (SourceKind.CANCELLATION, SourceKind.MOVE, SourceKind.EXCHANGE)
NOT_COUNTED = (*OF_AN_RDV, SourceKind.HORIZON)


def offer_noted(now: datetime) -> int:
    """Look at what was noted, oldest first. Two tasks at once share the rows; a row goes only with its work done, and
    one that could not be looked at comes after all the others."""
    made = 0
    for row in Liberation.objects.order_by(F("failed_at").asc(nulls_first=True), "id")[:BATCH]:
        put_last = partial(Liberation.objects.filter(pk=row.pk).update, failed_at=now)
        with each_alone("liberation_not_looked_at", otherwise=put_last, row=row.pk), transaction.atomic(durable=True):
            made += _look_at(row, now)
    return made


def _look_at(row: Liberation, now: datetime) -> int:
    # Locks before rows: agents, the workshop, then the note itself, skipped when another worker has it.
    if row.agent_id is not None:
        lock_agents([row.agent_id, *_colleagues(row)])
    atelier = lock_workshop(row.atelier_id) if row.atelier_id is not None else None
    if not Liberation.objects.select_for_update(skip_locked=True).filter(pk=row.pk).exists():
        return 0
    if atelier is None:
        return _hours(row, now)
    made = offer_seats(atelier, source_kind=SourceKind(row.source_kind), now=now)
    if made < OFFERS_PER_ROW:
        row.delete()
    return made


def _colleagues(row: Liberation) -> list[int]:
    """Who may receive together with this agent, for a motif of several professionals that somebody waits for."""
    wanted = Motif.objects.active().filter(departement=row.departement_id, has_waitlist=True, agents_needed__gt=1)
    wanted_ids = [pk for pk in wanted.values_list("pk", flat=True) if _is_waited_for(pk)]
    if not wanted_ids:
        return []
    rows = _openings(row.starts_at, row.ends_at).filter(departement=row.departement_id, motif_ids__overlap=wanted_ids)
    return list(rows.values_list("agent_id", flat=True).distinct())


def _is_waited_for(motif_id: int) -> bool:
    return Inscription.objects.waiting().filter(motifs__contains=[motif_id]).exists()


def _openings(starts_at: datetime, ends_at: datetime) -> Any:
    return Ouverture.objects.standing().filter(starts_at__lt=ends_at, ends_at__gt=starts_at)


def _hours(row: Liberation, now: datetime) -> int:
    """Each is asked again by offer_freed: the one before may have taken its time."""
    made, told_until = 0, row.starts_at
    for freed in _starts(row, now):
        if made >= OFFERS_PER_ROW:
            # The rest in a minute, from here on: what was told free is not told twice.
            row.starts_at = freed.starts_at
            row.save(update_fields=["starts_at"])
            return made
        if offer_freed(freed=freed, now=now):
            made, told_until = made + 1, max(told_until, freed.ends_at)
        elif freed.starts_at >= told_until and _is_news(row, freed):
            journal_released(freed, at=now, now=now)
            told_until = freed.ends_at
    row.delete()
    return made


def _is_news(row: Liberation, freed: Freed) -> bool:
    """An hour that came free with this row: not one that reaches into time that was free before."""
    is_within = row.starts_at <= freed.starts_at and freed.ends_at <= row.ends_at
    return is_within and row.source_kind not in NOT_COUNTED


def _starts(row: Liberation, now: datetime) -> list[Freed]:
    """The créneaux of these hours, for each motif with a list, in order of time."""
    found: dict[tuple[datetime, int, int], Freed] = {}
    for motif, site in _offered_there(row):
        for freed in _starts_of(row, motif, site, now):
            found.setdefault((freed.starts_at, site.pk, motif.agents_needed), freed)
    left_by = _who_left(row) if found else ()
    return [replace(found[key], left_by=left_by) for key in sorted(found)]


def _who_left(row: Liberation) -> tuple[int, ...]:
    """Those who gave this very time up are not asked for it."""
    if row.source_uuid is None or row.source_kind not in OF_AN_RDV:
        return ()
    rows = Participation.objects.filter(rdv__uuid=row.source_uuid, rdv__motif__is_collective=False)
    return tuple(rows.order_by("id").values_list("usager_id", flat=True))


def _starts_of(row: Liberation, motif: Motif, site: Site, now: datetime) -> Iterator[Freed]:
    assert row.agent_id is not None  # noqa: S101 - a session has no hours
    earliest, latest = row.starts_at, row.ends_at - motif.duration
    if latest < earliest:
        # Too short by itself; with the free time around it, it may do for somebody who waits.
        earliest, latest = (latest, earliest) if _is_waited_for(motif.pk) else (earliest, latest)
    latest = min(latest, _last_start(motif, now))
    window = Window(max(earliest, now).replace(microsecond=0), max(latest, now))
    if window.is_empty or latest <= now:
        return
    question = Question(
        motif=motif,
        sites=(site,),
        agents=[row.agent_id] if motif.agents_needed == 1 else EVERYBODY,
        window=window,
        now=now,
        public_on=local_date(now, motif.departement.zone),
        sees_released=True,
    )
    for creneau in lay(question, free_stretches(question)):
        if row.agent_id not in creneau.agent_ids:
            continue
        others = [pk for pk in creneau.agent_ids if pk != row.agent_id]
        yield Freed(
            motif=motif,
            site=site,
            starts_at=creneau.starts_at,
            ends_at=creneau.starts_at + motif.duration,
            agent_ids=tuple(sorted([row.agent_id, *others[: motif.agents_needed - 1]])),
            source_kind=SourceKind(row.source_kind),
            freed_at=row.created_at,
            source_uuid=row.source_uuid,
            # Everybody could see it already: it is not hidden again when nobody of the list wants it.
            was_hidden=False,
        )


def reach_of(motif: Motif, now: datetime) -> datetime:
    """How far people may book today."""
    return usager_window(motif, now).latest


def _last_start(motif: Motif, now: datetime) -> datetime:
    """The end of the day that people may book from tomorrow on, on the wall of the département."""
    zone = motif.departement.zone
    after = local_date(reach_of(motif, now) + ONE_DAY, zone) + ONE_DAY
    return datetime.combine(after, time(0), tzinfo=zone).astimezone(UTC)


def _offered_there(row: Liberation) -> list[tuple[Motif, Site]]:
    """Motifs with a waiting list that this agent receives during these hours, with the site."""
    openings = _openings(row.starts_at, row.ends_at).filter(agent_id=row.agent_id or 0)
    motif_ids = {pk for ids in openings.values_list("motif_ids", flat=True) for pk in ids}
    motifs = Motif.objects.active().filter(pk__in=motif_ids, has_waitlist=True, is_collective=False)
    sites = Site.objects.active().filter(motif_sites__motif__in=motif_ids).distinct()
    on = {(one.motif_id, one.site_id) for motif in motifs for one in motif.motif_sites.all()}
    return [
        (motif, site)
        for motif in motifs.select_related("departement", "service").order_by("id")
        for site in sites.order_by("id")
        if (motif.pk, site.pk) in on
    ]


# --- What is noted by a task


def note_reach(now: datetime) -> int:
    """The openings of the day that people may book from tomorrow on, before the public sees it, and of each day since
    the last one noted: the workers may have been away over a long weekend. Asked again, nothing is noted twice."""
    waited = Motif.objects.active().filter(has_waitlist=True, is_collective=False).select_related("departement")
    return sum(_note_days_within_reach(motif, now) for motif in waited.order_by("id"))


def _note_days_within_reach(motif: Motif, now: datetime) -> int:
    last = local_date(reach_of(motif, now) + ONE_DAY, motif.departement.zone)
    noted_on = motif.waitlist_noted_on
    if noted_on is not None and noted_on >= last:
        return 0
    # One day when nothing is known; no more than can have been missed: what is public for longer is no news.
    first = last if noted_on is None else max(noted_on + ONE_DAY, last - MOST_DAYS_MISSED)
    with transaction.atomic(durable=True):
        taken = Motif.objects.filter(pk=motif.pk, waitlist_noted_on=noted_on).update(waitlist_noted_on=last)
        if not taken or not _is_waited_for(motif.pk):
            return 0
        rows = Ouverture.objects.standing().filter(
            departement=motif.departement_id, local_on__range=(first, last), motif_ids__contains=[motif.pk]
        )
        found = list(rows.select_related("plage").order_by("id"))
        note_openings(found, departement_code=motif.departement_id, now=now, source_kind=SourceKind.HORIZON)
    return len(found)


def note_reopened(now: datetime) -> int:
    """Closures taken away since: the openings of their days. Each is read once, whatever the number of tasks."""
    lines = Evenement.objects.filter(subject_type="fermeture", kind="fermeture.deleted", at__gte=now - LOOKED_BACK)
    noted = 0
    for line in lines.order_by("id"):
        if not _is_read(line) and somebody_waits(line.departement_code):
            with transaction.atomic(durable=True):
                lock_waitlist(line.departement_code)
                noted += 0 if _is_read(line) else _note_days(line, now)
    return noted


def _is_read(line: Evenement) -> bool:
    return Evenement.objects.about("evenement", line.pk).filter(kind=REOPENED).exists()


def _note_days(line: Evenement, now: datetime) -> int:
    data: dict[str, Any] = line.data
    days = (date.fromisoformat(data["starts_on"]), date.fromisoformat(data["ends_on"]))
    rows = Ouverture.objects.standing().filter(departement=line.departement_code, local_on__range=days)
    if data.get("site_id") is not None:
        rows = rows.filter(site=data["site_id"])
    found = list(rows.select_related("plage").order_by("id"))
    begun = _lived_a_moment_since(line)
    if begun is not None:
        found = _given_back(found, begun, line.departement_code, now)
    note_openings(found, departement_code=line.departement_code, now=now, source_kind=SourceKind.CLOSURE)
    journal.write(
        REOPENED,
        subject=("evenement", line.pk),
        departement_code=line.departement_code,
        author=SYSTEM,
        now=now,
        data={"openings": len(found)},
    )
    return len(found)


def _lived_a_moment_since(line: Evenement) -> datetime | None:
    """When a closure made by mistake began; None for one that lived, or whose beginning the journal does not tell."""
    made = Evenement.objects.about("fermeture", line.subject_id).filter(kind="fermeture.created").first()
    return made.at if made is not None and line.at - made.at <= MOMENT else None


def _given_back(rows: list[Ouverture], begun: datetime, departement_code: str, now: datetime) -> list[Ouverture]:
    """Of the openings of a closure of a moment, those that people could not book yet when it began. In the others, only
    what was booked then and was cancelled meanwhile: it is noted here, hour by hour."""
    waited = (
        Motif.objects.active().filter(departement=departement_code, has_waitlist=True).select_related("departement")
    )
    reach = {motif.pk: reach_of(motif, begun) for motif in waited}

    def was_public(row: Ouverture) -> bool:
        reaches = [reach[pk] for pk in row.motif_ids if pk in reach]
        is_shown = row.public_from is None or row.public_from <= local_date(begun, zone)
        return is_shown and all(row.starts_at < one for one in reaches)

    zone = Departement.objects.get(pk=departement_code).zone
    public = [row for row in rows if was_public(row)]
    for row in public:
        _note_cancelled(row, begun, now)
    kept = {row.pk for row in public}
    return [row for row in rows if row.pk not in kept]


def _note_cancelled(row: Ouverture, begun: datetime, now: datetime) -> None:
    cancelled = Rdv.objects.filter(rdv_agents__agent=row.agent_id, cancelled_at__gt=begun)
    for rdv in cancelled.filter(starts_at__gte=row.starts_at, ends_at__lte=row.ends_at).order_by("starts_at", "id"):
        note_freed(
            departement_code=row.departement_id,
            agent_id=row.agent_id,
            starts_at=rdv.starts_at,
            ends_at=rdv.ends_at,
            source_kind=SourceKind.CLOSURE,
            now=now,
            source_uuid=rdv.uuid,
        )
