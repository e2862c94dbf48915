"""Absence: when an agent is away. Its Occupations are written by rdv/services/planning, split by day."""

import uuid

from django.db import models
from django.db.models import F, Q

from agents.models import Agent, Departement
from rdv.models.plage import RecurrenceFields


class AbsenceKind(models.TextChoices):
    LEAVE = "leave", "Congé"
    TRAINING = "training", "Formation"
    MEETING = "meeting", "Réunion"
    SICK = "sick", "Maladie"
    OTHER = "other", "Autre"


class Absence(RecurrenceFields):
    """Dated (`first_day` to `last_day`, over several days) or recurrent (`last_day` empty or the same day)."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, db_constraint=False, related_name="absences")
    kind = models.CharField("nature", max_length=8, choices=AbsenceKind.choices, default=AbsenceKind.LEAVE)
    # Colleagues read the kind; only the agent and the responsable read the note.
    note = models.CharField("note privée", max_length=200, blank=True)
    last_day = models.DateField("dernier jour", null=True, blank=True)
    expanded_until = models.DateField(null=True, editable=False)
    is_ended = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(last_day__gte=F("first_day")),
                name="absence_last_day_after_first",
                violation_error_message="Le dernier jour doit être après le premier.",
            ),
            models.CheckConstraint(
                condition=Q(ends_time__gt=F("starts_time")) | Q(last_day__gt=F("first_day")),
                name="absence_not_empty",
                violation_error_message="L’heure de fin doit être après l’heure de début.",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("first_day")),
                name="absence_until_after_first_day",
                violation_error_message="Le dernier jour doit être après le premier.",
            ),
        ]
        indexes = [models.Index(fields=["agent", "first_day"], name="absence_agent")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.first_day}"
