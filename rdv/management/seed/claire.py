"""The week of Claire Vasseur, puéricultrice in Lens, told hour by hour: everything an agenda can show is in it.

Room: management. Called by run.py for 62, before the workshops and the crowd. The current week is told
whole; what must lie ahead to be of use (an Rdv written over another, a binôme, a confidential meeting) comes on the
next such weekday.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from agents.models import Agent
from rdv.domain.statuses import Status
from rdv.domain.travel import Point
from rdv.management.seed.drafts import Board, Draft, Seat
from rdv.management.seed.institution import Institution
from rdv.management.seed.outcomes import Outcomes
from rdv.management.seed.people import People, Person
from rdv.management.seed.rhythms import FRI, MON, THU, TUE, WED
from rdv.management.seed.team import CLAIRE, KARIM, SOPHIE, THOMAS
from rdv.management.seed.world import DAY, WEEK, World
from rdv.models import Modality, Origin

SEEN, NOSHOW, UNKNOWN, EXCUSED = Status.SEEN, Status.NOSHOW, Status.UNKNOWN, Status.EXCUSED


@dataclass(frozen=True, slots=True)
class Scene:
    """`told`: what happened, once it is past. `minutes` None: the motif's own length."""

    weekday: int
    starts: time
    motif: str
    who: tuple[str, ...]
    told: Status = SEEN
    minutes: int | None = None
    others: tuple[str, ...] = ()
    late_minutes: int | None = None
    context: str = ""
    is_over: bool = False  # written over another Rdv, knowingly
    origin: Origin = Origin.PHONE
    week: int = 0


WEEK_OF_CLAIRE = (
    Scene(MON, time(8, 30), "conseil-allaitement", ("Manon Lebrun",)),
    Scene(MON, time(9), "pesee", ("Tiago Alves",), origin=Origin.WEB),
    Scene(MON, time(9, 30), "pesee", ("Emma Roy",), NOSHOW, origin=Origin.WEB),
    Scene(
        MON,
        time(10, 30),
        "massage-bebe",
        ("Aline Bertin", "Sofia Duval", "Camille Jean", "Houria Meziane", "Inès Roche"),
        origin=Origin.AGENT,
    ),
    Scene(MON, time(14), "visite-naissance", ("Léna Faure",), UNKNOWN, minutes=60, origin=Origin.AGENT),
    Scene(MON, time(15, 20), "visite-naissance", ("Inès Torres",), minutes=60, origin=Origin.AGENT),
    Scene(TUE, time(8, 30), "pesee", ("Moussa Diallo",)),
    Scene(TUE, time(8, 50), "pesee", ("Louise Ferrand",), origin=Origin.WEB),
    Scene(TUE, time(9, 10), "pesee", ("Éliott Lemoine",), NOSHOW),
    Scene(TUE, time(9, 30), "conseil-allaitement", ("Samira Benali",), context="Interprète arabe par téléphone."),
    Scene(TUE, time(10), "pesee", ("Yanis Bouzid",), late_minutes=12, origin=Origin.WEB),
    Scene(TUE, time(11), "pesee", ("Maëlys Dupuis",), origin=Origin.WEB),
    Scene(TUE, time(11, 30), "visite-naissance", ("Rosa Mendes",), origin=Origin.AGENT),
    Scene(TUE, time(13, 50), "visite-naissance", ("Ana Silva",), origin=Origin.AGENT),
    Scene(TUE, time(14, 55), "visite-naissance", ("Awa Koné",), origin=Origin.AGENT),
    Scene(TUE, time(16), "conseil-allaitement", ("Manon Lebrun",), origin=Origin.DESK),
    Scene(WED, time(10), "pesee", ("Nina Costa",), UNKNOWN, origin=Origin.WEB),
    Scene(FRI, time(10), "pesee", ("Sami Khelifi",), origin=Origin.WEB),
    Scene(FRI, time(10, 30), "pesee", ("Lou Girard",)),
    Scene(FRI, time(11, 30), "vaccination", ("Adam Nowak",), EXCUSED),
)
AHEAD = (
    Scene(THU, time(9, 30), "rencontre-enfance-a-deux", ("Emma Roy",), others=(THOMAS,), origin=Origin.AGENT),
    Scene(THU, time(11), "conseil-allaitement", ("Jules Adam",), minutes=45),
    Scene(
        THU,
        time(11, 15),
        "conseil-allaitement",
        ("Mila Henry",),
        is_over=True,
        context="Bébé sorti de l’hôpital hier, la maman ne peut venir que jeudi.",
        origin=Origin.AGENT,
    ),
    Scene(THU, time(14), "entretien-a-deux", ("Éva Masson",), others=(KARIM,), origin=Origin.AGENT),
    Scene(THU, time(15, 30), "conseil-telephone", ("Gaspard Leroy",)),
)
# What the file of Samira Benali tells of the last weeks.
BENALI = (
    (CLAIRE, Scene(THU, time(15, 30), "visite-naissance", ("Ilyes Benali",), week=-8, origin=Origin.AGENT)),
    (CLAIRE, Scene(MON, time(10), "pesee", ("Ilyes Benali",), NOSHOW, week=-6)),
    (CLAIRE, Scene(TUE, time(9, 30), "pesee", ("Ilyes Benali",), week=-3)),
    (KARIM, Scene(THU, time(14), "suivi-social", ("Samira Benali",), week=-5, origin=Origin.AGENT)),
    (KARIM, Scene(WED, time(11), "permanence-sociale", ("Samira Benali",), EXCUSED, week=-2, origin=Origin.WEB)),
)
# Colleagues on the day boards of Lens, in the current week.
COLLEAGUES = (
    (KARIM, Scene(MON, time(9, 30), "suivi-social", ("Paul Renard",), UNKNOWN)),
    (KARIM, Scene(MON, time(10, 30), "permanence-sociale", ("Nora Slimani",), UNKNOWN, origin=Origin.WEB)),
    (KARIM, Scene(MON, time(11, 30), "suivi-social", ("Iris Delcourt",), UNKNOWN)),
    (SOPHIE, Scene(TUE, time(15), "suivi-social", ("Marc Toussaint",), NOSHOW)),
)


