"""What an operator asks of the running house: broker, age of the last beat, messages that wait too long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from redis import Redis
from redis.exceptions import RedisError

from notifications.models import Message

HEARTBEAT_KEY = "rdv:heartbeat"
BEAT_LATE = timedelta(minutes=3)
MESSAGES_LATE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class HouseState:
    broker_is_up: bool
    beat_age_s: int | None
    messages_late: int

    @property
    def is_whole(self) -> bool:
        has_beat = self.beat_age_s is not None and self.beat_age_s < BEAT_LATE.total_seconds()
        return self.broker_is_up and has_beat and not self.messages_late

    def as_dict(self) -> dict[str, Any]:
        return {"broker": self.broker_is_up, "beat_age_s": self.beat_age_s, "messages_late": self.messages_late}


def state_of_the_house(*, now: datetime) -> HouseState:
    """Raises DatabaseError when the database does not answer: then nothing works."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    late = Message.objects.due(now - MESSAGES_LATE).count()
    try:
        beat = _redis().get(HEARTBEAT_KEY)
    except RedisError:
        return HouseState(broker_is_up=False, beat_age_s=None, messages_late=late)
    age = None if beat is None else max(0, round(now.timestamp() - float(beat)))
    return HouseState(broker_is_up=True, beat_age_s=age, messages_late=late)


def beat(*, now: datetime) -> None:
    """Called by the heartbeat task: a beat and a worker are both alive."""
    _redis().set(HEARTBEAT_KEY, now.timestamp(), ex=3600)


def _redis() -> Redis:
    client: Redis = Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    return client
