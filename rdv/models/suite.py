"""Suite: what becomes of one Rdv because its agent is away. Written only by rdv/services/absent.

planned --done in a transaction of its own--> done
        --refused (reason kept)-------------> failed --asked again--> planned
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from agents.models import Departement
from rdv.models.absence import Absence
from rdv.models.rdv import Rdv


class SuiteChoice(models.TextChoices):
    MOVE = "move", "Un collègue, à la même heure"
    PROPOSE = "propose", "Proposer d’autres heures"
    CANCEL = "cancel", "Annuler"
    CALL = "call", "Appeler"


class SuiteState(models.TextChoices):
    PLANNED = "planned", "En cours"
    DONE = "done", "Fait"
    FAILED = "failed", "À revoir"


class SuiteQuerySet(models.QuerySet["Suite"]):
    def planned(self) -> "SuiteQuerySet":
        return self.filter(state=SuiteState.PLANNED)


class Suite(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    absence = models.ForeignKey(
        Absence, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="suites"
    )
    rdv = models.ForeignKey(Rdv, on_delete=models.CASCADE, db_constraint=False, related_name="suites")
    choice = models.CharField(max_length=8, choices=SuiteChoice.choices)
    state = models.CharField(max_length=8, choices=SuiteState.choices, default=SuiteState.PLANNED)
    # MOVE: who takes it instead of the agent who is away.
    agent_id = models.BigIntegerField(null=True)
    # PROPOSE: the hours that the page showed, as rdv.domain.absent writes them.
    hours = ArrayField(models.CharField(max_length=80), default=list)
    # The schedule that the page showed: somebody else's change is told, not overwritten.
    version = models.PositiveSmallIntegerField()
    # When it was to be: the Rdv may be elsewhere by now.
    was_at = models.DateTimeField()
    reason = models.CharField("pourquoi ce n’est pas fait", max_length=200, blank=True)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    # Who asked, in plain values: a worker that finishes the work later signs for them.
    author_id = models.BigIntegerField(null=True)
    author_label = models.CharField(max_length=120)
    author_role = models.CharField(max_length=24)

    objects = SuiteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["absence", "rdv"], name="suite_once"),
            models.CheckConstraint(condition=~Q(choice="move") | Q(agent_id__isnull=False), name="suite_move_to_whom"),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(reason=""), name="suite_failed_says_why"),
            models.CheckConstraint(condition=~Q(state="done") | Q(done_at__isnull=False), name="suite_done_says_when"),
        ]
        indexes = [models.Index(fields=["asked_at"], name="suite_planned", condition=Q(state="planned"))]

    def __str__(self) -> str:
        return f"Suite {self.choice} {self.state}"
