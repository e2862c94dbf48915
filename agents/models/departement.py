"""Departement: the tenant. Every row of the platform belongs to exactly one."""

from zoneinfo import ZoneInfo

from django.core.validators import RegexValidator
from django.db import models
from phonenumber_field.modelfields import PhoneNumberField

HEX_COLOUR = RegexValidator(r"^#[0-9a-f]{6}$", "Une couleur s’écrit #rrggbb, par exemple #0f5a61.")
# French operators refuse a sender with spaces, punctuation or digits only (March 2025 rules).
SMS_SENDER = RegexValidator(
    r"^(?=.*[A-Za-z])[A-Za-z0-9]{3,11}$", "De 3 à 11 lettres ou chiffres, dont une lettre, sans espace."
)


class DepartementQuerySet(models.QuerySet["Departement"]):
    def open_to_public(self) -> "DepartementQuerySet":
        return self.filter(is_open=True).order_by("search_key")


class Departement(models.Model):
    """A département, or the piece of it that this instance serves."""

    # INSEE code: "62", "2A", "974".
    code = models.CharField(primary_key=True, max_length=3)
    name = models.CharField("nom", max_length=60)
    # "du Pas-de-Calais", "de La Réunion": French needs the article to read well.
    name_with_article = models.CharField("nom avec son article", max_length=70)
    search_key = models.CharField(max_length=80)
    slug = models.SlugField(unique=True)
    zone_name = models.CharField("fuseau horaire", max_length=40, default="Europe/Paris")
    population = models.PositiveIntegerField(null=True)
    # Two colours; the pale tones are computed from them (look-public.md).
    colour_1 = models.CharField("couleur principale", max_length=7, default="#0f5a61", validators=[HEX_COLOUR])
    colour_2 = models.CharField("couleur du temps", max_length=7, default="#96305a", validators=[HEX_COLOUR])
    public_phone = PhoneNumberField("téléphone public")
    phone_hours = models.CharField(
        "heures d’appel", max_length=120, default="du lundi au vendredi, de 8 h 30 à 17 h 30"
    )
    sms_sender = models.CharField("émetteur des SMS", max_length=11, validators=[SMS_SENDER])
    reply_to = models.EmailField("adresse de réponse")
    # Road counted to a home visit whose place is not known (engine.md, point 7).
    unknown_travel_min = models.PositiveSmallIntegerField("trajet inconnu, en minutes", default=30)
    # Settings that differ from the platform's (rdv.domain.waiting.Policy).
    waitlist_policy = models.JSONField("règles de la liste d’attente", default=dict, blank=True)
    is_open = models.BooleanField("ouvert au public", default=True)

    objects = DepartementQuerySet.as_manager()

    class Meta:
        verbose_name = "département"

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)
