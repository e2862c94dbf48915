"""The waiting list of the demo: what it did these last weeks, who waits now, and a few hours held for them.

Room: management. Called by run.py once the rows are committed. Everything goes through the services and nothing later
than yesterday evening: whatever the hour of the load, the list is the same.
"""

from datetime import datetime, time
from functools import partial
from itertools import cycle

from agents.models import Site
from rdv.core.errors import DomainError
from rdv.core.journal import SYSTEM, Author
from rdv.management.seed.institution import Institution
from rdv.management.seed.people import People, Person
from rdv.management.seed.waiting_past import PastWeeks, Timeline
from rdv.management.seed.waiting_people import (
    ALIKE,
    CROWD,
    CROWD_SIZE,
    CROWD_SIZE_SMALL,
    NAMED,
    NOTHING,
    ONE_EXCHANGE_IN,
    ONE_PRIORITY_IN,
    PRIORITIES,
    SLEEPERS,
    WISHES,
    WaitSeed,
)
from rdv.management.seed.world import DAY, MINUTE, WEEK, World
from rdv.models import Motif, Origin, Participation, Rdv
from rdv.services import holding, waitlist_expiry, waitlist_join
from rdv.services.cancelling import cancel_participation
from rdv.services.waitlist_join import Wish, Wishes
from rdv.services.waitlist_rules import open_waitlist

SLEEPER_DAYS = 63
# Hours that are called off yesterday evening, far enough for an answer to be waited for today: (motif, site).
HELD_NOW = (
    ("bilan-budget", "lens"),
    ("permanence-sociale", "lens"),
    ("vaccination", "lens"),
    ("dossier-surendettement", "lens"),
    ("consultation-nourrisson", "lens"),
    ("visite-sage-femme", "lens"),
    ("pesee", "henin-beaumont"),
    ("dossier-surendettement", "arras"),
    ("massage-bebe", "lievin"),
)
FAR_ENOUGH = 9 * DAY
EXCHANGED_AFTER = 3 * WEEK


