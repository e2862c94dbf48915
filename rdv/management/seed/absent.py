"""An absence that is being dealt with: each kind of decision, and each kind of answer, through the real services.

Room: management. Called by run.py after the sick leave is written. Most of it happened on the last working day; what
still waits for an answer was sent this morning, for hours more than a week away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from agents.access import scope_of
from rdv.core.journal import Author
from rdv.domain.absent import Hour
from rdv.domain.windows import Window
from rdv.management.seed.institution import Institution
from rdv.management.seed.team import ISABELLE
from rdv.management.seed.world import DAY, World
from rdv.models import Absence, Proposition, SuiteChoice
from rdv.services import absent, calls, proposition_answer, propositions
from rdv.services.absent_plan import Line, plan_of
from rdv.services.public_booking import author_of
from rdv.services.questions import EVERYBODY

EARLY = time(7, 30)
# Far enough for a day to answer in: still waited for whatever the hour at which the demo starts.
FAR = 9 * DAY
MEMORY = timedelta(days=60)
PICKED, REFUSED, LAPSED = "picked", "refused", "lapsed"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is decided for the next Rdv of the list, and what the person answers."""

    choice: SuiteChoice | None
    answer: str = ""


PROPOSE = SuiteChoice.PROPOSE
YESTERDAY = (
    Scene(PROPOSE, PICKED),
    Scene(None),  # the preset: a colleague when one is free
    Scene(PROPOSE, LAPSED),
    Scene(SuiteChoice.CALL),
    Scene(PROPOSE, REFUSED),
)


class AbsentStory:
    def __init__(self, world: World, built: Institution, absence: Absence, *, now: datetime) -> None:
        self.world, self.absence, self.now = world, absence, now
        isabelle = built.agents[ISABELLE]
        self.scope = scope_of(isabelle, today=world.today)
        self.author = Author("agent", isabelle.pk, isabelle.full_name, "secretaire")

    def tell(self) -> None:
        """The last Rdv of the day is left undecided, when there are enough."""
        lines = self._open(self.now)
        scenes = list(zip(lines[:-1] or lines, YESTERDAY, strict=False))
        wanted = [self._wanted(line, scene) for line, scene in scenes]
        absent.decide(absence=self.absence, wanted=wanted, author=self.author, now=self.now)
        for line, scene in scenes:
            self._answer(line, scene)
        self._this_morning()

    def _this_morning(self) -> None:
        at = min(self.world.now, self.world.at(self.world.today, EARLY))
        lines = [line for line in self._open(at) if line.hours]
        for line in lines[:1]:
            hours = self._far_hours(line, at)
            if hours:
                wanted = absent.Wanted(line.rdv.pk, PROPOSE, line.rdv.schedule_version, hours=hours)
                absent.decide(absence=self.absence, wanted=[wanted], author=self.author, now=at)
        calls.note_unreached(at, since=MEMORY)

    def _open(self, now: datetime) -> list[Line]:
        """What was booked by then: the same day goes on filling after the story."""
        found = plan_of(self.absence, scope=self.scope, now=now, today=self.world.today)
        return [line for line in found.open if all(one.created_at < now for one in line.people)]

    @staticmethod
    def _wanted(line: Line, scene: Scene) -> absent.Wanted:
        values = {way.value for way in line.ways}
        value = scene.choice.value if scene.choice is not None and scene.choice.value in values else line.preset
        code, _, agent = value.partition(":")
        return absent.Wanted(
            rdv_id=line.rdv.pk,
            choice=SuiteChoice(code),
            version=line.rdv.schedule_version,
            agent_id=int(agent) if agent else None,
            hours=tuple(hour.code for hour in line.hours),
        )

    def _far_hours(self, line: Line, now: datetime) -> tuple[str, ...]:
        participation = line.people[0]
        participation.rdv = line.rdv
        question = propositions.question_for(participation, now=now, agents=EVERYBODY, site_ids=[line.rdv.site_id])
        window = Window(now + FAR, question.window.latest)
        found: Sequence[Hour] = propositions.free_hours(question, window)
        return tuple(hour.code for hour in found[:: max(1, len(found) // 3)][:3])

    def _answer(self, line: Line, scene: Scene) -> None:
        people = [one.pk for one in line.people]
        found = Proposition.objects.live().whole().filter(participation__in=people, absence=self.absence).first()
        if found is None or not scene.answer:
            return
        author = author_of(found.participation.responsable or found.participation.usager)
        soon = self.now + timedelta(minutes=25)
        if scene.answer == PICKED:
            horaire = found.horaires.order_by("position")[0]
            horaire.proposition = found
            proposition_answer.pick(horaire=horaire, author=author, now=soon)
        elif scene.answer == REFUSED:
            proposition_answer.refuse(proposition=found, author=author, now=soon)
        elif found.answer_by <= self.world.now:
            propositions.lapse_due(found.answer_by)
