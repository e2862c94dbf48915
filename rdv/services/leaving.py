"""An agent who leaves: a role that ends, an account that is closed, a service taken away. What is lost is counted
first, and hours that nobody would hold are closed in the same transaction. Room: services; for rdv/views/leaving.

Numbers only: an administrator reads no Rdv. The Rdv stay booked, and the agent stays in sight of the site until they
are seen to (rdv/access.agents_in_sight).

                       Rdv ahead     openings ahead
    a role ends        stay          closed, unless another role keeps the agenda there
    a service goes     stay          closed, or only this service's motifs taken out of them
    an account closes  stay          no longer offered; they come back with the account
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Min, Q

from agents.models import AGENDA_ROLES, Affectation, Agent, AgentService, Role, Service
from agents.services import accounts
from rdv.core.clock import local_date
from rdv.core.db import lock_agents
from rdv.core.journal import Author
from rdv.models import Motif, Ouverture, PlageMotif, PlageOuverture, Rdv
from rdv.services.plage_rules import departement_of, rule_of
from rdv.services.plages import end_within, reread, write


@dataclass(frozen=True, slots=True)
class Lost:
    """Rdv to come that stay booked, the first of them, and openings to come that nobody could book any more."""

    rdvs: int
    next_at: datetime | None
    openings: int

    def __bool__(self) -> bool:
        return bool(self.rdvs or self.openings)

    @property
    def seen(self) -> str:
        """What the page has shown: it is done when it still holds."""
        return f"{self.rdvs}-{self.openings}"


NOTHING = Lost(0, None, 0)


# What would be lost


def lost_with_role(affectation: Affectation, *, now: datetime) -> Lost:
    here = _left_with(affectation, now=now)
    return NOTHING if here is None else _lost(affectation.agent, here, here, now=now)


def lost_with_account(agent: Agent, *, now: datetime) -> Lost:
    return _lost(agent, Q(), Q(), now=now)


def lost_with_services(agent: Agent, services: Collection[Service], *, now: datetime) -> Lost:
    """`services`: those that would stay."""
    motifs = _motifs_gone(agent, services)
    if not motifs:
        return NOTHING
    return _lost(agent, Q(motif__in=motifs), Q(motif_ids__overlap=sorted(motifs)), now=now)


def _lost(agent: Agent, of_rdv: Q, of_opening: Q, *, now: datetime) -> Lost:
    rdvs = Rdv.objects.live().filter(of_rdv, starts_at__gt=now, rdv_agents__agent=agent)
    found = rdvs.aggregate(count=Count("id"), next_at=Min("starts_at"))
    openings = Ouverture.objects.standing().filter(of_opening, agent=agent, ends_at__gt=now).count()
    return Lost(found["count"], found["next_at"], openings)


def _left_with(affectation: Affectation, *, now: datetime) -> Q | None:
    """The places of the agenda that goes with this role; None when it goes on with another one, or never was."""
    if affectation.role not in AGENDA_ROLES:
        return None
    today = local_date(now, departement_of(affectation.agent).zone)
    others = Affectation.objects.unfinished(today).filter(agent=affectation.agent_id, role__in=AGENDA_ROLES)
    sites = set(others.exclude(pk=affectation.pk).values_list("site_id", flat=True))
    if affectation.site_id in sites:
        return None
    # Home, phone and visio go with the last agenda.
    here = Q(site=affectation.site_id)
    return here if sites else here | Q(site=None)


def _motifs_gone(agent: Agent, services: Collection[Service]) -> set[int]:
    held = set(AgentService.objects.filter(agent=agent).values_list("service_id", flat=True))
    gone = held - {service.pk for service in services}
    return set(Motif.objects.filter(service__in=gone).values_list("pk", flat=True)) if gone else set()


# Doing it


def end_role(*, affectation: Affectation, next_role: Role | None, author: Author, now: datetime) -> None:
    """Yesterday is the last day: the right ends at once. `next_role`: the one held on the same site from today on;
    with an agenda, it keeps the openings. Raises LastAdmin, RoleClash."""
    agent = affectation.agent
    today = local_date(now, departement_of(agent).zone)
    with transaction.atomic(durable=True):
        lock_agents([agent.pk])
        here, site = _left_with(affectation, now=now), affectation.site
        accounts.end_affectation(affectation=affectation, last_day=today - timedelta(days=1), author=author, now=now)
        if next_role is not None:
            accounts.add_affectation(
                agent=agent, role=next_role, site=site, starts_on=today, ends_on=None, author=author, now=now
            )
        if here is not None and next_role not in AGENDA_ROLES:
            _close(agent, here, last_day=today - timedelta(days=1), author=author, now=now)


def change_services(
    *, agent: Agent, services: Collection[Service], languages: Collection[str], author: Author, now: datetime
) -> None:
    """What the agent works for and speaks. No opening offers what they no longer do."""
    with transaction.atomic(durable=True):
        lock_agents([agent.pk])
        gone = _motifs_gone(agent, services)
        accounts.set_services(agent=agent, services=services, author=author, now=now)
        accounts.set_languages(agent=agent, languages=languages, author=author, now=now)
        if gone:
            _without(agent, gone, author=author, now=now)


def _close(agent: Agent, here: Q, *, last_day: date, author: Author, now: datetime) -> None:
    for plage in PlageOuverture.objects.living(last_day).filter(here, agent=agent).order_by("id"):
        end_within(plage, last_day=last_day, only=here, author=author, now=now)
    # What has begun today, and days of another rule that were moved here by hand.
    Ouverture.objects.standing().filter(here, agent=agent, ends_at__gt=now).update(is_cancelled=True)


def _without(agent: Agent, gone: set[int], *, author: Author, now: datetime) -> None:
    """Take these motifs out of the rules and of the days changed by hand; what has none left is closed."""
    yesterday = local_date(now, departement_of(agent).zone) - timedelta(days=1)
    rows = PlageOuverture.objects.living(yesterday).filter(agent=agent, plage_motifs__motif__in=gone)
    for plage in rows.distinct().order_by("id"):
        _rule_without(reread(plage), gone, last_day=yesterday, author=author, now=now)
    ahead = Ouverture.objects.filter(agent=agent, ends_at__gt=now, motif_ids__overlap=sorted(gone))
    for offered in {tuple(motif_ids) for motif_ids in ahead.values_list("motif_ids", flat=True)}:
        left = [motif_id for motif_id in offered if motif_id not in gone]
        same = ahead.filter(motif_ids=list(offered))
        if left:
            same.update(motif_ids=left)
        else:
            same.update(is_cancelled=True)


def _rule_without(plage: PlageOuverture, gone: set[int], *, last_day: date, author: Author, now: datetime) -> None:
    before = rule_of(plage)
    if set(before.motif_ids) <= gone:
        only = Q(motif_ids__contained_by=sorted(gone))
        end_within(plage, last_day=last_day, only=only, author=author, now=now)
        return
    PlageMotif.objects.filter(plage=plage, motif__in=gone).delete()
    data = {"before": before.told(), "after": rule_of(reread(plage)).told(), "reset_changes": False}
    write(plage, "plage.edited", author=author, now=now, data=data)
