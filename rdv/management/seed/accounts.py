"""Who can sign in to the demo: one password for all, a second factor that every demo shares, and usagers to try with.

Room: management. Called by run.py; the file is read by rdv.config.demo and by tests. None of this is a secret.
"""

import base64
import hashlib
from typing import TypedDict

from django.contrib.auth.hashers import make_password
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents.models import Agent
from rdv.management.seed.institution import Institution
from rdv.management.seed.people import People

PASSWORD = "demo-mds-2026-!"  # noqa: S105 - printed by the demo; the command refuses an instance that sends messages
OPERATEUR = ("Camille", "Operto", "operateur@example.org")
USAGERS = ("Samira Benali", "Ilyes Benali", "Samira Benali (1987)", "Yanis Bouzid", "Denis Aubry")


class Account(TypedDict):
    role: str
    name: str
    email: str
    password: str
    totp_secret: str


class UsagerHint(TypedDict):
    name: str
    phone: str
    email: str
    birth_date: str


class AccountsFile(TypedDict):
    accounts: list[Account]
    usagers: list[UsagerHint]


def open_accounts(institutions: list[Institution]) -> list[Account]:
    """Password and second factor for those who have an account in the demo, and for the operator of the platform."""
    password = make_password(PASSWORD)  # hashed once: slow on purpose
    accounts = [
        _open(built.agents[key], role=seed.account, password=password)
        for built in institutions
        for key, seed in built.seeds.items()
        if seed.account
    ]
    first_name, last_name, email = OPERATEUR
    operateur: Agent = Agent.objects.create_agent(
        email=email, first_name=first_name, last_name=last_name, is_operateur=True
    )
    return [*accounts, _open(operateur, role="operateur", password=password)]


def _open(agent: Agent, *, role: str, password: str) -> Account:
    key = hashlib.sha256(f"second factor of {agent.email}".encode()).digest()[:20]
    agent.password = password
    agent.save(update_fields=["password"])
    TOTPDevice.objects.create(user=agent, name="application", key=key.hex(), confirmed=True)
    return Account(
        role=role,
        name=agent.full_name,
        email=agent.email,
        password=PASSWORD,
        totp_secret=base64.b32encode(key).decode(),
    )


def usager_hints(people: People) -> list[UsagerHint]:
    """`phone` and `email` are those of whoever answers for them."""
    found = [people.by_name[name] for name in USAGERS if name in people.by_name]
    return [
        UsagerHint(
            name=person.usager.full_name,
            phone=str(person.contact.phone),
            email=person.contact.email,
            birth_date=str(person.usager.birth_date),
        )
        for person in found
    ]
