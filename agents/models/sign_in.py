"""What signing in keeps beside the account: links by which a password is chosen, and printed recovery codes.

Written by agents/services only. Secrets are hashed at rest: neither a link nor a code can be read back.
"""

import uuid
from datetime import datetime, timedelta

from django.db import models

from agents.models.agent import Agent


class AccountLinkQuerySet(models.QuerySet["AccountLink"]):
    def alive(self, now: datetime) -> "AccountLinkQuerySet":
        """May be followed. To be read only: see `unspent`."""
        return self.filter(agent__isnull=False, agent__is_active=True, used_at__isnull=True, expires_at__gt=now)

    def unspent(self) -> "AccountLinkQuerySet":
        """To be updated: columns of this table only. With a join, Django writes `UPDATE ... WHERE id IN (SELECT ...)`,
        and the second of two writers would keep what the subquery saw before the first.
        """
        return self.filter(used_at__isnull=True)

    def asked_since(self, since: datetime) -> "AccountLinkQuerySet":
        return self.filter(created_at__gte=since)


class AccountLink(models.Model):
    """A single-use link by which an agent chooses a password.

    A request for an address nobody has is kept too, without an agent: asking costs and counts the same for everybody,
    so that neither the delay nor the throttle tells who has an account.
    """

    class Kind(models.TextChoices):
        INVITATION = "invitation", "Invitation"
        RESET = "reset", "Mot de passe oublié"

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, null=True, related_name="account_links")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    address_hash = models.CharField(max_length=64)
    network_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = AccountLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="account_link_has_a_life"
            )
        ]
        indexes = [
            models.Index(fields=["address_hash", "created_at"], name="account_link_address"),
            models.Index(fields=["network_hash", "created_at"], name="account_link_network"),
            models.Index(fields=["expires_at"], name="account_link_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M}"

    @classmethod
    def life(cls, kind: "AccountLink.Kind") -> timedelta:
        return timedelta(days=3) if kind == cls.Kind.INVITATION else timedelta(hours=1)


class RecoveryCodeQuerySet(models.QuerySet["RecoveryCode"]):
    def unused_of(self, agent: Agent) -> "RecoveryCodeQuerySet":
        return self.filter(agent=agent, used_at__isnull=True)


class RecoveryCode(models.Model):
    """One printed code that replaces the second factor, once."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = RecoveryCodeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "code_hash"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"{self.agent_id} {'used' if self.used_at else 'unused'}"
