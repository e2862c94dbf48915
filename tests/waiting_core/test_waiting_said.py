"""What an audit found untrue, of answers, messages and rules: each of these failed once."""

from types import SimpleNamespace

import pytest
from django.db import transaction

from notifications.channels import gsm7
from notifications.models import Message
from rdv import tasks
from rdv.core.journal import Author, Evenement
from rdv.domain.waiting import Policy
from rdv.models import (
    Inscription,
    InscriptionState,
    Liberation,
    Motif,
    Offre,
    OffreState,
    Priority,
    SourceKind,
)
from rdv.services import waitlist_answer, waitlist_choice, waitlist_noted, waitlist_offer, waitlist_withdraw
from rdv.services.cancelling import cancel_participation, cancel_rdv, restore_participation
from rdv.services.errors import ChangedMeanwhile, StatusRefused
from rdv.services.sms_router import answer_sms
from rdv.services.waitlist_answer import accept, refuse, stop
from rdv.services.waitlist_expiry import expire_past
from rdv.services.waitlist_join import CannotWait, Wishes, set_priority
from rdv.services.waitlist_match import Freed, given_back
from rdv.services.waitlist_noted import offer_noted
from rdv.services.waitlist_queue import note_freed
from rdv.services.waitlist_rules import PolicyRefused, examples_of, set_policy
from tests.factories import NOW, make_departement, make_motif, make_ouverture, make_rdv, make_usager
from tests.waiting_core.conftest import (
    AGENT,
    MINUTE,
    TEN,
    USAGER,
    H,
    build_world,
    cancel,
    give_up_a_seat,
    live,
    state_of,
    wait_for,
)

pytestmark = pytest.mark.django_db(transaction=True)


# --- A slip of the finger


def put_back(world, now, author=USAGER):
    return restore_participation(participation=world.participation, author=author, now=now)


def test_a_cancellation_undone_at_once_takes_back_the_offer_that_nobody_answered(world):
    waiting = wait_for(world)
    cancel(world, NOW + H)
    (offre,) = live()
    assert put_back(world, NOW + H + 2 * MINUTE).is_live
    offre.refresh_from_db()
    assert (offre.state, offre.option, state_of(waiting)) == (OffreState.WITHDRAWN, None, InscriptionState.WAITING)
    assert Message.objects.filter(kind="waitlist.taken", subject_id=str(offre.uuid)).exists()
    assert Evenement.objects.get(kind="offre.withdrawn").author_kind == "systeme"
    assert world.participation.rdv.occupations.filter(is_blocking=True).count() == 1


def test_an_offer_taken_back_so_is_none_of_the_two_of_the_day(world):
    waiting = wait_for(world)
    for n in range(3):
        start = TEN + n * 30 * MINUTE
        rdv = world.rdv if n == 0 else make_rdv(world.motif, world.site, [world.agent], start, usagers=[world.usager])
        world.participation = rdv.participations.get()
        cancel(world, NOW + H)
        if n == 0:
            put_back(world, NOW + H + MINUTE)
        else:
            refuse(offre=live()[0], author=USAGER, now=NOW + H)
    assert Offre.objects.filter(inscription=waiting).count() == 3


@pytest.mark.parametrize(
    ("author", "later"), [(AGENT, MINUTE), (USAGER, 3 * MINUTE)], ids=["of_somebody_else", "too_late"]
)
def test_an_offer_is_not_taken_back_for_another_or_later(world, author, later):
    wait_for(world)
    cancel(world, NOW + H)
    with pytest.raises(StatusRefused):
        put_back(world, NOW + H + later, author=author)
    assert len(live()) == 1


def test_a_yes_is_a_yes(world):
    waiting = wait_for(world)
    cancel(world, NOW + H)
    accept(offre=live()[0], author=USAGER, now=NOW + H)
    with pytest.raises(StatusRefused):
        put_back(world, NOW + H + MINUTE)
    assert state_of(waiting) == InscriptionState.SERVED


def test_a_seat_given_up_by_mistake_is_taken_back_too(world, atelier):
    wait_for(world, motif=atelier.motif)
    world.participation = give_up_a_seat(atelier)
    assert len(live()) == 1
    assert put_back(world, NOW + H + MINUTE).is_live
    assert not live()


# --- Between the look and the lock


