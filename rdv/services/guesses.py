"""How often one network presents a key that nobody has. Called by the views that a key alone opens to software.

A key is far beyond guessing: this is so that a machine that tries costs nothing, not even a look into the database. The
count is in the cache; lost with it, it begins again. Of the network, a keyed hash of the hour: nothing to follow.
"""

from datetime import datetime, timedelta

from django.core.cache import cache

from usagers.hashing import keyed_hash, network_of

# Calendars of a whole building that still read addresses which were renewed stay far below.
MOST_GUESSES = 300
PERIOD = timedelta(hours=1)


def has_guessed_too_often(address: str, *, now: datetime) -> bool:
    return int(cache.get(_key(address, now), 0)) >= MOST_GUESSES


def note_guess(address: str, *, now: datetime) -> None:
    key = _key(address, now)
    cache.set(key, int(cache.get(key, 0)) + 1, int(PERIOD.total_seconds()))


def _key(address: str, now: datetime) -> str:
    hour = now.replace(minute=0, second=0, microsecond=0).isoformat()
    return f"guesses:{keyed_hash('guess', network_of(address), hour)}"
