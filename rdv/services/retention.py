"""Forgetting, for the whole house: each app forgets its own; this says who must still be known. Called by a task."""

from datetime import datetime

from django.contrib.sessions.backends.db import SessionStore

from notifications import services as post_office
from rdv.core.journal import Evenement
from rdv.models import Participation
from usagers.services import codes
from usagers.services.retention import erase_expired


def forget_all(*, now: datetime) -> None:
    """Run twice or late, the result is the same."""
    codes.forget(now=now)
    post_office.forget(now=now)
    erase_expired(now=now, keep_ids=_still_awaited(now))
    Evenement.objects.past_keeping(now).delete()
    SessionStore.clear_expired()


def _still_awaited(now: datetime) -> set[int]:
    """People with an Rdv to come, and those who answer for them."""
    coming = Participation.objects.filter(ends_at__gt=now).values_list("usager_id", "responsable_id")
    return {pk for pair in coming for pk in pair if pk is not None}
