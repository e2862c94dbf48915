"""The session ends under somebody's hands, in a browser: nothing that was typed or asked is lost.

Signing in again has its own tests (tests/agents): here the session is put back by its cookie, but for one whole way.
"""

import re

import pytest

from tests.agents.sign_in_helpers import PASSWORD, code_of, enrolled
from tests.e2e.conftest import check, end_sessions, settle
from tests.e2e.console_world import ACCUEIL, make_world, opener
from usagers.models import Usager

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SIGN_IN = re.compile("/agents/connexion/")


@pytest.fixture
def world(visitor):  # the database of the live server is ready before the rows are written
    return make_world()


@pytest.fixture
def open_console(world, visitor, live_server):
    return opener(world, visitor, live_server)


def sign_in_again(page, agent):
    page.wait_for_url(SIGN_IN)
    page.wait_for_selector("[autocomplete=current-password]")
    device = enrolled(agent)
    page.fill("[autocomplete=username]", agent.email)
    page.fill("[autocomplete=current-password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("[autocomplete=one-time-code]")
    page.fill("[autocomplete=one-time-code]", code_of(device))
    page.keyboard.press("Enter")


def test_a_search_leads_to_the_door_and_comes_back_with_its_words(world, open_console):
    page = open_console()
    end_sessions()
    page.keyboard.press("F2")
    page.keyboard.type("benali")
    page.wait_for_url(SIGN_IN)
    check(page)
    assert page.locator("#q").count() == 0, "the door is a page, not a piece of the console"
    sign_in_again(page, world.secretary)
    page.wait_for_selector("#q")
    assert page.input_value("#q") == "benali"


def test_a_form_being_filled_stays_and_is_sent_after_signing_in(world, open_console):
    page = open_console()
    page.goto(f"{ACCUEIL}?etape=nouveau&q=durand+lou")
    page.wait_for_selector("input[name=last_name]")
    end_sessions()
    page.fill("input[name=first_name]", "Lou-Anne")
    page.wait_for_selector("#session-fermee")
    assert "Ce que vous avez écrit reste ici" in page.inner_text("#session-fermee")
    assert page.input_value("input[name=first_name]") == "Lou-Anne"
    settle(page)
    check(page)
    last_name = page.input_value("input[name=last_name]")
    page.locator("form [data-final]").click()
    page.wait_for_url(SIGN_IN)
    assert "est gardé une demi-heure" in page.inner_text("main")
    check(page)
    sign_in_again(page, world.secretary)
    page.get_by_role("heading", name="Ce que vous aviez écrit est gardé").wait_for()
    check(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#console")
    made = Usager.objects.get(first_name="Lou-Anne")
    assert made.last_name == last_name


def test_a_page_older_than_the_sign_in_is_rescued(world, open_console):
    """Two tabs: signed in again in one, the other one still carries the token of before."""
    page = open_console()
    page.goto(f"{ACCUEIL}?etape=nouveau&q=durand+lou")
    page.wait_for_selector("input[name=last_name]")
    end_sessions()
    other = page.context.new_page()
    other.goto("/agents/mon-compte/")
    sign_in_again(other, world.secretary)
    other.wait_for_url(re.compile("/agents/mon-compte/"))
    page.fill("input[name=first_name]", "Lou-Anne")
    page.locator("form [data-final]").click()
    page.get_by_role("heading", name="Ce que vous aviez écrit est gardé").wait_for()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#console")
    assert Usager.objects.filter(first_name="Lou-Anne").exists()


def test_without_script_too(world, open_console):
    page = open_console(javascript=False)
    page.goto(f"{ACCUEIL}?etape=nouveau&q=durand+lou")
    page.fill("input[name=first_name]", "Lou-Anne")
    end_sessions()
    page.locator("form [data-final]").click()
    sign_in_again(page, world.secretary)
    page.get_by_role("button", name=re.compile("Envoyer ce que j’avais écrit")).click()
    page.wait_for_selector("#console")
    assert Usager.objects.filter(first_name="Lou-Anne").exists()
