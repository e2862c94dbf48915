"""One dated opening, apart from its siblings: moved, shortened, given other motifs, cancelled, put back.

Room: services. Called through rdv/services/planning. What is changed here is kept when the rule is edited, unless the
person puts it back into the series. What is over never changes.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import TypedDict, Unpack

from django.db import transaction

from agents.models import Departement, Site
from rdv.core import journal
from rdv.core.db import lock_agents
from rdv.core.journal import Author
from rdv.domain import french
from rdv.domain.intervals import Interval
from rdv.domain.recurrence import to_instants
from rdv.models import Motif, Ouverture, PlageOuverture
from rdv.services.plage_rules import PlageRule, PlanningRefused, occurrences, rule_of, validate_for_one_day
from rdv.services.waitlist_queue import note_openings


class OccurrenceFields(TypedDict, total=False):
    """What can be changed on one day; what is not given stays."""

    day: date
    starts_time: time
    ends_time: time
    motifs: Sequence[Motif]
    site: Site | None


def edit_occurrence(
    *, ouverture: Ouverture, author: Author, now: datetime, **fields: Unpack[OccurrenceFields]
) -> Ouverture:
    """Move or shorten this day alone, or give it other motifs. Raises PlanningRefused."""
    with transaction.atomic(durable=True):
        lock_agents([ouverture.agent_id])
        row = _row_to_change(ouverture.plage, ouverture.occurrence_on, now=now)
        rule = rule_of_occurrence(row)
        rule = replace(
            rule,
            first_day=fields.get("day", rule.first_day),
            starts_time=fields.get("starts_time", rule.starts_time),
            ends_time=fields.get("ends_time", rule.ends_time),
            motifs=fields.get("motifs", rule.motifs),
            site=fields.get("site", rule.site),
        )
        return _write_row(row, rule, author=author, now=now)


def rule_of_occurrence(row: Ouverture) -> PlageRule:
    """This day as a rule of one day, on the wall of the département."""
    zone = row.departement.zone
    return PlageRule(
        site=row.site,
        motifs=list(Motif.objects.filter(pk__in=row.motif_ids).order_by("pk")),
        first_day=row.local_on,
        starts_time=row.starts_at.astimezone(zone).time(),
        ends_time=row.ends_at.astimezone(zone).time(),
        public_from=row.public_from,
        title=row.plage.title,
    )


def write_occurrence(plage: PlageOuverture, *, day: date, rule: PlageRule, author: Author, now: datetime) -> Ouverture:
    """Give the occurrence of `day` what `rule` says, in the transaction of the caller, who holds the agent's lock."""
    return _write_row(_row_to_change(plage, day, now=now), rule, author=author, now=now)


def _write_row(row: Ouverture, rule: PlageRule, *, author: Author, now: datetime) -> Ouverture:
    validate_for_one_day(rule, row.plage.agent)
    before = _told(row)
    instants = instants_of(rule, row.departement, now=now)
    row.local_on, row.starts_at, row.ends_at = rule.first_day, instants.start, instants.end
    row.site, row.motif_ids = rule.site, rule.motif_ids
    row.is_modified, row.is_cancelled = True, False
    # Only these columns: the others would have their own guards asked again (motifs, département).
    changed = ["local_on", "starts_at", "ends_at", "site", "is_modified", "is_cancelled"]
    row.save(update_fields=changed + (["motif_ids"] if row.motif_ids != before["motifs"] else []))
    note_openings([row], departement_code=row.departement_id, now=now)
    _write(row, "ouverture.edited", author=author, now=now, before=before)
    return row


def instants_of(rule: PlageRule, departement: Departement, *, now: datetime) -> Interval:
    """Where the rule puts a single opening; refused when it would be over already."""
    instants = to_instants(rule.first_day, rule.starts_time, rule.ends_time, departement.zone)
    if instants is None or instants.end <= now:
        raise PlanningRefused(
            f"Le {french.day_year(rule.first_day)} à {french.hour(rule.ends_time)} est passé\u00a0: "
            "choisissez un jour ou une heure à venir.",
            field="first_day",
        )
    return instants


def cancel_occurrence(*, ouverture: Ouverture, author: Author, now: datetime) -> Ouverture:
    """Close this day alone. Its booked Rdv stay booked. Cancelling twice changes nothing."""
    with transaction.atomic(durable=True):
        lock_agents([ouverture.agent_id])
        row = _row_to_change(ouverture.plage, ouverture.occurrence_on, now=now)
        if not row.is_cancelled:
            before = _told(row)
            row.is_cancelled = True
            row.save(update_fields=["is_cancelled"])
            _write(row, "ouverture.cancelled", author=author, now=now, before=before)
        return row


def restore_occurrence(*, ouverture: Ouverture, author: Author, now: datetime) -> Ouverture | None:
    """Put this day back into the series, with its hours and motifs; None when the series has no such day."""
    with transaction.atomic(durable=True):
        lock_agents([ouverture.agent_id])
        row = _row_to_change(ouverture.plage, ouverture.occurrence_on, now=now)
        before, plage, day = _told(row), row.plage, row.occurrence_on
        rule = rule_of(plage)
        found = dict(occurrences(rule, plage.departement, first=day, last=day, now=now)).get(day)
        if found is None:
            _write(row, "ouverture.restored", author=author, now=now, before=before)
            row.delete()
            return None
        row.local_on, row.starts_at, row.ends_at = day, found.start, found.end
        row.site_id, row.motif_ids, row.public_from = plage.site_id, rule.motif_ids, rule.public_from
        row.is_modified = row.is_cancelled = False
        row.save()
        note_openings([row], departement_code=row.departement_id, now=now)
        _write(row, "ouverture.restored", author=author, now=now, before=before)
        return row


def _row_to_change(plage: PlageOuverture, day: date, *, now: datetime) -> Ouverture:
    rows = Ouverture.objects.select_for_update(of=("self",), no_key=True).select_related(
        "plage__departement", "plage__agent__departement", "departement", "site"
    )
    row = rows.filter(plage=plage, occurrence_on=day).first()
    if row is None:
        raise PlanningRefused(
            "Cette date n’est plus dans la série\u00a0: elle vient d’être changée par quelqu’un d’autre."
        )
    if row.ends_at <= now:
        raise PlanningRefused("Cette date est passée\u00a0: elle ne change plus.")
    return row


def _told(row: Ouverture) -> dict[str, object]:
    return {
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "site": row.site_id,
        "motifs": row.motif_ids,
        "is_cancelled": row.is_cancelled,
    }


def _write(row: Ouverture, kind: str, *, author: Author, now: datetime, before: dict[str, object]) -> None:
    journal.write(
        kind,
        subject=("plage", row.plage.uuid),
        departement_code=row.departement_id,
        author=author,
        now=now,
        data={"agent": row.agent_id, "day": row.occurrence_on, "before": before, "after": _told(row)},
    )
