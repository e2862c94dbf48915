"""Which question a word or a number answers, where several were asked of one number: the newest, or we ask back."""

from datetime import timedelta

import pytest

from notifications.channels.gsm7 import plain, segments
from notifications.models import Message
from rdv.core.links import fill_links
from rdv.models import ConfirmedBy, Offre, Participation
from rdv.services import notices, waitlist_withdraw
from rdv.services.cancelling import cancel_participation
from rdv.services.confirming import confirm
from rdv.services.propositions import Asked, first_hours, propose
from rdv.services.sms_router import OVER, SEVERAL, answer_sms
from rdv.services.waitlist_offer import lapse_due
from tests.confirming.conftest import AT, NOW, PHONE, TUESDAY, USAGER, asked, booked, fresh, send
from tests.factories import make_agent, make_motif, make_ouverture, make_rdv, make_usager, utc
from tests.waiting_core.conftest import AGENT, wait_for

pytestmark = pytest.mark.django_db

H, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOON = utc(2027, 1, 13, 12)  # Wednesday, 13:00: both reminders have left


@pytest.fixture
def say():
    """Each SMS has its own name at the provider."""
    count = iter(range(1, 100))

    def said(text, *, now, phone=PHONE):
        text = answer_sms(phone=phone, text=text, now=now, provider_id=f"SM{next(count)}")
        assert segments(text) <= 2
        return text

    return said


def colleague(world):
    return make_agent(site=world.site, services=[world.pmi])


@pytest.fixture
def two(world):
    """Thursday and Friday, 9:20, asked both."""
    rdvs = [asked(world), booked(world, at=AT + timedelta(days=1), agents=[colleague(world)])]
    send(NOON)
    return rdvs


def status_of(*participations):
    return [fresh(one).status for one in participations]


# --- A question of ours is over once it is answered


def test_a_number_goes_to_the_dates_proposed_since_and_not_to_an_old_question(world, two, say):
    thursday, friday = two
    assert "NON pour quoi ?" in say("NON", now=NOON)
    assert "jeu. 14" in say("1", now=NOON + MINUTE)
    make_ouverture(world.agent, [world.motif], utc(2027, 1, 20, 8), utc(2027, 1, 20, 16), site=world.site)
    hours = first_hours(fresh(friday), now=NOON + H)
    proposition = propose(asked=Asked(fresh(friday), hours), author=world.author, now=NOON + H)
    send(NOON + 2 * H)
    assert "rendez-vous" in say("2", now=NOON + 2 * H)
    proposition.refresh_from_db()
    assert proposition.state == "picked"
    assert status_of(thursday, friday) == ["excused", "unknown"]
    assert fresh(friday).starts_at == hours[1].starts_at


def test_a_question_that_nobody_answered_gives_way_to_the_dates_proposed_since(world, two, say):
    friday = two[1]
    say("NON", now=NOON)
    make_ouverture(world.agent, [world.motif], utc(2027, 1, 20, 8), utc(2027, 1, 20, 16), site=world.site)
    hours = first_hours(fresh(friday), now=NOON + H)
    propose(asked=Asked(fresh(friday), hours), author=world.author, now=NOON + H)
    send(NOON + 2 * H)
    say("2", now=NOON + 2 * H)
    assert status_of(*two) == ["unknown", "unknown"]
    assert fresh(friday).starts_at == hours[1].starts_at


def test_after_its_answer_another_number_means_neither_yes_nor_no(two, say):
    say("OUI", now=NOON)
    first = say("1", now=NOON + MINUTE)
    assert say("1", now=NOON + 2 * MINUTE) == first, "said again, the same"
    assert say("2", now=NOON + 3 * MINUTE) == OVER
    assert status_of(*two) == ["unknown", "unknown"]
    assert [fresh(one).confirmed_at is not None for one in two] == [True, False]
    assert "vous venez : ven. 15" in say("OUI", now=NOON + 4 * MINUTE)


def test_after_its_answer_the_next_ambiguity_is_asked_back_too(world, two, say):
    today = booked(world, at=AT - 17 * H, agents=[colleague(world)])
    send(NOON)
    assert "3 : RDV ven. 15" in say("NON", now=NOON)
    assert "jeu. 14" in say("2", now=NOON + MINUTE)
    assert "1 : RDV mer. 13" in say("NON", now=NOON + 2 * MINUTE)
    assert status_of(today, *two) == ["unknown", "excused", "unknown"]


# --- A late answer to a place that has gone is no answer to an Rdv


@pytest.fixture
def told(world):
    """Asked about Thursday; the same number was offered Thursday 11:20 at 11:15 on Tuesday, and was silent."""
    participation = asked(world)
    other = booked(world, at=AT + 2 * H, phone="+33639980002")
    first = wait_for(world, usager=make_usager(world.departement, phone=PHONE, email=""))
    cancel_participation(participation=other, by_service=True, author=world.author, now=TUESDAY)
    send(TUESDAY)
    (offre,) = Offre.objects.live().filter(inscription=first)
    return participation, offre


