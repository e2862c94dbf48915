"""PlageOuverture: a rule of openings. Ouverture: one dated occurrence, with real instants (engine.md, point 1)."""

import uuid
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from agents.models import Agent, Departement, Site
from rdv.domain.recurrence import Recurrence, Rhythm
from rdv.models.motif import Motif


class RhythmChoice(models.TextChoices):
    ONCE = Rhythm.ONCE.value, "Une seule fois"
    WEEKLY = Rhythm.WEEKLY.value, "Chaque semaine"
    MONTHLY_DAY = Rhythm.MONTHLY_DAY.value, "Chaque mois, le même jour du mois"
    MONTHLY_WEEKDAY = Rhythm.MONTHLY_WEEKDAY.value, "Chaque mois, le même jour de la semaine"


class RecurrenceFields(models.Model):
    """The rule columns shared by openings and absences: a first day, local times, a rhythm."""

    first_day = models.DateField("premier jour")
    starts_time = models.TimeField("de")
    ends_time = models.TimeField("à")
    rhythm = models.CharField("rythme", max_length=16, choices=RhythmChoice.choices, default=RhythmChoice.ONCE)
    every = models.PositiveSmallIntegerField("toutes les N semaines ou N mois", default=1)
    # 0 is Monday. Empty unless weekly.
    weekdays = ArrayField(models.PositiveSmallIntegerField(), verbose_name="jours", default=list, blank=True)
    until = models.DateField("jusqu’au", null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def recurrence(self) -> Recurrence:
        return Recurrence(
            rhythm=Rhythm(self.rhythm), interval=self.every, weekdays=tuple(self.weekdays), until=self.until
        )


class PlageOuvertureQuerySet(models.QuerySet["PlageOuverture"]):
    def living(self, today: date) -> "PlageOuvertureQuerySet":
        """Rules that still have days to come."""
        return self.filter(is_ended=False).filter(
            Q(rhythm=RhythmChoice.ONCE, first_day__gte=today)
            | (~Q(rhythm=RhythmChoice.ONCE) & (Q(until__isnull=True) | Q(until__gte=today)))
        )


class PlageOuverture(RecurrenceFields):
    """Without a site: home visits, phone, visio."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, db_constraint=False, related_name="plages")
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="plages"
    )
    title = models.CharField("titre", max_length=80, blank=True)
    motifs: "models.ManyToManyField[Motif, PlageMotif]" = models.ManyToManyField(
        Motif, through="PlageMotif", related_name="plages"
    )
    on_holidays = models.BooleanField("ouverte les jours fériés", default=False)
    # Nobody books online before this date (a month's openings published together).
    public_from = models.DateField("réservable en ligne à partir du", null=True, blank=True)
    # Expanded up to this day, both ends included: expanding twice changes nothing.
    expanded_until = models.DateField(null=True, editable=False)
    is_ended = models.BooleanField(default=False, editable=False)

    objects = PlageOuvertureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_time__gt=F("starts_time")),
                name="plage_not_empty",
                violation_error_message="L’heure de fin doit être après l’heure de début.",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("first_day")),
                name="plage_until_after_first_day",
                violation_error_message="Le dernier jour doit être après le premier.",
            ),
            models.CheckConstraint(condition=Q(every__gte=1, every__lte=52), name="plage_every_sane"),
        ]
        indexes = [models.Index(fields=["agent", "first_day"], name="plage_agent")]

    def __str__(self) -> str:
        return self.title or f"Ouverture de {self.starts_time:%H:%M} à {self.ends_time:%H:%M}"


class PlageMotif(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    plage = models.ForeignKey(
        PlageOuverture, on_delete=models.CASCADE, db_constraint=False, related_name="plage_motifs"
    )
    motif = models.ForeignKey(Motif, on_delete=models.PROTECT, db_constraint=False, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plage", "motif"], name="plage_motif_once")]

    def __str__(self) -> str:
        return f"{self.plage_id} - {self.motif_id}"


class OuvertureQuerySet(models.QuerySet["Ouverture"]):
    def standing(self) -> "OuvertureQuerySet":
        return self.filter(is_cancelled=False)


class Ouverture(models.Model):
    """One occurrence. `occurrence_on` is its day in the rule and never changes; everything else can be edited alone."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    plage = models.ForeignKey(
        PlageOuverture, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="ouvertures"
    )
    agent = models.ForeignKey(
        Agent, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="ouvertures"
    )
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+"
    )
    occurrence_on = models.DateField()
    # The local day it stands on: closures of whole days are compared with it.
    local_on = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # An array, not a join: the search reads openings by (site, starts_at) or (agent, starts_at) and filters here.
    # A trigger checks that every motif is of the same département.
    motif_ids = ArrayField(models.BigIntegerField())
    public_from = models.DateField(null=True)
    is_modified = models.BooleanField(default=False)
    is_cancelled = models.BooleanField(default=False)

    objects = OuvertureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plage", "occurrence_on"], name="ouverture_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="ouverture_not_empty"),
        ]
        indexes = [
            # In the database these two end with `longest_free_min`, a column that no model has: the search for the
            # next availability skips full days in the index (migrations rdv.0004 and 0005).
            models.Index(fields=["site", "starts_at"], name="ouverture_site", condition=Q(is_cancelled=False)),
            models.Index(fields=["agent", "starts_at"], name="ouverture_agent", condition=Q(is_cancelled=False)),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"
