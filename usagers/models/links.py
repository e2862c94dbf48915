"""Who answers for whom (Proche), and which agent follows whom (Referent)."""

import datetime as dt

from django.db import models
from django.db.models import F, Q

from agents.models import Agent, Departement
from usagers.models.usager import Usager


class ProcheQuerySet(models.QuerySet["Proche"]):
    def current(self, today: dt.date) -> "ProcheQuerySet":
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), starts_on__lte=today)


class Proche(models.Model):
    """`responsable` books and gets the messages for `person` (a child, an adult helped)."""

    class Kind(models.TextChoices):
        CHILD = "child", "Enfant"
        ADULT = "adult", "Adulte aidé"

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    responsable = models.ForeignKey(Usager, on_delete=models.CASCADE, db_constraint=False, related_name="proches")
    person = models.ForeignKey(Usager, on_delete=models.CASCADE, db_constraint=False, related_name="responsables")
    kind = models.CharField("lien", max_length=6, choices=Kind.choices, default=Kind.CHILD)
    has_authority = models.BooleanField("autorité parentale ou mandat", default=True)
    gets_messages = models.BooleanField("reçoit les messages", default=True)
    starts_on = models.DateField("du")
    ends_on = models.DateField("au", null=True, blank=True)

    objects = ProcheQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["responsable", "person"], name="proche_once"),
            models.CheckConstraint(condition=~Q(responsable=F("person")), name="proche_not_oneself"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="proche_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.responsable_id} > {self.person_id}"


class ReferentQuerySet(models.QuerySet["Referent"]):
    def current(self, today: dt.date) -> "ReferentQuerySet":
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), starts_on__lte=today)


class Referent(models.Model):
    """A follow-up motif offers only the référents' créneaux and, with no référent, none (domain.md)."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    usager = models.ForeignKey(Usager, on_delete=models.CASCADE, db_constraint=False, related_name="referents")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, db_constraint=False, related_name="referent_of")
    starts_on = models.DateField("du")
    ends_on = models.DateField("au", null=True, blank=True)

    objects = ReferentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["usager", "agent"], name="referent_once"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="referent_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.usager_id} - {self.agent_id}"
