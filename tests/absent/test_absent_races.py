"""Two answers at one instant: real threads, real PostgreSQL, and a control that sees it go wrong without the guards."""

import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from rdv.models import Appel, Horaire, Option, Proposition, PropositionState, Rdv, Suite, SuiteState
from rdv.services import absent, followups, proposition_answer, propositions
from rdv.services.moving import Move, move_rdv
from rdv.services.proposition_answer import pick, refuse
from rdv.services.propositions import Asked, first_hours, lapse_due, propose
from tests.absent.conftest import USAGER, build, elise_is_free, plan, rule_of, wanted_of, whole
from tests.racing import kinds, together
from tests.rdv.test_races import overlaps

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def off(db):
    """The Rdv is cancelled, its agent is away: each pick would book another one."""
    world = build(count=1)
    line = plan(world).lines[0]
    absent.record(
        agent=world.nadia, rule=rule_of(world), key=uuid.uuid4(), wanted=[wanted_of(line)], author=world.author,
        now=world.now,
    )  # fmt: skip
    world.proposition = Proposition.objects.get()
    world.hours = list(world.proposition.horaires.order_by("position"))
    return world


def live_rdvs():
    return Rdv.objects.live().count()


def check():
    assert overlaps() == 0
    for proposition in Proposition.objects.all():
        held = proposition.horaires.filter(option__rdv=None, option__isnull=False).count()
        assert (held > 0) == proposition.is_live
    assert Option.objects.filter(purpose="pick", rdv=None, horaire=None).count() == 0


def picking(horaire, now):
    return lambda: pick(horaire=horaire, author=USAGER, now=now)


def test_two_picks_at_once_one_rdv(off):
    answers = together([picking(horaire, off.now) for horaire in off.hours] * 2)
    assert kinds(answers) == {"Rdv": 2, "PropositionOver": 4}  # the winner twice: a double tap
    assert live_rdvs() == 1
    check()


def test_control_without_the_locks_and_the_constraint_two_picks_give_two_rdv(off, monkeypatch):
    """Everything read before anybody writes, as a service without locks would; the net of the database off."""
    stale = Proposition.objects.whole().get()
    monkeypatch.setattr(
        proposition_answer, "lock_proposition", lambda found: Proposition.objects.whole().get(pk=stale.pk)
    )
    import threading

    barrier = threading.Barrier(2)
    fits = proposition_answer._still_fits

    def meet(*asked):
        barrier.wait(timeout=30)
        return fits(*asked)

    monkeypatch.setattr(proposition_answer, "_still_fits", meet)
    monkeypatch.setattr(followups, "_drop_holds", lambda proposition, now: None)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX horaire_one_picked")
        cursor.execute("ALTER TABLE rdv_proposition DISABLE TRIGGER rdv_proposition_holds")
    try:
        answers = together([picking(horaire, off.now) for horaire in off.hours[:2]])
        assert kinds(answers)["Rdv"] == 2
        assert live_rdvs() == 2
    finally:
        Horaire.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("CREATE UNIQUE INDEX horaire_one_picked ON rdv_horaire (proposition_id) WHERE is_picked")
            cursor.execute("ALTER TABLE rdv_proposition ENABLE TRIGGER rdv_proposition_holds")


def test_a_pick_and_the_lapse_at_the_same_instant(off):
    at = off.proposition.answer_by
    answers = together([picking(off.hours[0], at), *[lambda: lapse_due(at)] * 3])
    assert not [one for one in answers if isinstance(one, OperationalError)]
    state = Proposition.objects.get().state
    if isinstance(answers[0], Rdv):
        assert (state, live_rdvs(), Appel.objects.open().count()) == (PropositionState.PICKED, 1, 0)
    else:
        assert kinds(answers)["PropositionOver"] == 1
        assert (state, live_rdvs(), Appel.objects.open().count()) == (PropositionState.LAPSED, 0, 1)
    check()


def test_control_without_the_lock_a_lapse_frees_the_hour_that_is_being_picked(off, monkeypatch):
    """The lapse looks before it locks, and believes what it saw."""
    at = off.proposition.answer_by
    seen = Proposition.objects.whole().get()
    pick(horaire=off.hours[0], author=USAGER, now=at)
    monkeypatch.setattr(propositions, "lock_proposition", lambda found: seen)
    monkeypatch.setattr(Proposition.objects.__class__, "due", lambda self, now: self.filter(pk=seen.pk), raising=False)
    assert lapse_due(at) == 1
    assert Proposition.objects.get().state == PropositionState.LAPSED  # and the Rdv is booked: both are true


def test_a_pick_a_refusal_and_a_move_by_the_desk_at_once(db):
    world = build(count=1)
    participation = whole(world.rdvs[0])
    hours = first_hours(participation, now=world.now)
    proposition = propose(asked=Asked(participation, hours), author=world.author, now=world.now)
    horaire = proposition.horaires.first()
    tomorrow = world.nine + timedelta(days=1, hours=2)
    move = lambda: move_rdv(  # noqa: E731
        rdv=world.rdvs[0], move=Move(starts_at=tomorrow, expected_version=0), author=world.author, now=world.now
    )
    no = lambda: refuse(proposition=proposition, author=USAGER, now=world.now)  # noqa: E731
    answers = together([picking(horaire, world.now), no, move])
    assert not [one for one in answers if isinstance(one, OperationalError)]
    assert live_rdvs() == 1
    check()


def test_the_same_absence_recorded_by_four_hands(db):
    world = build()
    elise_is_free(world)
    found = plan(world)
    key = uuid.uuid4()
    wanted = [wanted_of(line) for line in found.lines]
    job = lambda: absent.record(  # noqa: E731
        agent=world.nadia, rule=rule_of(world), key=key, wanted=wanted, author=world.author, now=world.now
    )
    answers = together([job] * 4)
    assert kinds(answers) == {"Absence": 4}
    assert Suite.objects.filter(state=SuiteState.DONE).count() == 8
    assert Rdv.objects.filter(schedule_version=1).count() == 8
    assert overlaps() == 0
