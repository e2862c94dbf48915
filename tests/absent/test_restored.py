"""An Rdv that an absence had cancelled is put back: nothing else is proposed, and whoever was told hears of it."""

import uuid
from datetime import timedelta

import pytest

from notifications.models import Message, State
from rdv.models import Appel, Occupation, Proposition, PropositionState
from rdv.services import absent
from rdv.services.absences import delete_absence
from rdv.services.away import AgentAway
from rdv.services.cancelling import restore_participation
from tests.absent.conftest import plan, rule_of, wanted_of


@pytest.fixture
def off(world):
    line = plan(world).lines[0]
    world.absence = absent.record(
        agent=world.nadia, rule=rule_of(world), key=uuid.uuid4(), wanted=[wanted_of(line)], author=world.author,
        now=world.now,
    )  # fmt: skip
    world.proposition = Proposition.objects.whole().get()
    return world


def put_back(world, after=timedelta(minutes=30)):
    delete_absence(absence=world.absence, author=world.author, now=world.now + after)
    return restore_participation(
        participation=world.proposition.participation, author=world.author, now=world.now + after
    )


def test_away_is_no_slip_even_at_once_by_the_same_author(off):
    with pytest.raises(AgentAway):
        restore_participation(
            participation=off.proposition.participation, author=off.author, now=off.now + timedelta(seconds=30)
        )


def test_put_back_nothing_is_proposed_any_more_and_nothing_was_said(off):
    assert put_back(off).is_live
    assert Proposition.objects.get().state == PropositionState.WITHDRAWN
    assert not Occupation.objects.filter(kind="option").exists()
    assert not Appel.objects.open().exists()
    assert set(Message.objects.filter(kind="rdv.proposed").values_list("state", flat=True)) == {State.OBSOLETE}
    assert not Message.objects.filter(kind="rdv.restored").exists()


def test_who_had_read_that_it_is_off_is_told_that_it_stands_once(off):
    Message.objects.filter(kind="rdv.proposed", channel="sms").update(state=State.SENT)
    put_back(off)
    told = Message.objects.filter(kind="rdv.restored")
    assert sorted(told.values_list("channel", flat=True)) == ["email", "sms"]
    assert "maintenu" in told.get(channel="sms").body
    put_back_again = restore_participation(
        participation=off.proposition.participation, author=off.author, now=off.now + timedelta(hours=1)
    )
    assert put_back_again.is_live
    assert told.count() == 2


@pytest.mark.parametrize("has_left", [True, False])
def test_the_same_for_who_was_put_on_the_waiting_list(world, has_left):
    from rdv.models import Ouverture

    world.motif.has_waitlist = True
    world.motif.save()
    Ouverture.objects.filter(starts_at__gt=world.nine + timedelta(hours=12)).delete()
    absence = absent.record(
        agent=world.nadia, rule=rule_of(world), key=uuid.uuid4(), wanted=[wanted_of(plan(world).lines[0], "cancel")],
        author=world.author, now=world.now,
    )  # fmt: skip
    if has_left:
        Message.objects.filter(kind="rdv.cancelled.waiting", channel="sms").update(state=State.SENT)
    later = world.now + timedelta(minutes=30)
    delete_absence(absence=absence, author=world.author, now=later)
    participation = world.rdvs[0].participations.get()
    restore_participation(participation=participation, author=world.author, now=later)
    assert Message.objects.filter(kind="rdv.restored").exists() == has_left
    assert not Message.objects.filter(kind="rdv.cancelled.waiting", state=State.PLANNED).exists()
