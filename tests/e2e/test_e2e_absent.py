"""An agent is away, in a browser: eight Rdv decided in one go by keyboard, dates picked by link, a call answered.

The time of the first journey is counted by the keystroke-level model (look-backoffice.md), and printed as one line.
"""

import datetime as dt
import json
from dataclasses import dataclass

import pytest
from django.conf import settings

from notifications.models import Message
from rdv.core import clock
from rdv.core.links import fill_links
from rdv.models import Absence, Appel, Proposition, Rdv, Suite, SuiteState
from rdv.services import propositions
from tests.absent.conftest import build, elise_is_free
from tests.e2e.conftest import check
from tests.signing import signed_in

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
DESK, PHONE = 1366, 320
# Seconds of a practised person: a key, pointing, a click, a hand that changes place, a thought.
KEY, POINT, CLICK, HAND, THINK = 0.28, 1.1, 0.2, 0.4, 1.35
BUDGET = 60


@dataclass
class Hands:
    """What the person does, counted. A page is a page that was shown; each page, and each list read, is a thought."""

    page: object
    clicks: int = 0
    keys: int = 0
    switches: int = 0
    thoughts: int = 0
    pages: int = 0
    is_on_keyboard: bool = True

    def __post_init__(self):
        self.page.on("response", self._count)

    def _count(self, response):
        is_shown = response.request.resource_type == "document" and not 300 <= response.status < 400
        self.pages += is_shown and response.frame == self.page.main_frame

    def click(self, name):
        self._switch(False)
        self.page.get_by_role("link", name=name).first.click()
        self.clicks += 1

    def type(self, text):
        self._switch(True)
        self.page.keyboard.type(text)
        self.keys += len(text)

    def fill_date(self, field, day):
        """Day, month and year in digits; in which order is the browser's own affair."""
        self._switch(True)
        field.fill(day.isoformat())
        self.keys += len("25112026")

    def press(self, *keys):
        self._switch(True)
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1 + key.count("+")

    def think(self, times=1):
        self.thoughts += times

    def _switch(self, is_on_keyboard):
        self.switches += is_on_keyboard != self.is_on_keyboard
        self.is_on_keyboard = is_on_keyboard

    @property
    def seconds(self):
        acts = self.clicks * (POINT + CLICK) + self.keys * KEY + self.switches * HAND
        return acts + (self.pages + self.thoughts) * THINK

    def told(self, name, budget):
        return {
            "name": name,
            "pages": self.pages,
            "clicks": self.clicks,
            "keys": self.keys,
            "klm_s": round(self.seconds, 1),
            "budget_s": budget,
        }


@pytest.fixture
def world(visitor):  # the database of the live server is ready before the rows are written
    now = clock.now()
    day = now.date() + dt.timedelta(days=10)
    day += dt.timedelta(days=(7 - day.weekday()) % 7)  # a Monday
    return build(now=now, nine=dt.datetime.combine(day, dt.time(9), dt.UTC))


@pytest.fixture
def enter(visitor, live_server):
    def come(agent, **options):
        page = visitor(**options)
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": signed_in(agent).cookies[name].value, "url": live_server.url}
        page.context.add_cookies([cookie])
        return page

    return come


def checked(page):
    """On a desk and on a small phone."""
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 768})
        check(page)
    page.set_viewport_size({"width": DESK, "height": 768})


def test_eight_rdv_of_an_absent_agent_within_a_minute(world, enter, capsys):
    """The telephone rang: Nadia is away that Monday. From the console, the day typed, each of the eight lines read."""
    elise_is_free(world)
    day = world.nine.date()
    page = enter(world.people["secretary"], width=DESK)
    page.goto("/agents/accueil/")
    hands = Hands(page)
    hands.click("Un professionnel est absent")
    page.wait_for_selector("#id_agent")
    hands.type("nadia")
    hands.press("Tab")
    hands.fill_date(page.get_by_label("du", exact=True), day)
    hands.press("Control+Enter")
    page.wait_for_selector("#suites")
    assert page.locator("select[name^=suite-]").count() == 8
    checked(page)
    hands.think(8)  # one look at each line
    hands.press("Control+Enter")
    page.wait_for_selector("text=8 réglés")
    checked(page)
    told = hands.told("absent_agent_8", BUDGET)
    with capsys.disabled():
        print(json.dumps(told))
    assert told["klm_s"] <= BUDGET
    assert Suite.objects.filter(state=SuiteState.DONE).count() == 8
    assert Message.objects.filter(kind="rdv.replaced", channel="sms").count() == 8


def test_from_the_console_by_keyboard_and_a_line_changed(world, enter):
    elise_is_free(world)
    page = enter(world.people["secretary"], width=DESK)
    page.goto("/agents/accueil/")
    page.get_by_role("link", name="Un professionnel est absent").click()
    page.wait_for_selector("#id_agent")
    checked(page)
    assert page.evaluate("document.activeElement.id") == "id_agent"
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
    page = enter(world.people["secretary"], width=PHONE, javascript=False)
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
    person = visitor(width=PHONE, javascript=False)
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
