"""Accounts of agents: coming and going, preferences, password, invitations, roles. Called by the views of this app."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from agents.models import SIGN_IN_ROLES, AccountLink, Affectation, Agent, AgentService, Departement, Role, Service, Site
from agents.services import journal, notices
from agents.services.links import send_link
from rdv.core.db import constraint_errors
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.languages import in_order


class EmailTaken(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "email_taken"
    message = "Un compte a déjà cette adresse e-mail."


class RoleClash(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "role_clash"
    message = "Cette personne a déjà un rôle sur ce site à ces dates."


class LastAdmin(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "last_admin"
    message = "Il faut garder au moins un administrateur. Donnez d’abord ce rôle à une autre personne."


class OwnAccount(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "own_account"
    message = "Vous ne pouvez pas fermer votre propre compte. Demandez à un autre administrateur."


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is invited, as what. An administrator has no site."""

    email: str
    first_name: str
    last_name: str
    profession: str
    role: Role
    site: Site | None
    services: Collection[Service]
    starts_on: date


def signed_in(*, agent: Agent, by: str, now: datetime) -> None:
    """`by`: totp, recovery, trusted (a post where the code was given less than 12 hours ago) or enrolment."""
    journal.write_visit("agent.signed_in", agent, author=journal.oneself(agent, now), now=now, data={"by": by})


def signed_out(*, agent: Agent, now: datetime) -> None:
    journal.write_visit("agent.signed_out", agent, author=journal.oneself(agent, now), now=now)


def update_preferences(
    *,
    agent: Agent,
    notification_level: str,
    hears_arrivals: bool,
    shows_name: bool,
    languages: Collection[str],
    author: Author,
    now: datetime,
) -> None:
    after = {
        "notification_level": notification_level,
        "hears_arrivals": hears_arrivals,
        "shows_name": shows_name,
        "languages": in_order(languages),
    }
    with transaction.atomic():
        before = {name: getattr(agent, name) for name in after}
        for name, value in after.items():
            setattr(agent, name, value)
        agent.save(update_fields=list(after))
        if before != after:
            journal.write(
                "agent.preferences_changed", agent, author=author, now=now, data={"before": before, "after": after}
            )


def change_password(*, agent: Agent, password: str, author: Author, now: datetime) -> None:
    """By its owner. The other sessions end (their hash no longer matches); the view keeps the present one."""
    with transaction.atomic():
        agent.set_password(password)
        agent.save(update_fields=["password"])
        journal.write("agent.password_changed", agent, author=author, now=now)
        notices.password_changed(agent, now=now)


def end_sessions(*, agent: Agent, author: Author, now: datetime) -> None:
    """All of them, and the trusted posts; the view keeps the present one when its owner asked."""
    with transaction.atomic():
        _next_epoch(agent)
        journal.write("agent.sessions_ended", agent, author=author, now=now)


def invite(*, departement: Departement, invitation: Invitation, author: Author, now: datetime) -> Agent:
    """A new account without password, its role, and the link to choose one (an intervenant does not sign in: no link).

    Raises EmailTaken.
    """
    with transaction.atomic():
        with constraint_errors({"agents_agent_email_key": EmailTaken}):
            agent: Agent = Agent.objects.create_agent(
                email=invitation.email,
                departement=departement,
                first_name=invitation.first_name,
                last_name=invitation.last_name,
                profession=invitation.profession,
            )
        AgentService.objects.bulk_create(
            AgentService(departement=departement, agent=agent, service=service) for service in invitation.services
        )
        journal.write("agent.invited", agent, author=author, now=now, data={"role": invitation.role.value})
        add_affectation(
            agent=agent,
            role=invitation.role,
            site=invitation.site,
            starts_on=invitation.starts_on,
            ends_on=None,
            author=author,
            now=now,
        )
        if invitation.role in SIGN_IN_ROLES:
            send_link(agent=agent, kind=AccountLink.Kind.INVITATION, author=author, now=now)
    return agent


def invite_operateur(*, email: str, first_name: str, last_name: str, author: Author, now: datetime) -> Agent:
    """An operator of the platform, from the command line only. Raises EmailTaken."""
    with transaction.atomic():
        with constraint_errors({"agents_agent_email_key": EmailTaken}):
            agent: Agent = Agent.objects.create_agent(
                email=email, departement=None, is_operateur=True, first_name=first_name, last_name=last_name
            )
        journal.write("agent.invited", agent, author=author, now=now, data={"role": "operateur"})
        send_link(agent=agent, kind=AccountLink.Kind.INVITATION, author=author, now=now)
    return agent


