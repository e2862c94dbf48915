"""Groups, calls, chains, what agents take back, SMS, settings, links."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.urls import reverse
from twilio.request_validator import RequestValidator

from notifications.models import Message
from rdv import access
from rdv.core.errors import DomainError
from rdv.core.journal import SYSTEM, Author, Evenement
from rdv.core.links import make_token
from rdv.models import (
    InscriptionState,
    Occupation,
    Offre,
    OffreState,
    Option,
    Origin,
    Participation,
    Priority,
    Purpose,
    Rdv,
)
from rdv.services import booking, holding, retention
from rdv.services.absences import AbsenceRule, create_absence
from rdv.services.cancelling import cancel_participation, restore_participation
from rdv.services.errors import ChangedMeanwhile, ReasonMissing, StatusRefused
from rdv.services.questions import EVERYBODY
from rdv.services.sms_router import NOTHING, answer_sms
from rdv.services.waitlist_answer import OffreOver, accept, no_answer, refuse
from rdv.services.waitlist_expiry import expire_past
from rdv.services.waitlist_join import (
    CannotWait,
    Wishes,
    WishImpossible,
    change,
    leave,
    position_of,
    set_priority,
)
from rdv.services.waitlist_offer import lapse_due
from rdv.services.waitlist_rules import PolicyRefused, open_waitlist, policy_of, set_policy
from rdv.services.waitlist_withdraw import NotOffered, withdraw_for_agent
from rdv.tasks import waitlist_minute
from tests.factories import NOW, make_motif, make_ouverture, make_rdv, make_usager, utc
from tests.waiting_core.conftest import AGENT, TEN, USAGER, H, build_world, cancel, live, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def ready_to_come(world, count, notice=0, **fields):
    wishes = Wishes(shortest_notice_min=notice)
    return [wait_for(world, now=NOW + timedelta(minutes=n), wishes=wishes, **fields) for n in range(count)]


@pytest.fixture
def near(db):
    return build_world(min_notice_min=60)


# --- Groups and calls


def test_five_are_asked_at_once_the_first_yes_wins_the_others_are_told_and_keep_their_rank(near):
    people = ready_to_come(near, 7)
    cancel(near, TEN - 46 * H, by_service=True)
    offres = live()
    assert [one.inscription for one in offres] == people[:5]
    assert len({one.option_id for one in offres}) == len({one.group for one in offres}) == 1
    accept(offre=offres[1], author=USAGER, now=TEN - 45 * H)
    assert not live()
    states = [Offre.objects.get(pk=one.pk).state for one in offres]
    assert states == [OffreState.LOST, OffreState.ACCEPTED, *[OffreState.LOST] * 3]
    told = Message.objects.filter(kind="waitlist.taken")
    assert {m.subject_id for m in told} == {str(one.uuid) for one in offres} - {str(offres[1].uuid)}
    people[0].refresh_from_db()
    assert (people[0].state, people[0].unanswered) == (InscriptionState.WAITING, 0)
    with pytest.raises(OffreOver, match="répondu avant vous"):
        accept(offre=offres[0], author=USAGER, now=TEN - 45 * H)


def test_the_history_of_those_who_lost_never_names_the_winner(near):
    people = ready_to_come(near, 3)
    cancel(near, TEN - 46 * H, by_service=True)
    first, second, _third = live()
    told = people[1].person_told
    accept(offre=second, author=Author("usager", told.pk, told.full_name), now=TEN - 45 * H)
    for subject in (("offre", first.uuid), ("inscription", people[0].uuid)):
        last = Evenement.objects.about(*subject).first()
        assert (last.author_kind, last.author_id, last.author_label) == (SYSTEM.kind, None, SYSTEM.label)
    assert Evenement.objects.about("offre", second.uuid).first().author_id == told.pk


def test_the_place_stays_held_until_the_last_of_the_group_has_answered(near):
    people = ready_to_come(near, 6)
    cancel(near, TEN - 46 * H, by_service=True)
    *asked, last = live()
    for one in asked:
        refuse(offre=one, author=USAGER, now=TEN - 45 * H)
        assert Option.objects.filter(purpose=Purpose.OFFRE).count() == 1
        assert [offre.inscription for offre in live()][-1] == last.inscription
    no_answer(offre=last, author=AGENT, now=TEN - 45 * H)
    assert [one.inscription for one in live()] == people[5:]


def test_at_short_notice_those_who_accept_it_are_phoned_too(near):
    near.motif.min_notice_min = 30
    near.motif.save()
    patient = ready_to_come(near, 2, notice=24 * 60)
    ready = ready_to_come(near, 4, notice=60)
    cancel(near, TEN - 2 * H, by_service=True)
    assert [one.inscription for one in live()] == ready
    assert all(one.by_call for one in live())
    assert all(one.answer_by == TEN - 2 * H + timedelta(minutes=20) for one in live())
    assert not [one for one in patient if one.offres.exists()]


def test_under_the_minimum_of_the_motif_nobody_is_asked(near):
    ready_to_come(near, 2)
    cancel(near, TEN - timedelta(minutes=59), by_service=True)
    assert not live()


def test_a_window_that_would_pass_the_last_useful_moment_gives_way_to_a_shorter_one(near):
    """Freed on a Sunday for Monday at 10:00: two hours of answer from 8:00 would end too late, 20 minutes do not."""
    ready = ready_to_come(near, 4)
    cancel(near, TEN - 16 * H - timedelta(minutes=1), by_service=True)
    assert [one.inscription for one in live()] == ready
    assert {one.answer_by for one in live()} == {TEN - 2 * H + timedelta(minutes=20)}
    messages = Message.objects.filter(kind="waitlist.offer", channel="sms")
    assert set(messages.values_list("send_not_before", flat=True)) == {TEN - 2 * H}


def test_when_no_window_ends_in_time_the_hour_is_public(near):
    near.motif.min_notice_min = 110
    near.motif.save()
    ready_to_come(near, 2)
    cancel(near, TEN - 16 * H - timedelta(minutes=1), by_service=True)
    assert not live()
    assert Option.objects.get().purpose == Purpose.RELEASE


def test_the_warning_that_somebody_asked_for_begins_when_their_phone_may_ring(near):
    """At night, "three hours before" is counted from 8:00: 10:00 is too soon for them, whenever it came free."""
    ready_to_come(near, 1, notice=180)
    (ready,) = ready_to_come(near, 1, notice=120)
    cancel(near, TEN - 16 * H, by_service=True)
    assert [one.inscription for one in live()] == [ready]


def test_who_is_asked_with_others_is_told_that_the_first_yes_wins(near):
    ready_to_come(near, 2)
    cancel(near, TEN - 2 * H, by_service=True)
    bodies = Message.objects.filter(kind="waitlist.offer", channel="email").values_list("body", flat=True)
    assert len(bodies) == 2
    assert all("La première réponse" in body for body in bodies)


def test_the_sms_waits_for_the_end_of_the_night_the_email_does_not(world):
    wait_for(world)
    at = utc(2027, 1, 5, 22)  # 23:00 in Paris
    cancel(world, at)
    (offre,) = live()
    leaves = dict(Message.objects.filter(subject_id=str(offre.uuid)).values_list("channel", "send_not_before"))
    assert leaves == {"email": at, "sms": utc(2027, 1, 6, 7)}
    assert offre.answer_by == utc(2027, 1, 7, 19)  # two waking days of 12 hours
    assert set(Message.objects.filter(subject_id=str(offre.uuid)).values_list("worthless_after")) == {
        (offre.answer_by,)
    }


def test_a_discreet_motif_says_nothing_of_itself(world):
    world.motif.notice_level, world.motif.public_label = "discreet", "Planning familial"
    world.motif.save()
    wait_for(world)
    cancel(world)
    bodies = [m.body + m.html + m.title for m in Message.objects.filter(kind__startswith="waitlist")]
    assert len(bodies) == 4
    assert not [body for body in bodies if "Planning familial" in body]


def test_an_offer_by_sms_is_one_segment(world):
    from notifications.channels.gsm7 import plain, segments
    from rdv.core.links import fill_links

    wait_for(world)
    cancel(world)
    (message,) = Message.objects.filter(kind="waitlist.offer", channel="sms")
    text = plain(fill_links(message.body))
    assert segments(text) == 1
    assert "/o/" in text
    assert "Oui ou non avant" in text


# --- Chain


def test_the_chain_of_exchanges_is_bounded(world):
    starts = [TEN + n * timedelta(minutes=30) for n in range(1, 5)]
    for start in starts:
        person = make_usager(world.departement)
        rdv = make_rdv(world.motif, world.site, [world.agent], start, usagers=[person])
        wait_for(world, usager=person, participation=rdv.participations.get(), now=NOW)
    wait_for(world, wishes=Wishes(), now=NOW + timedelta(minutes=9))
    world.motif.waitlist_policy = {"chain_limit": 2}
    world.motif.save()
    cancel(world, NOW + H)
    for step in range(3):
        (offre,) = live()
        assert (offre.starts_at, offre.chain) == (TEN + step * timedelta(minutes=30), step)
        accept(offre=offre, author=USAGER, now=NOW + H)
    assert not live()
    assert Participation.objects.live().count() == 4
    assert Option.objects.filter(purpose=Purpose.RELEASE, starts_at=starts[2]).exists()


# --- What the service takes back


def test_an_agent_takes_the_place_knowingly_and_nobody_slips_between(world):
    inscription = wait_for(world)
    cancel(world)
    (offre,) = live()
    with pytest.raises(ReasonMissing):
        withdraw_for_agent(option=offre.option, reason=" ", author=AGENT, now=NOW)
    with pytest.raises(DomainError):
        withdraw_for_agent(option=offre.option, reason="urgence", author=USAGER, now=NOW)
    option = withdraw_for_agent(option=offre.option, reason="urgence", author=AGENT, now=NOW)
    assert (option.purpose, option.author_kind) == (Purpose.FORM, "agent")
    inscription.refresh_from_db()
    assert inscription.state == InscriptionState.WAITING
    with pytest.raises(NotOffered):
        withdraw_for_agent(option=option, reason="urgence", author=AGENT, now=NOW)
    asked = booking.Booking(usager=make_usager(world.departement), origin=Origin.PHONE)
    assert booking.book_option(token=option.token, booking=asked, author=AGENT, now=NOW).starts_at == TEN
    line = Evenement.objects.get(kind="offre.withdrawn")
    assert (line.author_label, line.data["reason"]) == (AGENT.label, "urgence")
    with pytest.raises(OffreOver, match="reprendre"):
        accept(offre=offre, author=USAGER, now=NOW)


def test_an_absence_put_over_the_hour_withdraws_the_offer(world):
    wait_for(world)
    cancel(world)
    (offre,) = live()
    create_absence(agent=world.agent, rule=AbsenceRule(first_day=utc(2027, 1, 18).date()), author=AGENT, now=NOW)
    with pytest.raises(OffreOver, match="reprendre"):
        accept(offre=offre, author=USAGER, now=NOW)
    assert not live()
    assert not Option.objects.exists()
    assert Rdv.objects.filter(origin=Origin.WAITLIST).count() == 0


def test_a_cancellation_is_undone_when_nobody_of_the_list_wanted_the_hour(world):
    cancel(world)
    assert Option.objects.get().purpose == Purpose.RELEASE
    restore_participation(participation=world.participation, author=AGENT, now=NOW)
    world.rdv.refresh_from_db()
    assert world.rdv.is_live


def test_a_cancellation_is_not_undone_over_an_offer(world):
    wait_for(world)
    cancel(world)
    with pytest.raises(StatusRefused):
        restore_participation(participation=world.participation, author=AGENT, now=NOW)
    assert len(live()) == 1


def test_workers_away_for_hours_the_hour_is_public_and_not_lost(world):
    wait_for(world)
    cancel(world)
    (offre,) = live()
    late = offre.answer_by + 2 * H
    assert holding.drop_dead_options(late) == 0  # the sweep leaves the offers alone
    option = holding.hold_creneau(
        motif=world.motif, site=world.site, starts_at=TEN, agents=EVERYBODY, author=USAGER, opened_at=late, now=late
    )
    assert lapse_due(late) == 1
    assert not Option.objects.exclude(pk=option.pk).exists()
    assert Occupation.objects.filter(starts_at=TEN).count() == 1


# --- The person's own gestures


def test_wishes_change_without_losing_the_rank(world):
    inscription = wait_for(world)
    changed = change(inscription=inscription, wishes=Wishes(half_days=4), author=USAGER, now=NOW, expected_version=0)
    assert (changed.half_days, changed.version, changed.opened_at) == (4, 1, inscription.opened_at)
    with pytest.raises(ChangedMeanwhile):
        change(inscription=inscription, wishes=Wishes(), author=USAGER, now=NOW, expected_version=0)
    with pytest.raises(WishImpossible):
        change(inscription=inscription, wishes=Wishes(radius_km=5), author=USAGER, now=NOW)
    leave(inscription=inscription, author=USAGER, now=NOW)
    leave(inscription=inscription, author=USAGER, now=NOW)
    with pytest.raises(CannotWait):
        change(inscription=inscription, wishes=Wishes(), author=USAGER, now=NOW)
    kinds = Evenement.objects.about("inscription", inscription.uuid).values_list("kind", flat=True)
    assert list(kinds) == ["inscription.state", "inscription.changed", "inscription.joined"]


def test_positions_and_priorities(world):
    first, second = wait_for(world), wait_for(world, now=NOW + H)
    assert [(p.rank, p.waiting) for p in (position_of(first, NOW), position_of(second, NOW))] == [(1, 2), (2, 2)]
    assert position_of(first, NOW).observed_delay_days is None
    with pytest.raises(ReasonMissing):
        set_priority(inscription=second, priority=Priority.HIGH, reason="", author=AGENT, now=NOW)
    with pytest.raises(CannotWait):
        set_priority(inscription=second, priority=Priority.HIGH, reason="naissance", author=USAGER, now=NOW)
    raised = set_priority(inscription=second, priority=Priority.HIGH, reason="naissance", author=AGENT, now=NOW)
    assert (raised.priority_reason, raised.priority_by_id) == ("naissance", AGENT.id)
    assert position_of(second, NOW).rank == 1
    assert Evenement.objects.get(kind="inscription.priority").data["reason"] == "naissance"
    cancel(world, NOW + 2 * H)
    assert live()[0].inscription == second
    sent = Evenement.objects.get(kind="offre.sent")
    assert (sent.data["class"], sent.data["passed_over"]) == (Priority.HIGH, [])


def test_the_journal_says_who_was_passed_over_and_why(world):
    picky = wait_for(world, wishes=Wishes(half_days=4))
    wait_for(world, now=NOW + H)
    cancel(world, NOW + 2 * H)
    (line,) = Evenement.objects.get(kind="offre.sent").data["passed_over"]
    assert line == {"inscription": str(picky.uuid), "reasons": ["half_day"]}


def test_a_wish_whose_day_has_gone_by_expires(world):
    inscription = wait_for(world, wishes=Wishes(until_day=utc(2027, 1, 8).date()))
    assert expire_past(utc(2027, 1, 8, 20)) == 0
    assert expire_past(utc(2027, 1, 8, 23, 30)) == 1  # past midnight in Paris
    inscription.refresh_from_db()
    assert inscription.state == InscriptionState.EXPIRED


def test_no_list_no_turn(world):
    closed = make_motif(world.departement, sites=[world.site])
    with pytest.raises(CannotWait):
        wait_for(world, motif=closed)
    open_waitlist(motif=closed, is_open=True, notice_min=60, author=AGENT, now=NOW)
    assert wait_for(world, motif=closed).is_open


# --- Answers by SMS


def test_yes_no_stop_by_sms(world):
    person = make_usager(world.departement, phone="+33639980001")
    inscription = wait_for(world, usager=person)
    assert answer_sms(phone="+33639980001", text="Oui", now=NOW) == NOTHING
    cancel(world)
    assert "compris" in answer_sms(phone="+33639980001", text="merci", now=NOW)
    assert answer_sms(phone="+33639980002", text="OUI", now=NOW) == NOTHING
    said = answer_sms(phone="+33639980001", text=" OUI !", now=NOW)
    assert "rendez-vous lundi 18" in said
    assert answer_sms(phone="+33639980001", text="oui", now=NOW) == said
    inscription.refresh_from_db()
    assert inscription.state == InscriptionState.SERVED


def test_stop_and_several_by_sms(world):
    twin = make_motif(world.departement, sites=[world.site], has_waitlist=True)
    make_ouverture(world.agent, [twin], utc(2027, 1, 18, 10), utc(2027, 1, 18, 11), site=world.site)
    other = make_rdv(twin, world.site, [world.agent], utc(2027, 1, 18, 10), usagers=[make_usager(world.departement)])
    both = [wait_for(world, usager=make_usager(world.departement, phone="+33639980001")) for _ in range(1)]
    both.append(wait_for(world, motif=twin, usager=make_usager(world.departement, phone="+33639980001")))
    cancel(world)
    cancel_participation(participation=other.participations.get(), by_service=False, author=USAGER, now=NOW)
    assert len(live()) == 2
    asked_back = answer_sms(phone="+33639980001", text="oui", now=NOW)
    assert "OUI pour quoi ?" in asked_back
    assert asked_back.count("place libre lun. 18") == 2
    answer_sms(phone="+33639980001", text="Arrêt", now=NOW)
    assert not live()
    for inscription in both:
        inscription.refresh_from_db()
        assert inscription.state == InscriptionState.LEFT


# --- Settings, links, forgetting


def test_settings_of_the_departement_then_of_the_motif(world):
    set_policy(owner=world.departement, settings={"long_people": 2}, author=AGENT, now=NOW)
    set_policy(owner=world.motif, settings={"long_answer_min": 60}, author=AGENT, now=NOW)
    policy = policy_of(world.motif)
    assert (policy.long_people, policy.long_answer_min) == (2, 60)
    with pytest.raises(PolicyRefused) as refused:
        set_policy(owner=world.motif, settings={"ageing_days": 0}, author=AGENT, now=NOW)
    assert refused.value.field == "ageing_days"
    assert Evenement.objects.filter(kind="waitlist.policy").count() == 2


def test_links_lead_to_their_own_row_only(world):
    inscription = wait_for(world)
    cancel(world)
    (offre,) = live()
    assert access.offre_for_link(make_token("offre", str(offre.uuid)), now=NOW) == offre
    assert access.inscription_for_link(make_token("attente", str(inscription.uuid)), now=NOW) == inscription
    for token in (make_token("attente", str(offre.uuid)), make_token("rdv", str(offre.uuid)), "x" * 16):
        with pytest.raises(Http404):
            access.offre_for_link(token, now=NOW)
    with pytest.raises(access.LinkExpired):
        access.offre_for_link(make_token("offre", str(offre.uuid)), now=TEN + timedelta(days=2))


def test_who_waits_is_not_forgotten_and_what_was_written_about_them_is(world):
    inscription = wait_for(world, context="vient avec sa sœur")
    much_later = NOW + timedelta(days=3 * 365)
    retention.forget_all(now=much_later)
    inscription.usager.refresh_from_db()
    assert inscription.usager.erased_at is None
    leave(inscription=inscription, author=USAGER, now=NOW)
    retention.forget_all(now=much_later)
    inscription.refresh_from_db()
    inscription.usager.refresh_from_db()
    assert inscription.context == ""
    assert inscription.usager.erased_at is not None


def test_the_webhook_of_answers_is_signed(world, client, settings):
    settings.TWILIO_AUTH_TOKEN, settings.BASE_URL = "secret-de-test", "https://rdv.example.org"
    inscription = wait_for(world, usager=make_usager(world.departement, phone="+33639980001"))
    form = {"From": "+33639980001", "Body": "STOP", "MessageSid": "SM1"}
    path = reverse("rdv:twilio_answer")
    signature = RequestValidator("secret-de-test").compute_signature(f"https://rdv.example.org{path}", form)
    assert client.post(path, form, headers={"X-Twilio-Signature": "faux"}).status_code == 403
    inscription.refresh_from_db()
    assert inscription.is_open
    for _ in range(2):
        response = client.post(path, form, headers={"X-Twilio-Signature": signature})
        assert response["Content-Type"].startswith("application/xml")
        assert "<Response><Message>C&#x27;est noté" in response.content.decode()
    inscription.refresh_from_db()
    assert inscription.state == InscriptionState.LEFT


def test_the_task_does_the_whole_minute(world, monkeypatch):
    wait_for(world)
    cancel(world)
    (offre,) = live()
    monkeypatch.setattr("rdv.core.clock.now", lambda: offre.answer_by)
    waitlist_minute()
    assert Offre.objects.get().state == OffreState.LAPSED
