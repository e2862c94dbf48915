"""Moving, cancelling, undoing, filling in: what is freed, what is kept, who may."""

from datetime import timedelta

import pytest

from rdv.core.journal import Author
from rdv.domain.statuses import Status
from rdv.models import Evenement, Occupation, Origin, Rdv
from rdv.services.attendance import say_late, set_status
from rdv.services.booking import Booking, book_option
from rdv.services.cancelling import cancel_participation, cancel_rdv, restore_participation
from rdv.services.errors import ChangedMeanwhile, CreneauUnavailable, NotBookable, StatusRefused, TooLate, UsagerBusy
from rdv.services.holding import hold_creneau
from rdv.services.moving import Move, move_rdv
from rdv.services.questions import EVERYBODY
from tests.factories import NOW, make_agent, make_motif, make_ouverture, make_participation, make_rdv, make_usager, utc
from tests.rdv.conftest import AGENT, USAGER

pytestmark = pytest.mark.django_db
TEN = utc(2027, 1, 11, 9)
ELEVEN = utc(2027, 1, 11, 10)


@pytest.fixture
def rdv(world):
    return make_rdv(world.motif, world.site, [world.agent], TEN, usagers=[world.usager])


def taken():
    return sorted((o.agent_id, o.starts_at) for o in Occupation.objects.filter(kind="rdv"))


def test_a_move_frees_the_old_place_and_takes_the_new(world, rdv):
    moved = move_rdv(rdv=rdv, move=Move(starts_at=ELEVEN), author=USAGER, now=NOW)
    assert (moved.starts_at, moved.ends_at, moved.schedule_version) == (ELEVEN, ELEVEN + timedelta(minutes=30), 1)
    assert taken() == [(world.agent.pk, ELEVEN)]
    assert moved.participations.get().starts_at == ELEVEN
    assert Evenement.objects.get(kind="rdv.moved").data["before"]["starts_at"].startswith("2027-01-11T09")


def test_the_old_place_is_kept_when_the_new_one_is_lost(world, rdv):
    make_rdv(world.motif, world.site, [world.agent], ELEVEN, usagers=[make_usager(world.departement)])
    with pytest.raises(CreneauUnavailable) as refusal:
        move_rdv(rdv=rdv, move=Move(starts_at=ELEVEN), author=USAGER, now=NOW)
    assert refusal.value.nearest
    assert taken() == [(world.agent.pk, TEN), (world.agent.pk, ELEVEN)]


def test_a_move_over_a_part_of_its_own_time_is_possible(world, rdv):
    shifted = move_rdv(rdv=rdv, move=Move(starts_at=TEN + timedelta(minutes=15)), author=USAGER, now=NOW)
    assert shifted.starts_at == TEN + timedelta(minutes=15)


def test_a_move_through_a_hold_is_done_once(world, rdv):
    option = hold_creneau(
        motif=world.motif, site=world.site, starts_at=ELEVEN, agents=EVERYBODY, author=USAGER, opened_at=NOW, now=NOW
    )
    move = Move(starts_at=ELEVEN, option_token=option.token)
    for _ in range(2):
        moved = move_rdv(rdv=rdv, move=move, author=USAGER, now=NOW)
    assert (moved.starts_at, moved.schedule_version) == (ELEVEN, 1)
    assert Occupation.objects.count() == 1


def test_an_unnamed_move_takes_whoever_is_free(world, rdv):
    second = make_agent(world.departement, site=world.site, services=[world.motif.service])
    make_ouverture(second, [world.motif], utc(2027, 1, 12, 8), utc(2027, 1, 12, 9), site=world.site)
    moved = move_rdv(rdv=rdv, move=Move(starts_at=utc(2027, 1, 12, 8), agents=EVERYBODY), author=USAGER, now=NOW)
    assert moved.rdv_agents.get().agent_id == second.pk
    assert taken() == [(second.pk, utc(2027, 1, 12, 8))]


