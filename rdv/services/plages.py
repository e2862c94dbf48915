"""Rules of openings: created, edited as a whole or from a day on, ended. Room: services. Called through
rdv/services/planning by the planning screens, imports and the demo.

    all         |---x---|---|---o---|---x---|      the rule changes; what has begun never does;
                 past        ^kept as changed       untouched days are written again
    following   |---|---|---][---|---o---|---|     the old plage ends the day before, a new one begins;
                     old        new ^carried over   days changed by hand go to the new one as they are
"""

import uuid
from datetime import date, datetime, timedelta
from typing import Any, Unpack

from django.db import transaction
from django.db.models import Q

from agents.models import Agent, Departement
from rdv.core import journal
from rdv.core.clock import local_date
from rdv.core.db import lock_agents
from rdv.core.journal import Author
from rdv.domain import french
from rdv.models import Ouverture, PlageMotif, PlageOuverture, RhythmChoice
from rdv.services.expansion import expand_plage
from rdv.services.occurrences import write_occurrence
from rdv.services.plage_rules import EditScope, PlageFields, PlageRule, PlanningRefused, rule_of, validate
from rdv.services.waitlist_queue import note_openings

# How far ahead a new rule is offered to the waiting list.
NOTED_AHEAD = timedelta(weeks=6)
BY_HAND = Q(is_modified=True) | Q(is_cancelled=True)


def create_plage(
    *,
    departement: Departement,
    agent: Agent,
    author: Author,
    now: datetime,
    key: uuid.UUID | None = None,
    **fields: Unpack[PlageFields],
) -> PlageOuverture:
    """A rule and its Ouvertures, 13 months ahead. Raises PlanningRefused.

    `key`: a form sent twice with the same key makes one plage (it becomes its uuid).
    """
    rule = PlageRule(**fields)
    if agent.departement_id != departement.pk:
        raise PlanningRefused("Cet agent est celui d’un autre département.")
    with transaction.atomic(durable=True):
        lock_agents([agent.pk])
        made = PlageOuverture.objects.filter(uuid=key, agent=agent).first() if key else None
        if made is not None:
            return made
        return create_within(rule, departement=departement, agent=agent, key=key, author=author, now=now)


def create_within(
    rule: PlageRule, *, departement: Departement, agent: Agent, key: uuid.UUID | None, author: Author, now: datetime
) -> PlageOuverture:
    """The same in the transaction of the caller, who holds the agent's lock. Raises PlanningRefused."""
    validate(rule, agent, now=now)
    plage = _insert(rule, departement=departement, agent=agent, key=key)
    expand_plage(plage, now=now)
    _note_opened(plage, now=now)
    write(plage, "plage.created", author=author, now=now, data={"after": rule.told()})
    return plage


def edit_plage(
    *,
    plage: PlageOuverture,
    scope: EditScope | str,
    day: date,
    rule: PlageRule,
    author: Author,
    now: datetime,
    reset_changes: bool = False,
) -> PlageOuverture:
    """Change the occurrence of `day` alone, from it on, or the whole series; answers the plage that holds it now.

    Days changed or cancelled by hand keep their change, unless `reset_changes` puts them back into the series.
    For "one", `rule.first_day` is the day it moves to. Raises PlanningRefused.
    """
    scope = EditScope(scope)
    with transaction.atomic(durable=True):
        lock_agents([plage.agent_id])
        plage = reread(plage)
        if scope is EditScope.ONE:
            return write_occurrence(plage, day=day, rule=rule, author=author, now=now).plage
        validate(rule, plage.agent, now=now)
        if splits(plage, scope, day):
            return _split(plage, day, rule, author=author, now=now, reset_changes=reset_changes)
        return _rewrite(plage, rule, author=author, now=now, reset_changes=reset_changes)


def splits(plage: PlageOuverture, scope: EditScope, day: date) -> bool:
    """ "This one and the following" from the first day on is the whole series."""
    return scope is EditScope.FOLLOWING and plage.rhythm != RhythmChoice.ONCE and day > plage.first_day


def rows_to_rewrite(plage: PlageOuverture, scope: EditScope, day: date, *, now: datetime) -> list[Ouverture]:
    """The occurrences that an edit may touch: those that have not begun."""
    rows = plage.ouvertures.filter(starts_at__gt=now)
    if splits(plage, scope, day):
        rows = rows.filter(occurrence_on__gte=day)
    return list(rows.order_by("occurrence_on"))


def end_plage(*, plage: PlageOuverture, last_day: date, author: Author, now: datetime) -> PlageOuverture:
    """No opening after `last_day`, those changed by hand included. What has begun stays; booked Rdv stay booked."""
    with transaction.atomic(durable=True):
        lock_agents([plage.agent_id])
        return end_within(plage, last_day=last_day, author=author, now=now)


