"""Site: an MDS or a satellite place. Fermeture: days when a site, or the whole département, is closed."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from phonenumber_field.modelfields import PhoneNumberField

from agents.models.commune import Commune
from agents.models.departement import Departement


class SiteQuerySet(models.QuerySet["Site"]):
    def of(self, departement: Departement) -> "SiteQuerySet":
        return self.filter(departement=departement).order_by("search_key", "id")

    def active(self) -> "SiteQuerySet":
        return self.filter(is_active=True)


class Site(models.Model):
    """A place where people are received."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="sites")
    slug = models.SlugField()
    name = models.CharField("nom", max_length=80)
    search_key = models.CharField(max_length=90)
    address = models.CharField("adresse", max_length=160)
    postcode = models.CharField("code postal", max_length=5)
    city = models.CharField("ville", max_length=60)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, null=True, related_name="+")
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    phone = PhoneNumberField("téléphone de l’accueil")
    email = models.EmailField("boîte du site", blank=True)
    is_step_free = models.BooleanField("accès sans marche", default=False)
    has_hearing_loop = models.BooleanField("boucle magnétique", default=False)
    transport = models.CharField("bus, tram, gare", max_length=120, blank=True)
    access_notes = models.CharField("pour trouver", max_length=200, blank=True)
    opening_text = models.CharField("horaires d’ouverture", max_length=200, blank=True)
    is_active = models.BooleanField("actif", default=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["departement", "slug"], name="site_slug_once"),
            # People choose a site by its name: "MDS de Lens" and "mds de lens" would be the same one.
            models.UniqueConstraint(fields=["departement", "search_key"], name="site_name_once"),
            models.CheckConstraint(
                # "Not null" is said: a range of NULL is unknown, and a check lets the unknown pass.
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="site_point_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FermetureQuerySet(models.QuerySet["Fermeture"]):
    def meeting(self, departement: Departement, first: dt.date, last: dt.date) -> "FermetureQuerySet":
        return self.filter(departement=departement, starts_on__lte=last, ends_on__gte=first).order_by("starts_on", "id")

    def closing_all(
        self, departement: Departement, site: "Site | None", first: dt.date, last: dt.date
    ) -> "FermetureQuerySet":
        """Those that close each of these days already: there, or everywhere."""
        there = Q(site__isnull=True) if site is None else Q(site__isnull=True) | Q(site=site)
        return self.filter(there, departement=departement, starts_on__lte=first, ends_on__gte=last).order_by("id")


class Fermeture(models.Model):
    """Whole days closed, both ends included. Without a site: the whole département."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="fermetures")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, null=True, blank=True, db_constraint=False)
    starts_on = models.DateField("premier jour")
    ends_on = models.DateField("dernier jour")
    label = models.CharField("raison dite au public", max_length=120)

    objects = FermetureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="fermeture_not_empty",
                violation_error_message="Le dernier jour doit être après le premier.",
            ),
            models.UniqueConstraint(
                fields=["departement", "site", "starts_on", "ends_on"],
                name="fermeture_once",
                nulls_distinct=False,
                violation_error_message="Ces jours sont déjà fermés.",
            ),
        ]
        indexes = [models.Index(fields=["departement", "ends_on"], name="fermeture_departement")]

    def __str__(self) -> str:
        return f"{self.label} {self.starts_on} - {self.ends_on}"
