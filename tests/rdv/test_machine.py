"""A state machine over the services: whatever the order of hold, book, expire, move, cancel, undo, sweep, absence...

The invariants of domain.md are asked of the database after every step.
"""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from rdv.core.errors import DomainError
from rdv.models import Occupation, Option, Origin, Participation, Rdv
from rdv.services import availability as av
from rdv.services.booking import Booking, book_option, overbook
from rdv.services.cancelling import cancel_participation, cancel_rdv, restore_participation
from rdv.services.holding import drop_dead_options, extend_option, hold_creneau, hold_seat, release_option
from rdv.services.moving import Move, move_rdv
from rdv.services.questions import EVERYBODY
from tests.factories import (
    NOW,
    make_agent,
    make_departement,
    make_motif,
    make_ouverture,
    make_rdv,
    make_site,
    make_usager,
    utc,
)
from tests.rdv.conftest import AGENT, USAGER

DAY = utc(2027, 1, 11, 8)
starts = st.integers(0, 23).map(lambda n: DAY + timedelta(minutes=15 * n))


class Days(RuleBasedStateMachine):
    """Two agents, one individual motif with a buffer, one workshop of 2 seats, three people; time only goes on."""

    options = Bundle("options")

    def __init__(self):
        super().__init__()
        self.now = NOW
        departement = make_departement("62")
        self.site = make_site(departement)
        self.motif = make_motif(departement, sites=[self.site], buffer_after_min=10)
        self.agents = [make_agent(departement, site=self.site, services=[self.motif.service]) for _ in range(2)]
        for agent in self.agents:
            make_ouverture(agent, [self.motif], DAY, DAY + timedelta(hours=6), site=self.site)
        self.people = [make_usager(departement) for _ in range(3)]
        collective = make_motif(departement, sites=[self.site], is_collective=True, capacity=2)
        self.atelier = make_rdv(collective, self.site, [], DAY + timedelta(days=1))

    def attempt(self, job):
        try:
            return job()
        except DomainError:
            return None

    @rule(target=options, start=starts, agent=st.sampled_from([None, 0, 1]))
    def hold(self, start, agent):
        agents = EVERYBODY if agent is None else [self.agents[agent].pk]
        return self.attempt(
            lambda: hold_creneau(
                motif=self.motif, site=self.site, starts_at=start, agents=agents, author=USAGER,
                opened_at=self.now, now=self.now,
            )
        )  # fmt: skip

    @rule(target=options)
    def hold_a_seat(self):
        return self.attempt(lambda: hold_seat(atelier=self.atelier, author=USAGER, opened_at=self.now, now=self.now))

    @rule(option=options, person=st.integers(0, 2))
    def book(self, option, person):
        if option is not None:
            booking = Booking(usager=self.people[person], origin=Origin.WEB)
            self.attempt(lambda: book_option(token=option.token, booking=booking, author=USAGER, now=self.now))

    @rule(option=options)
    def extend(self, option):
        if option is not None and Option.objects.filter(pk=option.pk).exists():
            self.attempt(lambda: extend_option(option=option, now=self.now))

    @rule(option=consumes(options))
    def release(self, option):
        if option is not None:
            release_option(option=option, now=self.now)

    @rule(start=starts, person=st.integers(0, 2), which=st.integers(0, 1))
    def overbook(self, start, person, which):
        booking = Booking(usager=self.people[person], origin=Origin.AGENT)
        self.attempt(
            lambda: overbook(
                motif=self.motif, site=self.site, agent_ids=[self.agents[which].pk], starts_at=start, booking=booking,
                reason="urgence", author=AGENT, now=self.now,
            )
        )  # fmt: skip

    @rule(which=st.integers(0, 9), start=starts, named=st.booleans())
    def move(self, which, start, named):
        rdv = Rdv.objects.filter(motif=self.motif).order_by("id")[which : which + 1].first()
        if rdv is not None:
            move = Move(starts_at=start, agents=None if named else EVERYBODY)
            self.attempt(lambda: move_rdv(rdv=rdv, move=move, author=USAGER, now=self.now))

    @rule(which=st.integers(0, 9), by_service=st.booleans())
    def cancel(self, which, by_service):
        participation = Participation.objects.order_by("id")[which : which + 1].first()
        if participation is not None:
            self.attempt(
                lambda: cancel_participation(
                    participation=participation, by_service=by_service, author=AGENT, now=self.now
                )
            )

    @rule(which=st.integers(0, 9))
    def cancel_all(self, which):
        rdv = Rdv.objects.filter(motif=self.motif).order_by("id")[which : which + 1].first()
        if rdv is not None:
            cancel_rdv(rdv=rdv, author=AGENT, now=self.now)

    @rule(which=st.integers(0, 9))
    def undo(self, which):
        participation = Participation.objects.order_by("id")[which : which + 1].first()
        if participation is not None:
            self.attempt(lambda: restore_participation(participation=participation, author=AGENT, now=self.now))

    @rule(minutes=st.integers(1, 25))
    def time_goes_on(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule()
    def sweep(self):
        drop_dead_options(self.now)

    @invariant()
    def blocking_time_never_overlaps(self):
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(*) FROM rdv_occupation a
                   JOIN rdv_occupation b ON a.agent_id = b.agent_id AND a.id < b.id
                   AND a.is_blocking AND b.is_blocking AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"""
            )
            assert cursor.fetchone()[0] == 0

    @invariant()
    def a_live_rdv_holds_its_time_and_a_cancelled_one_does_not(self):
        for rdv in Rdv.objects.filter(motif=self.motif).prefetch_related("occupations", "rdv_agents", "participations"):
            held = {(o.agent_id, o.starts_at, o.ends_at) for o in rdv.occupations.all()}
            buffered = rdv.ends_at + self.motif.buffer_after
            expected = {(link.agent_id, rdv.starts_at, buffered) for link in rdv.rdv_agents.all()}
            assert held == (expected if rdv.is_live else set())
            assert rdv.is_live == any(p.is_live for p in rdv.participations.all())

    @invariant()
    def seats_are_counted_right(self):
        atelier = Rdv.objects.get(pk=self.atelier.pk)
        live = atelier.participations.live().count()
        held = Option.objects.filter(atelier=atelier, rdv=None).count()
        assert atelier.seats_taken == live + held <= atelier.capacity

    @invariant()
    def nobody_is_twice_in_one_rdv_or_in_two_places(self):
        live = Participation.objects.live().filter(may_overlap=False)
        clashes = live.filter(
            usager__participations__in=live,
            usager__participations__starts_at__lt=F("ends_at"),
            usager__participations__ends_at__gt=F("starts_at"),
        ).exclude(usager__participations=F("pk"))
        assert not clashes.exists()

    @invariant()
    def what_is_shown_can_be_held(self):
        window = av.usager_window(self.motif, self.now)
        shown = av.public_creneaux(self.motif, site=self.site, window=window, now=self.now)
        busy = Occupation.objects.standing(self.now).filter(is_blocking=True)
        for start in shown:
            taken = busy.filter(starts_at__lt=start + timedelta(minutes=40), ends_at__gt=start)
            assert taken.values("agent_id").distinct().count() < 2


class InSavepoint(Days):
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
def test_the_days_of_a_place():
    """Each run of the machine is rolled back: the savepoints of Hypothesis' examples stand in one transaction."""
    run_state_machine_as_test(InSavepoint, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))