def test_the_rdv_to_exchange_is_looked_at_again_under_its_locks(world, monkeypatch):
    """The service cancels it, then a first look reads what was there before: it stays cancelled by the service."""
    usager = make_usager(world.departement)
    old = make_rdv(world.motif, world.site, [world.agent], TEN + H, usagers=[usager]).participations.get()
    waiting = wait_for(world, usager=usager, participation=old)
    cancel(world, NOW + H)
    seen = given_back(waiting, NOW + H)
    cancel_participation(participation=old, by_service=True, author=AGENT, now=NOW + H)
    looks = iter([seen])
    monkeypatch.setattr(waitlist_answer, "given_back", lambda one, now: next(looks, None) or given_back(one, now))
    rdv = accept(offre=live()[0], author=USAGER, now=NOW + H)
    old.refresh_from_db()
    assert (rdv.starts_at, old.status) == (TEN, "revoked")


def test_the_losers_of_a_group_are_not_told_by_the_name_of_the_winner(world):
    for n in range(3):
        wait_for(world, now=NOW + n * MINUTE)
    eve = TEN - 46 * H  # three are asked at once
    cancel(world, eve)
    first, *_ = live()
    accept(offre=first, author=Author("usager", first.inscription.usager_id, "Mariam Sow"), now=eve + MINUTE)
    lost = Evenement.objects.filter(kind__in=["offre.lost", "inscription.state"], author_label="Mariam Sow")
    assert {line.subject_id for line in lost} == {str(first.inscription.uuid)}


# --- One bad row


def test_noted_hours_that_fail_stand_behind_the_others(world, monkeypatch):
    waiting = wait_for(world)
    monkeypatch.setattr(waitlist_noted, "BATCH", 2)
    for n in range(3):
        note_freed(
            departement_code="62", agent_id=world.agent.pk, starts_at=TEN - H, ends_at=TEN - H + 30 * MINUTE,
            source_kind=SourceKind.OPTION if n == 2 else SourceKind.ABSENCE, now=NOW,
        )  # fmt: skip
    look = waitlist_noted._look_at

    def fails(row, now):
        if row.source_kind == SourceKind.ABSENCE:
            raise RuntimeError
        return look(row, now)

    monkeypatch.setattr(waitlist_noted, "_look_at", fails)
    assert [offer_noted(NOW), offer_noted(NOW + MINUTE)] == [0, 1]
    assert [one.inscription for one in live()] == [waiting]
    assert Liberation.objects.filter(failed_at__isnull=False).count() == 2


def test_every_live_offer_is_looked_at_however_many_there_are(world, monkeypatch):
    monkeypatch.setattr(waitlist_withdraw, "SWEEP", 1)
    for n in range(2):
        wait_for(world, now=NOW + n * MINUTE)
    later = make_rdv(world.motif, world.site, [world.agent], TEN + H, usagers=[make_usager(world.departement)])
    cancel(world, NOW + H)
    cancel_participation(participation=later.participations.get(), by_service=False, author=USAGER, now=NOW + H)
    world.ouverture.ends_at = TEN + 30 * MINUTE  # the second hour is no longer open
    world.ouverture.save()
    assert [one.starts_at for one in live()] == [TEN, TEN + H]
    assert waitlist_withdraw.withdraw_unfit(NOW + H) == 1
    assert [one.starts_at for one in live()] == [TEN]


def test_a_sweep_that_fails_does_not_stop_the_next(monkeypatch):
    seen = []

    def lapse_due(now):
        raise RuntimeError

    monkeypatch.setattr("rdv.services.propositions.lapse_due", lapse_due)
    monkeypatch.setattr("rdv.services.absent.resume", seen.append)
    tasks.followups_minute()
    assert len(seen) == 1


# --- What is said, and to whom


def told(kind):
    return Message.objects.filter(kind=f"waitlist.{kind}").order_by("id")


def test_an_offer_that_lapsed_is_said_once_and_discreetly(world):
    Motif.objects.filter(pk=world.motif.pk).update(notice_level="discreet")
    usager = make_usager(world.departement, email="nina@example.org", phone="+33639980007")
    wait_for(world, usager=usager)
    cancel(world, NOW + H)
    (offre,) = live()
    for _ in range(2):
        waitlist_offer.lapse_due(offre.answer_by)
    assert sorted(told("lapsed").values_list("channel", flat=True)) == ["email", "sms"]
    assert not told("sleeping").exists()
    for message in told("lapsed"):
        assert world.motif.public_label not in message.body + message.title + message.html
        assert "Vous gardez votre rang" in message.body


