"""What people send back: one router for offers, "do you come?" and other dates. One question back at most."""

from datetime import timedelta

import pytest
from django.urls import reverse
from twilio.request_validator import RequestValidator

from notifications import replies
from notifications.channels.gsm7 import segments
from notifications.models import Reply
from rdv.models import Evenement, Offre, Participation
from rdv.services import confirming_sms, retention
from rdv.services.moving import Move, move_rdv
from rdv.services.sms_router import NOT_UNDERSTOOD, NOTHING, SEVERAL, answer_sms
from tests.confirming.conftest import AT, PHONE, TUESDAY, asked, booked, fresh, send
from tests.factories import make_agent, make_motif, make_site, make_usager, utc
from tests.waiting_core.conftest import wait_for

pytestmark = pytest.mark.django_db


def say(text, *, phone=PHONE, now=TUESDAY, sid=""):
    said = answer_sms(phone=phone, text=text, now=now, provider_id=sid)
    assert segments(said) <= 2
    return said


def second_rdv(world, at):
    """Another Rdv of the same number, with somebody else."""
    return booked(world, at=at, agents=[make_agent(site=world.site, services=[world.pmi])])


# --- "Do you come?"


@pytest.mark.parametrize("word", ["OUI", "oui", " Oui ! ", "Ok merci", "Bonjour, oui.", "1", "D'accord", "Je viens"])
def test_yes(world, word):
    participation = asked(world)
    said = say(word)
    assert "vous venez : jeu. 14 janv. à 9h20, MDS de Lens" in said
    assert segments(said) == 1
    assert (fresh(participation).confirmed_at, fresh(participation).confirmed_by) == (TUESDAY, "sms")
    assert say(word) == said, "said again, the same"
    assert Evenement.objects.filter(kind="participation.confirmed").count() == 1


@pytest.mark.parametrize("word", ["NON", "non", "Annuler", "ANNULER RDV", "2", "Je ne viens pas", "Non merci"])
def test_no(world, word):
    participation = asked(world)
    said = say(word)
    assert "C'est annulé : RDV jeu. 14 janv. à 9h20" in said
    assert fresh(participation).status == "excused"
    assert "bien annulé" in say(word)
    assert Evenement.objects.filter(kind="participation.status").count() == 1


def test_no_by_sms_offers_the_hour_to_the_list(world):
    asked(world)
    wait_for(world, usager=make_usager(world.departement))
    say("NON")
    assert Offre.objects.live().count() == 1


def test_yes_after_no_says_what_happened_and_how_to_take_another(world):
    participation = asked(world)
    say("NON")
    said = say("OUI")
    assert "est annulé" in said
    assert "Pour en reprendre un : https://rdv.example.org/r/" in said
    assert fresh(participation).status == "excused"


def test_no_after_yes_cancels(world):
    participation = asked(world)
    say("OUI")
    assert "annulé" in say("NON", now=TUESDAY + timedelta(hours=1))
    assert fresh(participation).status == "excused"


def test_too_late_to_cancel_by_sms_gives_the_phone(world):
    participation = asked(world)
    said = say("NON", now=AT - timedelta(hours=1))
    assert "trop tard" in said
    assert "03 53 01 20 40" in said
    assert fresh(participation).is_live


def test_after_the_hour_nothing_is_asked_any_more(world):
    participation = asked(world)
    assert say("NON", now=AT + timedelta(minutes=1)) == NOTHING
    assert fresh(participation).is_live


def test_only_the_number_that_was_asked_answers(world):
    participation = asked(world)
    assert say("OUI", phone="+33639980002") == NOTHING
    assert fresh(participation).confirmed_at is None


def test_before_the_question_has_left_there_is_nothing_to_answer(world):
    participation = booked(world)
    send(utc(2027, 1, 5))
    assert say("NON", now=utc(2027, 1, 5)) == NOTHING
    assert fresh(participation).is_live


def test_a_motif_that_does_not_ask_hears_no_answer(world):
    world.motif.asks_confirmation = False
    world.motif.save()
    participation = asked(world)
    assert say("NON") == NOTHING
    assert fresh(participation).is_live