def lapse(offre):
    lapse_due(offre.answer_by)
    offre.refresh_from_db()
    assert offre.state == "lapsed"
    return offre.answer_by + 5 * MINUTE


@pytest.mark.parametrize("word", ["OUI", "NON"])
def test_a_word_after_the_lapse_of_an_offer_is_asked_back(told, say, word):
    participation, offre = told
    late = lapse(offre)
    asked_back = say(word, now=late)
    assert "1 : RDV jeu. 14 janv. à 9h20. 2 : place libre jeu. 14 janv. à 11h20." in asked_back
    assert "L'heure pour répondre est passée" in say("2", now=late + MINUTE).replace("’", "'")
    assert fresh(participation).is_live
    assert fresh(participation).confirmed_at is None


def test_a_no_for_the_rdv_after_the_lapse_takes_one_number_more(told, say):
    participation, offre = told
    late = lapse(offre)
    say("NON", now=late)
    assert "C'est annulé" in say("1", now=late + MINUTE)
    assert fresh(participation).status == "excused"


def test_a_yes_to_a_place_that_somebody_else_won_does_not_confirm_the_rdv(told, say):
    participation, offre = told
    waitlist_withdraw.withdraw_for_agent(option=offre.option, reason="urgence", author=AGENT, now=TUESDAY)
    assert "OUI pour quoi ?" in say("OUI", now=TUESDAY + MINUTE)
    assert fresh(participation).confirmed_at is None


def test_who_said_yes_to_the_rdv_does_not_lose_it_for_a_late_no(told, say):
    participation, offre = told
    confirm(participation=participation, by=ConfirmedBy.LINK, author=USAGER, now=offre.answer_by + MINUTE)
    late = lapse(offre)
    assert "NON pour quoi ?" in say("NON", now=late)
    assert fresh(participation).is_live


def test_asked_after_the_end_of_the_offer_the_rdv_alone_is_meant(told, say):
    """The second SMS of the reminder leaves once the offer is over."""
    participation, offre = told
    lapse(offre)
    Message.objects.filter(kind="rdv.reminder.second").update(send_not_before=offre.answer_by + MINUTE)
    late = offre.answer_by + 10 * MINUTE
    send(late)
    assert "C'est annulé" in say("NON", now=late)
    assert fresh(participation).status == "excused"


def test_an_impatient_hand_that_refuses_a_place_twice_cancels_nothing(told, say):
    participation, offre = told
    assert "1 : place libre" in say("NON", now=TUESDAY)
    refused = say("1", now=TUESDAY)
    offre.refresh_from_db()
    assert offre.state == "refused"
    assert say("1", now=TUESDAY + MINUTE) == refused
    assert "NON pour quoi ?" in say("NON", now=TUESDAY + MINUTE)
    assert fresh(participation).is_live
    assert "C'est annulé" in say("NON", now=TUESDAY + H)


# --- One number, two people


def couple(world, *, at=AT + 3 * H, **person):
    """Thursday 9:20 for him, 12:20 for her: two files, one phone."""
    his = asked(world)
    hers = booked(world, at=at, agents=[colleague(world)], **person)
    send(TUESDAY)
    return his, hers


def test_a_no_for_one_of_two_people_is_asked_back(world, say):
    his, hers = couple(world)
    asked_back = say("NON", now=TUESDAY)
    assert "1 : RDV jeu. 14 janv. à 9h20. 2 : RDV jeu. 14 janv. à 12h20." in asked_back
    assert status_of(his, hers) == ["unknown", "unknown"]
    assert "9h20." in say("1", now=TUESDAY)
    assert status_of(his, hers) == ["excused", "unknown"]


def test_one_yes_is_enough_for_two_people(world, say):
    his, hers = couple(world)
    assert "vous venez : jeu. 14 janv. à 9h20 et 12h20" in say("OUI", now=TUESDAY)
    assert all(fresh(one).confirmed_by == "sms" for one in (his, hers))


def test_a_yes_after_the_no_of_the_other_is_for_who_still_comes(world, say):
    his, hers = couple(world)
    say("NON", now=TUESDAY)
    say("1", now=TUESDAY)
    assert "vous venez : jeu. 14 janv. à 12h20" in say("OUI", now=TUESDAY)
    assert status_of(his, hers) == ["excused", "unknown"]


def test_two_people_at_the_same_hour_answer_no_by_their_links(world, say):
    """Names are never said: nobody can tell one line from the other."""
    his, hers = couple(world, at=AT)
    assert say("NON", now=TUESDAY) == SEVERAL
    assert status_of(his, hers) == ["unknown", "unknown"]


