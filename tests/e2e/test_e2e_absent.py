"""An agent is away, in a browser: eight Rdv decided in one go by keyboard, dates picked by link, a call answered.

The first journey is counted by the keystroke-level model (docs/ux.md).
"""

import datetime as dt

import pytest

from notifications.models import Message
from rdv.core import clock
from rdv.core.links import fill_links
from rdv.models import Absence, Appel, Proposition, Rdv, Suite, SuiteState
from rdv.services import propositions
from tests.absent.conftest import build, elise_is_free
from tests.e2e.conftest import DESK, SMALLEST, check, checked, has_focus
from tests.e2e.hands import Hands, at_the_desk

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(visitor):  # the database of the live server is ready before the rows are written
    now = clock.now()
    day = now.date() + dt.timedelta(days=10)
    day += dt.timedelta(days=(7 - day.weekday()) % 7)  # a Monday
    return build(now=now, nine=dt.datetime.combine(day, dt.time(9), dt.UTC))


@pytest.mark.ux
@at_the_desk
def test_eight_rdv_of_an_absent_agent_within_a_minute(world, enter, screen):
    """The telephone rang: Nadia is away that Monday. From the console, the day typed, each of the eight lines read."""
    elise_is_free(world)
    page = enter(world.people["secretary"], **screen)
    page.goto("/agents/accueil/")
    hands = Hands(page, is_on_keyboard=True)
    check(page)
    hands.think()
    hands.click(page.get_by_role("link", name="Un professionnel est absent"))
    page.wait_for_selector("#id_agent")
    check(page)
    hands.think()
    hands.type("nadia")
    hands.press("Tab")
    hands.fill_date(page.get_by_label("du", exact=True), world.nine.date())
    hands.press("Control+Enter")
    page.wait_for_selector("#suites")
    assert page.locator("select[name^=suite-]").count() == 8
    check(page)
    for _ in range(8):  # one look at each line
        hands.think()
    hands.think()
    hands.press("Control+Enter")
    page.wait_for_selector("text=8 réglés")
    check(page)
    told = hands.report("absent_agent_8", budget_s=60)
    assert (told["pages"], told["clicks"], told["keys"], told["klm_s"]) == (4, 1, 18, 22.0)
    assert told["klm_s"] <= told["budget_s"]
    assert Suite.objects.filter(state=SuiteState.DONE).count() == 8
    assert Message.objects.filter(kind="rdv.replaced", channel="sms").count() == 8


def test_from_the_console_by_keyboard_and_a_line_changed(world, enter):
    elise_is_free(world)
    page = enter(world.people["secretary"], width=DESK)
    page.goto("/agents/accueil/")
    page.get_by_role("link", name="Un professionnel est absent").click()
    page.wait_for_selector("#id_agent")
    checked(page)
    has_focus(page, "id_agent")
    page.keyboard.type("nadia")
    page.get_by_label("du", exact=True).fill(world.nine.date().isoformat())
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#suites")
    page.locator("select[name^=suite-]").first.select_option("propose")
    page.locator("select[name^=suite-]").nth(1).select_option("call")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/agents/absent/*-*/")
    assert "1 attend sa réponse" in page.inner_text("main")
    assert "1 à appeler" in page.inner_text("main")
    checked(page)
    page.get_by_role("link", name="Appeler").first.click()
    page.wait_for_selector("text=est absent : ce rendez-vous ne peut pas avoir lieu")
    checked(page)
    page.goto("/agents/absent/")
    page.get_by_role("link", name="Nadia Cherif").click()
    page.wait_for_selector("text=Où en est chacun")


def test_without_script_all_is_saved(world, enter):
    elise_is_free(world)
    page = enter(world.people["secretary"], width=SMALLEST, javascript=False)
    page.goto("/agents/absent/")
    page.locator("#id_agent").select_option(str(world.nadia.pk))
    page.get_by_label("du", exact=True).fill(world.nine.date().isoformat())
    page.get_by_role("button", name="Voir ses rendez-vous").click()
    page.get_by_role("button", name="Enregistrer l’absence").click()
    check(page)
    assert Absence.objects.count() == 1
    assert Suite.objects.filter(state=SuiteState.DONE).count() == 8


def test_dates_are_proposed_picked_by_link_and_the_rdv_moves(world, enter, visitor):
    page = enter(world.people["secretary"], width=DESK)
    page.goto(f"/agents/rdv/{world.rdvs[0].uuid}/")
    page.get_by_role("link", name="Proposer d’autres dates").click()
    page.get_by_role("link", name="Avec d’autres professionnels").click()
    page.wait_for_selector("text=Trois dates au plus")
    checked(page)
    assert page.locator("input[name=heure]:checked").count() == 3
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=Les dates sont tenues")
    link = fill_links(Message.objects.get(kind="rdv.proposed", channel="sms").body).split(" : ")[-1].split()[0]
    person = visitor(width=SMALLEST, javascript=False)
    person.goto(link)
    check(person)
    person.locator("button[name=choix]").nth(1).click()
    check(person)
    assert "C’est noté" in person.inner_text("h1")
    picked = Proposition.objects.get().horaires.get(is_picked=True)
    assert Rdv.objects.get(pk=world.rdvs[0].pk).starts_at == picked.starts_at
    person.goto(link)
    assert "C’est noté" in person.inner_text("h1")


def test_no_answer_and_the_person_is_called_by_keyboard(world, enter):
    page = enter(world.people["secretary"], width=DESK)
    page.goto(f"/agents/absent/?agent={world.nadia.pk}&first_day={world.nine.date()}")
    page.wait_for_selector("#suites")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=8 attendent leur réponse")
    last = max(Proposition.objects.values_list("answer_by", flat=True))
    assert propositions.lapse_due(last) == 8
    page.goto("/agents/attente/appels/?raison=absence")
    checked(page)
    assert "8 personnes à appeler" in page.inner_text("h1")
    page.get_by_role("button", name="Pas de réponse").focus()
    page.keyboard.press("p")
    page.wait_for_selector("text=n’a pas répondu")
    checked(page)
    assert Appel.objects.filter(attempts=1).count() == 1