def test_once_moved_an_old_answer_does_not_speak_of_the_new_hour(world):
    participation = asked(world)
    move_rdv(rdv=participation.rdv, move=Move(starts_at=utc(2027, 1, 14, 10)), author=world.author, now=TUESDAY)
    assert say("NON", now=TUESDAY + timedelta(minutes=5)) == NOTHING
    assert fresh(participation).is_live


@pytest.mark.parametrize(("word", "status"), [("OUI", "unknown"), ("NON", "excused")])
def test_a_family_answers_once_for_the_day(world, word, status):
    first, second = asked(world), second_rdv(world, AT + timedelta(hours=1))
    Participation.objects.filter(pk=second.pk).update(usager=first.usager)
    send(TUESDAY)
    said = say(word)
    assert "9h20 et 10h20" in said
    for one in (first, second):
        assert fresh(one).status == status
        assert (fresh(one).confirmed_by == "sms") is (word == "OUI")


# --- Ambiguous: one question back


def test_two_days_one_question_then_its_number(world):
    first, second = asked(world), second_rdv(world, AT + timedelta(days=1))
    send(utc(2027, 1, 13, 12))
    now = utc(2027, 1, 13, 12)
    asked_back = say("NON", now=now, sid="SM1")
    assert "NON pour quoi ? 1 : RDV jeu. 14 janv. à 9h20. 2 : RDV ven. 15 janv. à 9h20. Répondez 1 ou 2." in asked_back
    assert fresh(first).is_live
    assert fresh(second).is_live
    assert "ven. 15" in say("2", now=now, sid="SM2")
    assert fresh(first).is_live
    assert fresh(second).status == "excused"


def test_never_a_second_question(world):
    asked(world)
    second_rdv(world, AT + timedelta(days=1))
    now = utc(2027, 1, 13, 12)
    send(now)
    assert "pour quoi ?" in say("OUI", now=now, sid="SM1")
    assert say("OUI", now=now, sid="SM2") == SEVERAL
    assert say("4", now=now, sid="SM3") == SEVERAL
    assert not Participation.objects.filter(confirmed_at__isnull=False).exists()


def test_an_offer_and_a_question_are_told_apart(world):
    """The hour that was freed is offered to the very number that is asked whether it comes."""
    participation = asked(world)
    other = booked(world, at=AT + timedelta(hours=2), phone="+33639980002", agents=[world.agent])
    waiting = make_usager(world.departement, phone=PHONE)
    wait_for(world, usager=waiting)
    send(TUESDAY)
    assert "annulé" in say("NON", phone="+33639980002")
    assert fresh(other).status == "excused"
    (offre,) = Offre.objects.live()
    asked_back = say("OUI", sid="SM1")
    assert "place libre jeu. 14 janv. à 11h20" in asked_back
    assert "RDV jeu. 14 janv. à 9h20" in asked_back
    number = asked_back.split(" : RDV")[0][-1]
    say(number, sid="SM2")
    assert fresh(participation).confirmed_by == "sms"
    offre.refresh_from_db()
    assert offre.state == "live", "the offer still waits for its own answer"
    say("NON", sid="SM3")
    offre.refresh_from_db()
    assert offre.state == "refused"
    assert fresh(participation).is_live
    # An impatient second NON hears the same, and cancels nothing.
    say("NON", sid="SM4")
    assert fresh(participation).is_live


def test_annuler_is_about_an_rdv_even_beside_an_offer(world):
    participation = asked(world)
    other = booked(world, at=AT + timedelta(hours=2), phone="+33639980002", agents=[world.agent])
    wait_for(world, usager=make_usager(world.departement, phone=PHONE))
    send(TUESDAY)
    say("NON", phone="+33639980002")
    assert fresh(other).status == "excused"
    assert "annulé" in say("ANNULER")
    assert fresh(participation).status == "excused"


def test_a_change_of_mind_where_several_stand_is_asked_back(world):
    first, second = asked(world), second_rdv(world, AT + timedelta(days=1))
    now = utc(2027, 1, 13, 12)
    send(now)
    for one in (first, second):
        Participation.objects.filter(pk=one.pk).update(confirmed_at=now, confirmed_by="link")
    assert "ANNULER pour quoi ?" in say("ANNULER", now=now, sid="SM1")
    assert fresh(first).is_live
    assert fresh(second).is_live