def test_the_second_time_the_pause_is_all_that_is_said(world):
    waiting = wait_for(world)
    Inscription.objects.filter(pk=waiting.pk).update(unanswered=Policy().unanswered_limit - 1)
    cancel(world, NOW + H)
    waitlist_offer.lapse_due(live()[0].answer_by)
    assert (told("lapsed").exists(), told("sleeping").exists()) == (False, True)


def ending(world, atelier, why):
    """A wait whose object goes, and when."""
    usager = make_usager(world.departement)
    if why == "last_day":
        return wait_for(world, usager=usager, wishes=Wishes(until_day=NOW.date())), NOW + 24 * H
    if why == "kept_rdv_past":
        kept = make_rdv(world.motif, world.site, [world.agent], TEN + H, usagers=[usager]).participations.get()
        return wait_for(world, usager=usager, participation=kept), TEN + H
    waiting = wait_for(world, usager=usager, motif=atelier.motif, atelier=atelier)
    if why == "session_cancelled":
        cancel_rdv(rdv=atelier, author=AGENT, now=NOW + H)
    return waiting, NOW + 2 * H if why == "session_cancelled" else atelier.starts_at


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("last_day", "Le dernier jour que vous aviez donné est passé."),
        ("kept_rdv_past", "Votre rendez-vous a eu lieu."),
        ("session_over", "Le rendez-vous que vous attendiez a commencé, sans place libre pour vous."),
        ("session_cancelled", "Le rendez-vous que vous attendiez est annulé."),
    ],
)
def test_a_wait_that_ends_by_itself_says_so(world, atelier, why, said):
    waiting, at = ending(world, atelier, why)
    assert [expire_past(at), expire_past(at)] == [1, 0]
    assert state_of(waiting) == InscriptionState.EXPIRED
    line = Evenement.objects.filter(kind="inscription.state", subject_id=str(waiting.uuid)).order_by("-id").first()
    assert line.data["reason"] == why
    email = told("ended").get(channel="email")
    assert said in email.body
    assert waiting.motif.public_label not in email.body + email.title + email.html


PHONE = "+33639980007"


def said_to_stop(now=NOW):
    return answer_sms(phone=PHONE, text="STOP", now=now)


def test_stop_by_sms_is_answered_by_the_answer_alone(world):
    usager = make_usager(world.departement, email="nina@example.org", phone=PHONE)
    wait_for(world, usager=usager)
    said = said_to_stop()
    assert said.startswith("C'est noté")
    assert f"(liste d'attente {world.departement.name_with_article})" in said
    assert world.motif.public_label not in said
    assert gsm7.segments(said) == 1
    assert list(told("left").values_list("channel", flat=True)) == ["email"]


def test_a_stop_ends_every_wait_of_the_number_and_says_which(world):
    """One number answers for all départements: what was stopped is said, the second STOP finds nothing left."""
    usager = make_usager(world.departement, phone=PHONE)
    wait_for(world, usager=usager)
    wait_for(world, usager=usager, motif=make_motif(world.departement, sites=[world.site], has_waitlist=True))
    wait_for(world, usager=make_usager(world.departement, phone=""), responsable=usager)
    reunion = build_world(departement=make_departement("974", name_with_article="de La Réunion"))
    wait_for(reunion, usager=make_usager(reunion.departement, phone=PHONE))
    bystander = wait_for(reunion)
    said = said_to_stop()
    assert f"3 listes {world.departement.name_with_article}, 1 liste de La Réunion" in said
    assert gsm7.segments(said) == 1
    assert list(Inscription.objects.open()) == [bystander]
    assert "ne figure sur aucune liste" in said_to_stop(NOW + MINUTE)
    assert not told("left").filter(channel="sms").exists()


def test_a_stop_that_fails_for_one_wait_stops_the_others_and_says_so(world, monkeypatch):
    usager = make_usager(world.departement, phone=PHONE)
    first = wait_for(world, usager=usager)
    twin = make_motif(world.departement, sites=[world.site], has_waitlist=True)
    second = wait_for(world, usager=usager, motif=twin)
    stops = waitlist_answer.stop

    def fails_once(*, inscription, **about):
        if inscription == first:
            raise ChangedMeanwhile
        return stops(inscription=inscription, **about)

    monkeypatch.setattr(waitlist_answer, "stop", fails_once)
    assert "pas pu mettre fin à toutes vos attentes" in said_to_stop()
    assert (state_of(first), state_of(second)) == ("waiting", "left")


