"""The waiting list of the weeks gone by: hours that were called off the day before, who was asked, what they said.

Room: management. Called by waiting.py. Everything goes through the services, each at the hour it happened: the journal,
the figures and the replays are those of real life.

    heap of (instant, act):  join ... freed -> offers -> yes | no | no answer -> the next ... the Rdv takes place
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from itertools import count

from django.db import transaction
from django.db.models import Max

from agents.models import Role
from rdv.core.db import lock_agents
from rdv.core.errors import DomainError
from rdv.core.journal import Author
from rdv.domain.statuses import Status
from rdv.management.seed.institution import Institution
from rdv.management.seed.letters import offers_have_left
from rdv.management.seed.people import People, Person
from rdv.management.seed.waiting_people import ANSWERS, NOTHING, TAKEN_BACK, YES
from rdv.management.seed.world import DAY, MINUTE, WEEK, Deck, World
from rdv.models import Inscription, Motif, Offre, Origin, Participation, Rdv
from rdv.services import waitlist_answer, waitlist_join, waitlist_offer, waitlist_sources, waitlist_withdraw
from rdv.services.attendance import set_status
from rdv.services.booking import Booking, book_option
from rdv.services.waitlist_join import Wish, Wishes

WEEKS_TOLD = 8
HOURS_A_WEEK, HOURS_A_WEEK_SMALL = 7, 2
# Of so many hours, one finds nobody, one is taken back by an agent.
NOBODY_IN, TAKEN_BACK_IN = 6, 17
SHORT_NOTICE_MIN = 120


@dataclass(slots=True)
class Timeline:
    """Acts in the order of the hours; what an act plans later finds its place."""

    until: datetime
    _heap: list[tuple[datetime, int, Callable[[datetime], object]]] = field(default_factory=list)
    _number: "count[int]" = field(default_factory=count)

    def at(self, instant: datetime, act: Callable[[datetime], object]) -> None:
        if instant <= self.until:
            heapq.heappush(self._heap, (instant, next(self._number), act))

    def run(self) -> None:
        while self._heap:
            instant, _, act = heapq.heappop(self._heap)
            act(instant)


class PastWeeks:
    """Plans the hours freed lately on a timeline, with those who waited for them."""

    def __init__(self, world: World, built: Institution, people: People, timeline: Timeline) -> None:
        self.world, self.built, self.people, self.timeline = world, built, people, timeline
        self.dice = world.dice("waiting:past")
        self._answers = Deck([said for said, number in ANSWERS.items() for _ in range(number)], self.dice)
        self._attended = Deck([Status.SEEN] * 11 + [Status.NOSHOW], self.dice)
        self._seen: set[int] = set()
        # (usager, motif) -> when the history gave them the last Rdv: before that it would be exchanged unborn.
        self._last = _last_rdvs(world)
        self.manners: dict[int, str] = {}
        self.used: set[int] = {person.usager.pk for person in people.by_name.values()}

    def plan(self) -> None:
        for number, rdv in enumerate(self._called_off()):
            freed_at = rdv.cancelled_at
            assert freed_at is not None  # noqa: S101 - the question asks for it
            if number % NOBODY_IN:
                self._plan_waiters(rdv, freed_at)
            self.timeline.at(freed_at, partial(self._free, rdv))
            if number % TAKEN_BACK_IN == 1:
                self.timeline.at(freed_at + 9 * MINUTE, partial(self._take_back, rdv))

    def _called_off(self) -> list[Rdv]:
        """Hours given back too late for the public, as many each week; the ones of named people stay as they are."""
        since = self.world.at(self.world.today, time(0)) - WEEKS_TOLD * WEEK
        rows = Rdv.objects.filter(
            departement=self.world.departement,
            motif__has_waitlist=True,
            motif__is_collective=False,
            modality="public_office",
            cancelled_at__gte=since,
            cancelled_at__lt=self.timeline.until - 6 * 60 * MINUTE,
            is_overbooked=False,
        )
        rows = rows.exclude(participations__usager__in=list(self.used)).select_related(
            "motif__departement", "motif__service", "site"
        )
        weekly: dict[int, list[Rdv]] = {}
        for rdv in rows.order_by("cancelled_at", "starts_at", "id"):
            assert rdv.cancelled_at is not None  # noqa: S101 - asked above
            if timedelta(hours=4) <= rdv.starts_at - rdv.cancelled_at <= 2 * DAY and rdv.starts_at > rdv.cancelled_at:
                weekly.setdefault((rdv.cancelled_at - since) // WEEK, []).append(rdv)
        kept = HOURS_A_WEEK_SMALL if self.world.is_small else HOURS_A_WEEK
        return [rdv for rows in weekly.values() for rdv in self.dice.sample(rows, min(kept, len(rows)))]

    # Joining

    def _plan_waiters(self, rdv: Rdv, freed_at: datetime) -> None:
        """One to three people of the place, since days or weeks; half of them for a while only."""
        for rank in range(self.dice.choice((1, 2, 2, 3))):
            opened_at = freed_at - self.dice.randrange(2, 16) * DAY - self.dice.randrange(400) * MINUTE
            # An Rdv taken while they waited would be given back for another hour, at a moment when it was unborn.
            person = self.somebody(rdv.motif, rdv.site.slug, since=opened_at)
            if person is None:
                return
            until = freed_at.date() + (6 + 5 * rank) * DAY if self.dice.random() < 0.5 else None
            wishes = Wishes(sites=[rdv.site], until_day=until, shortest_notice_min=SHORT_NOTICE_MIN)
            wish = Wish(
                usager=person.usager,
                responsable=person.responsable,
                motif=rdv.motif,
                wishes=wishes,
                origin=self.dice.choice((Origin.WEB, Origin.PHONE)),
            )
            self.timeline.at(opened_at, partial(self._join, wish))

    def somebody(self, motif: Motif, slug: str, *, since: datetime) -> Person | None:
        """Somebody of this place who comes for such things, waits for nothing yet, and took no Rdv for it since."""
        pool = self.built.pools[motif.slug]
        persons = self.people.pools.get((pool, slug), [])
        free = [
            person
            for person in persons
            if person.usager.pk not in self.used and self._last.get((person.usager.pk, motif.pk), since) <= since
        ]
        if not free:
            return None
        found = self.dice.choice(free)
        self.used.add(found.usager.pk)
        return found

    def _join(self, wish: Wish, now: datetime) -> None:
        told = wish.responsable or wish.usager
        joined = waitlist_join.join(wish=wish, author=Author("usager", told.pk, told.full_name), now=now)
        self.manners[joined.pk] = self._answers.deal()

    # An hour comes free

    def _free(self, rdv: Rdv, now: datetime) -> None:
        with transaction.atomic(durable=True):
            lock_agents(rdv.rdv_agents.values_list("agent_id", flat=True))
            left = list(rdv.participations.values_list("usager_id", flat=True))
            waitlist_sources.cancelled(rdv, left_by=left, now=now)
        self.watch(now)

    def watch(self, now: datetime) -> None:
        """Whoever was just asked will answer in their manner."""
        for offre in (
            Offre.objects.live().exclude(pk__in=self._seen).select_related("inscription", "site").order_by("id")
        ):
            self._seen.add(offre.pk)
            manner = self.manners.get(offre.inscription_id) or self._answers.deal()
            minutes = (offre.answer_by - now) // MINUTE
            after = self.dice.randrange(2, max(3, min(100, minutes - 5)))
            if manner == NOTHING:
                self.timeline.at(offre.answer_by + MINUTE, self._lapse)
            else:
                act = self._say_yes if manner == YES else self._say_no
                self.timeline.at(now + after * MINUTE, partial(act, offre))

    def _lapse(self, now: datetime) -> None:
        offers_have_left(now)
        waitlist_offer.lapse_due(now)
        self.watch(now)

    def _say_no(self, offre: Offre, now: datetime) -> None:
        self._say(lambda: waitlist_answer.refuse(offre=offre, author=self.author_of(offre), now=now))
        self.manners[offre.inscription_id] = YES
        self.watch(now)

    def _say_yes(self, offre: Offre, now: datetime) -> None:
        rdv = self._say(lambda: waitlist_answer.accept(offre=offre, author=self.author_of(offre), now=now))
        self.watch(now)
        if rdv is None or self.world.today <= rdv.ends_at.astimezone(self.world.zone).date():
            return
        self.timeline.at(rdv.ends_at + 5 * MINUTE, partial(self._attend, rdv))

    def _attend(self, rdv: Rdv, now: datetime) -> None:
        desk = self.desk_of(rdv.site.slug)
        for participation in Participation.objects.filter(rdv=rdv, status=Status.UNKNOWN.value).select_related("rdv"):
            set_status(participation=participation, status=self._attended.deal(), author=desk, now=now)

    @staticmethod
    def _say(act: "Callable[[], Rdv | Offre]") -> Rdv | None:
        """Lost to somebody faster, or busy meanwhile: the story goes on without this answer."""
        try:
            said = act()
        except DomainError:
            return None
        return said if isinstance(said, Rdv) else None

    def _take_back(self, rdv: Rdv, now: datetime) -> None:
        """The service needs the hour knowingly, for somebody it has on the phone."""
        offre = Offre.objects.live().filter(source_uuid=rdv.uuid).select_related("option", "motif").first()
        person = self.somebody(rdv.motif, rdv.site.slug, since=now) if offre is not None else None
        if offre is None or offre.option is None or person is None:
            return
        desk = self.desk_of(rdv.site.slug)
        held = waitlist_withdraw.withdraw_for_agent(option=offre.option, reason=TAKEN_BACK, author=desk, now=now)
        booking = Booking(usager=person.usager, responsable=person.responsable, origin=Origin.PHONE)
        self._say(lambda: book_option(token=held.token, booking=booking, author=desk, now=now + MINUTE))

    def author_of(self, offre: Offre) -> Author:
        """The person by the link; the desk for those who are phoned."""
        if offre.by_call:
            return self.desk_of(offre.site.slug)
        inscription = Inscription.objects.select_related("usager", "responsable").get(pk=offre.inscription_id)
        return Author("usager", inscription.person_told.pk, inscription.person_told.full_name)

    def desk_of(self, slug: str) -> Author:
        """The secretary of the place, or the first one there is."""
        keys = [key for key, seed in self.built.seeds.items() if seed.role == Role.SECRETAIRE]
        key = next((key for key in keys if slug in self.built.seeds[key].posts), keys[0])
        agent = self.built.agents[key]
        return Author("agent", agent.pk, agent.full_name, Role.SECRETAIRE)


def _last_rdvs(world: World) -> dict[tuple[int, int], datetime]:
    rows = Participation.objects.live().filter(departement=world.departement)
    return {
        (usager, motif): last
        for usager, motif, last in rows.values_list("usager", "rdv__motif").annotate(Max("created_at"))
    }
