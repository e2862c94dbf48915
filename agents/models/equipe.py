"""Equipe: a named set of agents, saved for searches and for the day board."""

from django.db import models

from agents.models.agent import Agent
from agents.models.departement import Departement
from agents.models.site import Site


class EquipeQuerySet(models.QuerySet["Equipe"]):
    def of(self, departement: Departement) -> "EquipeQuerySet":
        return self.filter(departement=departement).order_by("name")


class Equipe(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="equipes")
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, db_constraint=False, null=True, blank=True, related_name="equipes"
    )
    name = models.CharField("nom", max_length=60)
    agents: "models.ManyToManyField[Agent, EquipeMembre]" = models.ManyToManyField(
        Agent, through="EquipeMembre", related_name="equipes"
    )

    objects = EquipeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["departement", "name"], name="equipe_name_once")]

    def __str__(self) -> str:
        return self.name


class EquipeMembre(models.Model):
    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    equipe = models.ForeignKey(Equipe, on_delete=models.CASCADE, db_constraint=False, related_name="membres")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, db_constraint=False, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["equipe", "agent"], name="equipe_membre_once")]

    def __str__(self) -> str:
        return f"{self.equipe_id} - {self.agent_id}"
