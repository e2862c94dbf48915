"""No freed hour is lost, in three browsers: one cancels, one accepts, one looks at the agenda; then a no and a silence.

The minute's task is called as the worker would; the hour to answer by is put behind us rather than waited for.
"""

import datetime as dt
from types import SimpleNamespace

import pytest

from notifications.models import Message
from rdv.core import clock
from rdv.core.links import make_token
from rdv.models import Offre, OffreState
from rdv.tasks import waitlist_minute
from tests.e2e.conftest import SMALLEST, check, deliver
from tests.e2e.test_e2e_waiting import DESK, desk  # noqa: F401 - a fixture
from tests.waiting.conftest import wait

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def three(desk, enter, visitor):  # noqa: F811 - fixtures
    """Three people wait; a phone that cancels, a phone that answers, and Claire's agenda of that day."""
    people = [
        wait(desk, first=first, last="Attend", email=f"{first.lower()}@example.net", phone="")
        for first in ("Ana", "Bela", "Cora")
    ]
    day = clock.local_date(desk.rdv.starts_at, desk.departement.zone)
    agenda = enter(desk.claire, width=DESK)
    agenda.goto(f"/agents/agenda/?vue=liste&date={day}")
    return SimpleNamespace(desk=desk, people=people, leaver=visitor(width=SMALLEST), waiter=visitor(width=SMALLEST),
                           agenda=agenda)  # fmt: skip


def cancel_from_the_link(three):
    participation = three.desk.rdv.participations.get()
    three.leaver.goto(f"/r/{make_token('rdv', str(participation.uuid))}")
    three.leaver.click("text=L’annuler")
    three.leaver.click("text=Oui, annuler")
    three.leaver.wait_for_selector("text=annulé")


def open_offer(three, name):
    """From the boîte d'envoi, as the person finds it in their mailbox."""
    deliver()
    page = three.waiter
    page.goto(f"/boite-d-envoi/?q={name}@example.net")
    page.get_by_role("link", name="Une place se libère pour vous").first.click()
    page.get_by_role("list").get_by_role("link", name="/o/").first.click()
    page.get_by_role("button", name="Oui, je prends cette place").wait_for()
    check(page)


def agenda_says(three, words):
    three.agenda.reload()
    assert words in three.agenda.inner_text("main")
    check(three.agenda)


def test_cancelled_in_one_offered_at_once_accepted_in_another_seen_in_a_third(three):
    agenda_says(three, "Partie")
    cancel_from_the_link(three)
    # The letter was written with the cancellation: no task has run.
    letter = Message.objects.get(kind="waitlist.offer", channel="email")
    assert letter.address == "ana@example.net"
    agenda_says(three, "Proposée à la liste d’attente")
    open_offer(three, "ana")
    three.waiter.get_by_role("button", name="Oui, je prends cette place").click()
    three.waiter.wait_for_selector("h1:has-text('C’est noté')")
    check(three.waiter)
    agenda_says(three, "Ana Attend")
    # Back, and yes again: the same Rdv, no error.
    three.waiter.go_back()
    three.waiter.reload()
    assert Offre.objects.filter(state=OffreState.ACCEPTED).count() == 1


def test_a_no_calls_the_next_and_a_silence_the_one_after(three):
    cancel_from_the_link(three)
    open_offer(three, "ana")
    three.waiter.get_by_role("button", name="Non, pas cette fois").click()
    three.waiter.wait_for_selector("text=Vous avez répondu non")
    open_offer(three, "bela")
    asked = Offre.objects.live().get()
    Offre.objects.filter(pk=asked.pk).update(answer_by=clock.now() - dt.timedelta(minutes=1))
    waitlist_minute()
    waitlist_minute()
    asked.refresh_from_db()
    assert asked.state == OffreState.LAPSED
    three.waiter.reload()
    assert "L’heure pour répondre est passée" in three.waiter.inner_text("main")
    check(three.waiter)
    open_offer(three, "cora")
    agenda_says(three, "Proposée à la liste d’attente")
    three.agenda.get_by_role("link", name="À qui et pourquoi").click()
    three.agenda.wait_for_selector("h1:has-text('Pourquoi Cora Attend')")
    assert "Bela Attend" in three.agenda.inner_text("main")
    check(three.agenda)
