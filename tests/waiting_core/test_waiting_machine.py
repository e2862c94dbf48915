"""Whatever the order of join, cancel, move, yes, no, no answer, stop, late worker, doubled task, agent's hand.

The invariants of waitlist.md ("Proof") are asked of the database after every step.
"""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Count
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from notifications.models import Message
from rdv.core.errors import DomainError
from rdv.core.journal import Evenement
from rdv.domain.waiting import effective_class
from rdv.models import (
    NEVER_SENT,
    UNDONE,
    Inscription,
    InscriptionState,
    Occupation,
    Offre,
    OffreState,
    Option,
    Origin,
    Participation,
    Priority,
    Purpose,
    Rdv,
)
from rdv.services import waitlist_offer
from rdv.services.absences import AbsenceRule, create_absence, delete_absence
from rdv.services.booking import Booking, book_option
from rdv.services.cancelling import cancel_participation, restore_participation
from rdv.services.holding import drop_dead_options, hold_creneau, hold_seat
from rdv.services.moving import Move, move_rdv
from rdv.services.questions import EVERYBODY
from rdv.services.seats import change_capacity, create_workshop
from rdv.services.waitlist_answer import accept, no_answer, refuse, stop
from rdv.services.waitlist_expiry import expire_past
from rdv.services.waitlist_hold import fits
from rdv.services.waitlist_join import Wish, Wishes, join, set_priority, wake
from rdv.services.waitlist_match import failing
from rdv.services.waitlist_noted import offer_noted
from rdv.services.waitlist_withdraw import withdraw_for_agent, withdraw_unfit
from tests.factories import (
    NOW,
    make_agent,
    make_departement,
    make_motif,
    make_ouverture,
    make_rdv,
    make_site,
    make_usager,
)
from tests.waiting_core.conftest import AGENT, TEN, USAGER

numbers = st.integers(0, 11)


class WorkerKilledError(Exception):
    """A worker dies here."""


