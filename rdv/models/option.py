"""Option: the hold of a créneau, while a form is filled. Its token is the idempotency key of the booking."""

import uuid
from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, OuterRef, Q

from agents.models import Agent, Departement, Site
from rdv.models.motif import Motif
from rdv.models.rdv import Rdv

HOLD_FOR = timedelta(minutes=10)
EXTEND_BY = timedelta(minutes=10)


class Purpose(models.TextChoices):
    """Why time is held. A form's hold dies by itself; an Offre's or a Proposition's ends with it, not by a sweep."""

    FORM = "form", "Formulaire"
    OFFRE = "offre", "Place proposée à la liste d’attente"
    PICK = "pick", "Heure proposée à une personne"
    # Freed and wanted by nobody: agents see it as free, the public after `expires_at`. Its Occupations do not block.
    RELEASE = "release", "Bientôt publique"


class OptionQuerySet(models.QuerySet["Option"]):
    def alive(self, now: datetime) -> "OptionQuerySet":
        return self.filter(expires_at__gt=now, rdv__isnull=True)

    def with_agent_ids(self) -> "OptionQuerySet":
        """Each with `agent_ids`, sorted: who will receive, without a query of its own."""
        ids = OptionAgent.objects.filter(option=OuterRef("pk")).order_by("agent_id").values("agent_id")
        return self.annotate(agent_ids=ArraySubquery(ids))

    def dead(self, now: datetime) -> "OptionQuerySet":
        """To be swept. What waits for an answer is not: its Offre or its Proposition ends it."""
        return self.filter(expires_at__lte=now, rdv__isnull=True).exclude(purpose__in=(Purpose.OFFRE, Purpose.PICK))


class Option(models.Model):
    """Holds agents' time through Occupation rows, or one seat of a workshop (`atelier`).

    Once turned into an Rdv it stays, with `rdv` set: a replay of the same form finds the same Rdv.
    """

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    motif = models.ForeignKey(Motif, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, db_constraint=False, null=True, related_name="+")
    # Who will receive, in the order chosen; empty for a workshop's seat.
    agents: "models.ManyToManyField[Agent, OptionAgent]" = models.ManyToManyField(
        Agent, through="OptionAgent", related_name="+"
    )
    atelier = models.ForeignKey(
        Rdv, on_delete=models.CASCADE, db_constraint=False, null=True, blank=True, related_name="options"
    )
    # Home visits: where to, so that the neighbours leave the road.
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    purpose = models.CharField(max_length=7, choices=Purpose.choices, default=Purpose.FORM)
    has_extended = models.BooleanField(default=False)
    # "usager" or "agent": an agent's hold follows the agent's window, not the public's.
    author_kind = models.CharField(max_length=8)
    author_id = models.BigIntegerField(null=True)
    # Why this agent was chosen for an unnamed créneau: code of rdv.domain.loads, written in the journal.
    choice_reason = models.CharField(max_length=12, blank=True)
    # When the booking work began (screen opened): the figure the convention asks for.
    opened_at = models.DateTimeField()
    rdv = models.ForeignKey(Rdv, on_delete=models.CASCADE, db_constraint=False, null=True, related_name="from_options")

    objects = OptionQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="option_not_empty")]
        indexes = [models.Index(fields=["expires_at"], name="option_expiry", condition=Q(rdv__isnull=True))]

    def __str__(self) -> str:
        return f"Option {self.starts_at:%Y-%m-%d %H:%M}"


class OptionAgent(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    option = models.ForeignKey(Option, on_delete=models.CASCADE, db_constraint=False, related_name="option_agents")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, db_constraint=False, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["option", "agent"], name="option_agent_once")]

    def __str__(self) -> str:
        return f"{self.option_id} - {self.agent_id}"
