"""Codes of six digits: sign-in without password. Called by the public views; the only writer of LoginCode.

The answer is the same whether a person exists or not: a code goes to any address asked for, and says nothing else.
Everything exclusive is one conditional UPDATE: five tries are five even when fifty requests come at once.

    asked --> tries 1..5 --> used          a newer code for the same thing, or 10 minutes, end it before
"""

import hmac
import secrets
import uuid as uuids
from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction
from django.db.models import F, Q

from agents.models import Departement
from notifications import services as notifications
from rdv.core.clock import local_date
from rdv.core.db import LOCK_CODE_ADDRESS, LOCK_CODE_NETWORK
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.domain.french import NBSP
from usagers.hashing import keyed_hash, network_of
from usagers.models import CODE_LIFE, CODE_TRIES, LoginCode, LoginCodeQuerySet
from usagers.phones import plain_digits, say_phone
from usagers.services.code_letters import letter_of
from usagers.services.locks import lock_text
from usagers.services.throttle import LONGEST, next_allowed_at

CODE_DIGITS = 6
CodeChannel = Literal["sms", "email"]


class WrongCode(DomainError):  # noqa: N818 - named like the other refusals (house.md, "Names")
    code = "wrong_code"

    def __init__(self, tries_left: int) -> None:
        self.tries_left = tries_left
        many = "essais" if tries_left > 1 else "essai"
        super().__init__(f"Ce n’est pas le code reçu. Vérifiez les 6{NBSP}chiffres. Il vous reste {tries_left} {many}.")


class CodeExpired(DomainError):  # noqa: N818 - same family of names
    """Too old, already used, replaced by a newer one, or never sent: the person does the same thing in each case."""

    code = "code_expired"
    message = (
        f"Ce code ne marche plus. Un code marche une seule fois, pendant 10{NBSP}minutes. "
        "S’il y en a plusieurs, seul le dernier marche. Demandez un nouveau code."
    )


class TooManyCodes(DomainError):  # noqa: N818 - same family of names
    """Codes asked, or tries made. `retry_at` is None when a new code may be asked at once."""

    code = "too_many_codes"

    def __init__(self, message: str, *, retry_at: datetime | None = None) -> None:
        self.retry_at = retry_at
        super().__init__(message)


@transaction.atomic
def send_code(
    *, departement: Departement, channel: CodeChannel, address: str, purpose: str, network: str, now: datetime
) -> LoginCode:
    """Send a fresh code to this phone (E.164) or e-mail. Raises TooManyCodes when the throttle says wait.

    `purpose`: "booking:<token>", "rdv:<uuid>", "find"; the code opens nothing else. `network`: the asker's address.
    """
    address_hash = hash_address(channel, address)
    network_hash = keyed_hash("network", network_of(network)) if network else ""
    # Always the address first, the network last: nobody holds a network while waiting for an address.
    lock_text(LOCK_CODE_ADDRESS, address_hash)
    if network_hash:
        lock_text(LOCK_CODE_NETWORK, network_hash)
    retry_at = next_allowed_at(address_hash=address_hash, network_hash=network_hash, now=now)
    if retry_at is not None:
        raise TooManyCodes(_wait_message(departement, retry_at, now), retry_at=retry_at)
    _end_earlier(purpose, address_hash, now)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    login_code = LoginCode(
        departement=departement,
        purpose=purpose,
        address_hash=address_hash,
        network_hash=network_hash,
        created_at=now,
        expires_at=now + CODE_LIFE,
    )
    login_code.code_hash = _hash_code(login_code.uuid, code)
    login_code.save(force_insert=True)
    letter = letter_of(login_code, code=code, channel=channel, address=_plain(channel, address), now=now)
    notifications.post([letter], now=now)
    return login_code


