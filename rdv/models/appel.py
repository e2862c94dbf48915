"""Appel: somebody to phone about one of their Rdv. Written only by rdv/services/calls.

Held hours of the waiting list are called too, from their Offre: it is the Offre that keeps what was answered.

    open --(no answer: later)--> open --said yes, another date, no--> closed
                                      --the Rdv changed otherwise---> closed, settled
"""

import uuid

from django.db import models
from django.db.models import Q

from agents.models import Departement
from rdv.models.absence import Absence
from rdv.models.proposition import Proposition
from rdv.models.rdv import Participation


class AppelKind(models.TextChoices):
    ABSENCE = "absence", "Professionnel absent"
    PROPOSITION = "choice", "Autres dates à proposer"
    MESSAGE = "message", "Message non reçu"
    COMING = "coming", "Vient-elle ?"


class AppelResult(models.TextChoices):
    ACCEPTED = "accepted", "A accepté"
    OTHER_DATE = "other", "Veut une autre date"
    REFUSED = "refused", "Ne vient plus"
    NO_ANSWER = "nobody", "Pas de réponse"
    WRONG_NUMBER = "wrong", "Mauvais numéro"
    SETTLED = "settled", "Réglé autrement"


class AppelQuerySet(models.QuerySet["Appel"]):
    def open(self) -> "AppelQuerySet":
        return self.filter(closed_at__isnull=True)

    def whole(self) -> "AppelQuerySet":
        return self.select_related(
            "participation__usager",
            "participation__responsable",
            "participation__rdv__motif__departement",
            "participation__rdv__motif__service",
            "participation__rdv__site",
            "absence__agent",
            "proposition",
        )


class Appel(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8, choices=AppelKind.choices)
    participation = models.ForeignKey(
        Participation, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="appels"
    )
    absence = models.ForeignKey(
        Absence, on_delete=models.SET_NULL, db_constraint=False, null=True, related_name="appels"
    )
    # The hours that may be told on the phone, while they are held.
    proposition = models.ForeignKey(
        Proposition, on_delete=models.SET_NULL, db_constraint=False, null=True, related_name="appels"
    )
    # Why the person is called, in the words of the list: "E-mail : adresse refusée".
    reason = models.CharField(max_length=120, blank=True)
    opened_at = models.DateTimeField()
    # After this hour the call is of no use: the Rdv, or the end of a hold.
    before = models.DateTimeField()
    # Nobody answered: not proposed again before this hour.
    not_before = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=8, choices=AppelResult.choices, blank=True)
    # The number that was wrong: another one on the file, and the person may be called again.
    wrong_number = models.CharField(max_length=20, blank=True)
    closed_at = models.DateTimeField(null=True)

    objects = AppelQuerySet.as_manager()

    class Meta:
        constraints = [
            # One line of the list for one person and one Rdv, whatever the reasons.
            models.UniqueConstraint(
                fields=["participation"], condition=Q(closed_at__isnull=True), name="appel_one_open"
            ),
            models.CheckConstraint(condition=Q(closed_at__isnull=True) | ~Q(result=""), name="appel_closed_says_how"),
            # "Do you come?": asked once by phone for one hour of one Rdv (`before` is that hour).
            models.UniqueConstraint(
                fields=["participation", "before"], condition=Q(kind="coming"), name="appel_coming_once"
            ),
        ]
        indexes = [
            models.Index(fields=["departement", "before"], name="appel_open", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["participation", "-opened_at"], name="appel_participation"),
        ]

    def __str__(self) -> str:
        return f"Appel {self.kind} {self.result or 'à faire'}"
