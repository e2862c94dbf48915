"""The journal: who did what, on what, when, as whom. Append-only, written in the transaction of the change.

`Evenement` has ids and labels as plain columns and no foreign key: every app can write it, and it outlives
what it tells. A trigger refuses UPDATE, and DELETE before `keep_until` (migration rdv.0002).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

KEEP_READS = timedelta(days=365)
KEEP_CHANGES = timedelta(days=5 * 365)


@dataclass(frozen=True, slots=True)
class Author:
    """Who acts, in plain values: an agent in a role, an usager, or the platform itself."""

    kind: str  # "agent" | "usager" | "systeme"
    id: int | None
    label: str
    role: str = ""

    @property
    def is_agent(self) -> bool:
        return self.kind == "agent"


SYSTEM = Author("systeme", None, "La plateforme")


class EvenementQuerySet(models.QuerySet["Evenement"]):
    def about(self, subject_type: str, subject_id: object) -> "EvenementQuerySet":
        return self.filter(subject_type=subject_type, subject_id=str(subject_id)).order_by("-at", "-id")

    def past_keeping(self, now: datetime) -> "EvenementQuerySet":
        return self.filter(keep_until__lt=now)


class Evenement(models.Model):
    """One line of the journal."""

    at = models.DateTimeField()
    departement_code = models.CharField(max_length=3)
    # verb_noun, for example "rdv.booked", "rdv.moved", "absence.created", "usager.read".
    kind = models.CharField(max_length=48)
    # What it is about, without a foreign key: "rdv" and its uuid, "usager" and its id...
    subject_type = models.CharField(max_length=24)
    subject_id = models.CharField(max_length=40)
    author_kind = models.CharField(max_length=8)
    author_id = models.BigIntegerField(null=True)
    author_label = models.CharField(max_length=120)
    author_role = models.CharField(max_length=24)
    # Before/after and reasons. Never the content of a conversation, never a secret.
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    keep_until = models.DateTimeField()

    objects = EvenementQuerySet.as_manager()

    class Meta:
        app_label = "rdv"
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-at"], name="evenement_subject"),
            models.Index(fields=["departement_code", "-at"], name="evenement_departement"),
            models.Index(fields=["keep_until"], name="evenement_keep"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_type}:{self.subject_id}"


def write(
    kind: str,
    *,
    subject: tuple[str, int | str | uuid.UUID],
    departement_code: str,
    author: Author,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> Evenement:
    """Append one line, in the running transaction."""
    return Evenement.objects.create(**_row(kind, subject, departement_code, author, now, data, KEEP_CHANGES))


def write_read(
    kind: str,
    *,
    subject: tuple[str, int | str | uuid.UUID],
    departement_code: str,
    author: Author,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> Evenement:
    """Append a line about something that was only looked at (a file, a search): kept 12 months."""
    return Evenement.objects.create(**_row(kind, subject, departement_code, author, now, data, KEEP_READS))


def _row(
    kind: str,
    subject: tuple[str, int | str | uuid.UUID],
    departement_code: str,
    author: Author,
    now: datetime,
    data: Mapping[str, Any] | None,
    keep: timedelta,
) -> dict[str, Any]:
    return {
        "at": now,
        "departement_code": departement_code,
        "kind": kind,
        "subject_type": subject[0],
        "subject_id": str(subject[1]),
        "author_kind": author.kind,
        "author_id": author.id,
        "author_label": author.label,
        "author_role": author.role,
        "data": dict(data or {}),
        "keep_until": now + keep,
    }
