"""The one way to book: hold, book, replay, refuse, extend, overbook, workshops."""

import uuid
from datetime import timedelta

import pytest

from rdv.models import Evenement, Occupation, Option, Origin, Participation, Rdv
from rdv.services import availability as av
from rdv.services.booking import Booking, book_option, overbook
from rdv.services.errors import (
    AlreadyExtended,
    AlreadyRegistered,
    CreneauUnavailable,
    NotBookable,
    OptionExpired,
    ReasonMissing,
    UsagerBusy,
    WorkshopFull,
)
from rdv.services.holding import drop_dead_options, extend_option, hold_creneau, hold_seat, release_option
from rdv.services.questions import EVERYBODY
from rdv.services.seats import create_workshop
from tests.factories import NOW, make_agent, make_motif, make_ouverture, make_rdv, make_site, make_usager, utc
from tests.rdv.conftest import AGENT, USAGER

TEN = utc(2027, 1, 11, 9)  # 10:00 in Paris

pytestmark = pytest.mark.django_db


def hold(world, start=TEN, *, author=USAGER, now=NOW, agents=EVERYBODY, motif=None, site=None):
    return hold_creneau(
        motif=motif or world.motif,
        site=site or world.site,
        starts_at=start,
        agents=agents,
        author=author,
        opened_at=now,
        now=now,
    )


def book(option, usager, *, author=USAGER, now=NOW, **fields):
    return book_option(
        token=option.token, booking=Booking(usager=usager, origin=Origin.WEB, **fields), author=author, now=now
    )


def test_a_held_creneau_becomes_one_rdv_with_its_occupation_and_journal(world):
    rdv = book(hold(world), world.usager)
    assert rdv.starts_at == TEN
    assert [o.kind for o in Occupation.objects.all()] == ["rdv"]
    assert Participation.objects.get().status == "unknown"
    assert Evenement.objects.get(kind="rdv.booked").subject_id == str(rdv.uuid)


def test_a_held_creneau_is_hidden_from_everybody_else(world):
    hold(world)
    shown = av.public_creneaux(world.motif, site=world.site, window=av.usager_window(world.motif, NOW), now=NOW)
    assert TEN not in shown
    with pytest.raises(CreneauUnavailable) as refusal:
        hold(world)
    assert refusal.value.nearest == [utc(2027, 1, 11, 8), utc(2027, 1, 11, 8, 30), utc(2027, 1, 11, 9, 30)]


def test_the_same_form_sent_twice_gives_the_same_rdv(world):
    option = hold(world)
    assert book(option, world.usager) == book(option, world.usager)
    assert Rdv.objects.count() == 1
    assert Evenement.objects.filter(kind="rdv.booked").count() == 1


def test_a_hold_that_died_is_honoured_while_the_time_is_free(world):
    option = hold(world)
    later = NOW + timedelta(minutes=25)
    assert book(option, world.usager, now=later).starts_at == TEN


def test_a_hold_that_died_loses_to_a_faster_person(world):
    slow = hold(world)
    later = NOW + timedelta(minutes=11)
    book(hold(world, now=later), make_usager(world.departement), now=later)
    with pytest.raises(CreneauUnavailable) as refusal:
        book(slow, world.usager, now=later)
    assert refusal.value.nearest
    assert Rdv.objects.count() == 1


def test_the_sweep_deletes_dead_holds_and_never_a_confirmed_booking(world):
    confirmed = hold(world)
    rdv = book(confirmed, world.usager)
    dead = hold(world, utc(2027, 1, 11, 8))
    assert drop_dead_options(NOW + timedelta(hours=1)) == 1
    assert not Option.objects.filter(pk=dead.pk).exists()
    assert Option.objects.get(pk=confirmed.pk).rdv == rdv
    assert Occupation.objects.filter(rdv=rdv).count() == 1


