"""Rdv: an appointment or a workshop session. Participation: one usager in it, with their own status."""

import uuid
from datetime import datetime, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from agents.models import Agent, Departement, Site
from rdv.domain.statuses import LIVE, Status
from rdv.models.motif import Modality, Motif
from rdv.models.serie import Serie
from usagers.models import Usager

LIVE_STATUSES = sorted(status.value for status in LIVE)


class Origin(models.TextChoices):
    WEB = "web", "En ligne"
    PHONE = "phone", "Par téléphone"
    DESK = "desk", "À l’accueil"
    AGENT = "agent", "Par un agent"
    WAITLIST = "waitlist", "Liste d’attente"
    PRESCRIPTEUR = "prescripteur", "Prescripteur"
    SERIES = "series", "Série"
    API = "api", "API"


class StatusChoice(models.TextChoices):
    UNKNOWN = Status.UNKNOWN.value, "À venir ou à renseigner"
    SEEN = Status.SEEN.value, "Vu"
    NOSHOW = Status.NOSHOW.value, "Absent"
    EXCUSED = Status.EXCUSED.value, "Annulé par l’usager"
    REVOKED = Status.REVOKED.value, "Annulé par le service"


class ConfirmedBy(models.TextChoices):
    """How somebody said that they come."""

    LINK = "link", "par le lien"
    SMS = "sms", "par SMS"
    PHONE = "phone", "par téléphone"
    DESK = "desk", "à l’accueil"


class RdvQuerySet(models.QuerySet["Rdv"]):
    def live(self) -> "RdvQuerySet":
        return self.filter(cancelled_at__isnull=True)

    def between(self, start: datetime, end: datetime) -> "RdvQuerySet":
        """Those that touch [start, end)."""
        return self.filter(starts_at__lt=end, ends_at__gt=start)


