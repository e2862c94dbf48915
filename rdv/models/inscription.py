"""Inscription: somebody waits for a motif. Written only by rdv/services/waitlist_*.

waiting --offer--> offered --yes--> served
   ^  ^               |  no, lapsed, taken by another of the group
   |  +---------------+
   wake               +--4 times without an answer--> asleep
waiting, offered, asleep --stop--> left          past `until_day` --> expired
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from agents.models import Agent, Departement
from rdv.domain.waiting import NORMAL_PRIORITY
from rdv.models.motif import Motif
from rdv.models.rdv import Origin, Participation, Rdv
from usagers.models import Usager

SHORTEST_NOTICE_MIN = 24 * 60


class InscriptionState(models.TextChoices):
    WAITING = "waiting", "En attente"
    OFFERED = "offered", "Une place est proposée"
    ASLEEP = "asleep", "En pause"
    SERVED = "served", "A eu sa place"
    LEFT = "left", "A quitté la liste"
    EXPIRED = "expired", "Date passée"


# Those who still hope for a place.
OPEN_STATES = (InscriptionState.WAITING, InscriptionState.OFFERED, InscriptionState.ASLEEP)


class Priority(models.IntegerChoices):
    """0 is called first. Anything but NORMAL is set by an agent, with a written reason."""

    URGENT = 0, "Urgence sociale ou de santé"
    HIGH = 1, "Naissance, grossesse ou échéance d’un droit"
    RAISED = 2, "Situation fragile"
    NORMAL = NORMAL_PRIORITY, "Ordre d’arrivée"


class InscriptionQuerySet(models.QuerySet["Inscription"]):
    def waiting(self) -> "InscriptionQuerySet":
        return self.filter(state=InscriptionState.WAITING)

    def open(self) -> "InscriptionQuerySet":
        return self.filter(state__in=OPEN_STATES)

    def whole(self) -> "InscriptionQuerySet":
        return self.select_related(
            "departement",
            "usager",
            "responsable",
            "motif__departement",
            "motif__service",
            "agent",
            "participation__rdv",
        )


class Inscription(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="inscriptions", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    usager = models.ForeignKey(
        Usager, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="inscriptions"
    )
    # Who asked for them and gets the messages; empty: the usager.
    responsable = models.ForeignKey(
        Usager, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="+"
    )
    motif = models.ForeignKey(Motif, on_delete=models.PROTECT, db_constraint=False, related_name="inscriptions")
    # The main motif and those that would do as well (trigger: of the same département, the main one among them).
    motifs = ArrayField(models.BigIntegerField())
    # Empty: any site, or any within `radius_km` of the person: of their home, or of the commune or the place named
    # when they joined (`near_*`), since most files have no address.
    sites = ArrayField(models.BigIntegerField(), default=list, blank=True)
    radius_km = models.PositiveSmallIntegerField("à moins de N km", null=True, blank=True)
    near_latitude = models.FloatField(null=True, blank=True)
    near_longitude = models.FloatField(null=True, blank=True)
    near_name = models.CharField("distances depuis", max_length=120, default="", db_default="", blank=True)
    # Bit 0 is Monday morning, bit 11 Saturday afternoon; 0 means any.
    half_days = models.PositiveSmallIntegerField("demi-journées", default=0)
    from_day = models.DateField("à partir du", null=True, blank=True)
    until_day = models.DateField("jusqu’au", null=True, blank=True)
    agent = models.ForeignKey(
        Agent, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="+"
    )
    referent_only = models.BooleanField("avec son référent seulement", default=False)
    needs_step_free = models.BooleanField("accès sans marche", default=False)
    # Spoken by one of those who receive (rdv.core.languages); empty: any.
    language = models.CharField("langue parlée", max_length=5, default="", db_default="", blank=True)
    # "I can come within N minutes": a freed hour nearer than that is not offered.
    shortest_notice_min = models.PositiveIntegerField("prévenu au plus tard", default=SHORTEST_NOTICE_MIN)
    # The Rdv that is given back, in the same transaction, when an earlier one is accepted.
    participation = models.ForeignKey(
        Participation,
        on_delete=models.SET_NULL,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="inscriptions",
    )
    # Only this session of a workshop.
    atelier = models.ForeignKey(
        Rdv, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="inscriptions"
    )
    # Workshops: take the seat without asking again.
    auto_accept = models.BooleanField("inscription automatique", default=False)
    priority = models.PositiveSmallIntegerField("priorité", choices=Priority.choices, default=Priority.NORMAL)
    priority_reason = models.CharField("raison de la priorité", max_length=200, blank=True)
    priority_by_id = models.BigIntegerField(null=True)
    origin = models.CharField(max_length=12, choices=Origin.choices)
    context = models.CharField("note pour les agents", max_length=300, blank=True)
    # The age of the request: rank within a class.
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=InscriptionState.choices, default=InscriptionState.WAITING)
    # Offers in a row that got no answer.
    unanswered = models.PositiveSmallIntegerField(default=0)
    # Incremented at each change: key of messages, what a form saw.
    version = models.PositiveIntegerField(default=0)
    # SHA-256 of the link's token (rdv.core.links).
    link_hash = models.CharField(max_length=64, unique=True)
    # What the link is made of once somebody else is told (rdv/services/ending_links); empty: the uuid.
    link_key = models.UUIDField(null=True, editable=False)
    created_by_kind = models.CharField(max_length=8)
    created_by_id = models.BigIntegerField(null=True)

    objects = InscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(priority=Priority.NORMAL) | ~Q(priority_reason=""),
                name="inscription_priority_has_a_reason",
                violation_error_message="Dites pourquoi elle passe avant : la raison reste dans l’historique.",
            ),
            models.CheckConstraint(condition=Q(priority__lte=Priority.NORMAL), name="inscription_priority_known"),
            models.CheckConstraint(condition=Q(half_days__lt=4096), name="inscription_half_days_known"),
            models.CheckConstraint(
                condition=Q(from_day__isnull=True) | Q(until_day__isnull=True) | Q(until_day__gte=F("from_day")),
                name="inscription_days_in_order",
                violation_error_message="Le dernier jour doit être après le premier.",
            ),
            models.CheckConstraint(
                condition=Q(near_latitude__isnull=True, near_longitude__isnull=True)
                | Q(near_latitude__range=(-90, 90), near_longitude__range=(-180, 180), radius_km__isnull=False),
                name="inscription_near_is_whole",
            ),
            # Waiting twice for the same thing would be two turns.
            models.UniqueConstraint(
                fields=["usager", "motif"],
                condition=Q(state__in=OPEN_STATES, atelier__isnull=True),
                name="inscription_once",
                violation_error_message="Cette personne attend déjà pour ce motif.",
            ),
            models.UniqueConstraint(
                fields=["usager", "atelier"],
                condition=Q(state__in=OPEN_STATES, atelier__isnull=False),
                name="inscription_once_per_session",
                violation_error_message="Cette personne attend déjà pour cet atelier.",
            ),
        ]
        indexes = [
            GinIndex(fields=["motifs"], name="inscription_motifs", condition=Q(state="waiting"), fastupdate=False),
            models.Index(fields=["departement", "state", "opened_at"], name="inscription_queue"),
            models.Index(fields=["usager", "-opened_at"], name="inscription_usager"),
        ]

    def __str__(self) -> str:
        return f"Inscription {self.pk} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def link_subject(self) -> str:
        """What the link of their messages is made of (rdv.core.links)."""
        return str(self.link_key or self.uuid)

    @property
    def person_told(self) -> Usager:
        """Who gets the messages."""
        return self.responsable or self.usager
