"""Motif: what one comes for. Defined once for the département, switched on per site."""

import uuid
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from agents.models import Departement, Service, Site


class Modality(models.TextChoices):
    PUBLIC_OFFICE = "public_office", "Sur place"
    HOME = "home", "À domicile"
    PHONE = "phone", "Par téléphone"
    VISIO = "visio", "En visio"


class Booker(models.TextChoices):
    AGENTS = "agents", "Les agents seulement"
    PRESCRIPTEURS = "prescripteurs", "Les agents et les prescripteurs"
    INVITED = "invited", "Les personnes invitées"
    EVERYONE = "everyone", "Tout le monde"


class NoticeLevel(models.TextChoices):
    NORMAL = "normal", "Normal"
    DISCREET = "discreet", "Discret : « rendez-vous » et le lieu, rien d’autre"
    SILENT = "silent", "Silencieux : aucun message"


class Tile(models.TextChoices):
    """The plain-words doors of the public home page (journeys.md)."""

    GROSSESSE = "grossesse", "Je suis enceinte"
    ENFANT = "enfant", "Bébé ou enfant"
    SOCIAL = "social", "Difficultés de la vie"
    BUDGET = "budget", "Dettes et budget"
    ATELIER = "atelier", "Atelier en groupe"
    NONE = "", "Aucune"


class MotifQuerySet(models.QuerySet["Motif"]):
    def of(self, departement: Departement) -> "MotifQuerySet":
        return self.filter(departement=departement).order_by("service__position", "position", "name")

    def active(self) -> "MotifQuerySet":
        return self.filter(is_archived=False)

    def public(self) -> "MotifQuerySet":
        return self.active().filter(who_books=Booker.EVERYONE, is_follow_up=False)


