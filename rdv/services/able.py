"""Who receives for the service of a motif. Reads only.

Room: services. Asked by whatever an agent places by hand (moving, booking.overbook, seats): nobody is given the people
of a service that is not theirs, whatever the reason. Who receives an Rdv already may keep it.
"""

from collections.abc import Collection, Iterable, Sequence

from agents.models import Agent, AgentService, Site
from rdv.core.errors import DomainError
from rdv.domain import french
from rdv.models import Motif


class NotTheirService(DomainError):  # noqa: N818 - named like the other refusals
    code = "not_their_service"

    def __init__(self, names: Sequence[str], motif: Motif) -> None:
        super().__init__()
        self.message = said(names, motif)


def said(names: Sequence[str], motif: Motif) -> str:
    verb = "reçoit" if len(names) == 1 else "reçoivent"
    return f"{french.joined(names)} ne {verb} pas pour le service {motif.service.short_name}."


def able_among(service_id: int, agents: Iterable[Agent]) -> set[int]:
    rows = AgentService.objects.filter(agent__in=list(agents), service=service_id)
    return set(rows.values_list("agent_id", flat=True))


def unable_among(service_id: int, agents: Sequence[Agent]) -> list[str]:
    """Their names."""
    able = able_among(service_id, agents) if agents else set()
    return [agent.full_name for agent in agents if agent.pk not in able]


def require_able(motif: Motif, agent_ids: Collection[int]) -> None:
    """Raises NotTheirService."""
    able = AgentService.objects.filter(agent__in=agent_ids, service=motif.service_id).values_list("agent_id", flat=True)
    unable = set(agent_ids) - set(able)
    if unable:
        agents = Agent.objects.filter(pk__in=unable).order_by("pk")
        raise NotTheirService([agent.full_name for agent in agents], motif)


def only_able(
    who: Sequence[tuple[Site, list[Agent]]], service_id: int, *, also: Collection[int] = ()
) -> list[tuple[Site, list[Agent]]]:
    """The lists of a form, site by site: those who receive for this service, and `also` (they receive it already, or
    were asked for: they are then refused in words)."""
    able = able_among(service_id, {agent for _, agents in who for agent in agents}) | set(also)
    kept = [(site, [agent for agent in agents if agent.pk in able]) for site, agents in who]
    return [(site, agents) for site, agents in kept if agents]