def test_the_class_of_a_wait_that_is_over_does_not_change(world):
    waiting = wait_for(world)
    stop(inscription=waiting, author=USAGER, now=NOW)
    with pytest.raises(CannotWait):
        set_priority(inscription=waiting, priority=Priority(0), reason="échéance", author=AGENT, now=NOW)
    assert not Evenement.objects.filter(kind="inscription.priority").exists()


def test_a_visit_goes_to_the_first_whom_the_agent_reaches_however_many_live_too_far(world, monkeypatch):
    monkeypatch.setattr(waitlist_choice, "VISITS_LOOKED_AT", 1)
    motif = make_motif(world.departement, sites=[world.site], has_waitlist=True, modality="home")
    make_ouverture(world.agent, [motif], TEN - H, TEN + 2 * H)
    far = {"latitude": 43.3, "longitude": 5.4, "address": "Loin"}
    for n in range(3):
        wait_for(world, usager=make_usager(world.departement, **far), motif=motif, now=NOW + n * MINUTE)
    near = make_usager(world.departement, latitude=world.site.latitude, longitude=world.site.longitude, address="Près")
    waiting = wait_for(world, usager=near, motif=motif, now=NOW + H)
    freed = Freed(
        motif=motif, site=world.site, starts_at=TEN + H, ends_at=TEN + 90 * MINUTE, agent_ids=(world.agent.pk,),
        source_kind=SourceKind.CANCELLATION, freed_at=NOW + H,
    )  # fmt: skip
    with transaction.atomic():
        waitlist_offer.offer_freed(freed=freed, now=NOW + 2 * H)
    assert [one.inscription for one in live()] == [waiting]


# --- Rules that a clumsy hand may write


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"quiet_until_h": 0, "quiet_from_h": 1}, "quiet_until_h"),
        ({"quiet_from_h": 24}, "quiet_from_h"),
        ({"near_answer_min": 10_080}, "near_answer_min"),
        ({"short_answer_min": 300}, "short_answer_min"),
        ({"near_from_h": 0, "middle_from_h": 0, "long_from_h": 0}, "near_from_h"),
    ],
)
def test_rules_that_would_silence_the_list_or_ring_at_night_are_refused(world, settings, field):
    with pytest.raises(PolicyRefused) as refusal:
        set_policy(owner=world.departement, settings=settings, author=AGENT, now=NOW)
    assert refusal.value.field == field


def test_the_numbers_are_shown_at_work():
    lines = [line.replace("\xa0", " ") for line in examples_of(Policy())]
    assert lines == [
        "Annulé lundi 10:00 pour mercredi suivant 9:00 : 1 personne à la fois, réponse jusqu’à mercredi 10:00.",
        "Annulé lundi 10:00 pour vendredi 9:00 : 1 personne à la fois, réponse jusqu’à lundi 14:00.",
        "Annulé lundi 10:00 pour mercredi 9:00 : 5 personnes à la fois, réponse jusqu’à lundi 12:00.",
        "Annulé lundi 10:00 pour lundi 12:00 : toutes les personnes à la fois, réponse jusqu’à lundi 10:20.",
    ]
    slow = examples_of(Policy(near_answer_min=24 * 60, near_people=1))[3]
    assert "10:20" in slow
    assert "personne n’aurait le temps de répondre" in examples_of(Policy(short_answer_min=180))[3]


# --- The second before the task


def test_the_task_is_woken_once_by_what_is_noted_when_it_is_committed(world, monkeypatch):
    sent = []
    app = SimpleNamespace(send_task=lambda name, **_: sent.append((name, Liberation.objects.count())))
    monkeypatch.setattr("rdv.core.commit.current_app", app)
    wait_for(world, wishes=Wishes(half_days=2))
    with transaction.atomic():
        for n in range(3):
            note_freed(
                departement_code="62", agent_id=world.agent.pk, starts_at=TEN + n * H, ends_at=TEN + (n + 1) * H,
                source_kind=SourceKind.ABSENCE, now=NOW,
            )  # fmt: skip
        assert not sent
    assert sent == [("rdv.tasks.offer_noted", 3)]
    tasks.offer_noted()
    assert not Liberation.objects.exists()