def check_code(*, uuid: uuids.UUID, code: str, purpose: str, now: datetime) -> LoginCode:
    """Use the code up. Raises WrongCode, CodeExpired or TooManyCodes. `code` may hold spaces or foreign digits.

    Not inside a transaction: the count of tries is committed before the answer, whatever the caller then does.
    """
    found = _count_try(uuid, purpose, now)
    if found is None:
        raise _refusal(uuid, purpose, now)
    if not hmac.compare_digest(found.code_hash, _hash_code(found.uuid, plain_digits(code))):
        tries_left = CODE_TRIES - found.tries
        raise WrongCode(tries_left) if tries_left else _too_many_tries(found.departement)
    if not LoginCode.objects.filter(pk=found.pk, used_at__isnull=True).update(used_at=now):
        raise CodeExpired
    found.used_at = now
    return found


def proves(login_code: LoginCode, *, channel: CodeChannel, address: str) -> bool:
    """Whether this used code was sent to this address: what the form says may have changed since."""
    is_same = hmac.compare_digest(login_code.address_hash, hash_address(channel, address))
    return login_code.used_at is not None and is_same


def forget(*, now: datetime) -> int:
    """Delete codes that neither open anything nor count in a throttle any more. Returns how many."""
    deleted, _ = LoginCode.objects.filter(created_at__lt=now - LONGEST, expires_at__lt=now).delete()
    return deleted


def hash_address(channel: CodeChannel, address: str) -> str:
    return keyed_hash("address", channel, _plain(channel, address))


def _plain(channel: CodeChannel, address: str) -> str:
    return address.strip().lower() if channel == "email" else address.strip()


def _hash_code(uuid: uuids.UUID, code: str) -> str:
    return keyed_hash("code", str(uuid), code)


def _end_earlier(purpose: str, address_hash: str, now: datetime) -> None:
    """One live code per thing ("booking:...", whatever the address), and per address for the rest ("find")."""
    same = Q(purpose=purpose) if ":" in purpose else Q(purpose=purpose, address_hash=address_hash)
    earlier = LoginCode.objects.alive(now).filter(same, created_at__gte=now - CODE_LIFE)
    for uuid in earlier.values_list("uuid", flat=True):
        notifications.make_obsolete(("code", str(uuid)), now=now)
    earlier.update(expires_at=now)


@transaction.atomic(durable=True)
def _count_try(uuid: uuids.UUID, purpose: str, now: datetime) -> LoginCode | None:
    """Take one of the five tries of a live code, or None. The UPDATE re-reads the row when it had to wait for it."""
    row = LoginCode.objects.filter(uuid=uuid, purpose=purpose)
    if not row.alive(now).update(tries=F("tries") + 1):
        return None
    return row.select_related("departement").get()


def _refusal(uuid: uuids.UUID, purpose: str, now: datetime) -> DomainError:
    still_there: LoginCodeQuerySet = LoginCode.objects.filter(uuid=uuid, purpose=purpose, expires_at__gt=now)
    found = still_there.filter(used_at__isnull=True).select_related("departement").first()
    return _too_many_tries(found.departement) if found else CodeExpired()


def _too_many_tries(departement: Departement) -> TooManyCodes:
    tried = f"Vous avez essayé {CODE_TRIES}{NBSP}fois. Ce code ne marche plus."
    return TooManyCodes(f"{tried} Demandez un nouveau code, {_or_call(departement)}")


def _wait_message(departement: Departement, retry_at: datetime, now: datetime) -> str:
    # The hour shown is never before the hour that works: rounded up while still in UTC.
    minute = retry_at.replace(second=0, microsecond=0)
    shown = minute if minute == retry_at else minute + timedelta(minutes=1)
    local = shown.astimezone(departement.zone)
    is_today = local.date() == local_date(now, departement.zone)
    when = f"à {french.hour(local)}" if is_today else french.day_hour(local)
    return (
        "Nous avons déjà envoyé plusieurs codes. Le dernier reçu marche peut-être encore. "
        f"Vous pourrez en demander un autre {when}, {_or_call(departement)}"
    )


def _or_call(departement: Departement) -> str:
    return f"ou appelez le {say_phone(departement.public_phone)}{NBSP}: nous faisons la démarche avec vous."
