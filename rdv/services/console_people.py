"""Who is on the phone, as the console and the files show them: family, référents, Rdv, fate of their messages.

Room: services, reads only (opening a file writes its line in the journal, in usagers.access). Called by the console
and the files. What the agent may not read is a count: neither its date nor its messages are told.
"""

import uuid as uuids
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Prefetch, Q

from agents.access import Scope, agents_kept_secret
from agents.models import AGENDA_ROLES, Affectation, Agent, Service, Site
from notifications.models import Message
from notifications.services import messages_of
from rdv.access import may_write_rdv
from rdv.core.clock import local_date
from rdv.domain.statuses import Status
from rdv.models import Participation, RdvAgent
from rdv.services.file_scope import SAME_CALL, is_usual
from rdv.services.notices import recipient_of
from usagers.access import proches_of, responsables_of, usager_for_agent
from usagers.models import Channel, Proche, Referent, Usager
from usagers.phones import PhoneProblem, read_phone
from usagers.services.duplicates import Likeness, duplicates_of

MOST_RDVS = 300


@dataclass(frozen=True, slots=True)
class RdvLine:
    """One participation that the agent may read."""

    participation: Participation
    agents: tuple[Agent, ...]
    state: str  # code of rdv/templatetags/states.py
    for_whom: str  # first name, when it is not the person of the page
    may_move: bool = False  # to come, and this agent may write it

    @property
    def starts_at(self) -> datetime:
        return self.participation.rdv.starts_at


@dataclass(frozen=True, slots=True)
class FamilyRdvs:
    upcoming: tuple[RdvLine, ...]  # the next first
    past: tuple[RdvLine, ...]  # the last first
    masked_upcoming: int
    masked_past: int
    is_cut: bool

    @property
    def readable_ids(self) -> list[str]:
        return [str(line.participation.uuid) for line in (*self.upcoming, *self.past)]

    def past_counts(self) -> list[tuple[str, int]]:
        """How many were seen, absent...: for the title of the past ones."""
        words = {"seen": "venu", "noshow": "absent", "excused": "excusé", "revoked": "annulé par le service"}
        states = [line.state for line in self.past]
        return [(word, states.count(code)) for code, word in words.items() if code in states]


@dataclass(frozen=True, slots=True)
class Caller:
    """The person of the page, with everything around them."""

    usager: Usager
    proches: tuple[Proche, ...]
    responsables: tuple[Proche, ...]
    referents: tuple[Referent, ...]  # those that this agent may read
    likely: tuple[Likeness, ...]
    rdvs: FamilyRdvs
    messages: tuple[Message, ...]
    masked_referents: int = 0  # of confidential services: neither who nor which
    # Who is told about this person, when it is not themselves: the messages above are then theirs.
    told: Usager | None = None

    @property
    def referent_ids(self) -> frozenset[int]:
        return frozenset(link.agent_id for link in self.referents)

    def person(self, uuid: uuids.UUID | None) -> Usager | None:
        """The one who comes: the caller or somebody they answer for; None for anybody else."""
        people = [self.usager, *(link.person for link in self.proches)]
        return next((one for one in people if one.uuid == uuid), None)

    def others(self, person: Usager) -> list[Usager]:
        """The family but this one, the children first: they are who comes together."""
        people = [*(link.person for link in self.proches), self.usager]
        return [one for one in people if one.pk != person.pk]

    def same_day(self, day: date, people: Collection[int]) -> list[RdvLine]:
        """Their other Rdv of that local day, as far as the agent may know."""
        zone = self.usager.departement.zone
        return [
            line
            for line in self.rdvs.upcoming
            if line.participation.is_live
            and local_date(line.starts_at, zone) == day
            and line.participation.usager_id in people
        ]


def caller_of(
    scope: Scope,
    uuid: uuids.UUID,
    *,
    now: datetime,
    reason: str,
    messages: int = 3,
    looks_for_likely: bool = True,
    is_known: bool = False,
) -> Caller:
    """Http404 outside the département. `reason` goes to the journal, once for a call, and whether it is outside this
    agent's usual work.

    `is_known`: a guard has just found the person usual, or their file opened with a reason: it is not looked at again.
    `looks_for_likely`: the files that look like this one cost several queries, and serve at the beginning of a call.
    """
    usager = read_file(scope, uuid, now=now, reason=reason, is_known=is_known)
    today = local_date(now, usager.departement.zone)
    proches = tuple(proches_of(usager, today))
    rdvs = family_rdvs(scope, usager, [link.person_id for link in proches], now=now)
    referents, masked_referents = _referents(scope, usager, today)
    responsables = tuple(responsables_of(usager, today))
    told, written = _messages_about(usager, responsables, rdvs, messages)
    return Caller(
        usager=usager,
        proches=proches,
        responsables=responsables,
        referents=referents,
        likely=tuple(duplicates_of(usager)) if looks_for_likely else (),
        rdvs=rdvs,
        messages=tuple(written),
        masked_referents=masked_referents,
        told=told,
    )


def read_file(scope: Scope, uuid: uuids.UUID, *, now: datetime, reason: str, is_known: bool = False) -> Usager:
    """The file, and its line in the journal, once for a call."""

    def is_outside(usager: Usager) -> bool:
        return not is_known and not is_usual(scope, usager, now=now)

    return usager_for_agent(scope, uuid, now=now, reason=reason, is_outside=is_outside, unless_since=now - SAME_CALL)


def _referents(scope: Scope, usager: Usager, today: date) -> tuple[tuple[Referent, ...], int]:
    """Who follows this person, as this agent may know it, and how many others do."""
    links = list(Referent.objects.current(today).filter(usager=usager).select_related("agent").order_by("pk"))
    secret = agents_kept_secret(scope, [link.agent_id for link in links])
    shown = tuple(link for link in links if link.agent_id not in secret)
    return shown, len(links) - len(shown)


