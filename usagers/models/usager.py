"""Usager: a person received by a département. Never a Django user: no door of the agents opens for them or the reverse."""

import datetime as dt
import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from phonenumber_field.modelfields import PhoneNumberField

from agents.models import Commune, Departement
from rdv.core.text import search_key


class Channel(models.TextChoices):
    SMS = "sms", "SMS"
    EMAIL = "email", "E-mail"
    BOTH = "both", "SMS et e-mail"
    NONE = "none", "Aucun message"


class UsagerQuerySet(models.QuerySet["Usager"]):
    def of(self, departement: Departement) -> "UsagerQuerySet":
        return self.filter(departement=departement)

    def named(self, words: list[str]) -> "UsagerQuerySet":
        """Every word begins one of the names, in any order. `words` are search keys already."""
        found = self
        for word in words:
            found = found.filter(search_key__contains=f" {word}")
        return found


class Usager(models.Model):
    """E-mail and phone are not unique: couples share them. Both may be missing: agents create files without any."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="usagers")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    first_name = models.CharField("prénom", max_length=80)
    last_name = models.CharField("nom", max_length=80)
    birth_name = models.CharField("nom de naissance", max_length=80, blank=True)
    birth_date = models.DateField("date de naissance", null=True, blank=True)
    # " benali samira haddad": every name part behind a space, so that " sam" finds a beginning of word.
    search_key = models.CharField(max_length=260, editable=False)
    phone = PhoneNumberField("téléphone", blank=True)
    email = models.EmailField("adresse e-mail", blank=True)
    address = models.CharField("adresse", max_length=200, blank=True)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    language = models.CharField("langue des messages", max_length=5, default="fr")
    needs_interpreter = models.BooleanField("interprète", default=False)
    needs_step_free = models.BooleanField("accès sans marche", default=False)
    needs_sign_language = models.BooleanField("langue des signes", default=False)
    channel = models.CharField("messages par", max_length=5, choices=Channel.choices, default=Channel.BOTH)
    note = models.TextField("note", blank=True)
    created_at = models.DateTimeField()
    # Rdv and files are erased 2 years after this (domain.md, "Keeping and forgetting").
    last_contact_at = models.DateTimeField()

    objects = UsagerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(last_name="") & ~Q(first_name=""),
                name="usager_has_names",
                violation_error_message="Il manque le nom ou le prénom.",
            )
        ]
        indexes = [
            GinIndex(fields=["search_key"], name="usager_names", opclasses=["gin_trgm_ops"]),
            models.Index(fields=["departement", "phone"], name="usager_phone", condition=~Q(phone="")),
            models.Index(fields=["departement", "email"], name="usager_email", condition=~Q(email="")),
            models.Index(fields=["departement", "birth_date"], name="usager_birth"),
        ]

    def save(self, *args: object, **kwargs: object) -> None:
        self.search_key = " " + search_key(f"{self.last_name} {self.first_name} {self.birth_name}")
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # handed through unchanged

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def age_on(self, day: dt.date) -> int | None:
        """Full years on that day; somebody born on 29 February is a year older on 1 March of common years."""
        if self.birth_date is None:
            return None
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (0 if had_birthday else 1)
