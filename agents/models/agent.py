"""Agent: a professional of the département, and the account that signs in."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from phonenumber_field.modelfields import PhoneNumberField

from agents.models.departement import Departement
from agents.models.service import Service
from rdv.core.text import search_key


class AgentQuerySet(models.QuerySet["Agent"]):
    def of(self, departement: Departement) -> "AgentQuerySet":
        return self.filter(departement=departement).order_by("search_key", "id")

    def active(self) -> "AgentQuerySet":
        return self.filter(is_active=True)


class AgentManager(BaseUserManager["Agent"].from_queryset(AgentQuerySet)):  # type: ignore[misc]  # django-stubs cannot type a base class built by from_queryset
    def create_agent(self, *, email: str, password: str | None = None, **fields: Any) -> "Agent":
        """A new agent; without a password the account cannot sign in."""
        agent = Agent(email=email.strip().lower(), **fields)
        agent.set_password(password)
        agent.save(using=self._db)
        return agent

    def get_by_natural_key(self, username: str | None) -> "Agent":
        found: Agent = self.get(email=(username or "").strip().lower())
        return found


class NotificationLevel(models.TextChoices):
    ALL = "all", "Tout"
    OTHERS = "others", "Ce que font les autres"
    SOON = "soon", "Seulement pour aujourd’hui et demain"
    DIGEST = "digest", "Un résumé par jour"
    NONE = "none", "Rien"


class Agent(AbstractBaseUser):
    """`departement` is empty for the operators of the platform only: they see no personal data at all."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, null=True, blank=True, related_name="agents")
    email = models.EmailField("adresse e-mail", unique=True)
    first_name = models.CharField("prénom", max_length=60)
    last_name = models.CharField("nom", max_length=60)
    search_key = models.CharField(max_length=130, editable=False)
    # "puéricultrice", "assistant social": said to the public in place of the name when the agent wishes.
    profession = models.CharField("métier", max_length=60, blank=True)
    shows_name = models.BooleanField("nom montré au public", default=True)
    phone = PhoneNumberField("téléphone", blank=True)
    services: "models.ManyToManyField[Service, AgentService]" = models.ManyToManyField(
        Service, through="AgentService", related_name="agents"
    )
    notification_level = models.CharField(
        "messages reçus", max_length=8, choices=NotificationLevel.choices, default=NotificationLevel.SOON
    )
    # Off: the agenda alone says that somebody has arrived. Ten e-mails a day are asked for, never guessed.
    hears_arrivals = models.BooleanField("prévenu par e-mail des arrivées", default=False, db_default=False)
    is_active = models.BooleanField("actif", default=True)
    is_operateur = models.BooleanField("opérateur de la plateforme", default=False)
    # Adding one ends every session and every trusted post of this agent (see `get_session_auth_hash`).
    session_epoch = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # Beside French (codes of rdv.core.languages): who waits may ask for one.
    languages = ArrayField(
        models.CharField(max_length=5), verbose_name="langues parlées", default=list, db_default=[], blank=True
    )
    agenda_view = models.CharField("vue préférée", max_length=8, default="semaine")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[AgentManager] = AgentManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_operateur=True, departement__isnull=True)
                | Q(is_operateur=False, departement__isnull=False),
                name="agent_departement_unless_operateur",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="agent_email_lowercase"),
        ]
        indexes = [models.Index(fields=["departement", "search_key"], name="agent_search")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_key = search_key(f"{self.last_name} {self.first_name}")
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.full_name

    def get_session_auth_hash(self) -> str:
        """What a session must still match: it ends when the password or the epoch changes."""
        return self._session_hash(None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | bytes | None) -> str:
        value = f"{self.session_epoch}:{self.password}"
        return salted_hmac("agents.session", value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def public_name(self) -> str:
        """What an usager reads: the name if the agent wishes, else the trade, else "un professionnel"."""
        if self.shows_name:
            return self.full_name
        return self.profession or "un professionnel"


class AgentService(models.Model):
    """Which services an agent works for: what they may read, and whose colleagues they are."""

    departement = models.ForeignKey(Departement, on_delete=models.PROTECT, related_name="+", db_index=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, db_constraint=False, related_name="agent_services")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, db_constraint=False, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "service"], name="agent_service_once")]

    def __str__(self) -> str:
        return f"{self.agent_id} - {self.service_id}"