class Motif(models.Model):
    """Once used, modality and collective nature cannot change (trigger); archived, never deleted."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="motifs")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField()
    service = models.ForeignKey(Service, on_delete=models.PROTECT, db_constraint=False, related_name="motifs")
    name = models.CharField("nom interne", max_length=100)
    search_key = models.CharField(max_length=120)
    # SMS and public pages never say more than this; a discreet motif says only "rendez-vous".
    public_label = models.CharField("libellé public", max_length=80)
    public_hint = models.CharField("précision pour le public", max_length=120, blank=True)
    tile = models.CharField("porte d’entrée", max_length=10, choices=Tile.choices, blank=True)
    modality = models.CharField("lieu", max_length=14, choices=Modality.choices, default=Modality.PUBLIC_OFFICE)
    is_collective = models.BooleanField("atelier collectif", default=False)
    capacity = models.PositiveSmallIntegerField("places", default=1)
    duration_min = models.PositiveSmallIntegerField("durée en minutes")
    buffer_before_min = models.PositiveSmallIntegerField("battement avant, en minutes", default=0)
    buffer_after_min = models.PositiveSmallIntegerField("battement après, en minutes", default=0)
    agents_needed = models.PositiveSmallIntegerField("professionnels", default=1)
    who_books = models.CharField("qui réserve", max_length=14, choices=Booker.choices, default=Booker.AGENTS)
    is_follow_up = models.BooleanField("suivi : par les référents seulement", default=False)
    min_notice_min = models.PositiveIntegerField("délai minimum, en minutes", default=24 * 60)
    horizon_days = models.PositiveSmallIntegerField("jusqu’à combien de jours", default=84)
    cancel_hours = models.PositiveSmallIntegerField("l’usager annule ou déplace jusqu’à N heures avant", default=4)
    instructions_before = models.TextField("à savoir avant de réserver", blank=True)
    instructions_after = models.TextField("à savoir après", blank=True)
    documents = ArrayField(models.CharField(max_length=120), verbose_name="à apporter", default=list, blank=True)
    cancel_warning = models.CharField("avertissement avant d’annuler", max_length=200, blank=True)
    email_reminder_days = models.PositiveSmallIntegerField("rappel par e-mail, jours avant", null=True, default=7)
    sms_reminder_days = models.PositiveSmallIntegerField("rappel par SMS, jours avant", null=True, default=2)
    # "Venez-vous ?", said by the reminder itself (rdv/services/confirming). A silent motif asks nobody.
    asks_confirmation = models.BooleanField("demander à la personne si elle vient", default=True)
    # Without an answer: a second SMS, then a call. Empty: neither.
    second_sms_days = models.PositiveSmallIntegerField("second SMS sans réponse, jours avant", null=True, default=1)
    call_days = models.PositiveSmallIntegerField("appel sans réponse, jours ouvrés avant", null=True, default=1)
    notice_level = models.CharField("messages", max_length=8, choices=NoticeLevel.choices, default=NoticeLevel.NORMAL)
    has_waitlist = models.BooleanField("liste d’attente", default=False)
    # How near a freed hour may still be offered to somebody; empty: the minimum notice of the motif.
    waitlist_notice_min = models.PositiveIntegerField("dernière proposition, en minutes avant", null=True, blank=True)
    # Settings that differ from the département's (rdv.domain.waiting.Policy).
    waitlist_policy = models.JSONField("règles de la liste d’attente", default=dict, blank=True)
    # Motifs that whoever waits for this one may ask for as well, by themselves (trigger: of the same département).
    waitlist_alike = ArrayField(models.BigIntegerField(), verbose_name="iraient aussi", default=list, blank=True)
    # The last day that was looked at for the list when it came within reach (rdv.services.waitlist_noted.note_reach).
    waitlist_noted_on = models.DateField(null=True, editable=False)
    position = models.PositiveSmallIntegerField(default=0)
    is_archived = models.BooleanField("archivé", default=False)

    objects = MotifQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["departement", "slug"], name="motif_slug_once"),
            models.CheckConstraint(condition=Q(duration_min__gte=5, duration_min__lte=720), name="motif_duration_sane"),
            models.CheckConstraint(
                condition=Q(buffer_before_min__lte=240, buffer_after_min__lte=240), name="motif_buffers_sane"
            ),
            models.CheckConstraint(condition=Q(capacity__gte=1, agents_needed__gte=1), name="motif_at_least_one"),
            models.CheckConstraint(
                condition=Q(is_collective=True) | Q(capacity=1), name="motif_individual_has_one_place"
            ),
            models.CheckConstraint(condition=Q(horizon_days__gte=1, horizon_days__lte=396), name="motif_horizon_sane"),
            models.CheckConstraint(
                condition=Q(second_sms_days__isnull=True) | Q(second_sms_days__gte=1, second_sms_days__lte=30),
                name="motif_second_sms_sane",
            ),
            models.CheckConstraint(
                condition=Q(call_days__isnull=True) | Q(call_days__gte=1, call_days__lte=5), name="motif_call_days_sane"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.duration_min)

    @property
    def buffer_before(self) -> timedelta:
        return timedelta(minutes=self.buffer_before_min)

    @property
    def buffer_after(self) -> timedelta:
        return timedelta(minutes=self.buffer_after_min)

    @property
    def min_notice(self) -> timedelta:
        return timedelta(minutes=self.min_notice_min)

    @property
    def horizon(self) -> timedelta:
        return timedelta(days=self.horizon_days)

    @property
    def waitlist_notice(self) -> timedelta:
        """How long before the hour the waiting list stops; under it, agents only."""
        minutes = self.min_notice_min if self.waitlist_notice_min is None else self.waitlist_notice_min
        return timedelta(minutes=minutes)

    @property
    def asks(self) -> bool:
        """Are people asked whether they come? A silent motif writes to nobody, and has nobody phoned for it."""
        return self.asks_confirmation and self.notice_level != NoticeLevel.SILENT

    @property
    def spoken_label(self) -> str:
        """What messages, calendar titles and subject lines may say."""
        return self.public_label if self.notice_level == NoticeLevel.NORMAL else "rendez-vous"


class MotifSite(models.Model):
    """The switch: this motif is offered on this site. Home, phone and visio motifs are followed from a site too."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    motif = models.ForeignKey(Motif, on_delete=models.CASCADE, db_constraint=False, related_name="motif_sites")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, db_constraint=False, related_name="motif_sites")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["motif", "site"], name="motif_site_once")]

    def __str__(self) -> str:
        return f"{self.motif_id} @ {self.site_id}"