class Weeks(RuleBasedStateMachine):
    """One agent full on a Monday morning, one motif with a list, six people, time that only goes on."""

    def __init__(self):
        super().__init__()
        self.now = NOW
        self.departement = make_departement("62")
        self.site = make_site(self.departement)
        self.motif = make_motif(self.departement, sites=[self.site], has_waitlist=True, min_notice_min=60)
        self.agent = make_agent(self.departement, site=self.site, services=[self.motif.service])
        make_ouverture(self.agent, [self.motif], TEN, TEN + timedelta(hours=2), site=self.site)
        self.people = [make_usager(self.departement) for _ in range(6)]
        for n in range(4):
            start = TEN + n * timedelta(minutes=30)
            holder = make_usager(self.departement)
            last = make_rdv(self.motif, self.site, [self.agent], start, usagers=[holder])
        # The last of the morning would rather come earlier.
        wish = Wish(usager=holder, motif=self.motif, participation=last.participations.get())
        join(wish=wish, author=USAGER, now=self.now - timedelta(days=20))
        for person in range(4):
            wish = Wish(usager=self.people[person], motif=self.motif, wishes=Wishes(shortest_notice_min=person * 300))
            join(wish=wish, author=USAGER, now=self.now - timedelta(days=9 * person))
        self.begin_sessions()

    def begin_sessions(self):
        """A workshop that the same people wait for, with a full session of two."""
        self.collective = make_motif(
            self.departement, sites=[self.site], has_waitlist=True, is_collective=True, capacity=2, duration_min=60,
            min_notice_min=60,
        )  # fmt: skip
        self.leader = make_agent(self.departement, site=self.site, services=[self.collective.service])
        self.sessions = 0
        there = [make_usager(self.departement) for _ in range(2)]
        make_rdv(self.collective, self.site, [self.leader], TEN + timedelta(days=1), usagers=there, capacity=2)
        for person in range(6):
            wish = Wish(
                usager=self.people[person],
                motif=self.collective,
                wishes=Wishes(auto_accept=person % 2 == 0, shortest_notice_min=0),
            )
            join(wish=wish, author=USAGER, now=self.now - timedelta(days=person))

    def attempt(self, job):
        try:
            return job()
        except DomainError:
            return None

    def nth(self, rows, number):
        rows = list(rows.order_by("id"))
        return rows[number % len(rows)] if rows else None

    def live(self, number):
        return self.nth(Offre.objects.live().whole(), number)

    @rule(person=numbers, notice=st.sampled_from([0, 1440]), half=st.sampled_from([0, 0, 1, 2]), has_rdv=st.booleans())
    def joins(self, person, notice, half, has_rdv):
        usager = self.people[person % 6]
        held = Participation.objects.live().filter(usager=usager, starts_at__gt=self.now).first()
        wish = Wish(
            usager=usager,
            motif=self.motif,
            wishes=Wishes(shortest_notice_min=notice, half_days=half),
            participation=held if has_rdv else None,
        )
        self.attempt(lambda: join(wish=wish, author=USAGER, now=self.now))

    # Two rules alike: most of what happens here begins with an hour that comes free.
    @rule(number=numbers)
    def falls_ill(self, number):
        self.cancels_one(number)

    @rule(number=numbers)
    def cancels(self, number):
        self.cancels_one(number)

    def cancels_one(self, number):
        one = self.nth(Participation.objects.live(), number)
        if one:
            self.attempt(lambda: cancel_participation(participation=one, by_service=True, author=AGENT, now=self.now))

    @rule(number=numbers, slot=st.integers(0, 3))
    def moves(self, number, slot):
        rdv = self.nth(Rdv.objects.live().filter(motif=self.motif), number)
        if rdv:
            move = Move(starts_at=TEN + slot * timedelta(minutes=30))
            self.attempt(lambda: move_rdv(rdv=rdv, move=move, author=AGENT, now=self.now))

    @rule(number=numbers)
    def undoes(self, number):
        one = self.nth(Participation.objects.exclude(status="unknown"), number)
        if one and not self.has_another_seat(one):
            self.attempt(lambda: restore_participation(participation=one, author=AGENT, now=self.now))

    def has_another_seat(self, participation):
        """Whoever has registered for another session meanwhile does not ask for the first one again."""
        seats = Participation.objects.live().filter(usager=participation.usager, rdv__motif=self.collective)
        return participation.rdv.motif == self.collective and seats.exists()

    @rule(number=numbers, twice=st.booleans())
    def yes(self, number, twice):
        offre = self.live(number)
        for _ in range(2 if twice else 1):
            if offre:
                self.attempt(lambda: accept(offre=offre, author=USAGER, now=self.now))

    @rule(number=numbers)
    def no(self, number):
        offre = self.live(number)
        if offre:
            refuse(offre=offre, author=USAGER, now=self.now)

    @rule(number=numbers)
    def phone_rings_in_vain(self, number):
        offre = self.live(number)
        if offre:
            no_answer(offre=offre, author=AGENT, now=self.now)

    @rule(number=numbers)
    def stops(self, number):
        one = self.nth(Inscription.objects.open(), number)
        if one:
            stop(inscription=one, author=USAGER, now=self.now)

    @rule(number=numbers)
    def wakes(self, number):
        one = self.nth(Inscription.objects.filter(state="asleep"), number)
        if one:
            wake(inscription=one, author=USAGER, now=self.now)

    @rule(number=numbers, priority=st.sampled_from(list(Priority)))
    def is_raised(self, number, priority):
        one = self.nth(Inscription.objects.open(), number)
        if one:
            set_priority(inscription=one, priority=priority, reason="échéance", author=AGENT, now=self.now)

    @rule(number=numbers, books=st.booleans())
    def agent_takes(self, number, books):
        offre = self.live(number)
        if offre:
            option = withdraw_for_agent(option=offre.option, reason="urgence", author=AGENT, now=self.now)
            if books:
                booking = Booking(usager=make_usager(self.departement), origin=Origin.PHONE)
                self.attempt(lambda: book_option(token=option.token, booking=booking, author=AGENT, now=self.now))

    @rule(slot=st.integers(0, 3), is_agent=st.booleans())
    def somebody_else_books(self, slot, is_agent):
        author = AGENT if is_agent else USAGER

        def book():
            option = hold_creneau(
                motif=self.motif, site=self.site, starts_at=TEN + slot * timedelta(minutes=30), agents=EVERYBODY,
                author=author, opened_at=self.now, now=self.now,
            )  # fmt: skip
            booking = Booking(usager=make_usager(self.departement), origin=Origin.WEB)
            return book_option(token=option.token, booking=booking, author=author, now=self.now)

        self.attempt(book)

    @rule(person=numbers, slot=st.integers(0, 3))
    def books_by_themselves(self, person, slot):
        """While they wait: they go on waiting for something earlier, until it has taken place."""

        def book():
            option = hold_creneau(
                motif=self.motif, site=self.site, starts_at=TEN + slot * timedelta(minutes=30), agents=EVERYBODY,
                author=USAGER, opened_at=self.now, now=self.now,
            )  # fmt: skip
            booking = Booking(usager=self.people[person % 6], origin=Origin.WEB)
            return book_option(token=option.token, booking=booking, author=USAGER, now=self.now)

        self.attempt(book)

    @rule(person=numbers, number=numbers)
    def registers_by_themselves(self, person, number):
        """To a session with a seat left, by whoever is in none."""
        usager, session = self.people[person % 6], self.session(number)
        mine = Participation.objects.live().filter(usager=usager, rdv__motif=self.collective)
        if session is None or mine.exists():
            return

        def register():
            option = hold_seat(atelier=session, author=USAGER, opened_at=self.now, now=self.now)
            booking = Booking(usager=usager, origin=Origin.WEB)
            return book_option(token=option.token, booking=booking, author=USAGER, now=self.now)

        self.attempt(register)

    def session(self, number):
        return self.nth(Rdv.objects.live().filter(motif=self.collective, starts_at__gt=self.now), number)

    @rule(day=st.integers(-3, 4), capacity=st.integers(1, 3))
    def a_session_is_created(self, day, capacity):
        starts_at = TEN + timedelta(days=day, hours=6, minutes=self.sessions % 60)
        self.sessions += 1
        self.attempt(
            lambda: create_workshop(
                motif=self.collective,
                site=self.site,
                agent_ids=[self.leader.pk],
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=1),
                title="",
                capacity=capacity,
                author=AGENT,
                now=self.now,
            )
        )

    @rule(number=numbers, capacity=st.integers(1, 4))
    def seats_change(self, number, capacity):
        session = self.session(number)
        if session:
            self.attempt(lambda: change_capacity(atelier=session, capacity=capacity, author=AGENT, now=self.now))

    @rule(is_lifted=st.booleans())
    def agent_is_away(self, is_lifted):
        if self.now < TEN:
            rule_ = AbsenceRule(first_day=TEN.date())
            saved = create_absence(agent=self.agent, rule=rule_, author=AGENT, now=self.now)
            withdraw_unfit(self.now)
            if is_lifted:
                delete_absence(absence=saved.absence, author=AGENT, now=self.now)

    @rule(hours=st.sampled_from([0, 1, 5, 13, 26, 60]), comes=st.booleans())
    def time_goes_on(self, hours, comes):
        self.now += timedelta(hours=hours, minutes=7)
        if comes:
            self.worker_works()

    @rule()
    def the_eve_comes(self):
        """Saturday noon: three are asked at once."""
        self.now = max(self.now, TEN - timedelta(hours=46))

    @rule(twice=st.booleans())
    def worker_comes(self, twice):
        for _ in range(2 if twice else 1):
            self.worker_works()

    def worker_works(self):
        waitlist_offer.lapse_due(self.now)
        withdraw_unfit(self.now)
        drop_dead_options(self.now)
        offer_noted(self.now)
        expire_past(self.now)

    @rule()
    def worker_is_killed_in_the_middle(self):
        """After the lapse, before the next person: nothing of it happened."""
        before = sorted(Offre.objects.values_list("pk", "state"))
        original = waitlist_offer.pass_on

        def dies(*args, **asked):
            raise WorkerKilledError

        waitlist_offer.pass_on = dies
        try:
            waitlist_offer.lapse_due(self.now)
        except WorkerKilledError:
            assert sorted(Offre.objects.values_list("pk", "state")) == before
        finally:
            waitlist_offer.pass_on = original

    # --- Proof

    @invariant()
    def one_person_at_most_has_the_hour(self):
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(*) FROM rdv_occupation a
                   JOIN rdv_occupation b ON a.agent_id = b.agent_id AND a.id < b.id
                   AND a.is_blocking AND b.is_blocking AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"""
            )
            assert cursor.fetchone()[0] == 0
        assert not Rdv.objects.live().values("starts_at").annotate(n=Count("id")).filter(n__gt=1).exists()
        winners = Offre.objects.filter(state=OffreState.ACCEPTED).values("group").annotate(n=Count("id"))
        assert not winners.filter(n__gt=1).exists()

    @invariant()
    def nobody_has_two_seats_unasked(self):
        """Of the workshop: a second session is somebody's yes, which gives the first one back."""
        rows = Participation.objects.live().filter(rdv__motif=self.collective, starts_at__gt=self.now)
        assert not rows.values("usager").annotate(n=Count("id")).filter(n__gt=1).exists()

    @invariant()
    def an_offer_and_its_option_live_and_die_together(self):
        held = set(Option.objects.filter(purpose=Purpose.OFFRE, rdv=None).values_list("pk", flat=True))
        live = Offre.objects.live()
        assert held == set(live.values_list("option", flat=True))
        for offre in live.filter(answer_by__gt=self.now):
            rows = Occupation.objects.filter(option=offre.option_id, is_blocking=True)
            assert set(rows.values_list("agent_id", flat=True)) == set(offre.agent_ids)

    @invariant()
    def each_waiting_person_is_in_one_state(self):
        offered = Inscription.objects.filter(state=InscriptionState.OFFERED).values_list("pk", flat=True)
        assert sorted(offered) == sorted(Offre.objects.live().values_list("inscription", flat=True))

    @invariant()
    def never_the_same_hour_twice_never_three_a_day(self):
        counted = Offre.objects.exclude(reason__in=[UNDONE, NEVER_SENT])
        hours = counted.values("inscription__usager", "starts_at", "first_agent").annotate(n=Count("id"))
        assert not hours.filter(n__gt=1).exists()
        zone = self.departement.zone
        days = {}
        for usager, at in counted.values_list("inscription__usager", "sent_at"):
            key = (usager, at.astimezone(zone).date())
            days[key] = days.get(key, 0) + 1
        assert max(days.values(), default=0) <= 2

    @invariant()
    def nobody_is_overtaken_within_a_class(self):
        """Of the offers made just now: whoever stood before was asked too, or the hour did not suit them."""
        for offre in Offre.objects.live().whole().filter(sent_at=self.now):
            line = Evenement.objects.get(kind="offre.sent", subject_id=str(offre.uuid)).data
            freed = waitlist_offer.freed_again(offre)
            me = offre.inscription
            mine = (line["class"], me.opened_at, me.pk)
            for other in Inscription.objects.waiting():
                theirs = (effective_class(other.priority, other.opened_at, self.now, 21), other.opened_at, other.pk)
                if theirs < mine and other.version == self.version_at(offre, other):
                    assert failing(freed, [other.pk], now=self.now)[other.pk]

    def version_at(self, offre, other):
        """The other's version if nothing happened to them since the offer, else -1: they cannot be compared."""
        sent = Evenement.objects.get(kind="offre.sent", subject_id=str(offre.uuid))
        since = Evenement.objects.filter(subject_type="inscription", subject_id=str(other.uuid), id__gt=sent.pk)
        return -1 if since.exists() else other.version

    @invariant()
    def no_hour_is_lost(self):
        """An hour of the future that is free and not held for anybody is one that agents can take."""
        for offre in Offre.objects.exclude(state=OffreState.LIVE).whole().filter(starts_at__gt=self.now):
            busy = Occupation.objects.standing(self.now).filter(
                agent__in=offre.agent_ids, starts_at__lt=offre.ends_at, ends_at__gt=offre.starts_at
            )
            if not busy.exclude(kind="option", is_blocking=False).exists():
                assert fits(waitlist_offer.freed_again(offre), now=self.now)

    @invariant()
    def each_offer_is_told_once_by_each_channel(self):
        told = Message.objects.filter(kind="waitlist.offer").values("subject_id", "channel").annotate(n=Count("id"))
        assert not told.filter(n__gt=1).exists()

    @invariant()
    def each_end_is_in_the_journal(self):
        for state in set(OffreState) - {OffreState.LIVE}:
            ended = {str(one) for one in Offre.objects.filter(state=state).values_list("uuid", flat=True)}
            assert ended == set(Evenement.objects.filter(kind=f"offre.{state}").values_list("subject_id", flat=True))