def test_the_second_of_two_movers_is_told(world, rdv):
    move_rdv(rdv=rdv, move=Move(starts_at=ELEVEN, expected_version=0), author=AGENT, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        move_rdv(rdv=rdv, move=Move(starts_at=utc(2027, 1, 11, 8), expected_version=0), author=AGENT, now=NOW)


def test_too_late_for_the_usager_is_not_too_late_for_the_agent(world, rdv):
    now = TEN - timedelta(hours=3)
    with pytest.raises(TooLate):
        move_rdv(rdv=rdv, move=Move(starts_at=ELEVEN), author=USAGER, now=now)
    with pytest.raises(TooLate):
        cancel_participation(participation=rdv.participations.get(), by_service=False, author=USAGER, now=now)
    assert move_rdv(rdv=rdv, move=Move(starts_at=ELEVEN), author=AGENT, now=now).starts_at == ELEVEN


def test_a_move_onto_another_rdv_of_the_person_is_refused_and_changes_nothing(world, rdv):
    other = make_agent(world.departement, site=world.site, services=[world.motif.service])
    make_rdv(world.motif, world.site, [other], ELEVEN, usagers=[world.usager])
    with pytest.raises(UsagerBusy):
        move_rdv(rdv=rdv, move=Move(starts_at=ELEVEN), author=AGENT, now=NOW)
    rdv.refresh_from_db()
    assert rdv.starts_at == TEN
    assert (world.agent.pk, TEN) in taken()


def test_an_agent_moves_over_taken_time_with_a_reason_only(world, rdv):
    make_rdv(world.motif, world.site, [world.agent], ELEVEN, usagers=[make_usager(world.departement)])
    move = Move(starts_at=ELEVEN, overbook_reason="famille en attente")
    with pytest.raises(CreneauUnavailable):
        move_rdv(rdv=rdv, move=move, author=USAGER, now=NOW)
    assert move_rdv(rdv=rdv, move=move, author=AGENT, now=NOW).is_overbooked


def test_a_cancelled_hour_is_bookable_at_once(world, rdv):
    cancelled = cancel_participation(participation=rdv.participations.get(), by_service=False, author=USAGER, now=NOW)
    assert cancelled.status == "excused"
    assert taken() == []
    option = hold_creneau(
        motif=world.motif, site=world.site, starts_at=TEN, agents=EVERYBODY, author=USAGER, opened_at=NOW, now=NOW
    )
    booking = Booking(usager=world.usager, origin=Origin.WEB)
    assert book_option(token=option.token, booking=booking, author=USAGER, now=NOW) != rdv


def test_cancelling_twice_is_cancelling_once(world, rdv):
    for _ in range(2):
        cancel_participation(participation=rdv.participations.get(), by_service=True, author=AGENT, now=NOW)
    assert Evenement.objects.filter(kind="participation.status").count() == 1


def test_a_mistaken_cancellation_is_undone_while_the_hour_is_free(world, rdv):
    participation = rdv.participations.get()
    cancel_participation(participation=participation, by_service=False, author=USAGER, now=NOW)
    restored = restore_participation(participation=participation, author=USAGER, now=NOW + timedelta(minutes=2))
    assert restored.status == "unknown"
    assert taken() == [(world.agent.pk, TEN)]
    assert Rdv.objects.get().is_live


def test_it_is_not_undone_once_somebody_else_has_the_hour(world, rdv):
    participation = rdv.participations.get()
    cancel_participation(participation=participation, by_service=False, author=USAGER, now=NOW)
    make_rdv(world.motif, world.site, [world.agent], TEN, usagers=[make_usager(world.departement)])
    with pytest.raises(StatusRefused):
        restore_participation(participation=participation, author=USAGER, now=NOW)
    participation.refresh_from_db()
    assert participation.status == "excused"


def test_a_workshop_goes_on_without_one_and_stops_for_all(world):
    motif = make_motif(world.departement, sites=[world.site], is_collective=True, capacity=3)
    people = [make_usager(world.departement) for _ in range(2)]
    atelier = make_rdv(motif, world.site, [world.agent], ELEVEN, usagers=people)
    first, second = atelier.participations.order_by("id")
    cancel_participation(participation=first, by_service=False, author=USAGER, now=NOW)
    atelier.refresh_from_db()
    assert (atelier.is_live, atelier.seats_taken) == (True, 1)
    cancel_rdv(rdv=atelier, author=AGENT, now=NOW, reason="agent malade")
    second.refresh_from_db()
    atelier.refresh_from_db()
    assert (second.status, atelier.is_live, atelier.seats_taken) == ("revoked", False, 0)
    assert taken() == []


def test_attendance_follows_the_table_and_says_who_was_faster(world, rdv):
    participation = rdv.participations.get()
    with pytest.raises(StatusRefused):
        set_status(participation=participation, status=Status.SEEN, author=AGENT, now=NOW)
    after = TEN + timedelta(hours=1)
    seen = set_status(participation=participation, status=Status.SEEN, author=AGENT, now=after, expected=Status.UNKNOWN)
    assert seen.status == "seen"
    with pytest.raises(ChangedMeanwhile):
        set_status(participation=seen, status=Status.NOSHOW, author=AGENT, now=after, expected=Status.UNKNOWN)
    assert taken() == [(world.agent.pk, TEN)]  # seen or not, the hour was used


def test_late_is_said_once_and_never_after_the_end(world, rdv):
    participation = rdv.participations.get()
    author = Author("usager", world.usager.pk, "Usager")
    for _ in range(2):
        say_late(participation=participation, minutes=15, author=author, now=TEN)
    assert Evenement.objects.filter(kind="participation.late").count() == 1
    with pytest.raises(TooLate):
        say_late(participation=participation, minutes=15, author=author, now=TEN + timedelta(hours=1))


def test_a_past_rdv_does_not_move(world, rdv):
    with pytest.raises(NotBookable):
        move_rdv(rdv=rdv, move=Move(starts_at=ELEVEN), author=USAGER, now=TEN + timedelta(hours=1))


def test_the_seat_count_cannot_drift(world):
    motif = make_motif(world.departement, sites=[world.site], is_collective=True, capacity=2)
    atelier = make_rdv(motif, world.site, [world.agent], ELEVEN)
    participation = make_participation(atelier, world.usager)
    for status in ("excused", "unknown", "noshow", "seen", "revoked"):
        participation.status = status
        participation.save(update_fields=["status"])
        atelier.refresh_from_db()
        assert atelier.seats_taken == (0 if status in ("excused", "revoked") else 1), status
