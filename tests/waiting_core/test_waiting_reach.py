"""Sources that nobody cancels: a closure taken away, the calendar that goes on, binômes; and what the figures count."""

from datetime import date, timedelta

import pytest

from agents.services.closures import close_days, reopen_days
from rdv.models import Liberation, SourceKind
from rdv.services import planning
from rdv.services.cancelling import cancel_participation
from rdv.services.waitlist_figures import figures_of
from rdv.services.waitlist_join import Wishes
from rdv.services.waitlist_noted import note_reach, note_reopened, offer_noted
from tests.factories import NOW, make_agent, make_motif, make_ouverture, make_rdv, make_site, make_usager, utc
from tests.waiting_core.conftest import AGENT, TEN, USAGER, H, live, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def counted(world, until):
    whole, _lines = figures_of(
        departement=world.departement, motifs=[world.motif], sites=[world.site], since=NOW, until=until
    )
    return whole


def cancel(rdv, now):
    cancel_participation(participation=rdv.participations.get(), by_service=False, author=USAGER, now=now)


def test_a_closure_taken_away_gives_its_hours_once_whatever_the_number_of_tasks(world):
    cancel(world.rdv, NOW)
    closed = close_days(
        departement=world.departement, site=world.site, starts_on=date(2027, 1, 18), ends_on=date(2027, 1, 18),
        label="Travaux", author=AGENT, now=NOW,
    )  # fmt: skip
    person = wait_for(world)
    assert note_reopened(NOW + H) == 0
    later = NOW + 25 * H
    reopen_days(fermeture=closed, author=AGENT, now=later)
    assert [note_reopened(later), note_reopened(later)] == [1, 0]
    assert offer_noted(later) == 1
    (offre,) = live()
    assert (offre.inscription, offre.source_kind, offre.starts_at) == (person, SourceKind.CLOSURE, utc(2027, 1, 18, 8))


def a_moment_closed(world, day, until):
    closed = close_days(
        departement=world.departement, site=None, starts_on=day, ends_on=day, label="Travaux", author=AGENT, now=NOW
    )
    if until is not None:
        until()
    reopen_days(fermeture=closed, author=AGENT, now=NOW + H)
    return note_reopened(NOW + H)


def test_a_closure_made_by_mistake_rings_nobody_for_hours_that_were_public_all_along(world):
    cancel(world.rdv, NOW)
    wait_for(world)
    assert a_moment_closed(world, date(2027, 1, 18), None) == 0
    assert note_reopened(NOW + 2 * H) == 0
    assert not Liberation.objects.exists()


def test_an_hour_cancelled_during_a_closure_of_a_moment_goes_to_the_list(world):
    person = wait_for(world)
    a_moment_closed(world, date(2027, 1, 18), lambda: cancel(world.rdv, NOW + H / 2))
    assert not live()
    assert offer_noted(NOW + H) == 1
    (offre,) = live()
    assert (offre.inscription, offre.starts_at) == (person, TEN)


def test_hours_that_nobody_could_book_yet_are_given_back_however_short_the_closure(world):
    far = (NOW + world.motif.horizon).date() + timedelta(days=9)
    wait_for(world)
    plage_on(world, far)
    offer_noted(NOW)
    assert a_moment_closed(world, far, None) == 1


def test_a_closure_of_another_site_gives_nothing(world):
    other = make_site(world.departement)
    closed = close_days(
        departement=world.departement, site=other, starts_on=date(2027, 1, 18), ends_on=date(2027, 1, 18),
        label="Travaux", author=AGENT, now=NOW,
    )  # fmt: skip
    wait_for(world)
    reopen_days(fermeture=closed, author=AGENT, now=NOW + H)
    assert note_reopened(NOW + H) == 0
    assert not Liberation.objects.exists()


def plage_on(world, day):
    rule = {
        "site": world.site, "motifs": [world.motif], "first_day": day,
        "starts_time": utc(2027, 1, 1, 9).time(), "ends_time": utc(2027, 1, 1, 10).time(),
    }  # fmt: skip
    planning.create_plage(departement=world.departement, agent=world.agent, author=AGENT, now=NOW, **rule)


