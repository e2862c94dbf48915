"""What is said of each thing of an agenda, once for the grid and the list: both show the same facts.

Room: views. Pure: an Item of rdv/services/agenda comes in, words and links go out. No query.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse

from agents.access import Scope
from agents.models import Agent, Role
from rdv.domain import french
from rdv.domain.french import NBSP
from rdv.domain.statuses import Status
from rdv.models import AbsenceKind, Modality, Participation, Rdv
from rdv.services.agenda import Item, Kind
from rdv.services.confirmed import Answer, answer_in
from rdv.services.console_hole import pointed
from rdv.views.agenda.answers import ICONS as ICONS_OF_ANSWERS
from rdv.views.agenda.answers import WORDS, counted

MINUTE = timedelta(minutes=1)
NOBODY = UUID(int=0)
ICONS = {Modality.HOME: "home", Modality.PHONE: "phone", Modality.VISIO: "camera"}
WHERE = {Modality.HOME: "À domicile", Modality.PHONE: "Téléphone", Modality.VISIO: "Visio"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, at whose agenda, when; what they may do there."""

    scope: Scope
    agent: Agent
    zone: ZoneInfo
    now: datetime
    may_book: bool
    may_plan: bool
    place: str = ""  # the page of the agenda, for the screens that lead back to it

    @property
    def back(self) -> str:
        """The end of the addresses of these screens."""
        return f"?retour={self.place}" if self.place else ""


@dataclass(frozen=True, slots=True)
class Action:
    word: str
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """`text` fits a block of the grid; `detail` is the whole of it, for the list. `state` is a code of states.py."""

    kind: Kind
    starts_at: datetime
    ends_at: datetime
    state: str
    hour: str
    until: str
    title: str
    text: str = ""
    detail: str = ""
    icon: str = ""
    word: str = ""  # badge of the grid
    fate: str = ""  # badge of the list, when it says more
    answer: str = ""  # does the person come, when they were asked
    answer_icon: str = ""
    url: str = ""
    actions: list[Action] = field(default_factory=list)
    rdv: Rdv | None = None  # when it may be read


def line_of(item: Item, reader: Reader) -> Line:
    builders = {
        Kind.RDV: _rdv,
        Kind.MASKED: _masked,
        Kind.ABSENCE: _absence,
        Kind.HELD: _held,
        Kind.TRIP: _trip,
        Kind.FREE: _free,
    }
    return builders[item.kind](item, reader)


