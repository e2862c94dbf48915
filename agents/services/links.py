"""Links by which a password is chosen: invitations (3 days) and forgotten passwords (1 hour). Single use.

Called by the sign-in views (an agent asks) and by agents/services/accounts.py (an administrator sends one). The second
factor is still asked after.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac

from agents.access import LinkDead, agent_with_email, link_behind, may_sign_in
from agents.models import AccountLink, Agent
from agents.services import journal, notices
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.core.links import hash_token, make_token

ASKS_WINDOW = timedelta(hours=1)
ASKS_PER_ADDRESS = 3
ASKS_PER_NETWORK = 20
_KEPT_AFTER_DEATH = timedelta(days=7)


class TooManyAsks(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "too_many_asks"
    message = "Il y a eu trop de demandes depuis votre réseau. Attendez une heure, puis recommencez."


def send_link(*, agent: Agent, kind: AccountLink.Kind, author: Author, now: datetime) -> AccountLink:
    """Write a link and the e-mail that carries it; earlier links of this agent stop working."""
    with transaction.atomic():
        AccountLink.objects.unspent().filter(agent=agent).update(used_at=now)
        link = _write_link(agent, kind, agent.email, network="", now=now)
        notices.account_link(link, agent, now=now)
        journal.write("agent.link_sent", agent, author=author, now=now, data={"kind": kind.value})
    return link


def ask_for_reset(*, email: str, network: str, now: datetime) -> None:
    """Somebody forgot a password. Says nothing of whether the account exists; raises TooManyAsks for the network only.

    Every ask writes one row, with or without an account (see AccountLink).
    """
    address = email.strip().lower()
    with transaction.atomic():
        recent = AccountLink.objects.asked_since(now - ASKS_WINDOW).filter(kind=AccountLink.Kind.RESET)
        if recent.filter(network_hash=_hash("network", network)).count() >= ASKS_PER_NETWORK:
            raise TooManyAsks
        is_too_often = recent.filter(address_hash=_hash("address", address)).count() >= ASKS_PER_ADDRESS
        agent = agent_with_email(address)
        is_welcome = agent is not None and not is_too_often and may_sign_in(agent, now)
        link = _write_link(agent if is_welcome else None, AccountLink.Kind.RESET, address, network=network, now=now)
        if link.agent is not None:
            notices.account_link(link, link.agent, now=now)
            author = journal.oneself(link.agent, now)
            journal.write_visit("agent.reset_asked", link.agent, author=author, now=now)


def set_password_by_link(*, token: str, password: str, now: datetime) -> Agent:
    """The link is spent by one UPDATE: of two requests, one wins. Ends all sessions. Raises LinkDead."""
    with transaction.atomic():
        link = link_behind(token, now)
        if not AccountLink.objects.unspent().filter(pk=link.pk).update(used_at=now) or link.agent_id is None:
            raise LinkDead
        agent: Agent = Agent.objects.select_for_update(of=("self",)).select_related("departement").get(pk=link.agent_id)
        had_password = agent.has_usable_password()
        agent.set_password(password)
        agent.save(update_fields=["password"])
        AccountLink.objects.unspent().filter(agent=agent).update(used_at=now)
        author = journal.oneself(agent, now)
        journal.write("agent.password_set", agent, author=author, now=now, data={"by": link.kind})
        if had_password:
            notices.password_changed(agent, now=now)
    return agent


def _write_link(
    agent: Agent | None, kind: AccountLink.Kind, address: str, *, network: str, now: datetime
) -> AccountLink:
    AccountLink.objects.filter(expires_at__lt=now - _KEPT_AFTER_DEATH).delete()
    link = AccountLink(
        agent=agent,
        kind=kind,
        address_hash=_hash("address", address),
        network_hash=_hash("network", network) if network else "",
        created_at=now,
        expires_at=now + AccountLink.life(kind),
    )
    link.token_hash = hash_token(make_token("compte", str(link.uuid)))
    link.save()
    return link


def _hash(of: str, value: str) -> str:
    return salted_hmac(f"agents.{of}", value, algorithm="sha256").hexdigest()
