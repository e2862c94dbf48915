"""What is said of each thing of the day board; what a screen showed of somebody. Pure, no query.

Room: views. A Block of rdv/services/board comes in, words and addresses go out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse

from rdv.domain import french
from rdv.domain.french import NBSP
from rdv.domain.statuses import Status
from rdv.forms.console_state import HERE
from rdv.models import Modality
from rdv.services.agenda import Kind
from rdv.services.board_facts import Block, Column, Person, Visit
from rdv.services.confirmed import Answer
from rdv.services.console_hole import pointed
from rdv.views.agenda.answers import ICONS as ANSWER_ICONS
from rdv.views.agenda.answers import WORDS as ANSWER_WORDS
from rdv.views.agenda.lines import clock, short_length
from rdv.views.board.asked import BoardAsked
from rdv.views.board.names import short_name

ICONS = {Modality.HOME: "home", Modality.PHONE: "phone", Modality.VISIO: "camera"}
WHERE = {Modality.HOME: "À domicile", Modality.PHONE: "Par téléphone", Modality.VISIO: "En visio"}
NOBODY = UUID(int=0)
# Code of a need -> its sign, and its words.
NEEDS = {
    "needs_interpreter": ("speech", "interprète"),
    "needs_sign_language": ("hand", "langue des signes"),
    "needs_step_free": ("ramp", "accès sans marche"),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Where the board is read, when, by whom."""

    asked: BoardAsked
    zone: ZoneInfo
    now: datetime
    site_id: int
    alike: frozenset[str] = frozenset()  # short names that would say two people

    def hour(self, instant: datetime) -> str:
        return clock(instant, self.zone)


@dataclass(frozen=True, slots=True)
class Badge:
    """`lead`: words for the ear and for paper, before what the eye reads at once ("arrivé à" 9:52)."""

    icon: str
    tone: str
    word: str
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    icon: str
    word: str


ANSWERS = {one: Need(ANSWER_ICONS[one], ANSWER_WORDS[one]) for one in (Answer.COMES, Answer.SILENT)}


@dataclass(frozen=True, slots=True)
class Said:
    """One cell. `short`: the title where the whole one does not fit. `state`: class of the card. `stamp`,
    `participation`: for the keys A and N, when one person comes."""

    kind: Kind
    hour: str
    until: str
    title: str
    short: str = ""
    state: str = ""
    text: str = ""
    icon: str = ""
    badge: Badge | None = None
    warning: str = ""
    needs: tuple[Need, ...] = ()
    answer: Need | None = None
    url: str = ""
    key: str = ""
    is_current: bool = False
    participation: UUID | None = None
    stamp: str = ""


def say_block(block: Block, column: Column, reader: Reader) -> Said:
    match block.kind:
        case Kind.RDV if block.visit is not None:
            return _rdv(block, block.visit, column, reader)
        case Kind.FREE:
            title = f"Libre {short_length(block.ends_at - block.starts_at)}"
            return _plain(block, reader, title, url=hole_url(block, column, reader) if column.may_book else "")
        case Kind.HELD:
            return _held(block, reader)
        case Kind.ABSENCE:
            return _absence(block, reader)
        case Kind.TRIP:
            return _plain(block, reader, f"Trajet, {short_length(block.ends_at - block.starts_at)}", icon="car")
    return _plain(block, reader, "Occupé", icon="lock", warning=_warning(block))


def _plain(block: Block, reader: Reader, title: str, *, url: str = "", icon: str = "", warning: str = "") -> Said:
    start, end = reader.hour(block.starts_at), reader.hour(block.ends_at)
    return Said(block.kind, start, end, title, url=url, icon=icon, warning=warning)


def _absence(block: Block, reader: Reader) -> Said:
    """Its hours, but for those that run from or to midnight."""
    start, end = (instant.astimezone(reader.zone).time() for instant in (block.starts_at, block.ends_at))
    if start != time() and end != time():
        return _plain(block, reader, block.absence)
    whole = ", toute la journée" if start == end == time() else ""
    return Said(block.kind, "", "", f"{block.absence}{whole}")


def hole_url(block: Block, column: Column, reader: Reader) -> str:
    """The console, with who receives and when; today it is for somebody who stands at the desk."""
    pairs = {
        "agent": column.agent_id,
        "depuis": reader.asked.day.isoformat(),
        "trou": pointed(block.starts_at, column.agent_id),
        "retour": reader.asked.written,
    }
    if reader.asked.day == reader.asked.today:
        pairs["venue"] = HERE
    return f"{reverse('rdv:accueil')}?{urlencode(pairs)}"


def _held(block: Block, reader: Reader) -> Said:
    return Said(
        block.kind,
        reader.hour(block.starts_at),
        reader.hour(block.ends_at),
        "Place tenue",
        state="held",
        text="Liste d’attente" if block.is_waitlist else "Un formulaire se remplit",
        badge=Badge("hourglass", "h", _until(block.expires_at, reader), "jusqu’à") if block.expires_at else None,
        url=reverse("rdv:waiting_take", args=[block.token]) if block.token else "",
    )


def _until(instant: datetime, reader: Reader) -> str:
    """13:00; lun. 13:00 when it is not today."""
    local = instant.astimezone(reader.zone)
    day = "" if local.date() == reader.asked.today else f"{french.SHORT_WEEKDAYS[local.weekday()]}{NBSP}"
    return f"{day}{reader.hour(instant)}"


