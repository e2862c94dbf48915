"""The institution: who works where, for whom, as what. Written only by agents/services.py (and seeded)."""

from agents.models.affectation import AGENDA_ROLES, SIGN_IN_ROLES, Affectation, AffectationQuerySet, Role
from agents.models.agent import Agent, AgentQuerySet, AgentService, NotificationLevel
from agents.models.commune import Commune
from agents.models.departement import Departement, DepartementQuerySet
from agents.models.equipe import Equipe, EquipeMembre, EquipeQuerySet
from agents.models.feed import CalendarFeed
from agents.models.service import Service, ServiceQuerySet
from agents.models.sign_in import AccountLink, AccountLinkQuerySet, RecoveryCode, RecoveryCodeQuerySet
from agents.models.site import Fermeture, FermetureQuerySet, Site, SiteQuerySet

__all__ = [
    "AGENDA_ROLES",
    "SIGN_IN_ROLES",
    "AccountLink",
    "AccountLinkQuerySet",
    "Affectation",
    "AffectationQuerySet",
    "Agent",
    "AgentQuerySet",
    "AgentService",
    "CalendarFeed",
    "Commune",
    "Departement",
    "DepartementQuerySet",
    "Equipe",
    "EquipeMembre",
    "EquipeQuerySet",
    "Fermeture",
    "FermetureQuerySet",
    "NotificationLevel",
    "RecoveryCode",
    "RecoveryCodeQuerySet",
    "Role",
    "Service",
    "ServiceQuerySet",
    "Site",
    "SiteQuerySet",
]