def test_a_family_told_by_one_person_says_no_once(world, say):
    parent = make_usager(world.departement, phone=PHONE, email="")
    children = []
    for n in range(2):
        one = booked(world, at=AT + n * H, agents=[colleague(world)], phone="")
        Participation.objects.filter(pk=one.pk).update(responsable=parent)
        Message.objects.all().delete()
        children.append(fresh(one))
    for one in children:
        notices.booked(one, now=NOW)
    send(TUESDAY)
    assert "9h20 et 10h20" in say("NON", now=TUESDAY)
    assert status_of(*children) == ["excused", "excused"]


# --- One number, two people, one place


@pytest.fixture
def both_wait(world):
    """He, then she, are asked at once for Thursday 11:20."""
    other = booked(world, at=AT + 2 * H, phone="+33639980002")
    waits = [
        wait_for(world, usager=make_usager(world.departement, phone=PHONE, email=""), now=NOW + n * MINUTE)
        for n in range(2)
    ]
    cancel_participation(participation=other, by_service=True, author=world.author, now=TUESDAY)
    send(TUESDAY)
    assert Offre.objects.live().count() == 2
    return waits


def states_of(waits):
    return [Offre.objects.get(inscription=one).state for one in waits]


def test_a_yes_to_the_same_place_twice_is_for_the_first_in_rank(both_wait, say):
    assert "C'est noté : rendez-vous jeudi 14" in say("OUI", now=TUESDAY).replace("\u00a0", " ")
    assert states_of(both_wait) == ["accepted", "lost"]


def test_a_no_to_the_same_place_twice_is_for_one_and_says_that_the_other_may_answer(both_wait, say):
    assert "l'autre personne" in say("NON", now=TUESDAY)
    assert states_of(both_wait) == ["refused", "live"]
    assert "l'autre personne" not in say("NON", now=TUESDAY)
    assert states_of(both_wait) == ["refused", "refused"]


# --- Two Rdv of one day, two deadlines


def test_a_no_that_is_too_late_for_one_of_two_says_both(world, say):
    """The first may be given up until 24 hours before, the second until 4."""
    strict = make_motif(world.departement, sites=[world.site], service=world.pmi, cancel_hours=24)
    person = make_usager(world.departement, phone=PHONE, email="")
    first, second = (
        booked(world, at=AT + n * 4 * H, motif=motif, agents=[colleague(world)], phone="")
        for n, motif in enumerate([world.motif, strict])
    )
    Message.objects.all().delete()
    Participation.objects.update(usager=person)
    for one in (first, second):
        notices.booked(fresh(one), now=NOW)
    send(NOON)
    late = AT - 16 * H
    said = say("NON", now=late)
    assert "C'est annulé : RDV jeu. 14 janv. à 9h20." in said
    assert "Trop tard par SMS pour le RDV jeu. 14 janv. à 13h20, qui reste prévu : appelez le 03 53 01 20 40" in said
    assert status_of(first, second) == ["excused", "unknown"]
    assert "trop tard" in say("NON", now=late + MINUTE)


# --- A yes that gives an Rdv back says which


def test_an_exchange_by_sms_names_the_rdv_that_it_takes_away(world, say):
    """The Rdv was taken after joining: the person may have forgotten that they wait."""
    person = make_usager(world.departement, phone=PHONE, email="nina@example.org")
    wait_for(world, usager=person, now=NOW)
    own = make_rdv(world.motif, world.site, [colleague(world)], AT + 4 * H, usagers=[person], created_at=NOW + H)
    other = booked(world, at=AT + H, phone="+33639980002")
    cancel_participation(participation=other, by_service=True, author=world.author, now=TUESDAY)
    send(TUESDAY)
    offers = {one.channel: one for one in Message.objects.filter(kind="waitlist.offer")}
    assert "jeu. 14 janv. à 10h20 à la place du jeu. 14 janv. à 13h20" in plain(offers["sms"].body)
    assert segments(plain(fill_links(offers["sms"].body))) <= 2
    assert "jeudi 14 janvier à 13 h 20 est annulé" in offers["email"].body.replace("\u00a0", " ")
    said = say("OUI", now=TUESDAY + MINUTE)
    assert "Votre RDV du jeu. 14 janv. à 13h20 est annulé." in said
    assert say("OUI", now=TUESDAY + 2 * MINUTE) == said, "said again, the same"
    assert own.participations.get().status == "excused"


def test_a_place_that_takes_nothing_away_names_nothing(world, say):
    wait_for(world, usager=make_usager(world.departement, phone=PHONE, email=""), now=NOW)
    other = booked(world, at=AT + H, phone="+33639980002")
    cancel_participation(participation=other, by_service=True, author=world.author, now=TUESDAY)
    send(TUESDAY)
    assert "à la place" not in Message.objects.get(kind="waitlist.offer").body
    assert "annulé" not in say("OUI", now=TUESDAY + MINUTE)