class InSavepoint(Weeks):
    def __init__(self):
        self.atomic = transaction.atomic()
        self.atomic._from_testcase = True  # the services own durable transactions; here they nest, as in any TestCase
        self.atomic.__enter__()
        super().__init__()

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)


@pytest.mark.slow
@pytest.mark.django_db
def test_the_weeks_of_a_list():
    """Each run of the machine is rolled back: the savepoints of Hypothesis' examples stand in one transaction."""
    run_state_machine_as_test(InSavepoint, settings=settings(max_examples=6, stateful_step_count=25, deadline=None))


GESTURES = {
    "joins": (4, lambda m, r: m.joins(r.randrange(12), r.choice([0, 1440]), r.choice([0, 0, 1]), r.random() < 0.5)),
    "cancels_one": (6, lambda m, r: m.cancels_one(r.randrange(12))),
    "moves": (2, lambda m, r: m.moves(r.randrange(12), r.randrange(4))),
    "undoes": (1, lambda m, r: m.undoes(r.randrange(12))),
    "yes": (5, lambda m, r: m.yes(r.randrange(12), r.random() < 0.2)),
    "no": (2, lambda m, r: m.no(r.randrange(12))),
    "phone": (1, lambda m, r: m.phone_rings_in_vain(r.randrange(12))),
    "stops": (1, lambda m, r: m.stops(r.randrange(12))),
    "wakes": (1, lambda m, r: m.wakes(r.randrange(12))),
    "is_raised": (1, lambda m, r: m.is_raised(r.randrange(12), r.choice(list(Priority)))),
    "agent_takes": (1, lambda m, r: m.agent_takes(r.randrange(12), r.random() < 0.5)),
    "else": (2, lambda m, r: m.somebody_else_books(r.randrange(4), r.random() < 0.5)),
    "alone": (1, lambda m, r: m.books_by_themselves(r.randrange(12), r.randrange(4))),
    "registers": (1, lambda m, r: m.registers_by_themselves(r.randrange(12), r.randrange(12))),
    "session": (1, lambda m, r: m.a_session_is_created(r.randrange(-3, 5), r.randrange(1, 4))),
    "seats": (2, lambda m, r: m.seats_change(r.randrange(12), r.randrange(1, 5))),
    "away": (1, lambda m, r: m.agent_is_away(r.random() < 0.9)),
    "time": (4, lambda m, r: m.time_goes_on(r.choice([0, 1, 2, 5, 20]), r.random() < 0.7)),
    "worker": (2, lambda m, r: m.worker_comes(r.random() < 0.5)),
    "killed": (1, lambda m, r: m.worker_is_killed_in_the_middle()),
}


