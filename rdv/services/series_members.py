"""The Rdv of one series, as the page of each of them shows it. Reads only.

Room: services. Called by the views of an Rdv. What the agent may not read is a count.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from agents.access import Scope
from rdv.access import may_read_rdv, may_write_rdv, whole_rdvs
from rdv.domain.series import ordinal
from rdv.models import Rdv
from rdv.services.console_people import state_of_participation


@dataclass(frozen=True, slots=True)
class Member:
    rdv: Rdv
    state: str
    number: str  # "2e"; empty once it is cancelled
    is_here: bool


@dataclass(frozen=True, slots=True)
class Members:
    """`rest`: this one and the following, to come, that the agent may give up."""

    rule: str
    shown: tuple[Member, ...]
    hidden: int
    live: int
    here: str  # "2e", or empty
    rest: tuple[Rdv, ...]

    @property
    def seen(self) -> str:
        """What the page of giving them up shows, in a few signs."""
        return schedule_of(self.rest)


def schedule_of(rdvs: Iterable[Rdv]) -> str:
    """The same as long as nobody moved, added or gave up one of these Rdv."""
    said = ",".join(sorted(f"{rdv.uuid}.{rdv.schedule_version}" for rdv in rdvs))
    return sha256(said.encode()).hexdigest()[:16]


def members_of(scope: Scope, rdv: Rdv, *, now: datetime) -> Members | None:
    """None for an Rdv that belongs to no series. Three queries, whatever their number."""
    if rdv.serie_id is None:
        return None
    rows = whole_rdvs().filter(serie=rdv.serie_id, departement=scope.departement_code).select_related("serie")
    rdvs = list(rows.order_by("starts_at", "id"))
    live = [one for one in rdvs if one.is_live]
    numbers = {one.pk: ordinal(number) for number, one in enumerate(live, start=1)}
    readable = [one for one in rdvs if may_read_rdv(scope, one)]
    shown = tuple(Member(one, _state(one, now), numbers.get(one.pk, ""), is_here=one.pk == rdv.pk) for one in readable)
    rest = tuple(
        one
        for one in readable
        if one.is_live and one.starts_at >= rdv.starts_at and one.starts_at > now and may_write_rdv(scope, one)
    )
    return Members(
        rule=_rule(rdvs),
        shown=shown,
        hidden=len(rdvs) - len(shown),
        live=len(live),
        here=numbers.get(rdv.pk, ""),
        rest=rest,
    )


def _rule(rdvs: list[Rdv]) -> str:
    serie = rdvs[0].serie if rdvs else None
    return serie.rule if serie else ""


def _state(rdv: Rdv, now: datetime) -> str:
    """Of the only one who comes; the last word when somebody was put back."""
    people = sorted(rdv.participations.all(), key=lambda one: (one.is_live, one.pk))
    return state_of_participation(people[-1], now) if people else "revoked"
