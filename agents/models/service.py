"""Service: PMI, social work, debt counselling, child welfare... The silo of professional secrecy."""

from django.db import models
from django.db.models.functions import Lower

from agents.models.departement import Departement


class ServiceQuerySet(models.QuerySet["Service"]):
    def of(self, departement: Departement) -> "ServiceQuerySet":
        return self.filter(departement=departement).order_by("position", "name")


class Service(models.Model):
    """A trade of the département. A confidential one shows as "occupé" to everybody who is not assigned to it."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="services")
    code = models.SlugField(max_length=24)
    name = models.CharField("nom", max_length=80)
    short_name = models.CharField("sigle", max_length=24)
    is_confidential = models.BooleanField("confidentiel", default=False)
    position = models.PositiveSmallIntegerField(default=0)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["departement", "code"], name="service_code_once"),
            models.UniqueConstraint("departement", Lower("name"), name="service_name_once"),
            models.UniqueConstraint("departement", Lower("short_name"), name="service_short_name_once"),
        ]

    def __str__(self) -> str:
        return self.name