def test_hours_beyond_what_people_may_book_wait_for_their_night(world):
    far = (NOW + world.motif.horizon).date() + timedelta(days=9)
    wait_for(world)
    plage_on(world, far)
    assert offer_noted(NOW) == 0
    assert not Liberation.objects.exists()
    eve = NOW + timedelta(days=8)
    assert note_reach(eve - timedelta(days=1)) == 0
    assert note_reach(eve) == 1
    assert note_reach(eve) == 0, "a day is noted once, whatever the number of tasks"
    assert offer_noted(eve) == 1
    (offre,) = live()
    assert (offre.source_kind, offre.starts_at.date()) == (SourceKind.HORIZON, far)


def test_days_that_came_within_reach_while_the_workers_were_away_are_looked_at(world):
    """Friday to Monday: three days, not the last alone."""
    first = (NOW + world.motif.horizon).date() + timedelta(days=9)
    wait_for(world)
    for number in range(3):
        plage_on(world, first + timedelta(days=number))
    eve = NOW + timedelta(days=8)
    assert note_reach(eve - timedelta(days=1)) == 0
    assert note_reach(eve + timedelta(days=2)) == 3


def test_what_was_missed_for_weeks_is_no_news(world):
    note_reach(NOW)
    wait_for(world)
    plage_on(world, (NOW + world.motif.horizon).date() + timedelta(days=9))
    assert note_reach(NOW + timedelta(days=30)) == 0


def test_every_source_is_counted_and_once(world):
    cancel(world.rdv, NOW + H)  # nobody waits: freed all the same
    assert counted(world, NOW + 2 * H).freed == 1
    wait_for(world, now=NOW + 2 * H, wishes=Wishes(half_days=1 << 11))
    plage_on(world, date(2027, 1, 19))  # an hour, two créneaux, on a half-day that suits nobody
    offer_noted(NOW + 3 * H)
    offer_noted(NOW + 3 * H)
    found = counted(world, NOW + 4 * H)
    assert (found.freed, found.offered, found.refilled) == (3, 0, 0)


@pytest.fixture
def pair(world):
    """A second agent beside the first, and a motif that needs both."""
    colleague = make_agent(world.departement, site=world.site, services=[world.motif.service])
    binome = make_motif(
        world.departement, sites=[world.site], service=world.motif.service, agents_needed=2, has_waitlist=True
    )
    for agent in (world.agent, colleague):
        make_ouverture(agent, [binome, world.motif], TEN + 24 * H, TEN + 25 * H, site=world.site)
    return colleague, binome


def test_one_agent_comes_free_beside_a_colleague_and_both_receive(world, pair):
    colleague, binome = pair
    rdv = make_rdv(world.motif, world.site, [world.agent], TEN + 24 * H, usagers=[make_usager(world.departement)])
    person = wait_for(world, motif=binome)
    cancel(rdv, NOW + H)
    assert not live()
    assert offer_noted(NOW + H) == 1
    (offre,) = live()
    assert (offre.inscription, sorted(offre.agent_ids)) == (person, sorted([world.agent.pk, colleague.pk]))


def test_the_hour_of_a_binome_that_nobody_waits_for_serves_each_one(world, pair):
    colleague, binome = pair
    both = [world.agent, colleague]
    rdv = make_rdv(binome, world.site, both, TEN + 24 * H, usagers=[make_usager(world.departement)])
    people = [wait_for(world, now=NOW + timedelta(minutes=n)) for n in range(2)]
    cancel(rdv, NOW + H)
    assert offer_noted(NOW + H) == 2
    assert [one.inscription for one in live()] == people
    assert {one.agent_ids[0] for one in live()} == {agent.pk for agent in both}


def test_another_world_hears_nothing_of_a_closure(world):
    """Each département reads its own closures."""
    closed = close_days(
        departement=world.departement, site=None, starts_on=date(2027, 1, 18), ends_on=date(2027, 1, 19),
        label="Travaux", author=AGENT, now=NOW,
    )  # fmt: skip
    reopen_days(fermeture=closed, author=AGENT, now=NOW)
    assert note_reopened(NOW + H) == 0  # nobody waits here
    assert not Liberation.objects.exists()