def clock(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{local.hour}:{local.minute:02d}"


def short_length(length: timedelta) -> str:
    """45 min, 1 h, 1 h 30."""
    hours, minutes = divmod(length // MINUTE, 60)
    if not hours:
        return f"{minutes}{NBSP}min"
    return f"{hours}{NBSP}h{NBSP}{minutes:02d}" if minutes else f"{hours}{NBSP}h"


def _line(item: Item, reader: Reader, *, state: str, title: str, **more: object) -> Line:
    hours = {"hour": clock(item.starts_at, reader.zone), "until": clock(item.ends_at, reader.zone)}
    return Line(item.kind, item.starts_at, item.ends_at, state=state, title=title, **(hours | more))  # type: ignore[arg-type]  # each caller names fields of Line


def _masked(item: Item, reader: Reader) -> Line:
    return _line(
        item, reader, state="masked", title="Occupé", text="Contenu masqué", detail="Contenu masqué", icon="lock"
    )


def _held(item: Item, reader: Reader) -> Line:
    if item.waitlist is not None:
        url = reverse("rdv:waiting_take", args=[item.waitlist])
        text = "Proposée à la liste d’attente"
        actions = [Action("Prendre cette heure", url)]
        why = reverse("rdv:waiting_replay", args=[item.offre]) if item.offre else ""
        if why:
            actions.append(Action("À qui et pourquoi", why))
        return _line(
            item,
            reader,
            state="held",
            title="Place tenue",
            text=text,
            detail=text,
            icon="hourglass",
            actions=actions,
            url=why,
        )
    until = f"jusqu’à {clock(item.expires_at, reader.zone)}" if item.expires_at else ""
    detail = f"Quelqu’un remplit sa demande, {until} au plus tard"
    return _line(item, reader, state="held", title="Place tenue", text=until, detail=detail, icon="hourglass")


def _free(item: Item, reader: Reader) -> Line:
    title = f"Libre {short_length(item.ends_at - item.starts_at)}"
    if not reader.may_book:
        return _line(item, reader, state="free", title=title)
    day = item.starts_at.astimezone(reader.zone).date()
    wanted = {
        "agent": reader.agent.pk,
        "depuis": day.isoformat(),
        "trou": pointed(item.starts_at, reader.agent.pk),
        "retour": reader.place,
    }
    url = f"{reverse('rdv:accueil')}?{urlencode(wanted)}"
    return _line(item, reader, state="free", title=title, url=url, actions=[Action("Placer quelqu’un", url)])


def _trip(item: Item, reader: Reader) -> Line:
    assert item.trip is not None  # noqa: S101 - rdv/services/agenda gives both ends with the kind
    ends = [town for town in map(town_of, item.trip) if town]
    road = " → ".join(ends) if len(ends) == len(item.trip) else "Vers la visite suivante"
    title = f"Trajet {short_length(item.ends_at - item.starts_at)}"
    return _line(item, reader, state="trip", title=title, text=road, detail=road, icon="car")


def town_of(rdv: Rdv) -> str:
    """Where one drives to: the city of the site, or the last words of the address of a visit."""
    if rdv.modality != Modality.HOME:
        return rdv.site.city
    last = rdv.address.rpartition(",")[2] or rdv.address
    found = re.search(r"\b\d{5}\s+(\D+)$", last)
    return found.group(1).strip() if found else last.strip()


def _absence(item: Item, reader: Reader) -> Line:
    assert item.absence is not None  # noqa: S101 - rdv/services/agenda gives it with the kind
    kind = AbsenceKind(item.absence.kind)
    text = "Absence"
    if item.meets_rdvs:
        text += f". {item.meets_rdvs} Rdv à revoir"
    may_open = reader.may_plan and not item.absence.is_ended
    url = reverse("rdv:absence", args=[item.absence.uuid]) + reader.back if may_open else ""
    more: dict[str, object] = {"url": url, "actions": [Action("Voir l’absence", url)] if url else []}
    if _is_whole_day(item, reader.zone):
        more |= {"hour": "", "until": ""}
        text = f"Toute la journée. {text}" if item.meets_rdvs else "Toute la journée"
    state = "meeting" if kind is AbsenceKind.MEETING else "absence"
    icon = "warning" if item.meets_rdvs else ("group" if state == "meeting" else "")
    title = "Absence" if kind is AbsenceKind.OTHER else str(kind.label)
    return _line(item, reader, state=state, title=title, text=text, detail=text, icon=icon, **more)


def _is_whole_day(item: Item, zone: ZoneInfo) -> bool:
    start, end = item.starts_at.astimezone(zone), item.ends_at.astimezone(zone)
    return (start.hour, start.minute, end.hour, end.minute) == (0, 0, 0, 0)


def _rdv(item: Item, reader: Reader) -> Line:
    rdv = item.rdv
    assert rdv is not None  # noqa: S101 - rdv/services/agenda gives it with the kind
    people = [one for one in rdv.participations.all() if one.is_live]
    state, word, fate = _arrived(rdv, people, reader) or _state(item, rdv, people, reader.now)
    detail_url = rdv_url("rdv:rdv_detail", rdv) + reader.back
    answer, answer_icon = _answer(rdv, people, reader)
    return _line(
        item,
        reader,
        state=state,
        title=_title(rdv, people),
        text=_text(rdv, people, reader),
        detail=_detail(rdv, people, reader),
        icon=_icon(rdv),
        word=word,
        fate=fate,
        answer=answer,
        answer_icon=answer_icon,
        url=detail_url,
        actions=_actions(rdv, people, reader, detail_url),
        rdv=rdv,
    )


def _answer(rdv: Rdv, people: list[Participation], reader: Reader) -> tuple[str, str]:
    """Its words and its icon; for a workshop, how many said that they come."""
    if rdv.starts_at <= reader.now:
        return "", ""
    found = [answer_in(one, rdv, zone=reader.zone, now=reader.now) for one in people]
    if rdv.motif.is_collective:
        words = counted(found)
        return words, ICONS_OF_ANSWERS[Answer.COMES] if words else ""
    one = found[0] if len(set(found)) == 1 else Answer.NONE
    return WORDS.get(one, ""), ICONS_OF_ANSWERS.get(one, "")


def rdv_url(name: str, rdv: Rdv) -> str:
    """`reverse` of a page of one Rdv, without walking the URLs for each of the fifty of a week."""
    return _pattern(name).replace(str(NOBODY), str(rdv.uuid))


@lru_cache(maxsize=16)
def _pattern(name: str) -> str:
    return reverse(name, args=[NOBODY])


def _title(rdv: Rdv, people: list[Participation]) -> str:
    if rdv.motif.is_collective or not people:
        return rdv.title or rdv.motif.name
    return french.joined([name_of(one) for one in people])


def name_of(participation: Participation) -> str:
    usager = participation.usager
    return f"{usager.first_name} {usager.last_name}".strip()


def _icon(rdv: Rdv) -> str:
    is_together = rdv.motif.is_collective or len(rdv.rdv_agents.all()) > 1
    return "group" if is_together else ICONS.get(Modality(rdv.modality), "")


def _text(rdv: Rdv, people: list[Participation], reader: Reader) -> str:
    if rdv.motif.is_collective:
        return f"{seats_words(rdv, people)}{_with_whom(rdv, reader)}"
    where = WHERE.get(Modality(rdv.modality), "")
    if rdv.modality == Modality.HOME and (town := town_of(rdv)):
        where = f"{where}, {town}"
    return " · ".join(filter(None, [where, rdv.motif.name])) + _with_whom(rdv, reader)


def _detail(rdv: Rdv, people: list[Participation], reader: Reader) -> str:
    """All that the list says: the reason, the whole address, who comes along, what is needed."""
    where = WHERE.get(Modality(rdv.modality), "")
    if rdv.address:
        where = f"{where}, {rdv.address}"
    seats = seats_words(rdv, people) if rdv.motif.is_collective else ""
    reason = "" if rdv.motif.is_collective and not rdv.title else rdv.motif.name
    words = [reason, seats, where, *(need for one in people for need in _needs(one, rdv))]
    return " · ".join(filter(None, words)) + _with_whom(rdv, reader)


def seats_words(rdv: Rdv, people: list[Participation]) -> str:
    count = len(people)
    return f"{count} inscrit{'s' if count > 1 else ''} sur {rdv.capacity}"


def _needs(participation: Participation, rdv: Rdv) -> list[str]:
    if rdv.motif.is_collective:
        return []
    usager = participation.usager
    needs = [
        (usager.needs_interpreter, "interprète"),
        (usager.needs_sign_language, "langue des signes"),
        (usager.needs_step_free, "accès sans marche"),
        (bool(participation.companion), f"avec {participation.companion}"),
    ]
    return [word for is_needed, word in needs if is_needed]


def _with_whom(rdv: Rdv, reader: Reader) -> str:
    others = [link.agent.full_name for link in rdv.rdv_agents.all() if link.agent_id != reader.agent.pk]
    return f", avec {french.joined(others)}" if others else ""


def _state(item: Item, rdv: Rdv, people: list[Participation], now: datetime) -> tuple[str, str, str]:
    """Code, badge of the grid, badge of the list."""
    statuses = Counter(one.status for one in people)
    if rdv.motif.is_collective:
        return _workshop_state(item, rdv, statuses, now)
    if statuses[Status.SEEN]:
        return "seen", "Vu", "Vu"
    if statuses[Status.NOSHOW]:
        return "noshow", "Absent", "Absent"
    if rdv.ends_at <= now:
        return "unknown", "À renseigner", "À renseigner"
    return _coming(item, rdv, people, now)


def _arrived(rdv: Rdv, people: list[Participation], reader: Reader) -> tuple[str, str, str] | None:
    """Noted at the desk (rdv/services/arrivals) and not received yet: the agent is waited for."""
    here = [one.arrived_at for one in people if one.arrived_at is not None and one.status == Status.UNKNOWN]
    if not here or rdv.ends_at <= reader.now:
        return None
    if rdv.motif.is_collective:
        return "arrived", (word := _counted(len(here), "arrivé")), word
    hour = clock(min(here), reader.zone)
    return "arrived", f"Arrivé {hour}", f"Arrivé à {hour}"


def _coming(item: Item, rdv: Rdv, people: list[Participation], now: datetime) -> tuple[str, str, str]:
    if item.on_absence:
        return "review", "À revoir", "À revoir, posé sur une absence"
    if item.has_double:
        names = [_title(other, [one for one in other.participations.all() if one.is_live]) for other in item.doubles]
        return "double", "Double", f"Double avec {french.joined(names)}" if names else "Double"
    if rdv.is_overbooked:
        return "double", "En plus", "En plus"
    late = max((one.late_minutes or 0 for one in people), default=0)
    if late:
        return "late", f"+{late}{NBSP}min", f"En retard, {late}{NBSP}min"
    return "rdv", "", "En cours" if rdv.starts_at <= now else "À venir"


def _workshop_state(item: Item, rdv: Rdv, statuses: Counter[str], now: datetime) -> tuple[str, str, str]:
    if rdv.ends_at > now:
        return _coming(item, rdv, [], now)
    if statuses[Status.UNKNOWN]:
        return "unknown", "À renseigner", "À renseigner"
    seen, away = statuses[Status.SEEN], statuses[Status.NOSHOW]
    counts = [_counted(seen, "vu"), *([_counted(away, "absent")] if away else [])]
    if seen:
        return "seen", _counted(seen, "vu"), ", ".join(counts)
    return ("noshow", counts[-1], counts[-1]) if away else ("rdv", "", "Terminé")


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' if count > 1 else ''}"


def _actions(rdv: Rdv, people: list[Participation], reader: Reader, detail_url: str) -> list[Action]:
    is_unknown = any(one.status == Status.UNKNOWN for one in people)
    if rdv.ends_at > reader.now:
        ways = (("Déplacer", "rdv:rdv_move"), ("Annuler", "rdv:rdv_cancel"))
        return [Action(word, rdv_url(name, rdv) + reader.back) for word, name in ways]
    if is_unknown and _fills_in(rdv, reader.scope):
        url = f"{reverse('rdv:to_fill_in')}?{urlencode({'jour': _day(rdv, reader.zone).isoformat()})}"
        return [Action("Remplir la feuille" if rdv.motif.is_collective else "Renseigner", url)]
    return [Action("Corriger", detail_url)]


def _fills_in(rdv: Rdv, scope: Scope) -> bool:
    """The rule of rdv/services/reading: one's own, or a secretary's site."""
    is_own = any(link.agent_id == scope.agent_id for link in rdv.rdv_agents.all())
    return is_own or scope.roles.get(rdv.site_id) == Role.SECRETAIRE


def _day(rdv: Rdv, zone: ZoneInfo) -> date:
    return rdv.starts_at.astimezone(zone).date()
