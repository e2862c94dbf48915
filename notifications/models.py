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
    # Stands in for another message (`stands_in_for`): planned only if that one fails for good.
    STANDBY = "standby", "En réserve"
    SENDING = "sending", "En cours d’envoi"
    SENT = "sent", "Envoyé"
    DELIVERED = "delivered", "Reçu"
    FAILED = "failed", "Non reçu"
    OBSOLETE = "obsolete", "Annulé, devenu inutile"
    EXPIRED = "expired", "Non envoyé à temps"


class MessageChannel(models.TextChoices):
    SMS = "sms", "SMS"
    EMAIL = "email", "E-mail"


# Nothing moves a row out of these, but a hard bounce told after the delivery.
FINAL = (State.DELIVERED, State.FAILED, State.OBSOLETE, State.EXPIRED)
# It left, or is leaving.
GONE = (State.SENDING, State.SENT, State.DELIVERED)


class Failure(models.TextChoices):
    """Why a message did not reach the person, in words for the agent who will phone them."""

    ADDRESS = "address", "Ce numéro ou cette adresse n’existe pas."
    STOP = "stop", "La personne a demandé à ne plus recevoir de SMS."
    BLOCKED = "blocked", "L’opérateur a bloqué le message."
    UNREACHABLE = "unreachable", "Le téléphone ou la messagerie ne répond pas."
    REFUSED = "refused", "Le message a été refusé."
    CAP = "cap", "Déjà 4 SMS en un jour à ce numéro."
    UNSURE = "unsure", "Une panne empêche de savoir si le message est parti."
    BROKEN = "broken", "Le message n’a pas pu être préparé."


class MessageQuerySet(models.QuerySet["Message"]):
    def about(self, subject_type: str, subject_id: object) -> "MessageQuerySet":
        return self.filter(subject_type=subject_type, subject_id=str(subject_id))

    def due(self, now: datetime) -> "MessageQuerySet":
        """To be claimed: planned, due and still worth it; or taken by a worker whose lease ran out."""
        return self.filter(
            Q(state=State.PLANNED, send_not_before__lte=now, worthless_after__gt=now)
            | Q(state=State.SENDING, lease_until__lte=now)
        )

    def too_late(self, now: datetime) -> "MessageQuerySet":
        """Never left, and of no use any more."""
        return self.filter(state__in=[State.PLANNED, State.STANDBY], worthless_after__lte=now)

    def waiting(self) -> "MessageQuerySet":
        """Not left yet, and meant to."""
        return self.filter(state__in=[State.PLANNED, State.STANDBY])

    def newest_first(self) -> "MessageQuerySet":
        return self.order_by("-created_at", "-id")


class Message(models.Model):
    """One thing to tell one person by one channel. Asked 0, 1 or 5 times, one row: `message_once`."""

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # The message that this one replaces, by the other channel, if that one fails for good.
    stands_in_for = models.OneToOneField("self", on_delete=models.CASCADE, null=True, related_name="stand_in")
    departement_code = models.CharField(max_length=3)
    # What it tells of, without a foreign key: "participation" and its uuid, "code" and its uuid...
    subject_type = models.CharField(max_length=24)
    subject_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=32)  # "rdv.booked", "rdv.reminder.sms"...
    recipient = models.CharField(max_length=48)  # "usager:12", "agent:7"
    channel = models.CharField(max_length=5, choices=MessageChannel.choices)
    # The schedule version, or an instant for what can happen again (services.instant_version).
    version = models.PositiveBigIntegerField(default=0)
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
    # Just before the provider is given it. A crash with this empty means: surely not sent.
    handed_at = models.DateTimeField(null=True)
    # Became obsolete while a worker held it: whoever settles the row does not send it again.
    dropped_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=12, choices=Failure.choices, blank=True)
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
            models.CheckConstraint(
                condition=~Q(state="standby") | Q(stands_in_for__isnull=False), name="message_standby_for_another"
            ),
        ]
        indexes = [
            models.Index(fields=["send_not_before"], name="message_planned", condition=Q(state="planned")),
            models.Index(fields=["lease_until"], name="message_sending", condition=Q(state="sending")),
            # How many SMS a number was given today.
            models.Index(
                fields=["address", "handed_at"], name="message_handed", condition=Q(channel="sms", is_secret=False)
            ),
            models.Index(fields=["recipient", "-created_at"], name="message_recipient"),
            # People whom nothing reached: looked for every minute.
            models.Index(fields=["settled_at"], name="message_unreached", condition=Q(state__in=["failed", "expired"])),
            models.Index(fields=["provider_id"], name="message_provider_id", condition=~Q(provider_id="")),
            models.Index(fields=["departement_code", "-created_at"], name="message_departement"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.state}"

    @property
    def fate(self) -> str:
        """Code of rdv/templatetags/states.py for the badge; its word is `get_state_display()`."""
        return _FATES.get(State(self.state), "waiting")


_FATES = {
    State.SENT: "sent",
    State.DELIVERED: "received",
    State.FAILED: "refused",
    State.EXPIRED: "refused",
    State.OBSOLETE: "revoked",
}


class Reply(models.Model):
    """An SMS that somebody sent us, under the provider's own name of it: handed over twice, it is answered once.

    What the person wrote is not kept; what we answered is, for two days (services.forget).
    """

    provider_id = models.CharField(max_length=100, unique=True)
    phone = models.CharField(max_length=20)
    received_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    # What was asked back: {"said": "yes", "choices": [["offre", uuid], ...]}; empty when nothing was. Answered:
    # "chosen", the number, and "told", what was said then.
    question = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index(fields=["phone", "-received_at"], name="reply_phone")]

    def __str__(self) -> str:
        return f"Reply {self.provider_id}"
