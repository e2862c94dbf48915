"""Message: the row is the promise, the queue is only speed (messages.md).

The post office knows addresses, channels, texts, keys and deadlines; it knows neither Rdv nor Usager. Rows are written
by notifications/services only, moved forward by notifications/delivery and the providers' webhooks.
"""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q


class State(models.TextChoices):
    PLANNED = "planned", "Prévu"
    SENDING = "sending", "En cours d’envoi"
    SENT = "sent", "Envoyé"
    DELIVERED = "delivered", "Reçu"
    FAILED = "failed", "Non reçu"
    OBSOLETE = "obsolete", "Annulé, devenu inutile"
    EXPIRED = "expired", "Non envoyé à temps"


class MessageChannel(models.TextChoices):
    SMS = "sms", "SMS"
    EMAIL = "email", "E-mail"


class MessageQuerySet(models.QuerySet["Message"]):
    def about(self, subject_type: str, subject_id: object) -> "MessageQuerySet":
        return self.filter(subject_type=subject_type, subject_id=str(subject_id))

    def due(self, now: datetime) -> "MessageQuerySet":
        """To be claimed: planned and due, or taken by a worker whose lease ran out."""
        return self.filter(
            Q(state=State.PLANNED, send_not_before__lte=now) | Q(state=State.SENDING, lease_until__lte=now)
        )

    def newest_first(self) -> "MessageQuerySet":
        return self.order_by("-created_at", "-id")


class Message(models.Model):
    """One thing to tell one person by one channel. Asked 0, 1 or 5 times, one row: `message_once`."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    departement_code = models.CharField(max_length=3)
    # What it tells of, without a foreign key: "participation" and its uuid, "code" and its uuid...
    subject_type = models.CharField(max_length=24)
    subject_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=32)  # "rdv.booked", "rdv.reminder.sms"...
    recipient = models.CharField(max_length=48)  # "usager:12", "agent:7"
    channel = models.CharField(max_length=5, choices=MessageChannel.choices)
    version = models.PositiveIntegerField(default=0)
    address = models.CharField(max_length=254)  # E.164 or e-mail
    language = models.CharField(max_length=5, default="fr")
    title = models.CharField(max_length=200, blank=True)  # e-mail subject
    # Text with link markers (rdv.core.links): the real links exist only in what leaves.
    body = models.TextField()
    html = models.TextField(blank=True)
    calendar = models.TextField(blank=True)  # an .ics file, e-mail only
    sender = models.CharField(max_length=120, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    # A secret body (codes) is wiped as soon as it left.
    is_secret = models.BooleanField(default=False)
    is_urgent = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    send_not_before = models.DateTimeField()
    worthless_after = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.PLANNED)
    attempts = models.PositiveSmallIntegerField(default=0)
    # While a worker holds the row; a crash lets the lease run out and the row is settled by asking the provider.
    lease_until = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    provider = models.CharField(max_length=24, blank=True)
    provider_id = models.CharField(max_length=100, blank=True)
    failure = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "kind", "recipient", "channel", "version"], name="message_once"
            ),
            models.CheckConstraint(condition=Q(worthless_after__gt=F("send_not_before")), name="message_has_a_window"),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(lease_until__isnull=False), name="message_sending_has_a_lease"
            ),
        ]
        indexes = [
            models.Index(fields=["send_not_before"], name="message_planned", condition=Q(state="planned")),
            models.Index(fields=["lease_until"], name="message_sending", condition=Q(state="sending")),
            models.Index(fields=["recipient", "-created_at"], name="message_recipient"),
            models.Index(fields=["provider_id"], name="message_provider_id", condition=~Q(provider_id="")),
            models.Index(fields=["departement_code", "-created_at"], name="message_departement"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.state}"
