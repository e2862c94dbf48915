"""Proposition: hours held for one person, who picks one by link. Written only by rdv/services/propositions and its
answers.

    live ---picks one---> picked      the Rdv moves there (or is booked, when the old one was cancelled already)
      |----none suits---> refused     \\
      |----no answer----> lapsed       > the hours are free again, the person is to be phoned
      |----taken back---> withdrawn   /
"""

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from agents.models import Departement, Site
from rdv.models.absence import Absence
from rdv.models.option import Option
from rdv.models.rdv import Participation, Rdv


class PropositionState(models.TextChoices):
    LIVE = "live", "Attend sa réponse"
    PICKED = "picked", "A choisi"
    REFUSED = "refused", "Aucune heure ne convient"
    LAPSED = "lapsed", "Sans réponse"
    WITHDRAWN = "withdrawn", "Reprise"


class PropositionQuerySet(models.QuerySet["Proposition"]):
    def live(self) -> "PropositionQuerySet":
        return self.filter(state=PropositionState.LIVE)

    def due(self, now: datetime) -> "PropositionQuerySet":
        """Live, and nobody answered in time."""
        return self.live().filter(answer_by__lte=now)

    def whole(self) -> "PropositionQuerySet":
        return self.select_related(
            "participation__usager",
            "participation__responsable",
            "participation__rdv__motif__departement",
            "participation__rdv__motif__service",
            "participation__rdv__site",
            "absence",
            "rdv__site",
        )


class Proposition(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    # The key of the form that made it: sent twice, made once.
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # Whose Rdv another hour is proposed for. The old Rdv stands until one is picked, unless its agent is away.
    participation = models.ForeignKey(
        Participation, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="propositions"
    )
    absence = models.ForeignKey(
        Absence, on_delete=models.SET_NULL, db_constraint=False, null=True, related_name="propositions"
    )
    # When it was to be, before anything moved: what messages and pages remind of.
    was_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=PropositionState.choices, default=PropositionState.LIVE)
    sent_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    # No message can reach the person: the hours are told by phone.
    by_call = models.BooleanField(default=False)
    rdv = models.ForeignKey(
        Rdv, on_delete=models.SET_NULL, db_constraint=False, null=True, related_name="from_propositions"
    )
    created_by_kind = models.CharField(max_length=8)
    created_by_id = models.BigIntegerField(null=True)
    # SHA-256 of the link's token (rdv.core.links).
    link_hash = models.CharField(max_length=64, unique=True)

    objects = PropositionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participation"],
                condition=Q(state="live"),
                name="proposition_one_live",
                violation_error_message="Des heures sont déjà proposées à cette personne.",
            ),
            models.CheckConstraint(
                condition=Q(state="live", answered_at__isnull=True) | ~Q(state="live") & Q(answered_at__isnull=False),
                name="proposition_answered_is_over",
            ),
        ]
        indexes = [
            models.Index(fields=["answer_by"], name="proposition_due", condition=Q(state="live")),
            models.Index(fields=["participation", "-sent_at"], name="proposition_participation"),
        ]

    def __str__(self) -> str:
        return f"Proposition {self.was_at:%Y-%m-%d %H:%M} {self.state}"

    @property
    def is_live(self) -> bool:
        return self.state == PropositionState.LIVE


class Horaire(models.Model):
    """One of the hours of a Proposition. An Option holds it while it may be picked; picked, it is the Rdv's."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    proposition = models.ForeignKey(Proposition, on_delete=models.CASCADE, db_constraint=False, related_name="horaires")
    option = models.OneToOneField(
        Option, on_delete=models.SET_NULL, db_constraint=False, null=True, related_name="horaire"
    )
    position = models.PositiveSmallIntegerField()
    site = models.ForeignKey(Site, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    agent_ids = ArrayField(models.BigIntegerField(), default=list)
    is_picked = models.BooleanField(default=False)

    class Meta:
        ordering = ("position",)
        constraints = [
            # One pick, whatever the code does.
            models.UniqueConstraint(fields=["proposition"], condition=Q(is_picked=True), name="horaire_one_picked"),
            models.UniqueConstraint(fields=["proposition", "position"], name="horaire_position_once"),
            models.UniqueConstraint(fields=["proposition", "starts_at"], name="horaire_hour_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="horaire_not_empty"),
        ]

    def __str__(self) -> str:
        return f"Horaire {self.starts_at:%Y-%m-%d %H:%M}"
