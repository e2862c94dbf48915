"""Which question a word or a number answers, where several were asked of one number: the newest, or we ask back."""

from datetime import timedelta

import pytest

from notifications.channels.gsm7 import segments
from rdv.services.propositions import Asked, first_hours, propose
from rdv.services.sms_router import OVER, answer_sms
from tests.confirming.conftest import AT, PHONE, TUESDAY, asked, booked, fresh, send
from tests.factories import make_agent, make_ouverture, utc

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