def _rdv(block: Block, visit: Visit, column: Column, reader: Reader) -> Said:
    live = visit.live
    alone = live[0] if len(live) == 1 and not visit.is_collective else None
    state, badge = _fate(visit, reader)
    warning = _warning(block)
    return Said(
        Kind.RDV,
        reader.hour(block.starts_at),
        reader.hour(block.ends_at),
        title_of(visit),
        short=_short_title(visit, reader),
        state=f"{state} over".strip() if warning else state,
        text=_text(visit, column.agent_id, reader),
        icon="group" if visit.is_collective or len(visit.agents) > 1 else ICONS.get(visit.modality, ""),
        badge=badge,
        warning=warning,
        needs=needs_of(live) if not visit.is_collective else (),
        answer=ANSWERS.get(alone.answer) if alone else None,
        url=card_url(reader.asked, visit.uuid),
        key=f"c{column.agent_id}-{visit.uuid.hex[:12]}",
        is_current=visit.starts_at <= reader.now < visit.ends_at,
        participation=alone.participation if alone else None,
        stamp=stamp_of(alone) if alone else "",
    )


def card_url(asked: BoardAsked, rdv: UUID) -> str:
    """This board with that Rdv beside it, without writing an address anew for each of two hundred cards."""
    return _card_pattern(asked.day, asked.today, asked.site).replace(str(NOBODY), str(rdv))


@lru_cache(maxsize=64)
def _card_pattern(day: date, today: date, site: str) -> str:
    return f"{BoardAsked(day, today, rdv=NOBODY, site=site).url()}#choisi"


def title_of(visit: Visit) -> str:
    if visit.is_collective or not visit.live:
        return visit.title or visit.motif
    return french.joined([person.name for person in visit.live])


def _short_title(visit: Visit, reader: Reader) -> str:
    """Empty where it would say less than the whole title, or say two people at once."""
    if visit.is_collective:
        return ""
    names = [short_name(person) for person in visit.live]
    return "" if not all(names) or reader.alike & set(names) else french.joined(names)


def _warning(block: Block) -> str:
    if block.on_absence:
        return "À revoir"
    if block.has_double:
        return "Double"
    return "En plus" if block.visit is not None and block.visit.is_overbooked else ""


def _text(visit: Visit, agent_id: int, reader: Reader) -> str:
    if visit.is_collective:
        count = len(visit.live)
        return f"{count} inscrit{'s' if count > 1 else ''} sur {visit.capacity}"
    where = WHERE.get(visit.modality, "")
    if visit.town:
        where = f"{where}, {visit.town}"
    elsewhere = f"À {visit.site_name}" if visit.site_id != reader.site_id else ""
    others = [name for pk, name in visit.agents if pk != agent_id]
    with_whom = f"avec {french.joined(others)}" if others else ""
    return " · ".join(word for word in (elsewhere, where, visit.motif, with_whom) if word)


def needs_of(people: Sequence[Person]) -> tuple[Need, ...]:
    codes = dict.fromkeys(code for person in people for code in person.needs)
    return tuple(Need(*NEEDS[code]) for code in codes)


def _fate(visit: Visit, reader: Reader) -> tuple[str, Badge | None]:
    """Class of the card, and its badge."""
    if visit.is_collective:
        return _workshop_fate(visit, reader)
    return person_fate(visit, visit.live[0], reader) if visit.live else ("", None)


def person_fate(visit: Visit, person: Person, reader: Reader) -> tuple[str, Badge | None]:
    late = visit.lateness(person, reader.now)
    if person.status is Status.SEEN:
        return "seen", Badge("check", "ok", "Vu")
    if person.status is Status.NOSHOW:
        return "no", Badge("cross", "b", "Absent")
    if person.arrived_at is not None:
        return "in", Badge("arrived", "ok", reader.hour(person.arrived_at), "Arrivé à")
    if visit.ends_at <= reader.now:
        return "", Badge("clock", "w", "À renseigner")
    return ("late", Badge("clock", "w", f"+{late}{NBSP}min", "En retard")) if late else ("", None)


def _workshop_fate(visit: Visit, reader: Reader) -> tuple[str, Badge | None]:
    seen = sum(person.status is Status.SEEN for person in visit.live)
    here = sum(person.waits for person in visit.live)
    if seen:
        return "seen", Badge("check", "ok", f"{seen} vu{'s' if seen > 1 else ''}")
    if here:
        return "in", Badge("arrived", "ok", f"{here} arrivé{'s' if here > 1 else ''}")
    if visit.ends_at <= reader.now and any(person.status is Status.UNKNOWN for person in visit.live):
        return "", Badge("clock", "w", "À renseigner")
    return "", None


# What the page showed of somebody, so that the second of two people at the desk is told what changed.


def stamp_of(person: Person) -> str:
    return f"{person.status.value}-{'ici' if person.arrived_at else 'non'}-{person.version}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """None where the page said nothing that can be read. `version`: of the schedule, so of the hour that was shown."""

    status: Status | None = None
    is_here: bool | None = None
    version: int | None = None


_STAMP = re.compile(rf"({'|'.join(one.value for one in Status)})-(ici|non)(?:-([0-9]{{1,9}}))?")


def read_stamp(text: str) -> Stamp:
    found = _STAMP.fullmatch(text)
    if found is None:
        return Stamp()
    return Stamp(Status(found[1]), found[2] == "ici", int(found[3]) if found[3] else None)