class ClaireWeek:
    def __init__(self, world: World, built: Institution, people: People, board: Board) -> None:
        self.world, self.built, self.people, self.board = world, built, people, board
        self.outcomes = Outcomes(world, "claire")
        self.claire = built.agents[CLAIRE]

    @property
    def training_day(self) -> date:
        return self.world.monday + WED * DAY

    def plan(self) -> None:
        for scene in WEEK_OF_CLAIRE:
            self._plan(self.claire, scene, self.world.monday + scene.weekday * DAY)
        for scene in AHEAD:
            self._plan(self.claire, scene, self.next_one(scene.weekday))
        for name, scene in (*BENALI, *COLLEAGUES):
            if name in self.built.agents:
                self._plan(self.built.agents[name], scene, self.world.monday + scene.week * WEEK + scene.weekday * DAY)
        for scene in (*WEEK_OF_CLAIRE, *AHEAD):
            day = self.world.monday + scene.weekday * DAY
            if scene not in AHEAD or day == self.next_one(scene.weekday):
                self.world.scripted.add((self.claire.pk, day))

    def next_one(self, weekday: int) -> date:
        """This week's if it is not past (today counts), else next week's; never a holiday."""
        day = self.world.monday + weekday * DAY
        while day < self.world.today or self._is_shut(day):
            day += WEEK
        return day

    def _is_shut(self, day: date) -> bool:
        return self.world.is_holiday(day) or self.built.is_closed(self.built.sites["lens"], day)

    def _plan(self, agent: Agent, scene: Scene, day: date) -> None:
        motif = self.built.motifs[scene.motif]
        start = self.world.at(day, scene.starts)
        end = start + (timedelta(minutes=scene.minutes) if scene.minutes else motif.duration)
        agents = [agent, *(self.built.agents[name] for name in scene.others if name in self.built.agents)]
        if self._is_shut(day) or (not scene.is_over and not self.board.are_free(agents, motif, start, end)):
            return
        people = [self.people.by_name[name] for name in scene.who]
        people = [one for one in people if self.board.may_come(one, start, end)]
        made = self.outcomes.making(motif, start)
        draft = Draft(
            motif=motif,
            site=self.built.sites["lens"],
            agents=agents,
            starts_at=start,
            ends_at=end,
            seats=[self._seat(one, scene, start, end, made.created_at) for one in people],
            created_at=made.created_at,
            origin=scene.origin,
            booking_seconds=made.booking_seconds,
            is_overbooked=scene.is_over,
            context=scene.context,
            title=motif.name if motif.is_collective else "",
            capacity=motif.capacity,
        )
        if motif.modality == Modality.HOME and people:
            self._at_home(draft, people[0])
        if draft.seats or motif.is_collective:
            self.board.add(draft)

    def _seat(self, person: Person, scene: Scene, start: datetime, end: datetime, created_at: datetime) -> Seat:
        told = scene.told
        if self.built.motifs[scene.motif].is_collective:
            told = UNKNOWN  # the sheet of the workshop is still to be filled in
        seat = self.outcomes.seated(person, told, start, end, created_at)
        seat.late_minutes = scene.late_minutes
        return seat

    @staticmethod
    def _at_home(draft: Draft, person: Person) -> None:
        usager = person.usager
        draft.address = usager.address
        if usager.latitude is not None and usager.longitude is not None:
            draft.point = Point(usager.latitude, usager.longitude)
