"""The number that lets the search skip full weeks: always what a measure from scratch gives, and never in the way."""

import random
from datetime import timedelta

import pytest
from django.db import connection

from rdv.core.journal import Author
from rdv.models import Occupation, Origin, Ouverture, Participation, Rdv
from rdv.services import availability, planning
from rdv.services.booking import Booking, book_option
from rdv.services.cancelling import cancel_participation
from rdv.services.errors import CreneauUnavailable
from rdv.services.holding import hold_creneau, release_option
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

AGENT = Author("agent", 1, "Claire Vasseur", "agent")


def stored_and_measured():
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, longest_free_min, rdv_longest_free(agent_id, site_id, local_on)
               FROM rdv_ouverture WHERE NOT is_cancelled ORDER BY id"""
        )
        rows = cursor.fetchall()
    return {pk: stored for pk, stored, _ in rows}, {pk: measured for pk, _, measured in rows}


def assert_exact():
    stored, measured = stored_and_measured()
    assert stored == measured


def minutes_of(ouverture):
    with connection.cursor() as cursor:
        cursor.execute("SELECT longest_free_min FROM rdv_ouverture WHERE id = %s", [ouverture.pk])
        return cursor.fetchone()[0]


@pytest.fixture
def place(db):
    departement = make_departement("62")
    site = make_site(departement)
    motif = make_motif(departement, sites=[site])
    agent = make_agent(departement, site=site)
    return departement, site, motif, agent


def test_what_is_booked_in_the_middle_leaves_the_longer_side(place):
    _, site, motif, agent = place
    ouverture = make_ouverture(agent, [motif], utc(2027, 1, 11, 8), utc(2027, 1, 11, 11), site=site)
    assert minutes_of(ouverture) == 180
    rdv = make_rdv(motif, site, [agent], utc(2027, 1, 11, 9))
    assert minutes_of(ouverture) == 90
    Occupation.objects.filter(rdv=rdv).update(ends_at=utc(2027, 1, 11, 10, 30))
    assert minutes_of(ouverture) == 60
    Occupation.objects.filter(rdv=rdv).delete()
    assert minutes_of(ouverture) == 180


def test_openings_that_touch_are_one_stretch_and_part_again(place):
    _, site, motif, agent = place
    early = make_ouverture(agent, [motif], utc(2027, 1, 11, 8), utc(2027, 1, 11, 9), site=site)
    late = make_ouverture(agent, [motif], utc(2027, 1, 11, 9), utc(2027, 1, 11, 10), site=site)
    assert minutes_of(early) == minutes_of(late) == 120
    Ouverture.objects.filter(pk=late.pk).update(is_cancelled=True)
    assert minutes_of(early) == 60
    Ouverture.objects.filter(pk=late.pk).update(is_cancelled=False)
    assert minutes_of(early) == minutes_of(late) == 120
    late.delete()
    assert minutes_of(early) == 60


def test_a_row_saved_by_the_orm_brings_no_old_value_back(place):
    _, site, motif, agent = place
    ouverture = make_ouverture(agent, [motif], utc(2027, 1, 11, 8), utc(2027, 1, 11, 11), site=site)
    held = Ouverture.objects.get(pk=ouverture.pk)
    make_rdv(motif, site, [agent], utc(2027, 1, 11, 9))
    held.save()
    assert minutes_of(ouverture) == 90


def test_a_ninety_minute_motif_finds_two_openings_that_touch(place):
    departement, site, _, agent = place
    long = make_motif(departement, sites=[site], duration_min=90)
    make_ouverture(agent, [long], utc(2027, 1, 11, 8), utc(2027, 1, 11, 9), site=site)
    make_ouverture(agent, [long], utc(2027, 1, 11, 9), utc(2027, 1, 11, 10), site=site)
    window = availability.agent_window(long, NOW)
    found = availability.first_creneaux(long, sites=[site], agents=EVERYBODY, window=window, now=NOW)
    assert found == {site.pk: utc(2027, 1, 11, 8)}


# A random week through the services: after each step the numbers are exact, and the quick answers are the slow ones.

START = utc(2027, 1, 11, 8)


def slow_first_by_site(motif, sites, agents, window):
    found = availability.creneaux_of(motif, sites=sites, agents=agents, window=window, now=NOW)
    first = dict.fromkeys(site.pk for site in sites)
    for creneau in found:
        first[creneau.site_id] = first[creneau.site_id] or creneau.starts_at
    return first


def slow_first_by_agent(motif, sites, agents, window):
    first = {}
    for creneau in availability.creneaux_of(motif, sites=sites, agents=agents, window=window, now=NOW):
        first.setdefault(creneau.agent_id, creneau)
    return sorted(first.values())


def assert_same_answers(motifs, sites, agents):
    everybody = [agent.pk for agent in agents]
    for motif in motifs:
        for window in (availability.agent_window(motif, NOW), availability.usager_window(motif, NOW)):
            asked = {"sites": sites, "window": window, "now": NOW}
            for named in (EVERYBODY, everybody, everybody[:2], []):
                quick = availability.first_creneaux(motif, agents=named, **asked)
                assert quick == slow_first_by_site(motif, sites, named, window)
                if motif.agents_needed == 1:
                    quick = availability.first_by_agent(motif, agents=named, **asked)
                    assert quick == slow_first_by_agent(motif, sites, named, window)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.django_db(transaction=True)
def test_a_random_week_leaves_exact_numbers_and_the_same_answers(seed):
    chance = random.Random(seed)  # noqa: S311 - a week that can be played again
    departement = make_departement("62")
    sites = [make_site(departement) for _ in range(2)]
    agents = [make_agent(departement, site=chance.choice(sites)) for _ in range(4)]
    motifs = [
        make_motif(departement, sites=sites, duration_min=minutes, buffer_after_min=after, agents_needed=needed)
        for minutes, after, needed in ((30, 0, 1), (45, 10, 1), (60, 0, 1), (90, 5, 1), (30, 0, 2))
    ]
    phone = make_motif(departement, sites=sites, modality="phone", duration_min=30)
    for agent in agents:
        for day in range(5):
            for hour in (8, 9, 13):
                at = START + timedelta(days=day, hours=hour - 8)
                make_ouverture(agent, motifs, at, at + timedelta(hours=1), site=chance.choice(sites))
            at = START + timedelta(days=day, hours=7)
            make_ouverture(agent, [phone], at, at + timedelta(hours=2))
    assert_exact()
    for _ in range(20):
        one_step(chance, departement, sites, agents, [*motifs, phone])
        assert_exact()
    assert_same_answers([*motifs, phone], sites, agents)


def one_step(chance, departement, sites, agents, motifs):
    motif, site = chance.choice(motifs), chance.choice(sites)
    at = START + timedelta(days=chance.randrange(5), minutes=30 * chance.randrange(14))
    step = chance.randrange(6)
    if step <= 2:
        book(chance, departement, motif, site, at, goes_on=step > 0)
    elif step == 3:
        participation = Participation.objects.filter(status="unknown").order_by("?").first()
        if participation:
            cancel_participation(participation=participation, by_service=False, author=AGENT, now=NOW)
    elif step == 4:
        rdv = Rdv.objects.filter(cancelled_at=None).order_by("?").first()
        if rdv:
            try:
                move_rdv(rdv=rdv, move=Move(starts_at=at), author=AGENT, now=NOW)
            except CreneauUnavailable:
                return
    else:
        row = Ouverture.objects.filter(is_cancelled=False).order_by("?").select_related("plage", "departement").first()
        planning.cancel_occurrence(ouverture=row, author=AGENT, now=NOW)


def book(chance, departement, motif, site, at, *, goes_on):
    try:
        option = hold_creneau(
            motif=motif, site=site, starts_at=at, agents=EVERYBODY, author=AGENT, opened_at=NOW, now=NOW
        )
    except CreneauUnavailable:
        return
    if goes_on:
        booking = Booking(usager=make_usager(departement), origin=Origin.PHONE)
        book_option(token=option.token, booking=booking, author=AGENT, now=NOW)
    elif chance.random() < 0.5:
        release_option(option=option, now=NOW)
