"""Forgetting, for the whole house: each app forgets its own; this says who must still be known. Called by a task."""

from datetime import datetime

from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Q

from notifications import replies
from notifications import services as post_office
from rdv.core.journal import SYSTEM, Evenement
from rdv.models import Appel, Inscription, Participation
from rdv.services import exports, waitlist_answer
from usagers.services import codes
from usagers.services.merging import forget_fusions
from usagers.services.retention import erase_expired

FORGOTTEN = "effacée"


def forget_all(*, now: datetime) -> None:
    """Run twice or late, the result is the same."""
    codes.forget(now=now)
    post_office.forget(now=now)
    replies.forget(now=now)
    exports.forget(now=now)
    forget_fusions(now=now)
    erase_expired(now=now, keep_ids=_still_awaited(now))
    _forget_waits(now)
    _forget_wrong_numbers(now)
    Evenement.objects.past_keeping(now).delete()
    SessionStore.clear_expired()


def _forget_waits(now: datetime) -> None:
    """What was written about a wait that ended: gone with the bodies of messages. The row stays for the figures."""
    over = Inscription.objects.filter(closed_at__lt=now - post_office.KEEP_BODIES)
    over.exclude(context="").update(context="")
    over.filter(priority_reason__gt="").exclude(priority_reason=FORGOTTEN).update(priority_reason=FORGOTTEN)
    # A person's own request to be erased ends their wait too: nothing can be told to them any more.
    for inscription in Inscription.objects.open().whole().filter(usager__erased_at__isnull=False):
        waitlist_answer.stop(inscription=inscription, author=SYSTEM, now=now, reason="erased")


def _forget_wrong_numbers(now: datetime) -> None:
    """A number that was wrong is somebody's: kept while the call is of use, and never after the file is erased."""
    old = Q(opened_at__lt=now - post_office.KEEP_BODIES) | Q(participation__usager__erased_at__isnull=False)
    Appel.objects.filter(old).exclude(wrong_number="").update(wrong_number="")


def _still_awaited(now: datetime) -> set[int]:
    """People with an Rdv to come, or who wait for one, and those who answer for them."""
    coming = Participation.objects.filter(ends_at__gt=now).values_list("usager_id", "responsable_id")
    waiting = Inscription.objects.open().values_list("usager_id", "responsable_id")
    return {pk for pair in [*coming, *waiting] for pk in pair if pk is not None}