def resend_link(*, agent: Agent, author: Author, now: datetime) -> AccountLink:
    """By an administrator: an invitation again, or a new password for somebody who had one."""
    kind = AccountLink.Kind.RESET if agent.has_usable_password() else AccountLink.Kind.INVITATION
    return send_link(agent=agent, kind=kind, author=author, now=now)


def set_active(*, agent: Agent, is_active: bool, author: Author, now: datetime) -> None:
    """Close or open again. A closed account ends its sessions at once; its past stays. Raises OwnAccount, LastAdmin."""
    if not is_active and author.id == agent.pk:
        raise OwnAccount
    with transaction.atomic():
        if not is_active:
            _keep_an_admin(agent, now)
        agent.is_active = is_active
        agent.save(update_fields=["is_active"])
        _next_epoch(agent)
        journal.write("agent.opened" if is_active else "agent.closed", agent, author=author, now=now)


def add_affectation(
    *,
    agent: Agent,
    role: Role,
    site: Site | None,
    starts_on: date,
    ends_on: date | None,
    author: Author,
    now: datetime,
) -> Affectation:
    """Raises RoleClash. The site's département is the agent's: the database refuses anything else."""
    with transaction.atomic():
        with constraint_errors({"affectation_one_role_per_site": RoleClash}):
            affectation = Affectation.objects.create(
                departement_id=_tenant(agent),
                agent=agent,
                role=role,
                site=None if role == Role.ADMIN else site,
                starts_on=starts_on,
                ends_on=ends_on,
            )
        journal.write("affectation.created", agent, author=author, now=now, data=_told(affectation))
    return affectation


def end_affectation(*, affectation: Affectation, last_day: date, author: Author, now: datetime) -> None:
    """`last_day` is worked still. One that has not begun by then is removed. Raises LastAdmin."""
    agent = affectation.agent
    with transaction.atomic():
        if affectation.role == Role.ADMIN:
            _keep_an_admin(agent, now)
        data = _told(affectation)
        if affectation.starts_on > last_day:
            affectation.delete()
        else:
            affectation.ends_on = last_day
            affectation.save(update_fields=["ends_on"])
        journal.write("affectation.ended", agent, author=author, now=now, data=data | {"last_day": last_day})


def set_services(*, agent: Agent, services: Collection[Service], author: Author, now: datetime) -> None:
    """Which services the agent works for: what they may read."""
    with transaction.atomic():
        before = set(AgentService.objects.filter(agent=agent).values_list("service_id", flat=True))
        after = {service.pk for service in services}
        AgentService.objects.filter(agent=agent, service_id__in=before - after).delete()
        AgentService.objects.bulk_create(
            AgentService(departement_id=_tenant(agent), agent=agent, service_id=pk) for pk in after - before
        )
        if before != after:
            data = {"before": sorted(before), "after": sorted(after)}
            journal.write("agent.services_changed", agent, author=author, now=now, data=data)


def set_languages(*, agent: Agent, languages: Collection[str], author: Author, now: datetime) -> None:
    """What the agent speaks beside French: who waits may ask for it."""
    before, after = agent.languages, in_order(languages)
    if before == after:
        return
    with transaction.atomic():
        agent.languages = after
        agent.save(update_fields=["languages"])
        data = {"before": before, "after": after}
        journal.write("agent.languages_changed", agent, author=author, now=now, data=data)


def _tenant(agent: Agent) -> str:
    if agent.departement_id is None:
        raise TypeError("an operator of the platform holds no role in a département")
    return agent.departement_id


def _keep_an_admin(agent: Agent, now: datetime) -> None:
    """Lock the département first: two administrators ending each other at the same time leave one."""
    departement = Departement.objects.select_for_update().get(pk=agent.departement_id)
    today = now.astimezone(departement.zone).date()
    admins = Affectation.objects.current(today).filter(departement=departement, role=Role.ADMIN, agent__is_active=True)
    if admins.filter(agent=agent).exists() and not admins.exclude(agent=agent).exists():
        raise LastAdmin


def _next_epoch(agent: Agent) -> None:
    locked = Agent.objects.select_for_update().get(pk=agent.pk)
    agent.session_epoch = locked.session_epoch + 1
    agent.save(update_fields=["session_epoch"])


def _told(affectation: Affectation) -> dict[str, object]:
    return {
        "role": str(affectation.role),
        "site_id": affectation.site_id,
        "starts_on": affectation.starts_on,
        "ends_on": affectation.ends_on,
    }
