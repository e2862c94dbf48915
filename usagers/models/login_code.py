"""LoginCode: a 6-digit code sent to a phone or an e-mail. Sign-in without password (domain.md, "The people")."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from agents.models import Departement

CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5


class LoginCodeQuerySet(models.QuerySet["LoginCode"]):
    def alive(self, now: datetime) -> "LoginCodeQuerySet":
        return self.filter(used_at__isnull=True, expires_at__gt=now, tries__lt=CODE_TRIES)

    def asked_since(self, since: datetime) -> "LoginCodeQuerySet":
        return self.filter(created_at__gte=since)


class LoginCode(models.Model):
    """Only hashes at rest: of the code, of the address, of the network it was asked from (for throttling)."""

    departement = models.ForeignKey(Departement, on_delete=models.CASCADE, related_name="+")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # What it was asked for: "booking:<option token>", "rdv:<uuid>", "find". A code opens nothing else.
    purpose = models.CharField(max_length=60)
    address_hash = models.CharField(max_length=64)
    network_hash = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    objects = LoginCodeQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(tries__lte=CODE_TRIES), name="login_code_tries")]
        indexes = [
            models.Index(fields=["address_hash", "created_at"], name="login_code_address"),
            models.Index(fields=["network_hash", "created_at"], name="login_code_network"),
            models.Index(fields=["purpose", "created_at"], name="login_code_purpose"),
            models.Index(fields=["expires_at"], name="login_code_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.created_at:%Y-%m-%d %H:%M}"
