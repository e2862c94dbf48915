"""Two gestures at one instant: real threads, real PostgreSQL; with the locks off, a control sees it go wrong."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from rdv.models import Inscription, InscriptionState, Occupation, Offre, OffreState, Option, Origin, Purpose, Rdv
from rdv.services import waitlist_answer, waitlist_hold
from rdv.services.cancelling import cancel_participation
from rdv.services.holding import hold_creneau
from rdv.services.questions import EVERYBODY
from rdv.services.waitlist_answer import accept, refuse, stop
from rdv.services.waitlist_noted import offer_noted
from rdv.services.waitlist_offer import lapse_due
from tests.factories import NOW, make_agent, make_ouverture, make_rdv, make_usager, utc
from tests.racing import kinds, together
from tests.rdv.test_races import overlaps
from tests.waiting_core.conftest import AGENT, TEN, USAGER, build_world, live, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SATURDAY = TEN - timedelta(hours=46)


def cancelling(participation, now=NOW):
    return lambda: cancel_participation(participation=participation, by_service=True, author=AGENT, now=now)


def check():
    assert overlaps() == 0
    held = set(Option.objects.filter(purpose=Purpose.OFFRE, rdv=None).values_list("pk", flat=True))
    assert held == set(Offre.objects.live().values_list("option", flat=True))
    offered = Inscription.objects.filter(state=InscriptionState.OFFERED)
    assert set(offered.values_list("pk", flat=True)) == set(Offre.objects.live().values_list("inscription", flat=True))


@pytest.fixture
def group(db):
    world = build_world(min_notice_min=60)
    for n in range(3):
        wait_for(world, now=NOW + timedelta(minutes=n))
    Inscription.objects.update(shortest_notice_min=0)
    cancelling(world.participation, SATURDAY)()
    world.offres = live()
    assert len(world.offres) == 3
    return world


def test_three_yes_at_once_one_winner(group):
    answers = together([lambda o=o: accept(offre=o, author=USAGER, now=SATURDAY) for o in group.offres] * 2)
    assert kinds(answers) == {"Rdv": 2, "OffreOver": 4}  # the winner twice: a double click
    assert Rdv.objects.filter(origin=Origin.WAITLIST).count() == 1
    check()


def test_control_without_locks_and_with_the_hold_forgotten_the_hour_goes_to_several(group, monkeypatch):
    """The lock of the list and of the agents off, the look before the lock kept: several are told yes."""
    monkeypatch.setattr(waitlist_hold, "lock_agents", lambda ids: None)
    monkeypatch.setattr(waitlist_hold, "lock_waitlist", lambda code: None)
    stale = {o.pk: o for o in group.offres}
    monkeypatch.setattr(waitlist_answer, "lock_for", lambda offre, **kw: stale[offre.pk])
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE rdv_offre RENAME CONSTRAINT offre_live_has_its_option TO kept_by_this_test")
        cursor.execute("DROP INDEX offre_one_winner")
    try:
        answers = together([lambda o=o: accept(offre=o, author=USAGER, now=SATURDAY) for o in group.offres])
        winners = Offre.objects.filter(state=OffreState.ACCEPTED).count()
        assert winners > 1 or kinds(answers)["Rdv"] > 1
    finally:
        Offre.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE rdv_offre RENAME CONSTRAINT kept_by_this_test TO offre_live_has_its_option")
            cursor.execute("CREATE UNIQUE INDEX offre_one_winner ON rdv_offre (\"group\") WHERE state = 'accepted'")


def test_yes_and_the_lapse_at_the_same_instant(world):
    first, second = wait_for(world), wait_for(world, now=NOW + timedelta(minutes=1))
    cancelling(world.participation, NOW + timedelta(minutes=2))()
    (offre,) = live()
    at = offre.answer_by
    answers = together([lambda: accept(offre=offre, author=USAGER, now=at), *[lambda: lapse_due(at)] * 3])
    assert not [a for a in answers if isinstance(a, OperationalError)]
    first.refresh_from_db()
    if isinstance(answers[0], Rdv):
        assert first.state == InscriptionState.SERVED
        assert not live()
    else:
        assert kinds(answers)["OffreOver"] == 1
        assert [one.inscription for one in live()] == [second]
    check()


def test_two_sweeps_lapse_once_and_call_one_person(world):
    for n in range(4):
        wait_for(world, now=NOW + timedelta(minutes=n))
    cancelling(world.participation, NOW + timedelta(hours=1))()
    at = live()[0].answer_by
    answers = together([lambda: lapse_due(at)] * 4)
    assert sum(answers) == 1
    assert Offre.objects.count() == 2
    check()


def test_joining_and_cancelling_at_once_the_hour_is_offered_or_public_soon(world):
    join = lambda: wait_for(world)  # noqa: E731
    answers = together([join, cancelling(world.participation)])
    assert kinds(answers) == {"Inscription": 1, "Participation": 1}
    assert len(live()) + Option.objects.filter(purpose=Purpose.RELEASE).count() == 1
    check()


def test_two_hours_freed_at_once_go_to_two_people(world):
    second = make_agent(world.departement, site=world.site, services=[world.motif.service])
    make_ouverture(second, [world.motif], utc(2027, 1, 18, 8), utc(2027, 1, 18, 11), site=world.site)
    other = make_rdv(world.motif, world.site, [second], TEN, usagers=[make_usager(world.departement)])
    people = [wait_for(world, now=NOW + timedelta(minutes=n)) for n in range(3)]
    at = NOW + timedelta(hours=1)
    answers = together([cancelling(world.participation, at), cancelling(other.participations.get(), at)])
    assert kinds(answers) == {"Participation": 2}
    assert {one.inscription for one in live()} == set(people[:2])
    check()


def test_exchanges_in_a_ring_never_wait_for_each_other(world):
    """Each holds the hour that another one wants: agents in id order, then the list."""
    agents = [world.agent, make_agent(world.departement, site=world.site, services=[world.motif.service])]
    make_ouverture(agents[1], [world.motif], utc(2027, 1, 18, 8), utc(2027, 1, 18, 11), site=world.site)
    freed = []
    for n, agent in enumerate(agents):
        person = make_usager(world.departement)
        later = make_rdv(world.motif, world.site, [agents[1 - n]], utc(2027, 1, 18, 10), usagers=[person])
        wait_for(world, usager=person, participation=later.participations.get(), now=NOW + timedelta(minutes=n))
        hour = make_rdv(world.motif, world.site, [agent], utc(2027, 1, 18, 8), usagers=[make_usager(world.departement)])
        freed.append(hour.participations.get())
    for participation in freed:
        cancelling(participation, NOW + timedelta(hours=1))()
    offres = live()
    assert len(offres) == 2
    answers = together([lambda o=o: accept(offre=o, author=USAGER, now=NOW + timedelta(hours=2)) for o in offres])
    assert kinds(answers) == {"Rdv": 2}
    assert Rdv.objects.filter(starts_at=utc(2027, 1, 18, 10), cancelled_at=None).count() == 0
    check()


def test_no_stop_and_the_public_at_once_the_public_never_overtakes(world):
    people = [wait_for(world, now=NOW + timedelta(minutes=n)) for n in range(3)]
    cancelling(world.participation, NOW + timedelta(hours=1))()
    (offre,) = live()
    at = NOW + timedelta(hours=2)
    public = lambda: hold_creneau(  # noqa: E731
        motif=world.motif, site=world.site, starts_at=TEN, agents=EVERYBODY, author=USAGER, opened_at=at, now=at
    )
    jobs = [
        lambda: refuse(offre=offre, author=USAGER, now=at),
        lambda: stop(inscription=people[1], author=USAGER, now=at),
    ]
    answers = together([*jobs, *[public] * 4])
    assert kinds(answers)["CreneauUnavailable"] == 4
    assert [one.inscription for one in live()] == people[2:]
    assert Occupation.objects.filter(starts_at=TEN, is_blocking=True).count() == 1
    check()


def test_tasks_doubled_offer_each_noted_hour_once(world):
    for n in range(6):
        wait_for(world, now=NOW + timedelta(minutes=n))
    option = hold_creneau(
        motif=world.motif, site=world.site, starts_at=TEN - timedelta(hours=1), agents=EVERYBODY, author=USAGER,
        opened_at=NOW, now=NOW,
    )  # fmt: skip
    from rdv.services.holding import release_option

    release_option(option=option, now=NOW)
    at = NOW + timedelta(hours=1)
    answers = together([lambda: offer_noted(at)] * 4)
    assert sum(answers) == 1
    assert Offre.objects.count() == 1
    check()
