"""Affectation: who works where, as what, from when to when. The source of every right (agents/access.py)."""

import datetime as dt

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from agents.models.agent import Agent
from agents.models.departement import Departement
from agents.models.site import Site


class Role(models.TextChoices):
    INTERVENANT = "intervenant", "Intervenant (sans compte)"
    AGENT = "agent", "Agent"
    SECRETAIRE = "secretaire", "Secrétaire"
    RESPONSABLE = "responsable", "Responsable"
    ADMIN = "admin", "Administrateur du département"


# The table of domain.md: who signs in, who sees whose agenda, is decided from these sets and nowhere else.
SIGN_IN_ROLES = frozenset({Role.AGENT, Role.SECRETAIRE, Role.RESPONSABLE, Role.ADMIN})
AGENDA_ROLES = frozenset({Role.INTERVENANT, Role.AGENT, Role.RESPONSABLE})


def holds_on(today: dt.date) -> Q:
    return Q(Q(ends_on__isnull=True) | Q(ends_on__gte=today), starts_on__lte=today)


class AffectationQuerySet(models.QuerySet["Affectation"]):
    def current(self, today: dt.date) -> "AffectationQuerySet":
        return self.filter(holds_on(today))

    def unfinished(self, today: dt.date) -> "AffectationQuerySet":
        """Running or still to start."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today))


class Affectation(models.Model):
    """Both dates included. An admin is affected to the département itself: no site."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, db_constraint=False, related_name="affectations")
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="affectations"
    )
    role = models.CharField("rôle", max_length=12, choices=Role.choices)
    starts_on = models.DateField("du")
    ends_on = models.DateField("au", null=True, blank=True)

    objects = AffectationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role=Role.ADMIN, site__isnull=True) | (~Q(role=Role.ADMIN) & Q(site__isnull=False)),
                name="affectation_site_unless_admin",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="affectation_not_empty",
                violation_error_message="La fin doit être après le début.",
            ),
            # One role at a time on one site (an admin: one at a time on "site 0", the département).
            ExclusionConstraint(
                name="affectation_one_role_per_site",
                expressions=[
                    (F("agent"), RangeOperators.EQUAL),
                    (Func(F("site"), Value(0), function="COALESCE"), RangeOperators.EQUAL),
                    (
                        Func(F("starts_on"), F("ends_on"), Value("[]"), function="DATERANGE"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message="Cette personne a déjà un rôle sur ce site à ces dates.",
            ),
        ]
        indexes = [models.Index(fields=["site", "agent"], name="affectation_site_agent")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.role} {self.site_id or ''}"
