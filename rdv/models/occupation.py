"""Occupation: one row per agent and period that is taken. Everything that makes an agent busy is here, nowhere else.

blocking rows of one agent never overlap:

    |--- rdv ---|
                |--- option ---|          allowed: half-open, they touch
          |--- rdv ---|                   refused by `occupation_no_overlap`
          |~~~ overbooked ~~~|            allowed: not blocking, shown in red, journalled
"""

from datetime import datetime, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from agents.models import Agent, Departement
from rdv.models.absence import Absence
from rdv.models.option import Option
from rdv.models.rdv import Rdv

# Long absences are split by day (25 h on the day the clock goes back), so that looking back is bounded.
LONGEST = timedelta(hours=25)


class OccupationKind(models.TextChoices):
    RDV = "rdv", "Rendez-vous"
    OPTION = "option", "Place tenue"
    ABSENCE = "absence", "Absence"


class OccupationQuerySet(models.QuerySet["Occupation"]):
    def meeting(self, start: datetime, end: datetime) -> "OccupationQuerySet":
        """Those that touch [start, end), found through the btree thanks to the bounded length."""
        return self.filter(starts_at__gt=start - LONGEST, starts_at__lt=end, ends_at__gt=start)

    def standing(self, now: datetime) -> "OccupationQuerySet":
        """Everything but the options that have died and not been swept yet."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))


class Occupation(models.Model):
    """`[starts_at, ends_at)` includes the motif's buffers."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    agent = models.ForeignKey(
        Agent, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="occupations"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    kind = models.CharField(max_length=8, choices=OccupationKind.choices)
    rdv = models.ForeignKey(Rdv, on_delete=models.CASCADE, db_constraint=False, null=True, related_name="occupations")
    option = models.ForeignKey(
        Option, on_delete=models.CASCADE, db_constraint=False, null=True, related_name="occupations"
    )
    absence = models.ForeignKey(
        Absence, on_delete=models.CASCADE, db_constraint=False, null=True, related_name="occupations"
    )
    # Options only: after this instant the row counts for nothing and the next booking deletes it.
    expires_at = models.DateTimeField(null=True)
    is_blocking = models.BooleanField(default=True)
    # Where the agent is during an Rdv or a hold; empty when nowhere in particular (absence, phone, visio). The road
    # to or from a home visit is added when a créneau is looked for, because it depends on both places.
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    is_home_visit = models.BooleanField(default=False)

    objects = OccupationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="occupation_not_empty"),
            models.CheckConstraint(
                condition=Q(ends_at__lte=F("starts_at") + Value(LONGEST)), name="occupation_within_a_day"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="rdv", rdv__isnull=False, option__isnull=True, absence__isnull=True, expires_at__isnull=True
                )
                | Q(
                    kind="option",
                    rdv__isnull=True,
                    option__isnull=False,
                    absence__isnull=True,
                    expires_at__isnull=False,
                )
                | Q(
                    kind="absence",
                    rdv__isnull=True,
                    option__isnull=True,
                    absence__isnull=False,
                    expires_at__isnull=True,
                ),
                name="occupation_has_its_reason",
            ),
            ExclusionConstraint(
                name="occupation_no_overlap",
                expressions=[
                    (F("agent"), RangeOperators.EQUAL),
                    (
                        Func(F("starts_at"), F("ends_at"), function="TSTZRANGE", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(is_blocking=True),
                violation_error_message="Ce créneau vient d’être pris.",
            ),
        ]
        indexes = [
            # In the database this one is wider: it INCLUDEs what the subtraction of free time reads, so that it
            # answers alone (migrations rdv.0004, 0005 and 0009). Django only knows its first columns.
            models.Index(fields=["agent", "starts_at"], name="occupation_agent"),
            # The holds, the only rows that die: a few per agent.
            models.Index(fields=["agent"], name="occupation_expiring", condition=Q(expires_at__isnull=False)),
            models.Index(fields=["agent", "starts_at"], name="occupation_home", condition=Q(is_home_visit=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at:%Y-%m-%d %H:%M}"
