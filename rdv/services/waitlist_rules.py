"""What applies here and now on a waiting list: the policy of a motif, the quiet hours of its département.

Room: services. Reads only, but `set_policy`. Called by the other waitlist services, the screens and the simulation.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

import structlog
from django.db import transaction

from agents.models import Departement
from rdv.core import journal
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.domain.holidays import is_holiday
from rdv.domain.waiting import Policy, PolicyError, Quiet, Tier, answer_deadline, policy_from
from rdv.models import Motif

log = structlog.get_logger(__name__)


class PolicyRefused(DomainError):  # noqa: N818 - named like the other refusals
    code = "policy_refused"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def policy_of(motif: Motif) -> Policy:
    """Never refuses: settings that mean nothing together (written by another release, by hand) are left out, and said
    in the log. A cancellation must not fail for them."""
    departement = motif.departement
    for layers in ((departement.waitlist_policy, motif.waitlist_policy), (departement.waitlist_policy,)):
        try:
            return policy_from(*layers)
        except PolicyError as error:
            log.warning("waitlist_policy_refused", motif_id=motif.pk, setting=error.field)
    return Policy()


def quiet_of(departement: Departement, policy: Policy) -> Quiet:
    return Quiet(
        departement.zone, lambda day: is_holiday(day, departement.code), policy.quiet_from_h, policy.quiet_until_h
    )


def last_useful_moment(motif: Motif, starts_at: datetime) -> datetime:
    """After it nobody of the list is asked, and no answer is waited for."""
    return starts_at - motif.waitlist_notice


def deadline_of(motif: Motif, starts_at: datetime, *, now: datetime) -> tuple[Tier, datetime] | None:
    """Until when somebody asked now may answer. None: too late for the list, the hour goes on without it.

    A window that would end too late gives way to that of nearer hours: what comes free in the evening for the next
    morning is near, whatever the clock on the wall says (decision 0020).
    """
    policy = policy_of(motif)
    quiet, last = quiet_of(motif.departement, policy), last_useful_moment(motif, starts_at)
    for tier in policy.tiers_from(starts_at - now):
        answer_by = answer_deadline(now, policy.answer_time(tier), quiet)
        if answer_by <= last:
            return tier, answer_by
    return None


@transaction.atomic(durable=True)
def set_policy(
    *, owner: Departement | Motif, settings: Mapping[str, int], author: Author, now: datetime
) -> Departement | Motif:
    """Keep these settings, and only these, over the platform's. Raises PolicyRefused (with `field`)."""
    below = owner.departement.waitlist_policy if isinstance(owner, Motif) else {}
    try:
        policy_from(below, settings)
    except PolicyError as error:
        raise PolicyRefused(error.field, str(error)) from error
    if isinstance(owner, Departement):
        _require_fit_for_motifs(owner, settings)
    before, owner.waitlist_policy = owner.waitlist_policy, dict(settings)
    owner.save(update_fields=["waitlist_policy"])
    subject: tuple[str, str] = (
        ("motif", str(owner.uuid)) if isinstance(owner, Motif) else ("departement", str(owner.code))
    )
    journal.write(
        "waitlist.policy",
        subject=subject,
        departement_code=owner.departement_id if isinstance(owner, Motif) else owner.code,
        author=author,
        now=now,
        data={"before": before, "after": dict(settings)},
    )
    return owner


def _require_fit_for_motifs(departement: Departement, settings: Mapping[str, int]) -> None:
    """What a motif settles for itself lies over these: both together must still mean something."""
    for motif in Motif.objects.of(departement).exclude(waitlist_policy={}):
        try:
            policy_from(settings, motif.waitlist_policy)
        except PolicyError as error:
            message = f"Avec les règles du motif « {motif.name} », ce nombre ne va pas : {error}"
            raise PolicyRefused(error.field, message) from error


@transaction.atomic(durable=True)
def open_waitlist(*, motif: Motif, is_open: bool, notice_min: int | None, author: Author, now: datetime) -> Motif:
    """The admin's switch, and how near a freed hour may still be offered (None: the motif's own minimum)."""
    before = {"is_open": motif.has_waitlist, "notice_min": motif.waitlist_notice_min}
    motif.has_waitlist, motif.waitlist_notice_min = is_open, notice_min
    motif.save(update_fields=["has_waitlist", "waitlist_notice_min"])
    journal.write(
        "waitlist.opened" if is_open else "waitlist.closed",
        subject=("motif", motif.uuid),
        departement_code=motif.departement_id,
        author=author,
        now=now,
        data={"before": before, "after": {"is_open": is_open, "notice_min": notice_min}},
    )
    return motif


def settings_of(policy: Policy) -> dict[str, int]:
    """Every setting by name, for a form."""
    return asdict(policy)
