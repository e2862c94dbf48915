"""The secret address from which an agent's own calendar (telephone, Outlook, Thunderbird) reads their agenda.

Written by agents/services/feeds only. The token is made from the secret of the platform and `uuid`, and hashed at rest.
"""

import uuid

from django.db import models

from agents.models.agent import Agent


class CalendarFeed(models.Model):
    """One per agent; a new address is a new `uuid`, and the former one is dead at once."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="calendar_feed")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    # Off: no trace of anybody. On: the initials of the person, for motifs that are not discreet.
    shows_initials = models.BooleanField("initiales des personnes", default=False)
    # Reads since `counted_from`: an address that is read without end has leaked, or a calendar is broken.
    counted_from = models.DateTimeField(null=True, editable=False)
    reads = models.PositiveIntegerField(default=0, editable=False)

    def __str__(self) -> str:
        return f"Calendar of agent {self.agent_id}"