class WaitingRoom:
    """One département with lists."""

    def __init__(self, world: World, built: Institution, people: People) -> None:
        self.world, self.built, self.people = world, built, people
        eve = world.working_day_before(world.today)
        self.evening = world.at(eve, time(19, 30))
        self.timeline = Timeline(until=world.at(eve, time(19)))
        self.past = PastWeeks(world, built, people, self.timeline)
        self.dice = world.dice("waiting")

    def open(self) -> None:
        self.past.plan()
        self._plan_sleepers()
        for seed in self._seeds():
            self._plan(seed)
        self.timeline.run()
        waitlist_expiry.expire_past(self.timeline.until)
        holding.drop_dead_options(self.timeline.until)
        self._say_alike()
        self._hold_now()

    def _say_alike(self) -> None:
        for slug, others in ALIKE.items():
            if (motif := self.built.motifs.get(slug)) is None or not motif.has_waitlist:
                continue
            open_waitlist(
                motif=motif,
                is_open=True,
                notice_min=motif.waitlist_notice_min,
                alike=[self.built.motifs[other] for other in others if other in self.built.motifs],
                author=SYSTEM,
                now=self.timeline.until,
            )

    # Who waits

    def _seeds(self) -> list[WaitSeed]:
        named = [seed for seed in NAMED if seed.who in self.people.by_name]
        size = CROWD_SIZE_SMALL if self.world.is_small else CROWD_SIZE
        return [*named, *self._crowd(size)]

    def _crowd(self, size: int) -> list[WaitSeed]:
        """As many of each motif, each in its places in turn; an Rdv to come is exchanged where there is one."""
        offered = [(motif, [slug for slug in slugs if slug in self.built.sites]) for motif, slugs in CROWD]
        places = {number: cycle(slugs) for number, (_, slugs) in enumerate(offered) if slugs}
        wishes, priorities, numbers = cycle(WISHES), cycle(PRIORITIES), cycle(places)
        seeds = []
        for rank in range(size):
            number = next(numbers)
            said = next(wishes)
            is_first = rank % ONE_PRIORITY_IN == ONE_PRIORITY_IN - 1
            priority, reason = next(priorities) if is_first else (3, "")
            seeds.append(
                WaitSeed(
                    "",
                    offered[number][0],
                    next(places[number]),
                    2 + self.dice.randrange(24),
                    by_agent=is_first or rank % 3 == 1,
                    exchange=rank % ONE_EXCHANGE_IN == 0,
                    any_site="radius_km" in said,
                    priority=priority,
                    reason=reason,
                    wishes=said,
                )
            )
        return seeds

    def _plan_sleepers(self) -> None:
        """First of their lists, they are asked twice, do not answer, and sleep."""
        for motif, slug in SLEEPERS:
            seed = WaitSeed("", motif, slug, SLEEPER_DAYS, any_site=True, wishes={"shortest_notice_min": 120})
            self._plan(seed, manner=NOTHING)

    def _plan(self, seed: WaitSeed, *, manner: str = "") -> None:
        if (seed.motif, seed.site) not in self.built.offered:
            return
        motif, kept = self.built.motifs[seed.motif], None
        person = self.people.by_name.get(seed.who) if seed.who else None
        if seed.exchange:
            kept = self._rdv_to_come(seed, motif, person)
            person = _person_of(kept) if kept is not None else person
        opened_at = self.world.at(self.world.today - seed.days * DAY, time(9)) + self.dice.randrange(480) * MINUTE
        person = person or self.past.somebody(motif, seed.site, since=opened_at)
        if person is None:
            return
        wish = self._wish(seed, motif, person, kept)
        if kept is not None:
            opened_at = max(opened_at, kept.created_at + 30 * MINUTE)
        self.timeline.at(min(opened_at, self.timeline.until), partial(self._join, seed, wish, manner))

    def _rdv_to_come(self, seed: WaitSeed, motif: Motif, person: Person | None) -> Participation | None:
        rows = Participation.objects.live().filter(
            departement=self.world.departement,
            rdv__motif=motif,
            rdv__site=self.built.sites[seed.site],
            starts_at__gt=self.evening + EXCHANGED_AFTER,
            created_at__lt=self.timeline.until - DAY,
        )
        rows = rows.filter(usager=person.usager) if person else rows.exclude(usager__in=list(self.past.used))
        return rows.select_related("usager", "responsable", "rdv").order_by("starts_at", "id").first()

    def _wish(self, seed: WaitSeed, motif: Motif, person: Person, kept: Participation | None) -> Wish:
        self.past.used.add(person.usager.pk)
        site = self.built.sites[seed.site]
        wishes = Wishes(
            sites=() if seed.any_site else (site,),
            equivalents=[self.built.motifs[slug] for slug in seed.equivalents],
            agent=self.built.agents.get(seed.agent),
            **seed.wishes,
        )
        return Wish(
            usager=person.usager,
            responsable=person.responsable,
            motif=motif,
            wishes=wishes,
            origin=Origin.PHONE if seed.by_agent else Origin.WEB,
            participation=kept,
            atelier=self._full_session(motif, site) if seed.session else None,
            priority=seed.priority,
            priority_reason=seed.reason,
        )

    def _full_session(self, motif: Motif, site: Site) -> Rdv | None:
        rows = Rdv.objects.live().filter(motif=motif, site=site, starts_at__gt=self.evening + 2 * DAY)
        return next((one for one in rows.order_by("starts_at") if not one.seats_left), None)

    def _join(self, seed: WaitSeed, wish: Wish, manner: str, now: datetime) -> None:
        told = wish.responsable or wish.usager
        author = self.past.desk_of(seed.site) if seed.by_agent else Author("usager", told.pk, told.full_name)
        joined = waitlist_join.join(wish=wish, author=author, now=now)
        if manner:
            self.past.manners[joined.pk] = manner

    # What is held for them

    def _hold_now(self) -> None:
        """An Rdv of each of these is called off; the first who waits has until today or tomorrow to answer."""
        for number, (motif, slug) in enumerate(HELD_NOW):
            if (motif, slug) not in self.built.offered:
                continue
            found = self._to_call_off(self.built.motifs[motif], self.built.sites[slug])
            if found is None:
                continue
            told = found.responsable or found.usager
            author = Author("usager", told.pk, told.full_name)
            try:
                cancel_participation(
                    participation=found, by_service=False, author=author, now=self.evening + number * MINUTE
                )
            except DomainError:
                continue

    def _to_call_off(self, motif: Motif, site: Site) -> Participation | None:
        rows = Participation.objects.live().filter(
            departement=self.world.departement,
            rdv__motif=motif,
            rdv__site=site,
            rdv__is_overbooked=False,
            starts_at__gt=self.evening + FAR_ENOUGH,
            created_at__lt=self.evening - 60 * MINUTE,
        )
        named = [person.usager.pk for person in self.people.by_name.values()]
        waiting = self.past.used.difference(named)
        if motif.is_collective:
            session = self._full_session(motif, site)
            rows = rows.none() if session is None else Participation.objects.live().filter(rdv=session)
        rows = rows.exclude(usager__in=[*named, *waiting])
        return rows.select_related("usager", "responsable", "rdv").order_by("starts_at", "id").first()


def _person_of(participation: Participation) -> Person:
    return Person(participation.usager, participation.responsable)
