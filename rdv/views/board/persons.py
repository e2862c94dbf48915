"""The panel of one Rdv beside the columns: each person, and the gestures that their state allows. Pure, no query."""

from dataclasses import dataclass

from rdv.domain.statuses import Status
from rdv.services.board_facts import Person, Visit
from rdv.services.confirmed import Answer
from rdv.views.board.words import ANSWERS, Badge, Need, Reader, needs_of, person_fate, stamp_of

# How late somebody may say they are.
MINUTES = (5, 10, 15, 20, 30, 45, 60)


@dataclass(frozen=True, slots=True)
class Gesture:
    code: str
    word: str
    icon: str
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class ShownPerson:
    person: Person
    badge: Badge
    needs: tuple[Need, ...]
    gestures: list[Gesture]
    may_be_late: bool
    stamp: str
    answer: Need | None


def shown_person(visit: Visit, person: Person, reader: Reader, *, is_today: bool) -> ShownPerson:
    _, badge = person_fate(visit, person, reader)
    if not person.is_live:
        word = "Excusé" if person.status is Status.EXCUSED else "Annulé par le service"
        badge = Badge("back", "", word)
    has_begun = visit.starts_at <= reader.now
    return ShownPerson(
        person=person,
        badge=badge or Badge("dot", "", "En cours" if has_begun else "À venir"),
        needs=needs_of([person]),
        gestures=[
            *_gestures(person, has_begun=has_begun, is_today=is_today),
            *_answers(visit, person, has_begun=has_begun),
        ],
        may_be_late=is_today
        and person.status is Status.UNKNOWN
        and not person.arrived_at
        and reader.now < visit.ends_at,
        stamp=stamp_of(person),
        answer=ANSWERS.get(person.answer),
    )


def _answers(visit: Visit, person: Person, *, has_begun: bool) -> list[Gesture]:
    """What was said on the phone of coming or not."""
    if has_begun or person.status is not Status.UNKNOWN or person.arrived_at is not None:
        return []
    if person.answer is Answer.COMES:
        return [Gesture("pas-confirme", "Défaire « a confirmé »", "back")]
    return [Gesture("confirme", "A confirmé par téléphone", "phone")] if visit.asks else []


def _gestures(person: Person, *, has_begun: bool, is_today: bool) -> list[Gesture]:
    if not person.is_live:
        return [Gesture("remettre", "Remettre le rendez-vous", "back")]
    if person.status is Status.SEEN:
        return [Gesture("absent", "Absent", "cross"), Gesture("a-venir", "Défaire « vu »", "back")]
    found = []
    if is_today and not person.waits:
        found.append(Gesture("arrive", "Arrivé", "arrived", is_first=True))
    if has_begun:
        found.append(Gesture("vu", "Vu", "check", is_first=person.waits))
    if person.status is Status.NOSHOW:
        return [*found, Gesture("a-venir", "Défaire « absent »", "back")]
    if has_begun:
        found.append(Gesture("absent", "Absent", "cross"))
    if person.arrived_at is not None:
        return [*found, Gesture("pas-arrive", "Défaire l’arrivée", "back")]
    if person.late_minutes:
        found.append(Gesture("a-l-heure", "Retirer le retard", "back"))
    return [*found, Gesture("excuse", "Excusé", "back")]
