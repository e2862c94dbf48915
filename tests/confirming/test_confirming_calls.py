"""Who is phoned: from the morning of the working day before, once, and never those who answered."""

from datetime import timedelta

import pytest
from django.urls import reverse

from notifications.models import Message, State
from rdv.domain.asking import calls_from, last_day_to_call
from rdv.domain.holidays import is_holiday
from rdv.models import Appel, AppelKind, AppelResult, ConfirmedBy, NoticeLevel, Participation
from rdv.services import calls, calls_answers, calls_desk
from rdv.services.calls_answers import Answer
from rdv.services.cancelling import cancel_participation
from rdv.services.confirming import confirm
from rdv.services.confirming_calls import open_calls, unanswered
from rdv.services.moving import Move, move_rdv
from tests.confirming.conftest import AT, TUESDAY, USAGER, WEDNESDAY, asked, booked, fresh, scope, send
from tests.factories import make_agent, make_ouverture, utc
from tests.html.reading import faults
from tests.signing import signed_in

pytestmark = pytest.mark.django_db


def to_call():
    return list(Appel.objects.open().filter(kind=AppelKind.COMING))


def listed(world, who="secretary", now=WEDNESDAY):
    rows = calls_desk.rows_to_call(scope(world.people[who], now), now=now, reason="vient")
    return calls_desk.read_rows(list(rows))


# --- When


@pytest.mark.parametrize(
    ("day", "days", "begins"),
    [
        ((2027, 1, 14), 1, (2027, 1, 13)),
        ((2027, 1, 18), 1, (2027, 1, 15)),  # Monday: the Friday before
        ((2027, 1, 18), 2, (2027, 1, 14)),
        ((2027, 5, 7), 1, (2027, 5, 5)),  # the day after Ascension
        ((2027, 3, 29 + 1), 1, (2027, 3, 26)),  # the Tuesday after Easter Monday
    ],
)
def test_calls_begin_on_the_morning_of_a_working_day(world, day, days, begins):
    zone = world.departement.zone
    found = calls_from(utc(*day, 8).date(), days, zone, lambda one: is_holiday(one, "62"))
    assert (found.year, found.month, found.day, found.hour) == (*begins, 8)
    assert last_day_to_call(found, days, zone, lambda one: is_holiday(one, "62")) >= utc(*day).date()
    before = found - timedelta(minutes=1)
    assert last_day_to_call(before, days, zone, lambda one: is_holiday(one, "62")) < utc(*day).date()


def test_on_the_list_from_eight_the_day_before(world):
    participation = asked(world)
    assert open_calls(utc(2027, 1, 13, 6, 59)) == 0
    assert open_calls(utc(2027, 1, 13, 7)) == 1
    (appel,) = to_call()
    assert (appel.participation_id, appel.before) == (participation.pk, AT)
    assert appel.reason == "Pas de réponse à notre message"
    assert [one.pk for one in listed(world)] == [appel.pk]


def test_run_twice_each_is_there_once_and_not_again_after_the_call(world):
    asked(world)
    assert [open_calls(WEDNESDAY) for _ in range(3)] == [1, 0, 0]
    (appel,) = to_call()
    for hours in (0, 3):
        now = WEDNESDAY + timedelta(hours=hours)
        calls_answers.give(appel=fresh_call(appel), said=Answer.NOBODY, position="", author=world.author, now=now)
    assert not to_call()
    assert Appel.objects.get().result == AppelResult.NO_ANSWER
    assert open_calls(WEDNESDAY + timedelta(hours=4)) == 0


def fresh_call(appel):
    return Appel.objects.whole().get(pk=appel.pk)


def test_the_first_call_without_an_answer_comes_back_two_hours_later(world):
    asked(world)
    open_calls(WEDNESDAY)
    (appel,) = to_call()
    calls.answer(appel=appel, result=AppelResult.NO_ANSWER, author=world.author, now=WEDNESDAY)
    appel.refresh_from_db()
    assert (appel.closed_at, appel.not_before) == (None, WEDNESDAY + timedelta(hours=2))


# --- Who


def test_those_who_cannot_be_written_to_are_there_too(world):
    participation = booked(world, phone="+33353014567", email="")
    open_calls(WEDNESDAY)
    (appel,) = to_call()
    assert (appel.participation_id, appel.reason) == (participation.pk, "Ni SMS ni e-mail : à appeler")


@pytest.mark.parametrize(
    ("person", "motif"),
    [
        ({"phone": "", "email": ""}, {}),  # nobody could dial
        ({}, {"asks_confirmation": False}),
        ({}, {"call_days": None}),
        ({"phone": "+33353014567"}, {"notice_level": NoticeLevel.SILENT}),
        ({}, {"sms_reminder_days": None}),  # nothing was asked: nothing is unanswered
    ],
)
def test_those_who_are_not(world, person, motif):
    for name, value in motif.items():
        setattr(world.motif, name, value)
    world.motif.save()
    asked(world, **person)
    assert open_calls(WEDNESDAY) == 0


