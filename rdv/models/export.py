"""Export: a spreadsheet of Rdv that somebody asked for, made by a task, kept a few days.

Written only by rdv/services/exports. The file itself lies in `settings.EXPORT_DIR`, outside what any web server shows.
"""

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from agents.models import Agent, Departement


class ExportFormat(models.TextChoices):
    XLSX = "xlsx", "Tableur (XLSX, pour Excel ou LibreOffice)"
    CSV = "csv", "Texte (CSV, pour un autre logiciel)"


class ExportState(models.TextChoices):
    """ASKED and RUNNING are still to be made: whether somebody is at it is said by a lock (services/export_run)."""

    ASKED = "asked", "En attente"
    RUNNING = "running", "En préparation"
    READY = "ready", "Prêt"
    FAILED = "failed", "Pas abouti"
    EXPIRED = "expired", "Effacé"


class ExportQuerySet(models.QuerySet["Export"]):
    def pending(self) -> "ExportQuerySet":
        return self.filter(state__in=(ExportState.ASKED, ExportState.RUNNING))

    def past_keeping(self, now: datetime) -> "ExportQuerySet":
        return self.filter(state=ExportState.READY, expires_at__lte=now)


class Export(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    # Comes with the form: sent twice, it is one export.
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    asked_by = models.ForeignKey(Agent, on_delete=models.PROTECT, db_constraint=False, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    format = models.CharField(max_length=4, choices=ExportFormat.choices)
    # What was asked, as rdv.domain.exports.Filters writes it.
    filters: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    state = models.CharField(max_length=7, choices=ExportState.choices, default=ExportState.ASKED)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Lines of the file: expected once it is being made, exact once it is ready.
    row_count = models.PositiveIntegerField(null=True)
    # Name in EXPORT_DIR; empty until it is ready, and again once it is erased.
    file_name = models.CharField(max_length=60, blank=True)
    byte_size = models.PositiveBigIntegerField(null=True)
    # The rights by which it was made: whoever lost one of them no longer takes the file away.
    rights: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    expires_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="ready")
                | (Q(expires_at__isnull=False, row_count__isnull=False, byte_size__isnull=False) & ~Q(file_name="")),
                name="export_ready_has_its_file",
            ),
        ]
        indexes = [
            models.Index(fields=["asked_by", "-asked_at"], name="export_asked_by"),
            models.Index(fields=["asked_at"], name="export_pending", condition=Q(state__in=("asked", "running"))),
        ]

    def __str__(self) -> str:
        return f"Export {self.uuid} {self.state}"

    @property
    def is_pending(self) -> bool:
        return self.state in (ExportState.ASKED, ExportState.RUNNING)
