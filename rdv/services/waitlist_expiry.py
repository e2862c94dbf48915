"""Waits that end by themselves: the day has gone by, the session is over, the motif is received no more.

Room: services. Called by rdv.tasks every minute, and by the seed. One row alone per transaction.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from rdv.core.clock import local_date
from rdv.core.journal import SYSTEM
from rdv.domain.statuses import LIVE
from rdv.models import Inscription, InscriptionState, Motif, Participation
from rdv.services import waitlist_notices
from rdv.services.waitlist_hold import each_alone, lock_inscription, set_state

# Why, in the journal; "" is the last day that the person gave.
KEPT_RDV_PAST, ARCHIVED = "kept_rdv_past", "motif_archived"


def expire_past(now: datetime) -> int:
    """Those whose wait has no object any more (`_over`). A live offer is answered or lapses first."""
    expired = 0
    found = Inscription.objects.filter(state__in=[InscriptionState.WAITING, InscriptionState.ASLEEP]).whole()
    may_be_over = (
        Q(until_day__lt=now.date() + timedelta(days=1))
        | Q(atelier__starts_at__lte=now)
        | Q(participation__starts_at__lte=now, participation__status__in=LIVE)
        | Q(Exists(_taken_since(OuterRef("usager"), OuterRef("motif"), OuterRef("opened_at"), now)), atelier=None)
        | Q(motif__is_archived=True)
    )
    for one in found.filter(may_be_over).order_by("id"):
        with each_alone("inscription_not_expired", inscription=str(one.uuid)), transaction.atomic(durable=True):
            locked = lock_inscription(one)
            reason = _over(locked, now)
            if reason is not None and locked.state in (InscriptionState.WAITING, InscriptionState.ASLEEP):
                set_state(locked, InscriptionState.EXPIRED, author=SYSTEM, now=now, reason=reason)
                if reason == ARCHIVED:
                    waitlist_notices.closed(locked, now=now)
                expired += 1
    return expired


def _over(inscription: Inscription, now: datetime) -> str | None:
    """Why nothing can be proposed any more; "" for the last day that the person gave. None: they still wait."""
    if inscription.until_day is not None and inscription.until_day < local_date(now, inscription.departement.zone):
        return ""
    if inscription.atelier is not None and inscription.atelier.starts_at <= now:
        return ""
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
    since = _taken_since(inscription.usager_id, inscription.motif_id, inscription.opened_at, now)
    return inscription.atelier_id is None and since.exists()


def _taken_since(usager: int | OuterRef, motif: int | OuterRef, opened_at: datetime | OuterRef, now: datetime) -> Any:
    """The same as an exchange sees it (waitlist_match.given_back), once it has begun."""
    rows = Participation.objects.live().filter(starts_at__lte=now)
    return rows.filter(usager=usager, rdv__motif=motif, created_at__gte=opened_at)