@pytest.mark.parametrize("text", ["merci", "à quelle heure ?", "", "9", "\U0001f44d", "x" * 2000])
def test_other_words_change_nothing(world, text):
    participation = asked(world)
    assert say(text) == NOT_UNDERSTOOD
    assert fresh(participation).confirmed_at is None


# --- Tenants


def test_one_number_in_two_departements_is_asked_which(world):
    participation = asked(world)
    far = world.far
    site = make_site(far)
    motif = make_motif(far, sites=[site])
    agent = make_agent(site=site)
    other = booked(type(world)(departement=far, motif=motif, site=site, agent=agent), at=AT, agents=[agent])
    send(TUESDAY)
    assert "pour quoi ?" in say("NON", sid="SM1")
    assert fresh(participation).is_live
    assert fresh(other).is_live
    say("1", sid="SM2")
    assert [fresh(participation).status, fresh(other).status].count("excused") == 1


# --- Doubled webhooks


def post(client, sid, text="OUI"):
    form = {"From": PHONE, "Body": text, "MessageSid": sid}
    path = reverse("rdv:twilio_answer")
    signature = RequestValidator("secret-de-test").compute_signature(f"https://rdv.example.org{path}", form)
    return client.post(path, form, headers={"X-Twilio-Signature": signature}).content.decode()


def test_a_webhook_called_twice_is_answered_once(world, client, settings, monkeypatch):
    settings.TWILIO_AUTH_TOKEN = "secret-de-test"
    monkeypatch.setattr("rdv.core.clock.now", lambda: TUESDAY)
    participation = asked(world)
    first = post(client, "SM1", "NON")
    assert "annulé" in first
    assert post(client, "SM1", "NON") == first
    assert Reply.objects.count() == 1
    # The same words in another message are another answer.
    assert post(client, "SM2", "NON") != first
    assert fresh(participation).status == "excused"


def test_while_another_process_answers_nothing_is_said_twice(world):
    participation = asked(world)
    assert replies.take("SM1", phone=PHONE, now=TUESDAY) is not None
    assert answer_sms(phone=PHONE, text="NON", now=TUESDAY, provider_id="SM1") == ""
    assert fresh(participation).is_live
    # It died: a minute later the provider calls again.
    assert "annulé" in say("NON", now=TUESDAY + timedelta(minutes=1), sid="SM1")


def test_a_webhook_that_fails_is_answered_when_it_is_called_again(world, client, settings, monkeypatch):
    """Without this the second call heard nothing, with 200, and the NON was lost."""
    settings.TWILIO_AUTH_TOKEN = "secret-de-test"
    monkeypatch.setattr("rdv.core.clock.now", lambda: TUESDAY)
    participation = asked(world)
    cancels = confirming_sms.cancel_participation
    calls = []

    def fails_once(**about):
        calls.append(about)
        if len(calls) == 1:
            raise RuntimeError("cut")
        return cancels(**about)

    monkeypatch.setattr(confirming_sms, "cancel_participation", fails_once)
    with pytest.raises(RuntimeError, match="cut"):
        post(client, "SM1", "NON")
    assert not Reply.objects.exists()
    assert "annulé" in post(client, "SM1", "NON")
    assert fresh(participation).status == "excused"


def test_who_fails_after_somebody_took_the_message_over_leaves_it_to_them(world):
    slow = replies.take("SM1", phone=PHONE, now=TUESDAY)
    assert replies.take("SM1", phone=PHONE, now=TUESDAY + timedelta(minutes=1)) is not None
    replies.give_up(slow)
    assert Reply.objects.count() == 1


def test_what_was_answered_is_forgotten_after_two_days(world):
    asked(world)
    say("OUI", sid="SM1")
    retention.forget_all(now=TUESDAY + timedelta(days=1))
    assert Reply.objects.exists()
    retention.forget_all(now=TUESDAY + timedelta(days=3))
    assert not Reply.objects.exists()
