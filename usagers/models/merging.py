"""Fusion: two files that were about one person, made one. Doublon: two files that may be.

file A <---- Fusion ---- file B      B keeps its row (`merged_into`), nobody finds it any more
               |
             changes: every column that moved, so that 30 days long all of it can go back
"""

import uuid
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from agents.models import Departement
from usagers.models.usager import Usager

UNDO_FOR = timedelta(days=30)


class FusionQuerySet(models.QuerySet["Fusion"]):
    def live(self) -> "FusionQuerySet":
        return self.filter(undone_at__isnull=True)

    def past_undoing(self, now: datetime) -> "FusionQuerySet":
        """What they moved needs not be known any more."""
        return self.filter(at__lt=now - UNDO_FOR).exclude(changes=[])


class Fusion(models.Model):
    """Written only by rdv/services/merging, through usagers/services/merging."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kept = models.ForeignKey(
        Usager, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="fusions"
    )
    merged = models.ForeignKey(Usager, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    by_label = models.CharField(max_length=120)
    # rdv.core.trail. Emptied once nothing can be undone: it holds names and numbers.
    changes = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)

    objects = FusionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at__isnull=True), name="fusion_one_live_per_file"
            ),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="fusion_not_oneself"),
        ]
        indexes = [
            models.Index(fields=["kept", "-at"], name="fusion_kept"),
            models.Index(fields=["at"], name="fusion_to_forget", condition=~Q(changes=[])),
        ]

    def __str__(self) -> str:
        return f"{self.merged_id} > {self.kept_id}"

    @property
    def undo_until(self) -> datetime:
        # 30 times 24 hours: a change of hour moves it by one hour on the wall, which nobody counts on.
        return self.at + UNDO_FOR

    def can_be_undone(self, now: datetime) -> bool:
        return self.undone_at is None and now <= self.undo_until and bool(self.changes)


class DoublonQuerySet(models.QuerySet["Doublon"]):
    def alive(self) -> "DoublonQuerySet":
        """Both files still stand by themselves."""
        return self.filter(
            first__merged_into__isnull=True,
            first__erased_at__isnull=True,
            second__merged_into__isnull=True,
            second__erased_at__isnull=True,
        )

    def to_look_at(self, departement_code: str) -> "DoublonQuerySet":
        """The likeliest first."""
        rows = self.alive().filter(departement=departement_code, distinct_at__isnull=True)
        return rows.order_by("-weight", "-found_at", "id")

    def said_distinct(self, departement_code: str) -> "DoublonQuerySet":
        rows = self.alive().filter(departement=departement_code, distinct_at__isnull=False)
        return rows.order_by("-distinct_at", "id")

    def of_files(self, ids: "list[int]") -> "DoublonQuerySet":
        return self.filter(Q(first__in=ids) | Q(second__in=ids))


class Doublon(models.Model):
    """A pair, once, the older file first. "They are two people" is remembered: the pair does not come back."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    first = models.ForeignKey(Usager, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    second = models.ForeignKey(Usager, on_delete=models.CASCADE, db_constraint=False, related_name="+")
    # usagers.services.duplicates: "même nom", "même téléphone"...
    reasons = ArrayField(models.CharField(max_length=24))
    weight = models.PositiveSmallIntegerField()
    found_at = models.DateTimeField()
    distinct_at = models.DateTimeField(null=True)
    distinct_by = models.CharField(max_length=120, blank=True)

    objects = DoublonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="doublon_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="doublon_older_first"),
        ]
        indexes = [
            models.Index(
                fields=["departement", "-weight", "-found_at", "id"],
                name="doublon_to_look_at",
                condition=Q(distinct_at__isnull=True),
            ),
            models.Index(
                fields=["departement", "-distinct_at"],
                name="doublon_distinct",
                condition=Q(distinct_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} = {self.second_id} ?"