def test_more_time_is_given_once(world):
    option = extend_option(option=hold(world), now=NOW + timedelta(minutes=9))
    assert option.expires_at == NOW + timedelta(minutes=20)
    assert Occupation.objects.get().expires_at == option.expires_at
    with pytest.raises(AlreadyExtended):
        extend_option(option=option, now=NOW + timedelta(minutes=10))
    with pytest.raises(OptionExpired):
        extend_option(option=option, now=NOW + timedelta(minutes=21))


def test_going_back_frees_the_time_at_once(world):
    release_option(option=hold(world), now=NOW)
    assert hold(world).starts_at == TEN


def test_an_unknown_token_books_nothing(world):
    with pytest.raises(OptionExpired):
        book_option(token=uuid.uuid4(), booking=Booking(usager=world.usager, origin=Origin.WEB), author=USAGER, now=NOW)


def test_the_public_is_kept_to_the_window_and_to_public_motifs(world):
    with pytest.raises(CreneauUnavailable):
        hold(world, now=utc(2027, 1, 11, 8, 30))  # half an hour before: the minimum notice is a day
    assert hold(world, now=utc(2027, 1, 11, 8, 30), author=AGENT)
    private = make_motif(world.departement, sites=[world.site], who_books="agents")
    make_ouverture(world.agent, [private], utc(2027, 1, 12, 8), utc(2027, 1, 12, 11), site=world.site)
    with pytest.raises(NotBookable):
        hold(world, utc(2027, 1, 12, 8), motif=private)


def test_a_motif_switched_off_on_the_site_is_not_booked_there(world):
    other = make_site(world.departement)
    make_ouverture(world.agent, [world.motif], utc(2027, 1, 12, 8), utc(2027, 1, 12, 11), site=other)
    with pytest.raises(NotBookable):
        hold(world, utc(2027, 1, 12, 8), site=other)


def test_an_empty_list_of_agents_means_nobody(world):
    assert (
        av.creneaux_of(world.motif, sites=[world.site], agents=[], window=av.agent_window(world.motif, NOW), now=NOW)
        == []
    )
    with pytest.raises(CreneauUnavailable):
        hold(world, agents=[])


def test_a_person_is_never_in_two_places_unless_an_agent_says_so(world):
    book(hold(world), world.usager)
    elsewhere = make_agent(world.departement, site=world.site, services=[world.motif.service])
    make_ouverture(elsewhere, [world.motif], utc(2027, 1, 11, 8), utc(2027, 1, 11, 11), site=world.site)
    second = hold(world)
    with pytest.raises(UsagerBusy):
        book(second, world.usager, may_overlap=True)  # the public cannot say so
    assert book(second, world.usager, author=AGENT, may_overlap=True)


def test_an_agent_overbooks_knowingly_with_a_reason_and_the_public_never(world):
    book(hold(world), world.usager)
    asked = {
        "motif": world.motif,
        "site": world.site,
        "agent_ids": [world.agent.pk],
        "starts_at": TEN,
        "booking": Booking(usager=make_usager(world.departement), origin=Origin.AGENT),
        "now": NOW,
    }
    with pytest.raises(NotBookable):
        overbook(**asked, reason="urgence", author=USAGER)
    with pytest.raises(ReasonMissing):
        overbook(**asked, reason="  ", author=AGENT)
    rdv = overbook(**asked, reason="urgence", author=AGENT)
    assert rdv.is_overbooked
    assert Evenement.objects.filter(kind="rdv.booked").latest("id").data["overbooked"] == "urgence"


def test_example_9_two_agents_one_public_hour_booked_twice_refused_the_third_time(world):
    second = make_agent(world.departement, site=world.site, services=[world.motif.service])
    make_ouverture(second, [world.motif], TEN, TEN + timedelta(minutes=30), site=world.site)
    shown = av.public_creneaux(world.motif, site=world.site, window=av.usager_window(world.motif, NOW), now=NOW)
    assert shown.count(TEN) == 1
    agents = {book(hold(world), make_usager(world.departement)).rdv_agents.get().agent_id for _ in range(2)}
    assert agents == {world.agent.pk, second.pk}
    with pytest.raises(CreneauUnavailable):
        hold(world)