@pytest.mark.slow
@pytest.mark.django_db
def test_long_walks_meet_everything():
    """What few examples of the machine reach: four walks with their seeds, which must meet every end of an offer."""
    met = Counter()
    for seed in (1, 2, 3, 4):
        chance = random.Random(seed)  # noqa: S311 - the same walk each time
        walk = InSavepoint()
        names, weights = list(GESTURES), [weight for weight, _ in GESTURES.values()]
        try:
            for step in range(60):
                if step == 12 * seed:
                    walk.the_eve_comes()
                GESTURES[chance.choices(names, weights)[0]][1](walk, chance)
                ask_every_invariant(walk)
            met.update(Offre.objects.values_list("state", flat=True))
            met["exchanged"] += Offre.objects.filter(chain__gt=0).count()
        finally:
            walk.teardown()
    assert all(met[one] for one in (*(set(OffreState) - {OffreState.LIVE}), "exchanged")), met


def ask_every_invariant(walk):
    walk.one_person_at_most_has_the_hour()
    walk.nobody_has_two_seats_unasked()
    walk.an_offer_and_its_option_live_and_die_together()
    walk.each_waiting_person_is_in_one_state()
    walk.never_the_same_hour_twice_never_three_a_day()
    walk.nobody_is_overtaken_within_a_class()
    walk.no_hour_is_lost()
    walk.each_offer_is_told_once_by_each_channel()
    walk.each_end_is_in_the_journal()
