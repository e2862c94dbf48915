"""A few people who really book, move and cancel, through the services: their messages exist as they would.

Room: management. Called by run.py once the rows are committed. Who comes is named; the hour is the first free one
from the day asked on, so that holidays and closures change nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from agents.models import Agent
from rdv.core.journal import Author
from rdv.domain.travel import Point
from rdv.domain.windows import Window
from rdv.management.seed.institution import Institution
from rdv.management.seed.people import People, Person
from rdv.management.seed.team import CLAIRE, ISABELLE, KARIM, LAURENCE_974, THOMAS
from rdv.management.seed.world import DAY, WEEK, World
from rdv.models import Absence, AbsenceKind, Modality, Motif, Origin, Participation, Rdv
from rdv.services import availability, holding
from rdv.services.absences import AbsenceRule, create_absence
from rdv.services.booking import Booking, book_option
from rdv.services.cancelling import cancel_participation
from rdv.services.moving import Move, move_rdv
from rdv.services.questions import EVERYBODY, Agents

CANCELLED, MOVED = "cancelled", "moved"
LATEST_SEARCH = 5 * WEEK
ENOUGH_TO_REVIEW = 3
# The sick leave falls on the fullest of the next days.
DAYS_LOOKED_AT = 8


@dataclass(frozen=True, slots=True)
class Journey:
    """`by`: the agent who books, '' for the person online. `days`: from today; `then`: what they do the same day."""

    who: str
    motif: str
    site: str
    days: int
    at: time = time(9)
    agent: str = ""
    by: str = ""
    origin: Origin = Origin.WEB
    then: str = ""
    context: str = ""


JOURNEYS_62 = (
    Journey(
        "Ilyes Benali", "vaccination", "lens", 2, time(8, 45), agent=CLAIRE, context="Interprète arabe par téléphone."
    ),
    Journey("Samira Benali", "suivi-social", "lens", 4, time(14), agent=KARIM, by=KARIM, origin=Origin.AGENT),
    Journey("Lina Benali", "entretien-enfance", "lens", 6, time(14), agent=THOMAS, by=THOMAS, origin=Origin.AGENT),
    Journey("Zlata Kovalenko", "pesee", "lens", 1, time(9), by=ISABELLE, origin=Origin.PHONE),
    Journey("Tiago Alves", "pesee", "lens", 5, time(10)),
    Journey("Louise Ferrand", "consultation-nourrisson", "lievin", 6, time(9)),
    Journey("Yanis Bouzid", "vaccination", "lens", 9, time(9), by=ISABELLE, origin=Origin.PHONE),
    Journey("Nora Slimani", "permanence-sociale", "lens", 8, time(9)),
    Journey("Denis Aubry", "dossier-surendettement", "lens", 10, time(9), by=ISABELLE, origin=Origin.DESK),
    Journey("Marc Toussaint", "bilan-budget", "lens", 12, time(9), by=ISABELLE, origin=Origin.DESK),
    Journey("Manon Lebrun", "conseil-allaitement", "lens", 10, time(15)),
    Journey("Awa Koné", "visite-sage-femme", "lens", 7, time(14)),
    Journey("Gaspard Leroy", "point-budget-telephone", "lens", 11, time(16)),
    Journey("Sami Khelifi", "pesee", "lievin", 13, time(9), then=MOVED),
    Journey("Jules Adam", "pesee", "lens", 16, time(9), then=CANCELLED),
    Journey("Rosa Mendes", "massage-bebe", "lens", 3),
)
JOURNEYS_974 = (Journey("", "pesee", "saint-denis", 4, time(9), by=LAURENCE_974, origin=Origin.PHONE),)


class Traveller:
    """Carries out the journeys of one departement, as on its last working day before today."""

    def __init__(self, world: World, built: Institution, people: People) -> None:
        self.world, self.built, self.people = world, built, people
        eve = world.working_day_before(world.today)
        self.now = world.at(eve, time(9, 5))

    def travel(self) -> list[Participation]:
        """What was booked; a journey whose hours are all taken is left out."""
        journeys = JOURNEYS_62 if self.world.departement.code == "62" else JOURNEYS_974
        booked = []
        for journey in journeys:
            self.now += timedelta(minutes=11)
            person = self._person(journey)
            rdv = self._book(journey, person) if person else None
            if rdv is not None and person is not None:
                participation = rdv.participations.select_related("usager", "responsable").get(usager=person.usager)
                booked.append(participation)
                self._then(journey, rdv, participation, person)
        return booked

    def _person(self, journey: Journey) -> Person | None:
        if journey.who:
            return self.people.by_name.get(journey.who)
        pool = self.people.pools.get((self.built.pools[journey.motif], journey.site), [])
        return pool[0] if pool else None

    def _author(self, journey: Journey, person: Person) -> Author | None:
        if not journey.by:
            return Author("usager", person.contact.pk, person.contact.full_name)
        agent = self.built.agents.get(journey.by)
        return Author("agent", agent.pk, agent.full_name, self.built.seeds[journey.by].role) if agent else None

    def _book(self, journey: Journey, person: Person) -> Rdv | None:
        author = self._author(journey, person)
        if author is None or (journey.agent and journey.agent not in self.built.agents):
            return None
        motif, opened_at = self.built.motifs[journey.motif], self.now - timedelta(seconds=75)
        if motif.is_collective:
            return self._join(motif, journey, person, author, opened_at)
        place = _place(motif, person)
        agents: Agents = [self.built.agents[journey.agent].pk] if journey.agent else EVERYBODY
        start = self._start(motif, journey, person, agents, place, is_public=not author.is_agent)
        if start is None:
            return None
        self.world.diary.take(person.usager.uuid, start, start + motif.duration)
        option = holding.hold_creneau(
            motif=motif,
            site=self.built.sites[journey.site],
            starts_at=start,
            agents=agents,
            author=author,
            opened_at=opened_at,
            now=self.now - timedelta(seconds=50),
            usager=person.usager,
            place=place,
        )
        booking = self._booking(journey, person, place)
        return book_option(token=option.token, booking=booking, author=author, now=self.now)

    def _join(self, motif: Motif, journey: Journey, person: Person, author: Author, opened_at: datetime) -> Rdv | None:
        window = availability.usager_window(motif, self.now)
        wanted = Window(max(window.earliest, self._wanted(journey)), window.latest)
        for session in availability.sessions_of(motif, sites=[self.built.sites[journey.site]], window=wanted):
            if session.seats_left and self._is_person_free(person, session.starts_at, session.ends_at):
                option = holding.hold_seat(atelier=session, author=author, opened_at=opened_at, now=self.now)
                booking = self._booking(journey, person, None)
                return book_option(token=option.token, booking=booking, author=author, now=self.now)
        return None

    def _start(
        self, motif: Motif, journey: Journey, person: Person, agents: Agents, place: Point | None, *, is_public: bool
    ) -> datetime | None:
        """The first free hour at which the person has nothing else."""
        wanted = self._wanted(journey)
        found = availability.creneaux_of(
            motif,
            sites=[self.built.sites[journey.site]],
            agents=agents,
            window=Window(wanted, wanted + LATEST_SEARCH),
            now=self.now,
            is_public=is_public,
            place=place,
        )
        starts = (creneau.starts_at for creneau in found)
        return next((start for start in starts if self._is_person_free(person, start, start + motif.duration)), None)

    def _is_person_free(self, person: Person, start: datetime, end: datetime) -> bool:
        return self.world.diary.is_free(person.usager.uuid, start, end)

    def _wanted(self, journey: Journey) -> datetime:
        return self.world.at(self.world.today + journey.days * DAY, journey.at)

    @staticmethod
    def _booking(journey: Journey, person: Person, place: Point | None) -> Booking:
        return Booking(
            usager=person.usager,
            responsable=person.responsable,
            origin=journey.origin,
            context=journey.context,
            wants_sms=bool(person.contact.phone),
            wants_email=bool(person.contact.email),
            address=person.usager.address if place else "",
            latitude=place.lat if place else None,
            longitude=place.lon if place else None,
        )

    def _then(self, journey: Journey, rdv: Rdv, participation: Participation, person: Person) -> None:
        author = self._author(journey, person)
        if author is None or not journey.then:
            return
        self.now += timedelta(minutes=9)
        if journey.then == CANCELLED:
            cancel_participation(participation=participation, by_service=False, author=author, now=self.now)
            return
        later = Journey(journey.who, journey.motif, journey.site, journey.days + 3, journey.at)
        start = self._start(rdv.motif, later, person, EVERYBODY, None, is_public=not author.is_agent)
        if start is not None and start != rdv.starts_at:
            move_rdv(rdv=rdv, move=Move(starts_at=start, agents=EVERYBODY), author=author, now=self.now)

    def sick_leave(self, names: tuple[str, ...]) -> Absence | None:
        """The first of these colleagues with Rdv ahead is off sick that day: Rdv to look at again."""
        for name in names:
            agent = self.built.agents.get(name)
            busiest = self._first_busy_day(agent) if agent else None
            if agent is not None and busiest is not None:
                rule = AbsenceRule(first_day=busiest, last_day=busiest, kind=AbsenceKind.SICK)
                author = Author("agent", agent.pk, agent.full_name, "agent")
                return create_absence(agent=agent, rule=rule, author=author, now=self.now).absence
        return None

    def _first_busy_day(self, agent: Agent) -> date | None:
        since = self.world.at(self.world.today + DAY, time(0))
        rdvs = Rdv.objects.live().filter(rdv_agents__agent=agent, starts_at__gte=since).order_by("starts_at")
        days: dict[date, int] = {}
        for start in rdvs.values_list("starts_at", flat=True):
            day = start.astimezone(self.world.zone).date()
            days[day] = days.get(day, 0) + 1
        soon = [day for day in list(days)[:DAYS_LOOKED_AT] if days[day] >= ENOUGH_TO_REVIEW]
        return max(soon, key=lambda day: (days[day], -day.toordinal())) if soon else None


def _place(motif: Motif, person: Person) -> Point | None:
    usager = person.usager
    if motif.modality != Modality.HOME or usager.latitude is None or usager.longitude is None:
        return None
    return Point(usager.latitude, usager.longitude)