def end_within(
    plage: PlageOuverture, *, last_day: date, author: Author, now: datetime, only: Q | None = None
) -> PlageOuverture:
    """The same in the transaction of the caller, who holds the agent's lock. `only`: the openings that go; the others,
    changed by hand, stay."""
    plage = reread(plage)
    before = rule_of(plage)
    ahead = plage.ouvertures.filter(only or Q(), starts_at__gt=now, occurrence_on__gt=last_day)
    removed, _ = ahead.delete()
    if last_day < plage.first_day:
        plage.is_ended = True
    elif plage.rhythm != RhythmChoice.ONCE and (plage.until is None or plage.until > last_day):
        plage.until = last_day
        plage.is_ended = last_day < local_date(now, plage.departement.zone)
    plage.save(update_fields=["until", "is_ended"])
    data = {"before": before.told(), "last_day": last_day, "removed": removed}
    write(plage, "plage.ended", author=author, now=now, data=data)
    return plage


def _rewrite(
    plage: PlageOuverture, rule: PlageRule, *, author: Author, now: datetime, reset_changes: bool
) -> PlageOuverture:
    before = rule_of(plage)
    ahead = plage.ouvertures.filter(starts_at__gt=now)
    (ahead if reset_changes else ahead.exclude(BY_HAND)).delete()
    ahead.update(public_from=rule.public_from)
    _assign(plage, rule)
    expand_plage(plage, now=now)
    _note_opened(plage, now=now)
    data = {"before": before.told(), "after": rule.told(), "reset_changes": reset_changes}
    write(plage, "plage.edited", author=author, now=now, data=data)
    return plage


def _split(
    old: PlageOuverture, day: date, rule: PlageRule, *, author: Author, now: datetime, reset_changes: bool
) -> PlageOuverture:
    _refuse_days_before(rule, day, old.departement, now)
    before = rule_of(old)
    new = _insert(rule, departement=old.departement, agent=old.agent)
    ahead = old.ouvertures.filter(starts_at__gt=now, occurrence_on__gte=day)
    (ahead if reset_changes else ahead.exclude(BY_HAND)).delete()
    # Under their new plage they stand in the way of the rule's own day, which is how they keep their change.
    ahead.update(plage=new, public_from=rule.public_from)
    # What began already, moved forward by hand, is not opened a second time on its own day.
    begun = set(old.ouvertures.filter(occurrence_on__gte=day).values_list("occurrence_on", flat=True))
    expand_plage(new, now=now, skip=begun)
    _note_opened(new, now=now)
    old.until = day - timedelta(days=1)
    old.is_ended = old.until < local_date(now, old.departement.zone)
    old.save(update_fields=["until", "is_ended"])
    data = {"before": before.told(), "after": rule.told(), "from": day, "reset_changes": reset_changes}
    write(old, "plage.split", author=author, now=now, data={**data, "next": str(new.uuid)})
    write(new, "plage.created", author=author, now=now, data={"after": rule.told(), "previous": str(old.uuid)})
    return new


def _refuse_days_before(rule: PlageRule, day: date, departement: Departement, now: datetime) -> None:
    if day < local_date(now, departement.zone):
        raise PlanningRefused(
            f"Le {french.day_year(day)} est passé\u00a0: choisissez une date à venir.", field="first_day"
        )
    if rule.first_day < day:
        raise PlanningRefused(
            f"Ce changement commence le {french.day_year(day)} ou après. "
            "Pour changer avant, choisissez toute la série.",
            field="first_day",
        )


def _insert(rule: PlageRule, *, departement: Departement, agent: Agent, key: uuid.UUID | None = None) -> PlageOuverture:
    columns = rule.columns() | ({"uuid": key} if key else {})
    plage = PlageOuverture.objects.create(departement=departement, agent=agent, **columns)
    _set_motifs(plage, rule)
    return plage


def _assign(plage: PlageOuverture, rule: PlageRule) -> None:
    for name, value in rule.columns().items():
        setattr(plage, name, value)
    plage.expanded_until = None
    plage.is_ended = False
    plage.save()
    plage.plage_motifs.all().delete()
    _set_motifs(plage, rule)


def _set_motifs(plage: PlageOuverture, rule: PlageRule) -> None:
    PlageMotif.objects.bulk_create(
        PlageMotif(departement_id=plage.departement_id, plage=plage, motif_id=motif_id) for motif_id in rule.motif_ids
    )


def _note_opened(plage: PlageOuverture, *, now: datetime) -> None:
    """The coming weeks of the rule may suit people who wait: further away, hours are found on the public pages."""
    ahead = plage.ouvertures.filter(starts_at__gt=now, starts_at__lt=now + NOTED_AHEAD, is_cancelled=False)
    rows = ahead.select_related("plage").order_by("starts_at")
    note_openings(rows, departement_code=plage.departement_id, now=now)


def reread(plage: PlageOuverture) -> PlageOuverture:
    """As it is now that the agenda is ours."""
    rows = PlageOuverture.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("departement", "agent__departement", "site").get(pk=plage.pk)


def write(plage: PlageOuverture, kind: str, *, author: Author, now: datetime, data: dict[str, Any]) -> None:
    journal.write(
        kind,
        subject=("plage", plage.uuid),
        departement_code=plage.departement_id,
        author=author,
        now=now,
        data={"agent": plage.agent_id, **data},
    )
