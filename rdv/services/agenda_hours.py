"""What stands in the way of an Rdv dropped elsewhere, or made longer, said before anything is written. Reads only.

Room: services. Called by rdv/views/agenda/hours. The last word stays with `moving.move_rdv` and the database; what is
busy is said as a time only, never what it is.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from agents.models import Agent, Site
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.models import Modality, Occupation, OccupationKind, Ouverture, Rdv
from rdv.services.able import said as not_theirs
from rdv.services.able import unable_among
from rdv.services.away import TAKES_TIME, absences_over
from rdv.services.closures import closed_words
from rdv.services.too_far import said_of

PAST = "Cette heure est passée. Choisissez une heure à venir."
BACKWARDS = "La fin doit venir après le début."
LONGEST = timedelta(hours=12)
TOO_LONG = "Un rendez-vous dure 12 heures au plus."


class OutOfReach(DomainError):  # noqa: N818 - named like the other refusals
    """Nobody may do this, whatever the reason given."""

    code = "out_of_reach"

    def __init__(self, message: str) -> None:
        super().__init__()
        self.message = message


@dataclass(frozen=True, slots=True)
class Hours:
    """Where an Rdv would go."""

    starts_at: datetime
    ends_at: datetime
    site: Site
    agents: tuple[Agent, ...]

    def changes_nothing(self, rdv: Rdv) -> bool:
        return (self.starts_at, self.ends_at) == (rdv.starts_at, rdv.ends_at) and self.keeps_people(rdv)

    def keeps_people(self, rdv: Rdv) -> bool:
        there = {link.agent_id for link in rdv.rdv_agents.all()}
        return self.site.pk == rdv.site_id and there == {agent.pk for agent in self.agents}

    def tells_usager(self, rdv: Rdv) -> bool:
        """The rule of rdv/services/notices.moved: a new hour or place; not a length, nor somebody else."""
        return self.starts_at != rdv.starts_at or self.site.pk != rdv.site_id


@dataclass(frozen=True, slots=True)
class Obstacles:
    """`final`: cannot be. `taken`: only over it, with a reason. `notes`: worth a look, nothing to ask."""

    final: list[str]
    taken: list[str]
    notes: list[str]

    @property
    def are_none(self) -> bool:
        return not self.final and not self.taken


def obstacles_to(rdv: Rdv, hours: Hours, *, now: datetime) -> Obstacles:
    """Five queries at most. `rdv` comes from a door, with its people and its motif."""
    # Made longer where it stands, it may run over the end of the opening: that is the agent's own evening.
    is_resized = hours.starts_at == rdv.starts_at and hours.keeps_people(rdv)
    final = _impossible(rdv, hours, now)
    taken = _busy(rdv, hours, now, is_resized=is_resized)
    closed = [*_shut(rdv, hours), *([] if rdv.motif.is_collective else _closed(rdv, hours))]
    if is_resized:
        return Obstacles(final, taken, closed)
    return Obstacles(final, [*taken, *closed], [])


def _impossible(rdv: Rdv, hours: Hours, now: datetime) -> list[str]:
    found = []
    if hours.starts_at <= now:
        found.append(PAST)
    if too_far := said_of(hours.starts_at, now=now, zone=rdv.motif.departement.zone):
        found.append(too_far)
    if hours.ends_at <= hours.starts_at:
        found.append(BACKWARDS)
    elif hours.ends_at - hours.starts_at > LONGEST:
        found.append(TOO_LONG)
    kept = {link.agent_id for link in rdv.rdv_agents.all()}
    new = [agent for agent in hours.agents if agent.pk not in kept]
    unable = unable_among(rdv.motif.service_id, new)
    if unable:
        found.append(not_theirs(unable, rdv.motif))
    return found


def _busy(rdv: Rdv, hours: Hours, now: datetime, *, is_resized: bool) -> list[str]:
    motif, zone = rdv.motif, rdv.motif.departement.zone
    start, end = hours.starts_at - motif.buffer_before, hours.ends_at + motif.buffer_after
    if end <= start:
        return []
    rows = Occupation.objects.meeting(start, end).standing(now).filter(TAKES_TIME, agent__in=hours.agents)
    others = rows.exclude(rdv=rdv) if rdv.pk else rows
    if is_resized:  # an absence that it stands over already, knowingly
        known = absences_over(motif, [agent.pk for agent in hours.agents], rdv.starts_at, rdv.ends_at)
        others = others.exclude(pk__in=[row.pk for row in known])
    names = {agent.pk: agent.full_name for agent in hours.agents}
    said = []
    for row in others.order_by("starts_at", "id"):
        verb = "est absent" if row.kind == OccupationKind.ABSENCE else "a déjà quelque chose"
        said.append(f"{names[row.agent_id]} {verb} {_between(row.starts_at, row.ends_at, zone)}.")
    return list(dict.fromkeys(said))


def _shut(rdv: Rdv, hours: Hours) -> list[str]:
    """A closed day, of the site or of the whole département."""
    if hours.ends_at <= hours.starts_at:
        return []
    words = closed_words(rdv.motif, hours.site, hours.starts_at, hours.ends_at)
    return [words] if words else []


def _closed(rdv: Rdv, hours: Hours) -> list[str]:
    """Who has no opening for this motif over the whole of it."""
    rows = Ouverture.objects.standing().filter(
        agent__in=hours.agents,
        motif_ids__contains=[rdv.motif_id],
        starts_at__gt=hours.starts_at - timedelta(days=1),
        starts_at__lte=hours.starts_at,
        ends_at__gte=hours.ends_at,
    )
    if rdv.modality == Modality.PUBLIC_OFFICE:
        rows = rows.filter(site=hours.site)
    there = set(rows.values_list("agent_id", flat=True))
    closed = [agent.full_name for agent in hours.agents if agent.pk not in there]
    if not closed:
        return []
    verb = "n’a" if len(closed) == 1 else "n’ont"
    return [f"{french.joined(closed)} {verb} pas d’ouverture pour « {rdv.motif.name} » sur toute cette durée."]


def _between(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    first, last = start.astimezone(zone), end.astimezone(zone)
    begins_early, ends_late = first.time() == time(), last.time() == time()
    last_day = last.date() - timedelta(days=1) if ends_late else last.date()
    if first.date() != last_day:
        return f"du {french.day(first.date())} au {french.day(last_day)}"
    if begins_early and ends_late:
        return "toute la journée"
    if ends_late:
        return f"à partir de {first.hour}:{first.minute:02d}"
    return f"de {first.hour}:{first.minute:02d} à {last.hour}:{last.minute:02d}"


def require_possible(found: Obstacles, *, reason: str) -> None:
    """Raises OutOfReach with the first thing that stands in the way."""
    if found.final:
        raise OutOfReach(found.final[0])
    if found.taken and not reason.strip():
        raise OutOfReach(found.taken[0])
