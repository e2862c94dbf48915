"""The one place that a secretary holds while she talks: taken, changed for another hour, found again.

Room: services. The writing itself is in rdv/services/holding; here is only the order of two holds.
"""

import uuid as uuids
from collections.abc import Sequence
from datetime import datetime

from django.http import Http404

from agents.access import Scope
from agents.models import Agent, Site
from rdv.access import option_for_agent
from rdv.core.journal import Author
from rdv.domain.travel import Point
from rdv.models import Motif, Option, Participation, Purpose, Rdv
from rdv.services.errors import CreneauUnavailable
from rdv.services.holding import hold_creneau, hold_seat, release_option
from rdv.services.questions import Creneau
from usagers.models import Usager


def change_hold(
    *,
    old: Option | None,
    motif: Motif,
    site: Site,
    creneau: Creneau,
    author: Author,
    opened_at: datetime,
    now: datetime,
    usager: Usager | None,
    place: Point | None,
) -> Option:
    """Hold this créneau instead of the old one. Raises CreneauUnavailable.

    The new one is tried first; when it meets the old one (8:45 held, 9:00 wanted), the old one is let go before, and
    is among the nearest if the new one was taken.
    """

    def hold(one: Creneau) -> Option:
        return hold_creneau(
            motif=motif,
            site=site,
            starts_at=one.starts_at,
            agents=one.agent_ids,
            author=author,
            opened_at=opened_at,
            now=now,
            usager=usager,
            place=place,
        )

    if old is None:
        return hold(creneau)
    if (same := _same(old, creneau, now)) is not None:
        return same
    try:
        new = hold(creneau)
    except CreneauUnavailable:
        release_option(option=old, now=now)
        try:
            return hold(creneau)
        except CreneauUnavailable as refusal:
            nearest = {old.starts_at, *refusal.nearest} if old.starts_at > now else refusal.nearest
            raise CreneauUnavailable(sorted(nearest)) from refusal
    release_option(option=old, now=now)
    return new


def change_seat(*, old: Option | None, atelier: Rdv, author: Author, opened_at: datetime, now: datetime) -> Option:
    """Hold a seat of this workshop instead of what was held. Raises WorkshopFull, NotBookable: nothing changed then."""
    if old is not None and old.atelier_id == atelier.pk and old.expires_at > now:
        return old
    new = hold_seat(atelier=atelier, author=author, opened_at=opened_at, now=now)
    if old is not None:
        release_option(option=old, now=now)
    return new


def held_by(scope: Scope, token: uuids.UUID | None) -> Option | None:
    """The hold of this very agent, alive, dead or consumed; None when it is gone or somebody else's."""
    if token is None:
        return None
    try:
        return option_for_agent(scope, token)
    except Http404:
        return None


def holds_an_hour(scope: Scope, *, now: datetime) -> bool:
    """A call of this agent goes on in some window: an hour is held for its form."""
    own = Option.objects.filter(author_kind="agent", author_id=scope.agent_id, purpose=Purpose.FORM)
    return own.filter(departement=scope.departement_code, rdv=None, expires_at__gt=now).exists()


def same_hold(scope: Scope, motif: Motif, creneau: Creneau, *, opened_at: datetime, now: datetime) -> Option | None:
    """What the same click, sent twice, has held a moment ago."""
    alive = Option.objects.alive(now).filter(motif=motif, site=creneau.site_id, starts_at=creneau.starts_at)
    mine = alive.filter(author_kind="agent", author_id=scope.agent_id, opened_at=opened_at)
    return next((option for option in mine.order_by("id") if creneau_of(option) == creneau), None)


def creneau_of(option: Option, agents: Sequence[Agent] | None = None) -> Creneau:
    """`agents`: who receives, when they were read already."""
    known = [agent.pk for agent in agents] if agents is not None else None
    agent_ids = option.option_agents.values_list("agent_id", flat=True) if known is None else known
    return Creneau(option.starts_at, option.site_id or 0, tuple(sorted(agent_ids)))


def agents_of(option: Option) -> Sequence[Agent]:
    """Who will receive; those of the workshop for a seat."""
    if option.atelier is not None:
        return list(option.atelier.agents.order_by("search_key", "id"))
    return list(option.agents.order_by("search_key", "id"))


def participation_in(rdv: Rdv, usager_id: int) -> Participation | None:
    """The live participation of this person (`rdv` comes from a door, prefetched)."""
    return next((one for one in rdv.participations.all() if one.usager_id == usager_id and one.is_live), None)


def _same(old: Option, creneau: Creneau, now: datetime) -> Option | None:
    return old if old.rdv_id is None and old.expires_at > now and creneau_of(old) == creneau else None


def just_placed(scope: Scope, motif: Motif, usager: Usager, starts_at: datetime) -> Rdv | None:
    """What the same form, sent twice, has placed: overbooking has no hold whose token would say so."""
    mine = Participation.objects.live().filter(
        departement=scope.departement_code, usager=usager, created_by_kind="agent", created_by_id=scope.agent_id
    )
    found = mine.filter(rdv__motif=motif, rdv__starts_at=starts_at, rdv__is_overbooked=True).select_related("rdv")
    participation = found.order_by("id").first()
    return participation.rdv if participation else None
