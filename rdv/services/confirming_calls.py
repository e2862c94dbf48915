"""Those who did not say whether they come, put on the call list the working day before.

Room: services. `open_calls` is called by a task and by the simulation: run twice or late, each person is there once for
one hour of one Rdv (`appel_coming_once`). The lines close by themselves: answered (confirming), moved or cancelled
(followups), past (calls_desk).

    asked, no answer            the question left since the hour is this one
    nobody can write to them    no mobile, no e-mail, but a phone: a call is the only question
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from agents.models import Departement
from notifications import services as post_office
from rdv.domain.asking import LATE, last_day_to_call
from rdv.domain.holidays import is_holiday
from rdv.domain.statuses import Status
from rdv.models import Appel, AppelKind, Motif, NoticeLevel, Participation
from rdv.models.rdv import ParticipationQuerySet
from rdv.services.confirmed import agreed_at
from rdv.services.notices import QUESTIONS, addresses_of

BATCH = 200
UNREACHABLE = "Ni SMS ni e-mail : à appeler"
UNANSWERED = "Pas de réponse à notre message"


def open_calls(now: datetime) -> int:
    """Put on the list everybody who is to be phoned at this instant; how many were new."""
    asking = Motif.objects.filter(departement=OuterRef("pk"), asks_confirmation=True, call_days__isnull=False)
    opened = 0
    for departement in Departement.objects.filter(Exists(asking)).order_by("code"):
        found = unanswered(departement, now=now)
        for start in range(0, len(found), BATCH):
            opened += _open(found[start : start + BATCH], now)
    return opened


def unanswered(departement: Departement, *, now: datetime) -> list[Participation]:
    """Whom to phone at this instant and who has no line yet, soonest first. Two queries, and one for what they need."""
    rows = _candidates(departement, now)
    if rows is None:
        return []
    no_line = ~Exists(Appel.objects.open().filter(participation=OuterRef("pk")))
    never = ~Exists(
        Appel.objects.filter(participation=OuterRef("pk"), kind=AppelKind.COMING, before=OuterRef("starts_at"))
    )
    people = ("usager", "responsable", "rdv__motif", "rdv__site")
    found = list(rows.filter(no_line, never).select_related(*people).order_by("starts_at", "id"))
    asked = post_office.last_sent("participation", [str(one.uuid) for one in found], kinds=QUESTIONS)
    return [one for one in found if _is_to_call(one, asked.get(str(one.uuid)))]


def _candidates(departement: Departement, now: datetime) -> ParticipationQuerySet | None:
    """To come soon enough, for a motif that asks, and nothing was answered."""
    motifs = Motif.objects.filter(departement=departement, asks_confirmation=True).exclude(
        notice_level=NoticeLevel.SILENT
    )
    delays = sorted({one for one in motifs.values_list("call_days", flat=True) if one is not None})
    if not delays:
        return None
    zone = departement.zone
    ends = {
        days: datetime.combine(
            last_day_to_call(now, days, zone, lambda day: is_holiday(day, departement.code)) + timedelta(days=1),
            time(),
            tzinfo=zone,
        )
        for days in delays
    }
    soon = reduce(or_, (Q(rdv__motif__call_days=days, starts_at__lt=end) for days, end in ends.items()))
    rows = Participation.objects.filter(
        soon,
        departement=departement,
        status=Status.UNKNOWN.value,
        confirmed_at__isnull=True,
        arrived_at__isnull=True,
        starts_at__gt=now,
        # Bounds of the index of what is not settled.
        ends_at__gt=now,
        ends_at__lt=max(ends.values()) + timedelta(days=1),
        rdv__cancelled_at__isnull=True,
        rdv__motif__asks_confirmation=True,
    )
    return rows.exclude(rdv__motif__notice_level=NoticeLevel.SILENT)


def _is_to_call(participation: Participation, asked_at: datetime | None) -> bool:
    since = agreed_at(participation, participation.rdv)
    if asked_at is not None:
        return asked_at >= since
    person = participation.responsable or participation.usager
    return is_unreachable(participation) and bool(person.phone) and participation.starts_at - since >= LATE


def is_unreachable(participation: Participation) -> bool:
    """Neither SMS nor e-mail: only a call asks them."""
    phone, mailbox = addresses_of(participation.responsable or participation.usager)
    return not (phone and participation.wants_sms) and not (mailbox and participation.wants_email)


@transaction.atomic
def _open(found: Sequence[Participation], now: datetime) -> int:
    """Under the rows themselves: a yes that comes at this moment closes the line, or keeps it from being opened."""
    still = Participation.objects.filter(
        pk__in=[one.pk for one in found], status=Status.UNKNOWN.value, confirmed_at__isnull=True
    )
    held = still.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("id")
    hours = dict(held.values_list("pk", "starts_at"))
    known = set(_lines(hours))
    lines = [
        Appel(
            departement_id=one.departement_id,
            participation=one,
            kind=AppelKind.COMING,
            reason=UNREACHABLE if is_unreachable(one) else UNANSWERED,
            opened_at=now,
            before=one.starts_at,
        )
        for one in found
        if hours.get(one.pk) == one.starts_at and one.pk not in known
    ]
    # Another worker may have been here since: its line stands.
    Appel.objects.bulk_create(lines, ignore_conflicts=True)
    return len(lines)


def _lines(participations: Iterable[int]) -> Iterable[int]:
    rows = Appel.objects.filter(participation__in=list(participations))
    useful = Q(closed_at__isnull=True) | Q(kind=AppelKind.COMING, before=F("participation__starts_at"))
    return rows.filter(useful).values_list("participation_id", flat=True)
