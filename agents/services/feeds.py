"""The secret calendar address of an agent: opened, renewed, closed, with initials or not; and how often it is read.

Called by rdv/views/agenda/feed. Each agent does it for themselves only.
"""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from agents.models import Agent, CalendarFeed
from agents.services import journal
from rdv.core.journal import Author
from rdv.core.links import hash_token, make_token

PURPOSE = "agenda"
READS_WINDOW = timedelta(hours=1)
# Calendars read every few minutes at the most; several devices share one address.
MOST_READS = 60


def feed_of_agent(agent: Agent) -> CalendarFeed | None:
    return CalendarFeed.objects.filter(agent=agent).first()


def open_feed(*, agent: Agent, author: Author, now: datetime) -> CalendarFeed:
    """Sent twice, it is the same address."""
    with transaction.atomic():
        key = uuid.uuid4()
        feed, is_new = CalendarFeed.objects.get_or_create(
            agent=agent, defaults={"uuid": key, "token_hash": _hash(key), "made_at": now}
        )
        if is_new:
            journal.write("agent.feed_opened", agent, author=author, now=now)
    return feed


def renew_feed(*, agent: Agent, seen: uuid.UUID, author: Author, now: datetime) -> None:
    """Another address; whoever had the former one reads no more. `seen`: the uuid that the page showed."""
    with transaction.atomic():
        key = uuid.uuid4()
        found = CalendarFeed.objects.filter(agent=agent, uuid=seen)
        if found.update(uuid=key, token_hash=_hash(key), made_at=now, counted_from=None, reads=0):
            journal.write("agent.feed_renewed", agent, author=author, now=now)


def close_feed(*, agent: Agent, author: Author, now: datetime) -> None:
    with transaction.atomic():
        count, _ = CalendarFeed.objects.filter(agent=agent).delete()
        if count:
            journal.write("agent.feed_closed", agent, author=author, now=now)


def set_initials(*, agent: Agent, shows_initials: bool, author: Author, now: datetime) -> None:
    with transaction.atomic():
        found = CalendarFeed.objects.filter(agent=agent, shows_initials=not shows_initials)
        if found.update(shows_initials=shows_initials):
            data = {"before": {"shows_initials": not shows_initials}, "after": {"shows_initials": shows_initials}}
            journal.write("agent.feed_changed", agent, author=author, now=now, data=data)


def count_read(feed: CalendarFeed, *, now: datetime) -> bool:
    """False when it was read too often within the hour. Kept in the database: a cache that is away counts nothing."""
    row = CalendarFeed.objects.filter(pk=feed.pk)
    within = row.filter(counted_from__gt=now - READS_WINDOW)
    if within.filter(reads__lt=MOST_READS).update(reads=F("reads") + 1):
        return True
    return not within.exists() and bool(row.update(counted_from=now, reads=1))


def _hash(key: uuid.UUID) -> str:
    return hash_token(make_token(PURPOSE, str(key)))
