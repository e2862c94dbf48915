"""What a hurried person, a clumsy administrator and a crash can do to the list; each was a defect or could be one."""

import os
import signal
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from notifications.models import Message
from rdv.core.journal import Evenement
from rdv.models import Inscription, InscriptionState, Motif, MotifSite, Offre, OffreState, Option, Purpose
from rdv.services import waitlist_answer, waitlist_match, waitlist_notices, waitlist_offer
from rdv.services.cancelling import cancel_participation
from rdv.services.waitlist_expiry import expire_past
from rdv.services.waitlist_join import AlreadyWaiting, Wishes, WishImpossible
from rdv.services.waitlist_offer import lapse_due
from rdv.services.waitlist_rules import PolicyRefused, open_waitlist, policy_of, set_policy
from rdv.services.waitlist_withdraw import withdraw_unfit
from tests.factories import NOW, make_motif, make_rdv, make_usager, utc
from tests.waiting_core.conftest import AGENT, TEN, USAGER, H, cancel, live, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


# --- A hurried person


def test_the_same_page_twice_is_one_place_whatever_the_constraint_says(world):
    key = uuid.uuid4()
    first = wait_for(world, key=key)
    other = make_motif(world.departement, sites=[world.site], has_waitlist=True)
    with pytest.raises(AlreadyWaiting):
        wait_for(world, key=key, usager=first.usager, motif=other)
    assert Inscription.objects.get() == first


def test_a_visit_needs_to_know_where(world):
    visit = make_motif(world.departement, sites=[world.site], has_waitlist=True, modality="home")
    with pytest.raises(WishImpossible) as refusal:
        wait_for(world, motif=visit, usager=make_usager(world.departement, address=""))
    assert refusal.value.field == "address"
    assert wait_for(world, motif=visit, usager=make_usager(world.departement, address="3 rue des Ormes, Lens"))


def test_two_offers_a_day_and_without_that_rule_a_third(world, monkeypatch):
    """The rule is one condition of the question: taken away, the third offer goes out."""
    person = wait_for(world)
    rdvs = [make_rdv(world.motif, world.site, [world.agent], TEN + n * timedelta(minutes=30),
                     usagers=[make_usager(world.departement)]) for n in (-2, -1, 1)]  # fmt: skip

    def ask_and_refuse(rdv, minutes):
        now = NOW + timedelta(minutes=minutes)
        cancel_participation(participation=rdv.participations.get(), by_service=False, author=USAGER, now=now)
        for offre in live():
            waitlist_answer.refuse(offre=offre, author=USAGER, now=now)

    ask_and_refuse(rdvs[0], 0)
    ask_and_refuse(rdvs[1], 10)
    ask_and_refuse(rdvs[2], 20)
    assert Offre.objects.filter(inscription=person).count() == 2
    monkeypatch.setitem(waitlist_match.CHECKS, "a_day", "true")
    monkeypatch.setattr(
        waitlist_match, "_CANDIDATES", waitlist_match._CANDIDATES.replace(_cap_of(waitlist_match), "true")
    )
    cancel(world, NOW + H)
    assert Offre.objects.filter(inscription=person).count() == 3


def _cap_of(match):
    """The condition as the question holds it."""
    sql = match._CANDIDATES
    start = sql.index("(SELECT count(*) FROM rdv_offre")
    return sql[start : sql.index("%(offers_a_day)s", start) + len("%(offers_a_day)s")]


# --- A wrong number


def test_a_wrong_number_holds_the_place_for_the_next_and_keeps_the_rank(world):
    first = wait_for(world, usager=make_usager(world.departement, email="", phone="+33639980001"))
    second = wait_for(world, now=NOW + timedelta(minutes=1))
    cancel(world, NOW + H)
    (offre,) = live()
    waitlist_answer.wrong_number(offre=offre, author=AGENT, now=NOW + 2 * H)
    waitlist_answer.wrong_number(offre=offre, author=AGENT, now=NOW + 2 * H)
    (passed,) = live()
    assert (passed.inscription, passed.starts_at) == (second, offre.starts_at)
    first.refresh_from_db()
    assert (first.state, first.unanswered, first.opened_at) == (InscriptionState.ASLEEP, 0, NOW)
    assert Evenement.objects.filter(kind="usager.number_wrong", subject_id=str(first.usager_id)).count() == 1
    assert not Message.objects.filter(kind="waitlist.sleeping").exists()


def test_whom_an_email_reaches_goes_on_waiting_when_the_number_is_wrong(world):
    first = wait_for(world)
    cancel(world, NOW + H)
    (offre,) = live()
    waitlist_answer.wrong_number(offre=offre, author=AGENT, now=NOW + 2 * H)
    first.refresh_from_db()
    assert first.state == InscriptionState.WAITING


# --- A clumsy administrator


def test_rules_of_the_departement_that_contradict_those_of_a_motif_are_refused(world):
    set_policy(owner=world.motif, settings={"long_from_h": 60}, author=AGENT, now=NOW)
    with pytest.raises(PolicyRefused) as refusal:
        set_policy(owner=world.departement, settings={"middle_from_h": 100}, author=AGENT, now=NOW)
    assert world.motif.name in refusal.value.message


@pytest.mark.parametrize(
    "absurd",
    [{"offers_a_day": 0}, {"unanswered_limit": 0}, {"public_delay_min": 5000}, {"chain_limit": 900},
     {"near_answer_min": 0}, {"quiet_from_h": 3}, {"long_people": -1}, {"unknown": 1}],
)  # fmt: skip
def test_absurd_rules_are_refused(world, absurd):
    with pytest.raises(PolicyRefused):
        set_policy(owner=world.departement, settings=absurd, author=AGENT, now=NOW)


