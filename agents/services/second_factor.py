"""The second factor: codes of an application (TOTP, RFC 6238) and printed recovery codes. Called by the sign-in views.

Codes of the application are django-otp's: it refuses a code already used and makes each wrong try wait twice as long
as the one before (1, 2, 4, 8 seconds...). Recovery codes share that wait. A refusal must be counted, so these functions
open their own transaction and raise only after it is committed.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents.models import Agent, RecoveryCode
from agents.services import journal, notices
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.domain import french

CODES = 10
# No 0 O 1 I L: read aloud and copied by hand. 12 characters of 31: 59 bits.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_GROUPS, _GROUP_LENGTH = 3, 4


class CodeRefused(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "code_refused"
    message = "Ce code n’a pas marché. Attendez le code suivant de votre application, puis tapez-le."


class RecoveryCodeRefused(CodeRefused):
    message = "Ce code de secours n’a pas marché. Vérifiez chaque lettre. Un code ne sert qu’une fois."


class TooManyCodes(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "too_many_codes"

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"Il y a eu trop d’essais. Attendez {said(wait)}, puis tapez un nouveau code.")


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What may be shown of it."""

    enrolled_at: datetime | None
    last_used_at: datetime | None
    codes_left: int

    @property
    def is_enrolled(self) -> bool:
        return self.enrolled_at is not None


def said(wait: timedelta) -> str:
    """8 secondes, 3 minutes: how long to wait, never less than it is."""
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    if seconds < 60:
        return f"{seconds}{french.NBSP}seconde{'s' if seconds > 1 else ''}"
    return french.duration(wait)


def is_enrolled(agent: Agent) -> bool:
    return bool(TOTPDevice.objects.filter(user=agent, confirmed=True).exists())


def state_of(agent: Agent) -> SecondFactor:
    device = TOTPDevice.objects.filter(user=agent, confirmed=True).first()
    return SecondFactor(
        enrolled_at=device.created_at if device else None,
        last_used_at=device.last_used_at if device else None,
        codes_left=RecoveryCode.objects.unused_of(agent).count(),
    )


def device_to_enrol(agent: Agent) -> TOTPDevice:
    """The secret being shown; the same one when the page is opened again, so that a reload does not break the scan."""
    with transaction.atomic():
        Agent.objects.select_for_update().get(pk=agent.pk)
        device, _ = TOTPDevice.objects.get_or_create(user=agent, confirmed=False, defaults={"name": "application"})
    return device


def confirm_enrolment(*, agent: Agent, code: str, now: datetime) -> list[str]:
    """The first code proves that the application is set. Gives the recovery codes, in clear for the only time."""
    with transaction.atomic(durable=True):
        device = TOTPDevice.objects.select_for_update().filter(user=agent, confirmed=False).first()
        outcome = _try(device, lambda found: bool(found.verify_token(code)), now, CodeRefused())
        codes: list[str] = []
        if outcome is None and device is not None:
            TOTPDevice.objects.filter(user=agent).exclude(pk=device.pk).delete()
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            author = journal.oneself(agent, now)
            codes = _new_codes(agent, now)
            journal.write("agent.second_factor_enrolled", agent, author=author, now=now)
            notices.second_factor_enrolled(agent, now=now)
    if outcome is not None:
        raise outcome
    return codes


def verify_code(*, agent: Agent, code: str, now: datetime) -> None:
    """Six digits of the application. Raises CodeRefused or TooManyCodes."""
    with transaction.atomic(durable=True):
        device = TOTPDevice.objects.select_for_update().filter(user=agent, confirmed=True).first()
        outcome = _try(device, lambda found: bool(found.verify_token(code)), now, CodeRefused())
        _note_refusal(agent, outcome, "totp", now)
    if outcome is not None:
        raise outcome


def use_recovery_code(*, agent: Agent, code: str, now: datetime) -> int:
    """A printed code, once. Gives how many are left. Raises RecoveryCodeRefused or TooManyCodes."""
    with transaction.atomic(durable=True):
        device = TOTPDevice.objects.select_for_update().filter(user=agent, confirmed=True).first()
        outcome = _try(device, lambda found: _spend(agent, found, code, now), now, RecoveryCodeRefused())
        _note_refusal(agent, outcome, "recovery", now)
        left = RecoveryCode.objects.unused_of(agent).count()
        if outcome is None:
            author = journal.oneself(agent, now)
            journal.write("agent.recovery_code_used", agent, author=author, now=now, data={"left": left})
            notices.recovery_code_used(agent, left=left, now=now)
    if outcome is not None:
        raise outcome
    return left


def make_recovery_codes(*, agent: Agent, author: Author, now: datetime) -> list[str]:
    """Ten new codes; those printed before no longer work."""
    with transaction.atomic():
        codes = _new_codes(agent, now)
        journal.write("agent.recovery_codes_made", agent, author=author, now=now)
    return codes


def reset_second_factor(*, agent: Agent, author: Author, now: datetime) -> None:
    """Lost phone and lost codes: the next sign-in enrols again. Ends every session of this agent."""
    with transaction.atomic():
        locked = Agent.objects.select_for_update().get(pk=agent.pk)
        TOTPDevice.objects.filter(user=locked).delete()
        RecoveryCode.objects.filter(agent=locked).delete()
        locked.session_epoch += 1
        locked.save(update_fields=["session_epoch"])
        journal.write("agent.second_factor_reset", locked, author=author, now=now)
        notices.second_factor_reset(locked, now=now)


def _try(
    device: TOTPDevice | None, check: Callable[[TOTPDevice], bool], now: datetime, refusal: DomainError
) -> DomainError | None:
    """None when `check` accepts; else the error to raise once the failed try is committed."""
    if device is None:
        return refusal
    allowed, why = device.verify_is_allowed()
    if not allowed:
        return TooManyCodes(why["locked_until"] - now)
    return None if check(device) else refusal


def _note_refusal(agent: Agent, outcome: DomainError | None, by: str, now: datetime) -> None:
    """Somebody who knows the password failed on the second factor: worth a line. Waiting is not a try."""
    if isinstance(outcome, CodeRefused):
        journal.write_visit(
            "agent.second_factor_refused", agent, author=journal.oneself(agent, now), now=now, data={"by": by}
        )


def _spend(agent: Agent, device: TOTPDevice, code: str, now: datetime) -> bool:
    """One UPDATE decides: of two requests with the same code, the second finds it used."""
    spent = RecoveryCode.objects.unused_of(agent).filter(code_hash__in=_hashes(code)).update(used_at=now)
    if spent:
        device.throttle_reset()
    else:
        device.throttle_increment()
    return spent == 1


def _new_codes(agent: Agent, now: datetime) -> list[str]:
    codes = [_random_code() for _ in range(CODES)]
    RecoveryCode.objects.filter(agent=agent).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(agent=agent, code_hash=_hash(code, settings.SECRET_KEY), created_at=now) for code in codes
    )
    return codes


def _random_code() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


def _hashes(code: str) -> list[str]:
    """With the present key and, while it is being changed, the former ones."""
    return [_hash(code, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _hash(code: str, key: str | bytes) -> str:
    """Keyed: a stolen copy of the table is not enough to try codes against it."""
    return salted_hmac("agents.recovery_code", code, secret=key, algorithm="sha256").hexdigest()
