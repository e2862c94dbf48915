"""Waits that end by themselves: the day has gone by, the session is over, the motif is received no more.

Room: services. Called by rdv.tasks every minute, and by the seed. One row alone per transaction.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet

from rdv.core.clock import local_date
from rdv.core.journal import SYSTEM
from rdv.core.sweeps import each_alone
from rdv.domain.statuses import LIVE
from rdv.models import Inscription, InscriptionState, Motif, Participation
from rdv.services import waitlist_notices
from rdv.services.waitlist_hold import lock_inscription, set_state

# Why, in the journal.
LAST_DAY, KEPT_RDV_PAST, ARCHIVED = "last_day", "kept_rdv_past", "motif_archived"
SESSION_OVER, SESSION_CANCELLED = "session_over", "session_cancelled"
# What the person reads. Nothing of what it was for: the motif may be discreet.
SAID = {
    LAST_DAY: "Le dernier jour que vous aviez donné est passé.",
    KEPT_RDV_PAST: "Votre rendez-vous a eu lieu.",
    SESSION_OVER: "Le rendez-vous que vous attendiez a commencé, sans place libre pour vous.",
    SESSION_CANCELLED: "Le rendez-vous que vous attendiez est annulé.",
}


def _is_waited_for() -> Func:
    """The motif of that Rdv is one of those waited for."""
    # SQL has `= ANY(array)` for it, which no lookup of Django writes.
    motif, motifs = F("rdv__motif"), OuterRef("motifs")
    return Func(motif, motifs, template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=BooleanField())


def expire_past(now: datetime) -> int:
    """Those whose wait has no object any more (`_over`). A live offer is answered or lapses first."""
    expired = 0
    received = _taken_since(OuterRef("usager"), OuterRef("opened_at"), now).filter(_is_waited_for())
    found = Inscription.objects.filter(state__in=[InscriptionState.WAITING, InscriptionState.ASLEEP]).whole()
    may_be_over = (
        Q(until_day__lt=now.date() + timedelta(days=1))
        | Q(atelier__starts_at__lte=now)
        | Q(atelier__cancelled_at__isnull=False)
        | Q(participation__starts_at__lte=now, participation__status__in=LIVE)
        | Q(Exists(received), atelier=None)
        | Q(motif__is_archived=True)
    )
    for one in found.filter(may_be_over).order_by("id"):
        with each_alone("inscription_not_expired", inscription=str(one.uuid)), transaction.atomic(durable=True):
            locked = lock_inscription(one)
            reason = _over(locked, now)
            if reason is not None and locked.state in (InscriptionState.WAITING, InscriptionState.ASLEEP):
                set_state(locked, InscriptionState.EXPIRED, author=SYSTEM, now=now, reason=reason)
                _say(locked, reason, now)
                expired += 1
    return expired


def _say(inscription: Inscription, reason: str, now: datetime) -> None:
    if reason == ARCHIVED:
        waitlist_notices.closed(inscription, now=now)
    else:
        waitlist_notices.ended(inscription, because=SAID[reason], now=now)


def _over(inscription: Inscription, now: datetime) -> str | None:
    """Why nothing can be proposed any more. None: they still wait."""
    if inscription.until_day is not None and inscription.until_day < local_date(now, inscription.departement.zone):
        return LAST_DAY
    if inscription.atelier is not None and not inscription.atelier.is_live:
        return SESSION_CANCELLED
    if inscription.atelier is not None and inscription.atelier.starts_at <= now:
        return SESSION_OVER
    if _is_received(inscription, now):
        return KEPT_RDV_PAST
    if inscription.motif.is_archived and not Motif.objects.active().filter(pk__in=inscription.motifs).exists():
        return ARCHIVED
    return None


def _is_received(inscription: Inscription, now: datetime) -> bool:
    """The Rdv they had, or one that they took since, has taken place: nothing earlier can be proposed."""
    kept = inscription.participation
    if kept is not None and kept.is_live and kept.starts_at <= now:
        return True
    since = _taken_since(inscription.usager_id, inscription.opened_at, now).filter(rdv__motif__in=inscription.motifs)
    return inscription.atelier_id is None and since.exists()


def _taken_since(usager: Any, opened_at: Any, now: datetime) -> "QuerySet[Participation]":
    """The same as an exchange sees it (waitlist_match.given_back), once it has begun. Values, or columns of the query
    around it."""
    rows = Participation.objects.live().filter(starts_at__lte=now)
    return rows.filter(usager=usager, created_at__gte=opened_at)