def person_on_call(scope: Scope, uuid: uuids.UUID) -> Usager | None:
    """Whose référents count while a motif is typed: a person of the département, nothing of whom is shown."""
    return Usager.objects.standing().filter(departement=scope.departement_code, uuid=uuid).first()


def family_rdvs(scope: Scope, usager: Usager, proche_ids: Sequence[int], *, now: datetime) -> FamilyRdvs:
    """Their own Rdv and those of whom they answer for, cut to what this agent may read."""
    rows = (
        Participation.objects.filter(departement=scope.departement_code, usager__in=[usager.pk, *proche_ids])
        .select_related("rdv__motif__service", "rdv__site", "usager")
        .prefetch_related(Prefetch("rdv__rdv_agents", RdvAgent.objects.select_related("agent").order_by("agent_id")))
        .order_by("-starts_at", "-id")
    )
    found = list(rows[: MOST_RDVS + 1])
    readable = [one for one in found[:MOST_RDVS] if _may_read(scope, one)]
    hidden = [one for one in found[:MOST_RDVS] if one.is_live and not _may_read(scope, one)]
    lines = [_line(scope, one, usager, now) for one in readable]
    masked_upcoming = sum(one.ends_at > now for one in hidden)
    return FamilyRdvs(
        upcoming=tuple(line for line in reversed(lines) if line.participation.ends_at > now),
        past=tuple(line for line in lines if line.participation.ends_at <= now),
        masked_upcoming=masked_upcoming,
        masked_past=len(hidden) - masked_upcoming,
        is_cut=len(found) > MOST_RDVS,
    )


def state_of_participation(participation: Participation, now: datetime) -> str:
    """To come until its end, then to be filled in, then what was said."""
    if participation.status != Status.UNKNOWN.value:
        return participation.status
    return "coming" if participation.ends_at > now else "unknown"


def _may_read(scope: Scope, participation: Participation) -> bool:
    rdv = participation.rdv
    agent_ids = [link.agent_id for link in rdv.rdv_agents.all()]
    return scope.may_read(site_id=rdv.site_id, service_id=rdv.motif.service_id, agent_ids=agent_ids)


def _may_move(scope: Scope, participation: Participation, now: datetime) -> bool:
    is_ahead = participation.is_live and participation.starts_at > now
    return is_ahead and may_write_rdv(scope, participation.rdv)


def _line(scope: Scope, participation: Participation, usager: Usager, now: datetime) -> RdvLine:
    return RdvLine(
        participation=participation,
        agents=tuple(link.agent for link in participation.rdv.rdv_agents.all()),
        state=state_of_participation(participation, now),
        for_whom="" if participation.usager_id == usager.pk else participation.usager.first_name,
        may_move=_may_move(scope, participation, now),
    )


def _messages_about(
    usager: Usager, responsables: Sequence[Proche], rdvs: FamilyRdvs, count: int
) -> tuple[Usager | None, Sequence[Message]]:
    """Those they got; for who has neither phone nor e-mail, those that somebody got about their Rdv."""
    own = _messages(usager, rdvs, count)
    if own or usager.phone or usager.email or not responsables:
        return None, own
    theirs = replace(rdvs, upcoming=_of(usager, rdvs.upcoming), past=_of(usager, rdvs.past))
    for link in responsables:
        found = _messages(link.responsable, theirs, count)
        if found:
            return link.responsable, found
    return responsables[0].responsable, []


def _of(usager: Usager, lines: Sequence[RdvLine]) -> tuple[RdvLine, ...]:
    return tuple(line for line in lines if line.participation.usager_id == usager.pk)


def _messages(usager: Usager, rdvs: FamilyRdvs, count: int) -> Sequence[Message]:
    """The last ones about what the agent may read: a reminder would tell a masked Rdv."""
    about = Q(subject_type="participation", subject_id__in=rdvs.readable_ids)
    return list(messages_of(recipient_of(usager)).filter(about, is_secret=False)[:count])


def gets_sms(usager: Usager) -> bool:
    """Texts may go to this person: a mobile, and their consent."""
    if usager.channel not in (Channel.SMS, Channel.BOTH) or not usager.phone:
        return False
    try:
        return read_phone(str(usager.phone)).gets_sms
    except PhoneProblem:
        return False


def gets_email(usager: Usager) -> bool:
    return usager.channel in (Channel.EMAIL, Channel.BOTH) and bool(usager.email)


def services_of_agents(scope: Scope, agents: Sequence[Agent]) -> dict[int, str]:
    """agent id -> the short names of their services, without the confidential ones that are not the reader's."""
    rows = (
        Service.objects.filter(agents__in=agents)
        .exclude(pk__in=scope.confidential_ids - scope.service_ids)
        .order_by("position", "short_name", "id")
        .values_list("agents__id", "short_name")
    )
    names: dict[int, list[str]] = {}
    for agent_id, short_name in rows:
        names.setdefault(agent_id, []).append(short_name)
    return {agent_id: ", ".join(found) for agent_id, found in names.items()}


def agents_by_site(sites: Sequence[Site], *, today: date) -> list[tuple[Site, list[Agent]]]:
    """Who has an agenda on each of these sites, by name; a site without anybody is left out."""
    rows = (
        Affectation.objects.current(today)
        .filter(site__in=sites, role__in=AGENDA_ROLES, agent__is_active=True)
        .select_related("agent")
        .order_by("agent__search_key", "agent_id")
    )
    found: dict[int, list[Agent]] = {}
    for row in rows:
        found.setdefault(row.site_id or 0, []).append(row.agent)
    return [(site, found[site.pk]) for site in sites if site.pk in found]
