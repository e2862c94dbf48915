"""Offre: a held place proposed to an Inscription. Written only by rdv/services/waitlist_*.

one Option ---- one Offre (one person asked)
           \\--- or several, the same `group`: asked at once, the first yes wins, the others are `lost`
"""

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from agents.models import Departement, Site
from rdv.models.inscription import Inscription
from rdv.models.motif import Motif
from rdv.models.option import Option
from rdv.models.rdv import Rdv


class OffreState(models.TextChoices):
    LIVE = "live", "En cours"
    ACCEPTED = "accepted", "Acceptée"
    REFUSED = "refused", "Refusée"
    LAPSED = "lapsed", "Sans réponse"
    WITHDRAWN = "withdrawn", "Reprise par un agent"
    LOST = "lost", "Donnée à une autre personne"


# Why an offer was withdrawn, when whoever had cancelled took their word back at once: it counts for nobody.
UNDONE = "annulation défaite"
# Why an offer lapsed, when its message never left (the worker was away): the same person may be asked again, once.
NEVER_SENT = "message jamais parti"
# The same, when they were to be phoned, or their message failed, and nobody phoned: no silence of theirs.
NEVER_CALLED = "personne jamais appelée"


class SourceKind(models.TextChoices):
    """What freed the hour."""

    CANCELLATION = "cancellation", "Annulation"
    MOVE = "move", "Déplacement"
    EXCHANGE = "exchange", "Échange"
    ABSENCE = "absence", "Absence retirée"
    OPENING = "opening", "Ouverture ajoutée"
    OPTION = "option", "Horaire non confirmé"
    SEAT = "seat", "Place d’atelier libérée"
    CAPACITY = "capacity", "Places ajoutées"
    CLOSURE = "closure", "Fermeture retirée"
    HORIZON = "horizon", "Date ouverte à la réservation"


class OffreQuerySet(models.QuerySet["Offre"]):
    def live(self) -> "OffreQuerySet":
        return self.filter(state=OffreState.LIVE)

    def due(self, now: datetime) -> "OffreQuerySet":
        """Live, and nobody answered in time."""
        return self.filter(state=OffreState.LIVE, answer_by__lte=now)

    def whole(self) -> "OffreQuerySet":
        return self.select_related(
            "departement",
            "site",
            "motif__departement",
            "motif__service",
            "option",
            "rdv",
            "inscription__usager",
            "inscription__responsable",
            "inscription__motif__departement",
            "inscription__participation__rdv",
        )


class Offre(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    inscription = models.ForeignKey(Inscription, on_delete=models.PROTECT, db_constraint=False, related_name="offres")
    # The hold; gone with the offer, or kept when it became the Rdv.
    option = models.ForeignKey(Option, on_delete=models.SET_NULL, db_constraint=False, null=True, related_name="offres")
    motif = models.ForeignKey(Motif, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    # The session, when the place is a workshop's seat.
    atelier = models.ForeignKey(Rdv, on_delete=models.PROTECT, db_constraint=False, null=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    agent_ids = ArrayField(models.BigIntegerField(), default=list)
    # 0 for a seat without agents: part of "never the same hour twice".
    first_agent = models.BigIntegerField(default=0)
    # Same for those asked at once.
    group = models.UUIDField()
    state = models.CharField(max_length=9, choices=OffreState.choices, default=OffreState.LIVE)
    sent_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    # To be phoned by the secretary: no phone for SMS and no mailbox, or too short a warning for a message alone.
    by_call = models.BooleanField(default=False)
    source_kind = models.CharField(max_length=12, choices=SourceKind.choices)
    source_uuid = models.UUIDField(null=True)
    # When the hour was freed first: time to fill. Kept from offer to offer.
    freed_at = models.DateTimeField()
    # Usagers who gave this hour up: not asked for it again, however often it is passed on.
    left_by = ArrayField(models.BigIntegerField(), default=list)
    # How many exchanges led here: the chain is bounded.
    chain = models.PositiveSmallIntegerField(default=0)
    rdv = models.ForeignKey(Rdv, on_delete=models.SET_NULL, db_constraint=False, null=True, related_name="from_offres")
    reason = models.CharField("pourquoi l’agent l’a reprise", max_length=200, blank=True)
    link_hash = models.CharField(max_length=64, unique=True)

    objects = OffreQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["inscription"], condition=Q(state="live"), name="offre_one_live_per_inscription"
            ),
            # An offer that nobody could hear, or that was taken back at once, is no offer of that hour.
            models.UniqueConstraint(
                fields=["inscription", "starts_at", "site", "first_agent"],
                condition=~Q(reason__in=[UNDONE, NEVER_SENT]),
                name="offre_never_the_same_hour_twice",
            ),
            # One yes per group, whatever the code does.
            models.UniqueConstraint(fields=["group"], condition=Q(state="accepted"), name="offre_one_winner"),
            models.CheckConstraint(
                condition=~Q(state="live") | Q(option__isnull=False), name="offre_live_has_its_option"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["live", "accepted"]) | Q(option__isnull=True), name="offre_over_holds_nothing"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="offre_not_empty"),
        ]
        indexes = [
            models.Index(fields=["answer_by"], name="offre_due", condition=Q(state="live")),
            models.Index(fields=["departement", "-sent_at"], name="offre_departement"),
            models.Index(fields=["inscription", "-sent_at"], name="offre_inscription"),
            models.Index(fields=["group"], name="offre_group"),
        ]

    def __str__(self) -> str:
        return f"Offre {self.starts_at:%Y-%m-%d %H:%M} {self.state}"

    @property
    def is_live(self) -> bool:
        return self.state == OffreState.LIVE


class Liberation(models.Model):
    """Time that may have come free (absence removed, opening added, option that died...): looked at by a task within a
    minute, then deleted. A row stays until its work is committed: a worker killed meanwhile changes nothing."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    agent_id = models.BigIntegerField(null=True)
    atelier_id = models.BigIntegerField(null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    source_kind = models.CharField(max_length=12, choices=SourceKind.choices)
    source_uuid = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    # The last time it could not be looked at: it stands behind the others, and blocks none.
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="liberation_not_empty"),
            models.CheckConstraint(
                condition=Q(agent_id__isnull=False, atelier_id__isnull=True)
                | Q(agent_id__isnull=True, atelier_id__isnull=False),
                name="liberation_of_an_agent_or_a_session",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_kind} {self.starts_at:%Y-%m-%d %H:%M}"