def test_example_13_a_follow_up_without_referent_offers_nothing(world):
    follow_up = make_motif(world.departement, sites=[world.site], is_follow_up=True, who_books="agents")
    make_ouverture(world.agent, [follow_up], utc(2027, 1, 12, 8), utc(2027, 1, 12, 11), site=world.site)
    asked = {
        "motif": follow_up, "site": world.site, "starts_at": utc(2027, 1, 12, 8), "agents": EVERYBODY, "author": AGENT,
        "opened_at": NOW, "now": NOW, "usager": world.usager,
    }  # fmt: skip
    with pytest.raises(CreneauUnavailable) as refusal:
        hold_creneau(**asked)
    assert refusal.value.nearest == []
    world.usager.referents.create(departement=world.departement, agent=world.agent, starts_on=NOW.date())
    assert hold_creneau(**asked)


def test_a_binome_takes_both_agents(world):
    binome = make_motif(world.departement, sites=[world.site], agents_needed=2)
    second = make_agent(world.departement, site=world.site, services=[world.motif.service])
    day = utc(2027, 1, 12, 8)
    make_ouverture(world.agent, [binome], day, day + timedelta(hours=2), site=world.site)
    make_ouverture(second, [binome], day + timedelta(hours=1), day + timedelta(hours=3), site=world.site)
    shown = av.public_creneaux(binome, site=world.site, window=av.usager_window(binome, NOW), now=NOW)
    assert shown == [day + timedelta(hours=1), day + timedelta(hours=1, minutes=30)]
    rdv = book(hold(world, shown[0], motif=binome), world.usager)
    assert Occupation.objects.filter(rdv=rdv).count() == 2


def test_a_workshop_never_holds_more_than_its_seats(world):
    motif = make_motif(world.departement, sites=[world.site], is_collective=True, capacity=2, duration_min=90)
    atelier = create_workshop(
        motif=motif, site=world.site, agent_ids=[world.agent.pk], starts_at=utc(2027, 1, 12, 8),
        ends_at=utc(2027, 1, 12, 9, 30), title="Massage", capacity=2, author=AGENT, now=NOW,
    )  # fmt: skip
    first = hold_seat(atelier=atelier, author=USAGER, opened_at=NOW, now=NOW)
    hold_seat(atelier=atelier, author=USAGER, opened_at=NOW, now=NOW)
    with pytest.raises(WorkshopFull):
        hold_seat(atelier=atelier, author=USAGER, opened_at=NOW, now=NOW)
    book(first, world.usager)
    atelier.refresh_from_db()
    assert atelier.seats_taken == 2
    later = NOW + timedelta(minutes=11)  # the second hold has died: its seat is free again
    third = hold_seat(atelier=atelier, author=USAGER, opened_at=later, now=later)
    with pytest.raises(AlreadyRegistered):
        book(third, world.usager, now=later)
    book(third, make_usager(world.departement), now=later)
    atelier.refresh_from_db()
    assert (atelier.seats_taken, atelier.participations.count()) == (2, 2)


def test_the_unnamed_creneau_goes_to_the_least_loaded(world):
    second = make_agent(world.departement, site=world.site, services=[world.motif.service])
    make_ouverture(second, [world.motif], utc(2027, 1, 11, 8), utc(2027, 1, 11, 11), site=world.site)
    make_rdv(world.motif, world.site, [world.agent], utc(2027, 1, 11, 8), usagers=[make_usager(world.departement)])
    option = hold(world)
    assert option.option_agents.get().agent_id == second.pk
    rdv = book(option, world.usager)
    assert Evenement.objects.get(kind="rdv.booked", subject_id=str(rdv.uuid)).data["choice"] == "load"
