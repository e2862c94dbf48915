"""Hours held for one person: picked once, refused, left without an answer, taken back."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError

from notifications.models import Message, State
from rdv.core.journal import SYSTEM, Evenement
from rdv.models import (
    Appel,
    AppelKind,
    AppelResult,
    Liberation,
    Occupation,
    Option,
    Proposition,
    PropositionState,
    Rdv,
)
from rdv.services import absent, calls, propositions
from rdv.services.absences import create_absence
from rdv.services.cancelling import cancel_participation
from rdv.services.errors import UsagerBusy
from rdv.services.holding import drop_dead_options
from rdv.services.moving import Move, move_rdv
from rdv.services.proposition_answer import HoraireGone, PropositionOver, pick, refuse
from rdv.services.propositions import AlreadyProposed, Asked, HoursGone, first_hours, lapse_due, propose, withdraw
from tests.absent.conftest import USAGER, plan, rule_of, wanted_of, whole
from tests.factories import make_ouverture, make_rdv, make_usager

HOUR = timedelta(hours=1)


@pytest.fixture
def offered(world):
    """Other hours for the first Rdv, which stands."""
    participation = whole(world.rdvs[0])
    hours = first_hours(participation, now=world.now)
    world.proposition = propose(asked=Asked(participation, hours), author=world.author, now=world.now)
    world.participation = participation
    return world


@pytest.fixture
def off(world):
    """The same for an Rdv whose agent is away: it is cancelled."""
    line = plan(world).lines[0]
    absent.record(
        agent=world.nadia, rule=rule_of(world), key=uuid.uuid4(), wanted=[wanted_of(line)], author=world.author,
        now=world.now,
    )  # fmt: skip
    world.proposition = Proposition.objects.whole().get()
    world.participation = world.proposition.participation
    return world


def hours_of(world):
    return list(world.proposition.horaires.order_by("position"))


def held():
    return Option.objects.filter(purpose="pick", rdv=None).count()


def test_three_hours_are_held_and_the_old_rdv_stands(offered):
    assert [one.position for one in hours_of(offered)] == [1, 2, 3]
    assert held() == 3
    offered.rdvs[0].refresh_from_db()
    assert offered.rdvs[0].is_live
    told = Message.objects.get(kind="rdv.proposed", channel="sms")
    assert told.body.startswith("RDV du lun. 11\u00a0janv. à 9h : ")
    assert told.worthless_after == offered.proposition.answer_by
    # Nobody else is shown these hours.
    taken = {(one.starts_at, one.agent_ids[0]) for one in hours_of(offered)}
    others = first_hours(whole(offered.rdvs[1]), now=offered.now)
    assert not taken & {(one.starts_at, one.agent_ids[0]) for one in others}


def test_the_same_form_twice_makes_one_and_a_second_is_refused(world):
    participation = whole(world.rdvs[0])
    hours = first_hours(participation, now=world.now)
    asked = Asked(participation, hours, key=uuid.uuid4())
    first = propose(asked=asked, author=world.author, now=world.now)
    assert propose(asked=asked, author=world.author, now=world.now) == first
    other = Asked(participation, first_hours(participation, now=world.now))
    with pytest.raises(AlreadyProposed):
        propose(asked=other, author=world.author, now=world.now)
    assert (Proposition.objects.count(), held()) == (1, 3)
    assert Message.objects.filter(kind="rdv.proposed").count() == 2


def test_a_pick_moves_the_rdv_and_frees_the_others(offered):
    _, second, _ = hours_of(offered)
    rdv = pick(horaire=second, author=USAGER, now=offered.now)
    assert (rdv.pk, rdv.starts_at) == (offered.rdvs[0].pk, second.starts_at)
    assert rdv.rdv_agents.get().agent_id == second.agent_ids[0]
    assert held() == 0
    assert Occupation.objects.filter(kind="option").count() == 0
    proposition = Proposition.objects.get()
    assert (proposition.state, proposition.rdv) == (PropositionState.PICKED, rdv)
    assert {m.kind for m in Message.objects.filter(state=State.PLANNED)} >= {"rdv.moved"}
    assert not Message.objects.filter(kind="rdv.proposed", state=State.PLANNED).exists()
    # Again, the same; another one, no.
    assert pick(horaire=second, author=USAGER, now=offered.now) == rdv
    with pytest.raises(PropositionOver):
        pick(horaire=hours_of(offered)[0], author=USAGER, now=offered.now)
    kinds = set(Evenement.objects.values_list("kind", flat=True))
    assert {"proposition.sent", "proposition.picked", "rdv.moved"} <= kinds


def test_a_pick_is_taken_however_near_the_old_rdv_is(offered):
    offered.motif.cancel_hours = 400
    offered.motif.save()
    assert pick(horaire=hours_of(offered)[0], author=USAGER, now=offered.now).schedule_version == 1


def test_when_the_old_rdv_is_off_a_pick_books_a_new_one(off):
    rdv = pick(horaire=hours_of(off)[0], author=USAGER, now=off.now)
    assert rdv.pk != off.rdvs[0].pk
    participation = rdv.participations.get()
    assert (participation.usager_id, participation.status) == (off.participation.usager_id, "unknown")
    assert held() == 0
    assert Message.objects.filter(kind="rdv.booked", channel="sms", state=State.PLANNED).count() == 1
    assert pick(horaire=hours_of(off)[0], author=USAGER, now=off.now) == rdv
    assert Rdv.objects.live().filter(participations__usager=off.participation.usager_id).count() == 1


def test_none_suits_the_hours_are_free_and_the_person_is_phoned(off):
    refuse(proposition=off.proposition, author=USAGER, now=off.now)
    refuse(proposition=off.proposition, author=USAGER, now=off.now)
    assert held() == 0
    appel = Appel.objects.get()
    assert (appel.kind, appel.closed_at) == (AppelKind.ABSENCE, None)
    with pytest.raises(PropositionOver):
        pick(horaire=hours_of(off)[0], author=USAGER, now=off.now)


def test_no_answer_frees_the_hours_once_and_the_person_is_phoned(off):
    at = off.proposition.answer_by
    assert lapse_due(at - timedelta(minutes=1)) == 0
    assert lapse_due(at) == 1
    assert lapse_due(at) == 0
    assert (Proposition.objects.get().state, held(), Appel.objects.count()) == (PropositionState.LAPSED, 0, 1)
    with pytest.raises(PropositionOver):
        pick(horaire=hours_of(off)[0], author=USAGER, now=at)


def test_the_sweep_of_dead_holds_leaves_them_to_the_proposition(offered):
    late = offered.proposition.answer_by + timedelta(hours=2)
    assert drop_dead_options(late) == 0
    assert held() == 3
    lapse_due(late)
    assert held() == 0


def test_a_yes_after_the_workers_slept_is_honoured_while_the_hour_is_free(offered):
    late = offered.proposition.answer_by + timedelta(hours=2)
    first = hours_of(offered)[0]
    rdv = pick(horaire=first, author=USAGER, now=late)
    assert rdv.starts_at == first.starts_at


def test_freed_hours_are_told_to_those_who_wait(offered):
    from rdv.services.waitlist_join import Wish, join

    offered.motif.has_waitlist = True
    offered.motif.save()
    usager = make_usager(offered.departement)
    join(wish=Wish(usager=usager, motif=offered.motif), author=offered.author, now=offered.now)
    refuse(proposition=offered.proposition, author=USAGER, now=offered.now)
    assert Liberation.objects.count() == 3


def test_taken_back_by_the_service(offered):
    withdraw(proposition=offered.proposition, author=offered.author, now=offered.now)
    withdraw(proposition=offered.proposition, author=offered.author, now=offered.now)
    assert (held(), Appel.objects.count()) == (0, 0)
    assert Evenement.objects.filter(kind="proposition.withdrawn").count() == 1


@pytest.mark.parametrize("how", ["moved", "cancelled"])
def test_the_rdv_changes_otherwise_nothing_is_proposed_any_more(offered, how):
    if how == "moved":
        tomorrow = offered.nine + timedelta(days=1, hours=2)
        move_rdv(rdv=offered.rdvs[0], move=Move(starts_at=tomorrow), author=offered.author, now=offered.now)
    else:
        cancel_participation(participation=offered.participation, by_service=False, author=USAGER, now=offered.now)
    assert Proposition.objects.get().state == PropositionState.WITHDRAWN
    assert held() == 0
    assert Message.objects.filter(kind="rdv.proposed", state=State.PLANNED).count() == 0


def test_the_call_to_make_is_settled_when_the_rdv_moves(world):
    absence = create_absence(agent=world.nadia, rule=rule_of(world), author=world.author, now=world.now).absence
    participation = whole(world.rdvs[0])
    calls.open_appel(participation, AppelKind.ABSENCE, before=world.nine, now=world.now, absence=absence)
    tomorrow = world.nine + timedelta(days=1)
    move_rdv(rdv=world.rdvs[0], move=Move(starts_at=tomorrow), author=world.author, now=world.now)
    appel = Appel.objects.get()
    assert (appel.result, appel.closed_at) == (AppelResult.SETTLED, world.now)


def test_an_hour_that_went_is_said_and_the_others_stand(offered):
    first, second, _ = hours_of(offered)
    from rdv.services.absences import AbsenceRule

    day = first.starts_at.date()
    for agent in (offered.nadia, offered.elise, offered.morel):
        if agent.pk in first.agent_ids:
            create_absence(agent=agent, rule=AbsenceRule(first_day=day), author=offered.author, now=offered.now)
    with pytest.raises(HoraireGone):
        pick(horaire=first, author=USAGER, now=offered.now)
    assert Proposition.objects.get().is_live
    assert held() == 2
    assert pick(horaire=second, author=USAGER, now=offered.now).starts_at == second.starts_at


def test_the_last_hour_that_went_ends_it_and_the_person_is_phoned(offered):
    for one in hours_of(offered)[1:]:
        Option.objects.filter(pk=one.option_id).delete()
    Occupation.objects.filter(kind="option").delete()
    offered.site.is_active = False
    offered.site.save()
    with pytest.raises(HoraireGone):
        pick(horaire=hours_of(offered)[0], author=USAGER, now=offered.now)
    assert Proposition.objects.get().state == PropositionState.WITHDRAWN
    assert Appel.objects.get().kind == AppelKind.PROPOSITION


def test_a_person_busy_at_that_hour_changes_nothing(offered):
    first = hours_of(offered)[0]
    make_rdv(offered.motif, offered.site, [], first.starts_at, usagers=[offered.participation.usager])
    with pytest.raises(UsagerBusy):
        pick(horaire=first, author=USAGER, now=offered.now)
    assert Proposition.objects.get().is_live
    assert held() == 3
    offered.rdvs[0].refresh_from_db()
    assert offered.rdvs[0].starts_at == offered.nine


def test_hours_that_are_gone_or_too_near_are_not_proposed(world):
    participation = whole(world.rdvs[0])
    hours = first_hours(participation, now=world.now)
    by_id = {agent.pk: agent for agent in (world.nadia, world.elise, world.morel)}
    make_rdv(world.motif, world.site, [by_id[pk] for pk in hours[0].agent_ids], hours[0].starts_at)
    made = propose(asked=Asked(participation, hours), author=world.author, now=world.now)
    assert list(made.horaires.values_list("starts_at", flat=True)) == [one.starts_at for one in hours[1:]]
    soon = hours[1].starts_at - timedelta(hours=1)
    with pytest.raises(HoursGone):
        propositions.in_time(participation.rdv, hours[:2], is_off=True, now=soon)


def test_the_answer_comes_before_the_old_rdv_and_before_the_first_hour(offered):
    proposition = offered.proposition
    assert proposition.answer_by <= offered.nine - timedelta(hours=1)
    assert proposition.answer_by < hours_of(offered)[0].starts_at


def test_an_hour_of_another_site_is_never_held(world):
    start = world.nine + timedelta(days=2)
    make_ouverture(world.elise, [world.motif], start, start + timedelta(hours=2), site=world.other_site)
    code = f"{int(start.timestamp())}_{world.other_site.pk}_{world.elise.pk}"
    assert propositions.hours_from([code], world.rdvs[0]) == []
    assert {hour.site_id for hour in first_hours(whole(world.rdvs[0]), now=world.now)} == {world.site.pk}


@pytest.mark.django_db(transaction=True)
class TestDatabase:
    """The last word, at the commit."""

    def test_no_hold_outlives_its_proposition(self):
        offered = self._offered()
        with pytest.raises(IntegrityError, match="over holds hours"):
            Proposition.objects.filter(pk=offered.pk).update(state="lapsed", answered_at=offered.sent_at)

    def test_a_live_proposition_holds_something(self):
        offered = self._offered()
        offered.horaires.update(option=None)
        with pytest.raises(IntegrityError, match="holds nothing"):
            Proposition.objects.filter(pk=offered.pk).update(state="live")

    def test_one_hour_is_picked(self):
        offered = self._offered()
        with pytest.raises(IntegrityError, match="horaire_one_picked"):
            offered.horaires.update(is_picked=True)

    def test_one_is_live_for_one_person(self):
        offered = self._offered()
        with pytest.raises(IntegrityError, match="proposition_one_live"):
            Proposition.objects.create(
                departement_id=offered.departement_id, participation_id=offered.participation_id,
                was_at=offered.was_at, sent_at=offered.sent_at, answer_by=offered.answer_by, link_hash="x",
            )  # fmt: skip

    def _offered(self):
        from tests.absent.conftest import build

        world = build()
        participation = whole(world.rdvs[0])
        hours = first_hours(participation, now=world.now)
        return propose(asked=Asked(participation, hours), author=world.author, now=world.now)


def test_messages_that_reached_nobody_become_a_call_once(offered):
    Message.objects.filter(kind="rdv.proposed").update(
        state=State.FAILED, failure="unreachable", settled_at=offered.now
    )
    assert calls.note_unreached(offered.now) == 1
    assert calls.note_unreached(offered.now) == 0
    appel = Appel.objects.get()
    assert (appel.kind, appel.proposition) == (AppelKind.PROPOSITION, offered.proposition)
    assert appel.reason.endswith("le téléphone ou la messagerie ne répond pas")


def test_a_confirmation_that_reached_nobody_is_called_until_joined(world):
    from rdv.services import notices

    participation = whole(world.rdvs[0])
    notices.booked(participation, now=world.now)
    told = Message.objects.filter(kind="rdv.booked")
    told.filter(channel="sms").update(state=State.FAILED, failure="address", settled_at=world.now)
    assert calls.note_unreached(world.now) == 0  # the e-mail is on its way
    told.filter(channel="email").update(state=State.FAILED, failure="address", settled_at=world.now)
    assert calls.note_unreached(world.now) == 1
    appel = Appel.objects.whole().get()
    assert (appel.kind, appel.before) == (AppelKind.MESSAGE, world.nine)
    calls.answer(appel=appel, result=AppelResult.NO_ANSWER, author=world.author, now=world.now)
    appel.refresh_from_db()
    assert (appel.attempts, appel.closed_at) == (1, None)
    assert appel.not_before > world.now
    calls.answer(appel=appel, result=AppelResult.ACCEPTED, author=world.author, now=world.now)
    later = world.now + timedelta(hours=1)
    assert calls.note_unreached(later) == 0
    assert Appel.objects.open().count() == 0


def test_the_author_of_a_lapse_is_the_platform(off):
    lapse_due(off.proposition.answer_by)
    event = Evenement.objects.get(kind="proposition.lapsed")
    assert (event.author_kind, event.subject_type) == (SYSTEM.kind, "rdv")


# --- An Rdv whose length was changed by hand


@pytest.fixture
def longer(world):
    """One hour where the motif takes half: the next one takes as long."""
    rdv = world.rdvs[0]
    author = world.author
    move_rdv(
        rdv=rdv,
        move=Move(starts_at=rdv.starts_at, ends_at=rdv.starts_at + HOUR, overbook_reason="Avec interprète"),
        author=author,
        now=world.now,
    )
    world.participation = whole(world.rdvs[0])
    assert world.participation.rdv.length == HOUR != world.participation.rdv.motif.duration
    return world


def test_other_dates_last_as_long_as_the_rdv_they_replace(longer):
    hours = first_hours(longer.participation, now=longer.now)
    assert {one.ends_at - one.starts_at for one in hours} == {HOUR}
    made = propose(asked=Asked(longer.participation, hours), author=longer.author, now=longer.now)
    held_hours = list(made.horaires.select_related("option").order_by("position"))
    assert {one.ends_at - one.starts_at for one in held_hours} == {HOUR}
    assert {one.option.ends_at - one.option.starts_at for one in held_hours} == {HOUR}
    for one in held_hours:
        (taken,) = Occupation.objects.filter(option=one.option)
        assert taken.ends_at - taken.starts_at >= HOUR
    rdv = pick(horaire=held_hours[0], author=USAGER, now=longer.now)
    assert (rdv.starts_at, rdv.length) == (held_hours[0].starts_at, HOUR)


def test_what_the_form_carries_back_keeps_the_length(longer):
    rdv = longer.participation.rdv
    hours = first_hours(longer.participation, now=longer.now)
    assert propositions.hours_from([one.code for one in hours], rdv) == hours


def test_an_hour_too_short_for_it_is_refused_though_the_motif_would_fit(longer):
    hours = first_hours(longer.participation, now=longer.now)
    busy_at = hours[0].starts_at + HOUR / 2
    other = make_rdv(
        longer.participation.rdv.motif,
        longer.participation.rdv.site,
        [],
        busy_at,
        usagers=[make_usager(longer.departement)],
    )
    Occupation.objects.create(
        departement=longer.departement, agent_id=hours[0].agent_ids[0], rdv=other, kind="rdv", is_blocking=True,
        starts_at=busy_at, ends_at=busy_at + HOUR / 2,
    )  # fmt: skip
    with pytest.raises(HoursGone):
        propose(asked=Asked(longer.participation, hours[:1]), author=longer.author, now=longer.now)
