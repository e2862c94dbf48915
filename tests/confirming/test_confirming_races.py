"""Yes and no at once, the provider calling twice, two workers, a yes while the list is made. Real threads."""

import threading
from collections import Counter

import pytest
from django.db import connections

from notifications.models import Reply
from rdv.models import Appel, ConfirmedBy, Evenement, Participation
from rdv.services import confirming_calls
from rdv.services.cancelling import cancel_participation
from rdv.services.confirming import confirm
from rdv.services.confirming_calls import open_calls
from rdv.services.errors import StatusRefused
from rdv.services.sms_router import answer_sms
from tests.confirming.conftest import PHONE, TUESDAY, USAGER, WEDNESDAY, asked, build, fresh
from tests.factories import make_agent
from tests.racing import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def world(transactional_db):
    return build()


def yes(participation):
    return lambda: confirm(participation=participation, by=ConfirmedBy.SMS, author=USAGER, now=WEDNESDAY)


def no(participation):
    return lambda: cancel_participation(participation=participation, by_service=False, author=USAGER, now=WEDNESDAY)


def test_yes_and_no_at_once_end_in_a_cancellation_that_is_not_confirmed(world):
    """Either order: no always wins in the end, and no yes stands beside it (the database would refuse)."""
    for _ in range(5):
        participation = asked(world, agents=[make_agent(site=world.site, services=[world.pmi])])
        answers = together([yes(participation), no(participation)])
        assert all(isinstance(one, Participation | StatusRefused) for one in answers), answers
        after = fresh(participation)
        assert (after.status, after.confirmed_at) == ("excused", None)


def test_a_thousand_yeses_are_one(world):
    participation = asked(world)
    together([yes(participation) for _ in range(8)])
    assert fresh(participation).confirmed_at == WEDNESDAY
    assert Evenement.objects.filter(kind="participation.confirmed").count() == 1


def test_two_webhooks_of_one_message_say_it_once(world):
    participation = asked(world)
    said = together([lambda: answer_sms(phone=PHONE, text="NON", now=TUESDAY, provider_id="SM1")] * 6)
    assert fresh(participation).status == "excused"
    assert Reply.objects.count() == 1
    assert Evenement.objects.filter(kind="participation.status").count() == 1
    spoken = Counter(said)
    assert set(spoken) <= {"", Reply.objects.get().answer}, spoken
    assert spoken[Reply.objects.get().answer] >= 1


def test_two_workers_make_one_line_each(world):
    for _ in range(3):
        asked(world, agents=[make_agent(site=world.site, services=[world.pmi])])
    together([lambda: open_calls(WEDNESDAY)] * 4)
    assert Appel.objects.count() == 3


def test_a_yes_while_the_list_is_made_leaves_no_line(world):
    for _ in range(8):
        participation = asked(world, agents=[make_agent(site=world.site, services=[world.pmi])])
        together([yes(participation), lambda: open_calls(WEDNESDAY)])
        assert not Appel.objects.open().filter(participation=participation).exists()


def test_a_yes_between_the_reading_and_the_writing_is_seen(world, monkeypatch):
    """The list reads, the yes comes, the list writes: under the rows it looks again."""
    participation = asked(world)
    has_read, answered = threading.Event(), threading.Event()
    real = confirming_calls.unanswered

    def slow(departement, *, now):
        found = real(departement, now=now)
        has_read.set()
        answered.wait(timeout=30)
        return found

    monkeypatch.setattr(confirming_calls, "unanswered", slow)
    lines = []

    def listing():
        try:
            lines.append(confirming_calls.open_calls(WEDNESDAY))
        finally:
            connections.close_all()

    worker = threading.Thread(target=listing)
    worker.start()
    assert has_read.wait(timeout=30)
    yes(participation)()
    answered.set()
    worker.join(timeout=60)
    assert lines == [0], "under the rows: the yes is seen"
    assert not Appel.objects.exists()
