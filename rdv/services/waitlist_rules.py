"""What applies here and now on a waiting list: the policy of a motif, the quiet hours of its département.

Room: services. Reads only, but `set_policy` and `open_waitlist`. Called by the other waitlist services,
the screens and the simulation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Q

from agents.models import Departement
from rdv.core import journal
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.domain import french
from rdv.domain.holidays import is_holiday
from rdv.domain.waiting import CROWD, Policy, PolicyError, Quiet, Tier, answer_deadline, policy_from, require_sensible
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
        require_sensible(policy_from(below, settings))
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
            require_sensible(policy_from(settings, motif.waitlist_policy))
        except PolicyError as error:
            message = f"Avec les règles du motif « {motif.name} », ce nombre ne va pas : {error}"
            raise PolicyRefused(error.field, message) from error


@transaction.atomic(durable=True)
def open_waitlist(
    *,
    motif: Motif,
    is_open: bool,
    notice_min: int | None,
    author: Author,
    now: datetime,
    alike: Sequence[Motif] | None = None,
) -> Motif:
    """The admin's switch, how near a freed hour may still be offered (None: the motif's own minimum), and which motifs
    people may ask for as well by themselves (None: as it was). Raises PolicyRefused: no hour would ever be offered."""
    if notice_min is not None and timedelta(minutes=notice_min) >= motif.horizon:
        message = (
            f"On réserve ce motif jusqu’à {motif.horizon_days} jours à l’avance\u00a0: "
            "aucune heure ne serait jamais proposée. Écrivez un nombre plus petit."
        )
        raise PolicyRefused("notice_min", message)
    before = _opening_of(motif)
    motif.has_waitlist, motif.waitlist_notice_min = is_open, notice_min
    if alike is not None:
        motif.waitlist_alike = sorted({one.pk for one in alike})
    motif.save(update_fields=["has_waitlist", "waitlist_notice_min", "waitlist_alike"])
    journal.write(
        "waitlist.opened" if is_open else "waitlist.closed",
        subject=("motif", motif.uuid),
        departement_code=motif.departement_id,
        author=author,
        now=now,
        data={"before": before, "after": _opening_of(motif)},
    )
    return motif


def _opening_of(motif: Motif) -> dict[str, object]:
    alike = list(motif.waitlist_alike)
    return {"is_open": motif.has_waitlist, "notice_min": motif.waitlist_notice_min, "alike": alike}


def motifs_that_may_do(motif: Motif) -> list[Motif]:
    """What the administrator may name as going as well: what the public books, of the same service and in the same
    manner. Those named already stay in sight."""
    if motif.is_collective:
        return []
    rows = Motif.objects.of(motif.departement).exclude(pk=motif.pk)
    usual = Q(service=motif.service_id, modality=motif.modality, is_collective=False)
    shown = Q(pk__in=motif.waitlist_alike) | usual & Q(pk__in=Motif.objects.public())
    return list(rows.filter(shown))


# A plain Monday, 10:00 on every wall, and how much later the freed hour is: one of each tier, most often.
_MONDAY, _TEN = date(2027, 3, 1), time(10)
_LATER = (timedelta(days=8, hours=23), timedelta(days=3, hours=23), timedelta(days=1, hours=23), timedelta(hours=2))


def examples_of(policy: Policy) -> list[str]:
    """What these numbers do, in a plain week: one line for each distance."""
    quiet = Quiet(ZoneInfo("Europe/Paris"), lambda _day: False, policy.quiet_from_h, policy.quiet_until_h)
    cancelled = datetime.combine(_MONDAY, _TEN, tzinfo=quiet.zone)
    return [_example(policy, quiet, cancelled, cancelled + later) for later in _LATER]


def _example(policy: Policy, quiet: Quiet, cancelled: datetime, starts_at: datetime) -> str:
    tier = policy.tier_of(starts_at - cancelled)
    answer_by = answer_deadline(cancelled.astimezone(UTC), policy.answer_time(tier), quiet).astimezone(quiet.zone)
    weeks = " suivant" if starts_at - cancelled > timedelta(days=7) else ""
    words = f"Annulé lundi 10:00 pour {french.WEEKDAYS[starts_at.weekday()]}{weeks} {_wall(starts_at)}\u00a0: "
    if answer_by > starts_at:
        return f"{words}personne n’aurait le temps de répondre, l’heure est rendue au public."
    asked = policy.people(tier)
    if asked == CROWD:
        people = "toutes les personnes à la fois"
    else:
        people = f"{asked} personnes à la fois" if asked > 1 else "1 personne à la fois"
    return f"{words}{people}, réponse jusqu’à {french.WEEKDAYS[answer_by.weekday()]} {_wall(answer_by)}."


def _wall(local: datetime) -> str:
    return f"{local.hour}:{local.minute:02d}"


def settings_of(policy: Policy) -> dict[str, int]:
    """Every setting by name, for a form."""
    return asdict(policy)
