"""Where places come from besides a cancellation: seats, openings, absences lifted, forms that came to nothing."""

from datetime import timedelta

import pytest

from notifications.models import Message
from rdv.core.journal import Evenement
from rdv.models import (
    InscriptionState,
    Liberation,
    Offre,
    OffreState,
    Option,
    Origin,
    Purpose,
    SourceKind,
)
from rdv.services import holding, planning
from rdv.services.absences import AbsenceRule, create_absence, delete_absence
from rdv.services.cancelling import cancel_participation, cancel_rdv
from rdv.services.errors import WorkshopFull
from rdv.services.questions import EVERYBODY
from rdv.services.seats import change_capacity
from rdv.services.waitlist_answer import accept
from rdv.services.waitlist_join import (
    Wishes,
)
from rdv.services.waitlist_noted import offer_noted
from rdv.services.waitlist_withdraw import withdraw_unfit
from tests.factories import NOW, make_motif, make_ouverture, make_rdv, utc
from tests.waiting_core.conftest import AGENT, TEN, USAGER, H, cancel, live, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


# --- Workshops


def test_a_seat_goes_to_the_session_or_the_series_by_age(world, atelier):
    other = make_rdv(atelier.motif, world.site, [], utc(2027, 1, 27, 8), capacity=2)
    wait_for(world, motif=atelier.motif, atelier=other)
    series = wait_for(world, motif=atelier.motif, now=NOW + timedelta(minutes=1))
    wait_for(world, motif=atelier.motif, atelier=atelier, now=NOW + timedelta(minutes=2))
    cancel_participation(participation=atelier.participations.first(), by_service=False, author=USAGER, now=NOW + H)
    (offre,) = live()
    assert (offre.inscription, offre.atelier) == (series, atelier)
    with pytest.raises(WorkshopFull):
        holding.hold_seat(atelier=atelier, author=USAGER, opened_at=NOW + H, now=NOW + H)
    rdv = accept(offre=offre, author=USAGER, now=NOW + H)
    assert rdv == atelier
    atelier.refresh_from_db()
    assert atelier.seats_taken == atelier.participations.live().count() == 2


def test_who_asked_for_it_is_promoted_without_being_asked(world, atelier):
    inscription = wait_for(world, motif=atelier.motif, atelier=atelier, wishes=Wishes(auto_accept=True))
    cancel_participation(participation=atelier.participations.first(), by_service=False, author=USAGER, now=NOW + H)
    assert not live()
    promoted = atelier.participations.live().get(usager=inscription.usager)
    assert promoted.origin == Origin.WAITLIST
    inscription.refresh_from_db()
    assert inscription.state == InscriptionState.SERVED
    assert Offre.objects.get().state == OffreState.ACCEPTED


def test_raised_seats_are_offered_at_once_and_never_lowered_under_the_people(world, atelier):
    for minute in range(3):
        wait_for(world, motif=atelier.motif, now=NOW + timedelta(minutes=minute))
    change_capacity(atelier=atelier, capacity=4, author=AGENT, now=NOW + H)
    assert [one.source_kind for one in live()] == [SourceKind.CAPACITY] * 2
    with pytest.raises(WorkshopFull):
        change_capacity(atelier=atelier, capacity=3, author=AGENT, now=NOW + H)
    assert Evenement.objects.filter(kind="rdv.capacity").count() == 1


def test_a_cancelled_session_takes_its_offers_with_it(world, atelier):
    wait_for(world, motif=atelier.motif)
    cancel_participation(participation=atelier.participations.first(), by_service=False, author=USAGER, now=NOW + H)
    cancel_rdv(rdv=atelier, author=AGENT, now=NOW + H)
    assert withdraw_unfit(NOW + H) == 1
    assert not live()
    assert Message.objects.filter(kind="waitlist.taken").exists()


# --- Other sources


def noted(now):
    return offer_noted(now)


def test_an_opening_added_serves_the_list_once_whatever_the_number_of_tasks(world):
    people = [wait_for(world, now=NOW + timedelta(minutes=n)) for n in range(2)]
    rule = {
        "site": world.site, "motifs": [world.motif], "first_day": utc(2027, 1, 19).date(),
        "starts_time": utc(2027, 1, 1, 9).time(), "ends_time": utc(2027, 1, 1, 10).time(),
    }  # fmt: skip
    planning.create_plage(departement=world.departement, agent=world.agent, author=AGENT, now=NOW + H, **rule)
    assert Liberation.objects.count() == 1
    assert [noted(NOW + H), noted(NOW + H)] == [2, 0]
    assert [one.inscription for one in live()] == people
    assert {one.source_kind for one in live()} == {SourceKind.OPENING}
    assert not Liberation.objects.exists()
    assert not Option.objects.filter(purpose=Purpose.RELEASE).exists()


def test_an_absence_lifted_gives_its_hours(world):
    cancel_rdv(rdv=world.rdv, author=AGENT, now=NOW)
    Option.objects.all().delete()
    saved = create_absence(
        agent=world.agent, rule=AbsenceRule(first_day=utc(2027, 1, 18).date()), author=AGENT, now=NOW
    )
    wait_for(world)
    delete_absence(absence=saved.absence, author=AGENT, now=NOW + H)
    assert noted(NOW + H) == 1
    (offre,) = live()
    assert (offre.starts_at, offre.source_kind) == (utc(2027, 1, 18, 8), SourceKind.ABSENCE)


def test_a_form_that_came_to_nothing(world):
    hour = TEN - H
    option = holding.hold_creneau(
        motif=world.motif, site=world.site, starts_at=hour, agents=EVERYBODY, author=USAGER, opened_at=NOW, now=NOW
    )
    wait_for(world)
    assert holding.drop_dead_options(NOW + H) == 1
    assert noted(NOW + H) == 1
    (offre,) = live()
    assert (offre.starts_at, offre.source_kind) == (hour, SourceKind.OPTION)
    assert not Option.objects.filter(pk=option.pk).exists()


def test_nothing_is_noted_where_nobody_waits(world):
    option = holding.hold_creneau(
        motif=world.motif, site=world.site, starts_at=TEN - H, agents=EVERYBODY, author=USAGER, opened_at=NOW, now=NOW
    )
    holding.release_option(option=option, now=NOW)
    assert not Liberation.objects.exists()


def test_an_hour_freed_by_a_motif_serves_another_that_fits(world):
    short = make_motif(world.departement, sites=[world.site], has_waitlist=True, duration_min=20)
    too_long = make_motif(world.departement, sites=[world.site], has_waitlist=True, duration_min=150)
    make_ouverture(world.agent, [short, too_long], utc(2027, 1, 18, 8), utc(2027, 1, 18, 11), site=world.site)
    wait_for(world, motif=too_long)
    inscription = wait_for(world, motif=short, now=NOW + timedelta(minutes=1))
    cancel(world, NOW + H)
    (offre,) = live()
    assert (offre.inscription, offre.motif, offre.ends_at) == (inscription, short, TEN + timedelta(minutes=20))
