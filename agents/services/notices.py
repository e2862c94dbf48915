"""E-mails about an account. Called by the services of this app, in their transaction. Never a secret in clear.

A link is stored as a marker and filled in when the message leaves (rdv.core.links).
"""

from datetime import datetime, timedelta

from agents.models import AccountLink, Agent
from notifications.models import MessageChannel
from notifications.services import Letter, post
from rdv.core import links
from rdv.domain import french

_SIGNED = "\n\nLa plateforme de rendez-vous des solidarités"
_NOT_YOU = "\n\nSi ce n’est pas vous, prévenez tout de suite un administrateur de votre département."


def account_link(link: AccountLink, agent: Agent, *, now: datetime) -> None:
    """The link by which a password is chosen. Urgent when somebody waits for it before a screen."""
    is_invitation = link.kind == AccountLink.Kind.INVITATION
    life = french.duration(link.expires_at - link.created_at)
    if is_invitation:
        title = "Votre compte pour les rendez-vous des solidarités"
        opening = "Un compte vous attend sur la plateforme de rendez-vous des solidarités."
    else:
        title = "Choisir un nouveau mot de passe"
        opening = "Vous avez demandé à choisir un nouveau mot de passe."
    body = (
        f"Bonjour {agent.first_name},\n\n{opening}\n\n"
        f"Choisissez votre mot de passe ici : {links.marker('compte', str(link.uuid))}\n\n"
        f"Ce lien marche pendant {life}, une seule fois."
    )
    if not is_invitation:
        body += "\n\nSi vous n’avez rien demandé, ne faites rien : votre mot de passe ne change pas."
    _post(
        agent,
        kind=f"agent.{link.kind}",
        subject=("account_link", str(link.uuid)),
        title=title,
        body=body,
        now=now,
        until=link.expires_at,
        is_urgent=not is_invitation,
    )


def password_changed(agent: Agent, *, now: datetime) -> None:
    _security(agent, "agent.password_changed", "Votre mot de passe a changé", now)


def second_factor_enrolled(agent: Agent, *, now: datetime) -> None:
    title = "Une application de codes est liée à votre compte"
    _security(agent, "agent.factor_enrolled", title, now)


def second_factor_reset(agent: Agent, *, now: datetime) -> None:
    title = "Votre application de codes a été retirée par un administrateur"
    _security(agent, "agent.factor_reset", title, now)


def recovery_code_used(agent: Agent, *, left: int, now: datetime) -> None:
    title = f"Un code de secours a servi à entrer dans votre compte (il en reste {left})"
    _security(agent, "agent.recovery_used", title, now)


def _security(agent: Agent, kind: str, title: str, now: datetime) -> None:
    when = french.day_hour(now.astimezone(agent.departement.zone)) if agent.departement else ""
    said = f"{title}{', ' + when if when else ''}."
    _post(
        agent,
        kind=kind,
        subject=("agent", f"{agent.pk}:{int(now.timestamp() * 1000)}"),
        title=title,
        body=f"Bonjour {agent.first_name},\n\n{said}{_NOT_YOU}",
        now=now,
        until=now + timedelta(days=2),
    )


def _post(
    agent: Agent,
    *,
    kind: str,
    subject: tuple[str, str],
    title: str,
    body: str,
    now: datetime,
    until: datetime,
    is_urgent: bool = False,
) -> None:
    letter = Letter(
        subject=subject,
        kind=kind,
        recipient=f"agent:{agent.pk}",
        channel=MessageChannel.EMAIL,
        address=agent.email,
        version=0,
        departement_code=agent.departement_id or "",
        title=title,
        body=body + _SIGNED,
        send_not_before=now,
        worthless_after=until,
        reply_to=agent.departement.reply_to if agent.departement else "",
        is_urgent=is_urgent,
    )
    post([letter], now=now)
