"""The page of one Rdv: who comes, what they were told, what happened to it, in words. Reads only.

Room: services. Called by the views of that page; `rdv` comes from a door (rdv/access), with its people prefetched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agents.models import Agent, Site
from notifications.models import Message, State
from rdv.core.journal import Evenement
from rdv.domain import french
from rdv.domain.statuses import AFTER_THE_START, Status, label
from rdv.models import ConfirmedBy, Participation, Rdv
from rdv.services.confirmed import Answer, answer_in
from rdv.services.console_people import gets_email, gets_sms, state_of_participation
from usagers.models import Usager
from usagers.phones import say_phone

MOST_LINES = 50
# What needs no figure; and what hangs on an Rdv: other dates proposed, calls, an agent who is away.
FOLLOWED = {
    "participation.unconfirmed": "a retiré la confirmation",
    "participation.arrived": "a noté : la personne est arrivée",
    "participation.arrival_undone": "a défait l’arrivée",
    "participation.readdressed": "a changé qui reçoit les messages",
    "participation.on_time": "a retiré le retard",
    "rdv.capacity": "a changé le nombre de places",
    "rdv.note": "a changé la note pour les agents",
    "serie.joined": "a pris une série à la suite de ce rendez-vous",
    "proposition.sent": "a proposé d’autres dates, tenues pour la personne",
    "proposition.picked": "a choisi une des dates proposées",
    "proposition.refused": "répond qu’aucune date proposée ne convient",
    "proposition.lapsed": "n’a pas reçu de réponse aux dates proposées",
    "proposition.withdrawn": "ne propose plus d’autres dates",
    "proposition.hour_gone": "a retiré une date proposée, devenue impossible",
    "appel.accepted": "a joint la personne : c’est oui",
    "appel.other": "a joint la personne : une autre date est prise",
    "appel.refused": "a joint la personne, qui ne souhaite pas d’autre date",
    "appel.nobody": "a appelé sans réponse",
    "appel.wrong": "a appelé : mauvais numéro",
    "appel.settled": "a réglé ce qu’il y avait à dire au téléphone",
    "appel.reopened": "a remis la personne dans la liste d’appels",
    "absent.move": "a confié le rendez-vous à un collègue, le professionnel est absent",
    "absent.propose": "a annulé et proposé d’autres dates, le professionnel est absent",
    "absent.cancel": "a annulé, le professionnel est absent",
    "absent.call": "a mis dans la liste d’appels, le professionnel est absent",
    "absent.failed": "n’a pas pu faire ce qui était décidé, le professionnel est absent",
}
NOBODY_TOLD = "aucun message : à prévenir par téléphone"


@dataclass(frozen=True, slots=True)
class Participant:
    participation: Participation
    state: str
    messages: Sequence[Message]
    answer: Answer = Answer.NONE

    @property
    def told(self) -> Usager:
        """Who gets the messages."""
        return self.participation.responsable or self.participation.usager


@dataclass(frozen=True, slots=True)
class HistoryLine:
    at: datetime
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class RdvPage:
    rdv: Rdv
    agents: Sequence[Agent]
    participants: Sequence[Participant]
    history: Sequence[HistoryLine]
    has_begun: bool
    events: Sequence[Evenement] = ()

    @property
    def live(self) -> list[Participant]:
        return [one for one in self.participants if one.participation.is_live]

    @property
    def with_whom(self) -> str:
        return french.joined([agent.full_name for agent in self.agents])

    @property
    def told_count(self) -> int:
        """How many of those registered a message reaches."""
        return sum(_ways(one) != NOBODY_TOLD for one in self.live)

    @property
    def has_messages(self) -> bool:
        return any(one.messages for one in self.participants)

    @property
    def told_words(self) -> str:
        """By which ways those registered will learn of a change."""
        ways = [_ways(one) for one in self.live]
        if len(ways) == 1:
            return ways[0]
        return f"{len(ways)} personnes, {self.told_count} avec un message"


def _ways(one: Participant) -> str:
    told, participation = one.told, one.participation
    sms = f"SMS au {say_phone(told.phone)}" if participation.wants_sms and gets_sms(told) else ""
    email = f"e-mail à {told.email}" if participation.wants_email and gets_email(told) else ""
    return french.joined([way for way in (sms, email) if way]) or NOBODY_TOLD


def page_of(rdv: Rdv, *, now: datetime) -> RdvPage:
    """Two queries beside those of the door: messages, journal (and the names it needs)."""
    participations = list(rdv.participations.all())
    told = _messages(participations)
    events = _events(rdv)
    return RdvPage(
        rdv=rdv,
        agents=[link.agent for link in rdv.rdv_agents.all()],
        participants=[
            Participant(
                one,
                state_of_participation(one, now),
                told.get(str(one.uuid), ()),
                answer_in(one, rdv, zone=rdv.motif.departement.zone, now=now),
            )
            for one in participations
        ],
        history=_lines(rdv, events),
        has_begun=rdv.starts_at <= now,
        events=events,
    )


def _messages(participations: Sequence[Participation]) -> dict[str, list[Message]]:
    rows = Message.objects.filter(
        subject_type="participation", subject_id__in=[str(one.uuid) for one in participations], is_secret=False
    )
    found: dict[str, list[Message]] = {}
    for message in rows.exclude(state=State.STANDBY).newest_first():
        found.setdefault(message.subject_id, []).append(message)
    return found


def history_of_rdv(rdv: Rdv) -> list[HistoryLine]:
    """The last lines of the journal, in words; people are named as they were then."""
    return _lines(rdv, _events(rdv))


def _events(rdv: Rdv) -> list[Evenement]:
    return list(Evenement.objects.about("rdv", rdv.uuid)[:MOST_LINES])


def _lines(rdv: Rdv, events: Sequence[Evenement]) -> list[HistoryLine]:
    zone = rdv.motif.departement.zone
    sites = _site_names(events)
    return [HistoryLine(event.at, event.author_label, _words(event, zone, sites)) for event in events]


def last_change(rdv: Rdv) -> HistoryLine | None:
    """Who changed it last, for whoever comes second."""
    lines = history_of_rdv(rdv)
    return lines[0] if lines else None


def told(events: Sequence[Evenement], zone: ZoneInfo) -> list[str]:
    """Each line about an Rdv, in words that follow the name of its author."""
    sites = _site_names(events)
    return [_words(event, zone, sites) for event in events]


def _site_names(events: Sequence[Evenement]) -> dict[int, str]:
    ids = {side.get("site") for event in events for side in _sides(event.data) if isinstance(side.get("site"), int)}
    return dict(Site.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _sides(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [side for side in (data.get("before"), data.get("after")) if isinstance(side, dict)]


def _words(event: Evenement, zone: ZoneInfo, sites: Mapping[int, str]) -> str:
    data = event.data
    match event.kind:
        case "rdv.booked":
            return _booked(data)
        case "rdv.workshop_created":
            return "a créé la séance"
        case "rdv.moved":
            return _moved("a déplacé", data, zone, sites)
        case "rdv.move_undone":
            return _moved("a défait le déplacement", data, zone, sites)
        case "rdv.title":
            return f"a changé le titre : {_titled(data.get('before'))} → {_titled(data.get('after'))}"
        case "rdv.cancelled":
            return _with_reason("a annulé la séance", data)
        case "participation.status":
            return _with_reason(f"a noté : {_status(data, zone, event.at)}", data)
        case "participation.late":
            return f"annonce {data.get('minutes')} minutes de retard"
        case "participation.confirmed":
            return f"a noté : la personne vient ({_by(data)})"
    return FOLLOWED.get(event.kind, "a changé le rendez-vous")


def _titled(title: object) -> str:
    return f"« {title} »" if title else "aucun"


def _by(data: Mapping[str, Any]) -> str:
    return next((str(one.label) for one in ConfirmedBy if one.value == data.get("by")), "par téléphone")


def _booked(data: Mapping[str, Any]) -> str:
    if data.get("overbooked"):
        return f"a placé sur une heure prise ou fermée : {data['overbooked']}"
    return "a pris le rendez-vous, dans une série" if data.get("serie") else "a pris le rendez-vous"


def _moved(done: str, data: Mapping[str, Any], zone: ZoneInfo, sites: Mapping[int, str]) -> str:
    before, after = data.get("before") or {}, data.get("after") or {}
    words = f"{done} : {_when(before, zone)} → {_when(after, zone)}"
    if before.get("site") != after.get("site"):
        words += f", {sites.get(before.get('site', 0), '')} → {sites.get(after.get('site', 0), '')}"
    if before.get("agents") != after.get("agents"):
        words += ", avec quelqu’un d’autre"
    return f"{words} ({data['overbooked']})" if data.get("overbooked") else words


def _when(side: Mapping[str, Any], zone: ZoneInfo) -> str:
    at = _instant(side.get("starts_at"))
    if at is None:
        return ""
    local = at.astimezone(zone)
    return f"{french.short_day(local)}, {local.hour}:{local.minute:02d}"


def _status(data: Mapping[str, Any], zone: ZoneInfo, at: datetime) -> str:
    try:
        status = Status(str(data.get("after")))
    except ValueError:
        return ""
    starts_at = _instant(data.get("starts_at"))
    past = status in AFTER_THE_START or (starts_at is not None and starts_at <= at)
    return label(status, past=past)


def _with_reason(words: str, data: Mapping[str, Any]) -> str:
    reason = str(data.get("reason") or "")
    return f"{words} ({reason})" if reason else words


def _instant(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