def test_booked_the_day_before_nobody_asks_nor_calls(world):
    booked(world, now=TUESDAY)
    booked(world, now=TUESDAY, phone="+33353014567", agents=[make_agent(site=world.site, services=[world.pmi])])
    send(WEDNESDAY)
    Participation.objects.update(created_at=TUESDAY)
    assert open_calls(WEDNESDAY) == 0


def test_moved_the_day_before_nobody_calls(world):
    participation = asked(world)
    move_rdv(rdv=participation.rdv, move=Move(starts_at=utc(2027, 1, 14, 10)), author=world.author, now=TUESDAY)
    assert open_calls(WEDNESDAY) == 0


def test_the_question_must_have_left(world):
    participation = booked(world)
    Message.objects.filter(subject_id=str(participation.uuid)).update(state=State.FAILED)
    assert open_calls(WEDNESDAY) == 0, "an undelivered question is the affair of « Message non reçu »"


def test_an_agent_who_is_away_is_one_line_only(world):
    participation = asked(world)
    calls.open_appel(participation, AppelKind.ABSENCE, before=AT, now=TUESDAY)
    assert open_calls(WEDNESDAY) == 0


# --- Closed by itself


def test_every_answer_closes_the_line(world):
    acts = {
        "link": lambda one: confirm(participation=one, by=ConfirmedBy.LINK, author=USAGER, now=WEDNESDAY),
        "no": lambda one: cancel_participation(participation=one, by_service=False, author=USAGER, now=WEDNESDAY),
        "moved": lambda one: move_rdv(
            rdv=one.rdv, move=Move(starts_at=utc(2027, 1, 14, 10)), author=world.author, now=WEDNESDAY
        ),
    }
    for act in acts.values():
        agent = make_agent(site=world.site, services=[world.pmi])
        make_ouverture(agent, [world.motif], utc(2027, 1, 14, 8), utc(2027, 1, 14, 16), site=world.site)
        participation = asked(world, agents=[agent])
        assert open_calls(WEDNESDAY) == 1
        act(fresh(participation))
        assert Appel.objects.get(participation=participation).result == AppelResult.SETTLED
        assert not to_call()


def test_past_the_hour_or_at_the_desk_it_is_off_the_list(world):
    participation = asked(world)
    open_calls(WEDNESDAY)
    assert listed(world)
    assert not listed(world, now=AT + timedelta(minutes=1))
    Participation.objects.filter(pk=participation.pk).update(arrived_at=AT - timedelta(minutes=10))
    assert not listed(world, now=AT - timedelta(minutes=5))


def test_yes_on_the_phone_is_noted_and_no_cancels(world):
    first = asked(world)
    second = asked(world, agents=[make_agent(site=world.site, services=[world.pmi])])
    open_calls(WEDNESDAY)
    for one, said in ((first, Answer.COMES), (second, Answer.CANCEL)):
        appel = Appel.objects.whole().get(participation=one)
        calls_answers.give(appel=appel, said=said, position="", author=world.author, now=WEDNESDAY)
    assert (fresh(first).confirmed_by, fresh(second).status) == ("phone", "excused")
    assert Appel.objects.get(participation=first).result == AppelResult.ACCEPTED
    assert Appel.objects.get(participation=first).attempts == 1
    assert not to_call()


def test_a_yes_to_an_undelivered_message_is_a_confirmation_too(world):
    participation = booked(world)
    calls.open_appel(participation, AppelKind.MESSAGE, before=AT, now=TUESDAY, reason="SMS : éteint")
    appel = Appel.objects.whole().get()
    calls_answers.give(appel=appel, said=Answer.COMES, position="", author=world.author, now=TUESDAY)
    assert fresh(participation).confirmed_by == "phone"
    assert Appel.objects.get().result == AppelResult.ACCEPTED


# --- Rights and screen


@pytest.mark.parametrize(("who", "count"), [("secretary", 1), ("elsewhere", 0), ("stranger", 0)])
def test_each_sees_the_calls_of_their_own_site(world, who, count):
    asked(world)
    open_calls(WEDNESDAY)
    assert len(listed(world, who)) == count


def test_one_departement_is_not_the_affair_of_another(world):
    asked(world)
    assert unanswered(world.far, now=WEDNESDAY) == []


def test_the_page_says_what_to_say(world, monkeypatch):
    monkeypatch.setattr("rdv.core.clock.now", lambda: WEDNESDAY)
    asked(world)
    open_calls(WEDNESDAY)
    client = signed_in(world.people["secretary"])
    page = client.get(reverse("rdv:waiting_calls"), {"raison": "vient"}).content.decode()
    for words in (
        "Vient-elle",
        "Nous n’avons pas eu votre réponse.",
        "Pouvez-vous venir",
        "06 39 98 00 01",
        "Oui, la personne vient",
        "Ne vient plus",
        "Pas de réponse",
        "Mauvais numéro",
        "Chercher une autre heure",
    ):
        assert words in page.replace("\u00a0", " "), words  # fmt: skip
    assert faults(page) == []


def test_whom_to_call_asks_few_queries(world, django_assert_max_num_queries):
    for _ in range(3):
        asked(world, agents=[make_agent(site=world.site, services=[world.pmi])])
    with django_assert_max_num_queries(3):
        assert len(unanswered(world.departement, now=WEDNESDAY)) == 3