class Rdv(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="rdvs", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    motif = models.ForeignKey(Motif, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="rdvs")
    # Where it happens, or the site that follows it (home, phone, visio).
    site = models.ForeignKey(Site, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="rdvs")
    modality = models.CharField(max_length=14, choices=Modality.choices)
    address = models.CharField("adresse de la visite", max_length=200, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    visio_url = models.URLField("lien de la visio", blank=True)
    starts_at = models.DateTimeField("début")
    ends_at = models.DateTimeField("fin")
    agents: "models.ManyToManyField[Agent, RdvAgent]" = models.ManyToManyField(
        Agent, through="RdvAgent", related_name="rdvs"
    )
    title = models.CharField("titre de l’atelier", max_length=100, blank=True)
    capacity = models.PositiveSmallIntegerField("places", default=1)
    # Live participations plus seats held: kept by triggers, checked by `rdv_capacity`. Nobody writes it by hand.
    seats_taken = models.PositiveSmallIntegerField(default=0, editable=False)
    context = models.TextField("note pour les agents", blank=True)
    origin = models.CharField(max_length=12, choices=Origin.choices)
    created_at = models.DateTimeField()
    created_by_kind = models.CharField(max_length=8)
    created_by_id = models.BigIntegerField(null=True)
    # Screen opened to confirmed, in seconds: the figure the convention asks for.
    booking_seconds = models.PositiveIntegerField(null=True)
    # Incremented at each move: key of messages, SEQUENCE of the calendar file.
    schedule_version = models.PositiveSmallIntegerField(default=0)
    # Another hour or place since then: what was asked and answered before speaks of the old one.
    moved_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    # Written over somebody else's time, knowingly, with a reason in the journal: shown in red.
    is_overbooked = models.BooleanField(default=False)
    # Taken together with others for the same person.
    serie = models.ForeignKey(
        Serie, on_delete=models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="rdvs"
    )

    objects = RdvQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="rdv_not_empty"),
            models.CheckConstraint(condition=Q(capacity__gte=1), name="rdv_at_least_one_place"),
            models.CheckConstraint(
                condition=Q(seats_taken__lte=F("capacity")),
                name="rdv_capacity",
                violation_error_message="Il n’y a plus de place.",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "starts_at"], name="rdv_site_start"),
            models.Index(fields=["departement", "starts_at"], name="rdv_departement_start"),
            models.Index(fields=["motif", "starts_at"], name="rdv_motif_start"),
            models.Index(fields=["serie"], name="rdv_of_serie", condition=Q(serie__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"Rdv {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def is_live(self) -> bool:
        return self.cancelled_at is None

    @property
    def length(self) -> timedelta:
        """The motif's, or the one that somebody gave it by hand."""
        return self.ends_at - self.starts_at

    @property
    def seats_left(self) -> int:
        return self.capacity - self.seats_taken


class RdvAgent(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    rdv = models.ForeignKey(
        Rdv, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="rdv_agents"
    )
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, db_constraint=False, related_name="rdv_agents")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rdv", "agent"], name="rdv_agent_once")]

    def __str__(self) -> str:
        return f"{self.rdv_id} - {self.agent_id}"


class ParticipationQuerySet(models.QuerySet["Participation"]):
    def live(self) -> "ParticipationQuerySet":
        return self.filter(status__in=LIVE_STATUSES)

    def to_fill_in(self, now: datetime) -> "ParticipationQuerySet":
        """Past and still unknown: "À renseigner"."""
        return self.filter(status=Status.UNKNOWN.value, ends_at__lte=now)


class Participation(models.Model):
    """`starts_at`/`ends_at` are copied from the Rdv by triggers, so that the database can refuse two Rdv at once."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    rdv = models.ForeignKey(
        Rdv, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="participations"
    )
    usager = models.ForeignKey(
        Usager, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="participations"
    )
    # Who booked for them and gets the messages; empty: the usager.
    responsable = models.ForeignKey(
        Usager, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="+"
    )
    status = models.CharField(max_length=8, choices=StatusChoice.choices, default=StatusChoice.UNKNOWN)
    status_at = models.DateTimeField(null=True)
    starts_at = models.DateTimeField(editable=False)
    ends_at = models.DateTimeField(editable=False)
    origin = models.CharField(max_length=12, choices=Origin.choices)
    created_at = models.DateTimeField()
    created_by_kind = models.CharField(max_length=8)
    created_by_id = models.BigIntegerField(null=True)
    companion = models.CharField("accompagné par", max_length=120, blank=True)
    wants_sms = models.BooleanField(default=True)
    wants_email = models.BooleanField(default=True)
    # "I am late", said by the person from the link, in minutes.
    late_minutes = models.PositiveSmallIntegerField(null=True)
    # They are here: noted at the desk (rdv/services/arrivals). It says nothing of whether they were received.
    arrived_at = models.DateTimeField(null=True)
    # They said that they come to this hour and this place, and how. Written by rdv/services/confirmed only.
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=5, choices=ConfirmedBy.choices, blank=True, default="", db_default="")
    # SHA-256 of the link's token (rdv.core.links); the token itself is never stored.
    link_hash = models.CharField(max_length=64, unique=True)
    # What the link is made of once somebody else is told (rdv/services/ending_links); empty: the uuid.
    link_key = models.UUIDField(null=True, editable=False)
    # An agent said so knowingly: this person has two Rdv at the same time.
    may_overlap = models.BooleanField(default=False)

    objects = ParticipationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rdv", "usager"],
                condition=Q(status__in=LIVE_STATUSES),
                name="participation_live_once",
                violation_error_message="Cette personne est déjà inscrite à ce rendez-vous.",
            ),
            ExclusionConstraint(
                name="participation_no_two_at_once",
                expressions=[
                    (F("usager"), RangeOperators.EQUAL),
                    (
                        Func(F("starts_at"), F("ends_at"), function="TSTZRANGE", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(status__in=LIVE_STATUSES, may_overlap=False),
                violation_error_message="Cette personne a déjà un rendez-vous à cette heure.",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by="")
                | Q(confirmed_at__isnull=False) & ~Q(confirmed_by=""),
                name="participation_confirmed_says_how",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(status__in=LIVE_STATUSES),
                name="participation_cancelled_unconfirmed",
            ),
        ]
        indexes = [
            models.Index(fields=["usager", "-starts_at"], name="participation_usager"),
            models.Index(fields=["rdv"], name="participation_rdv"),
            models.Index(
                fields=["departement", "ends_at"],
                name="participation_unknown",
                condition=Q(status=Status.UNKNOWN.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.usager_id} @ {self.rdv_id}"

    @property
    def link_subject(self) -> str:
        """What the link of their messages is made of (rdv.core.links)."""
        return str(self.link_key or self.uuid)

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_STATUSES