def test_rules_that_mean_nothing_never_stop_a_cancellation(world):
    wait_for(world)
    Motif.objects.filter(pk=world.motif.pk).update(waitlist_policy={"from_another_release": 1})
    cancel(world, NOW + H)
    (offre,) = live()
    assert policy_of(offre.motif).offers_a_day == 2


def test_a_motif_archived_ends_the_waits_and_says_so(world):
    person = wait_for(world)
    other = wait_for(world)
    cancel(world, NOW + H)
    Motif.objects.filter(pk=world.motif.pk).update(is_archived=True)
    assert expire_past(NOW + 2 * H) == 1  # the one who is asked may still answer
    other.refresh_from_db()
    assert other.state == InscriptionState.EXPIRED
    assert Message.objects.filter(kind="waitlist.closed").count() == 2
    (offre,) = live()
    assert offre.inscription == person
    waitlist_answer.refuse(offre=offre, author=USAGER, now=NOW + 3 * H)
    assert not live()
    assert expire_past(NOW + 4 * H) == 1


def test_an_equivalent_motif_keeps_the_wait(world):

    other = make_motif(world.departement, sites=[world.site], has_waitlist=True)
    wait_for(world, wishes=Wishes(equivalents=[other]))
    Motif.objects.filter(pk=world.motif.pk).update(is_archived=True)
    assert expire_past(NOW + H) == 0


def test_a_list_switched_off_keeps_the_offer_and_the_ranks(world):
    person = wait_for(world)
    wait_for(world, now=NOW + timedelta(minutes=1))
    cancel(world, NOW + H)
    open_waitlist(motif=world.motif, is_open=False, notice_min=None, author=AGENT, now=NOW + H)
    (offre,) = live()
    waitlist_answer.refuse(offre=offre, author=USAGER, now=NOW + 2 * H)
    assert not live()
    assert not Option.objects.filter(purpose=Purpose.OFFRE).exists()
    person.refresh_from_db()
    assert person.state == InscriptionState.WAITING


def test_a_site_that_closes_for_good_takes_its_offers_back_and_makes_no_other(world):
    wait_for(world)
    wait_for(world, now=NOW + timedelta(minutes=1))
    cancel(world, NOW + H)
    world.site.is_active = False
    world.site.save(update_fields=["is_active"])
    assert withdraw_unfit(NOW + H) == 1
    assert not live()
    rdv = make_rdv(world.motif, world.site, [world.agent], TEN + H, usagers=[make_usager(world.departement)])
    cancel_participation(participation=rdv.participations.get(), by_service=True, author=AGENT, now=NOW + 2 * H)
    assert not live()


def test_a_motif_switched_off_on_the_site_takes_its_offers_back(world):
    wait_for(world)
    cancel(world, NOW + H)
    MotifSite.objects.filter(motif=world.motif).delete()
    assert withdraw_unfit(NOW + H) == 1


def test_the_rdv_kept_has_taken_place_so_the_wait_for_an_earlier_one_is_over(world):
    kept = make_rdv(world.motif, world.site, [world.agent], TEN + H, usagers=[make_usager(world.departement)])
    participation = kept.participations.get()
    person = wait_for(world, usager=participation.usager, participation=participation)
    assert expire_past(kept.starts_at - H) == 0
    assert expire_past(kept.starts_at + H) == 1
    person.refresh_from_db()
    assert person.state == InscriptionState.EXPIRED


def test_one_bad_row_never_stops_the_others(world, monkeypatch):
    wait_for(world)
    cancel(world, NOW + H)
    second = make_rdv(world.motif, world.site, [world.agent], TEN + H, usagers=[make_usager(world.departement)])
    wait_for(world, now=NOW + timedelta(minutes=2))
    cancel_participation(participation=second.participations.get(), by_service=True, author=AGENT, now=NOW + H)
    bad, good = live()
    lapse = waitlist_offer._lapse

    def fragile(group, now):
        if group == bad.group:
            raise RuntimeError("a row that nobody foresaw")
        return lapse(group, now)

    monkeypatch.setattr(waitlist_offer, "_lapse", fragile)
    assert lapse_due(utc(2027, 1, 12)) == 1
    assert [one.pk for one in live()] == [bad.pk]
    good.refresh_from_db()
    assert good.state == OffreState.LAPSED


# --- A crash


@pytest.mark.parametrize("where", ["offered", "settled"])
def test_killed_between_the_offer_and_the_commit_nothing_has_happened(world, where):
    """A child process of its own connection, killed for good in the middle of the transaction."""
    wait_for(world)
    if where == "settled":  # a yes killed on its way
        cancel(world, NOW)
    child = os.fork()
    if child == 0:
        _die_in_the_middle(world, where)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    world.rdv.refresh_from_db()
    if where == "offered":
        assert world.rdv.cancelled_at is None
        assert not Offre.objects.exists()
        assert not Option.objects.exists()
        cancel(world, NOW + H)
    (offre,) = live()
    rdv = waitlist_answer.accept(offre=offre, author=USAGER, now=NOW + 2 * H)
    assert rdv.starts_at == TEN
    assert Offre.objects.filter(state=OffreState.ACCEPTED).count() == 1


def _die_in_the_middle(world, where):
    inherited = connection.connection  # kept alive: closing it here would close the parent's
    connection.connection = None
    try:
        setattr(waitlist_notices, where, lambda *_args, **_options: os.kill(os.getpid(), signal.SIGKILL))
        if where == "offered":
            cancel(world, NOW + H)
        else:
            waitlist_answer.accept(offre=live()[0], author=USAGER, now=NOW + H)
    finally:
        os._exit(0 if inherited is not None else 1)
