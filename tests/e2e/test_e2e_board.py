"""The day board in a real browser: arrivals by keyboard alone, counted; by mouse; read again in place; on paper; on a
small phone; without script; and somebody without an appointment placed into a hole."""

import os
import re
from pathlib import Path

import pytest
import time_machine

from rdv.core.journal import Author
from rdv.models import Participation
from rdv.services import arrivals
from tests.board.conftest import NOW, build, people_of, person, wall
from tests.e2e.conftest import SMALLEST, check, has_focus, settle
from tests.e2e.hands import Hands, at_the_desk
from tests.factories import make_rdv, make_usager
from tests.signing import signed_in

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
BOARD = "/agents/journee/"
PICTURES = os.environ.get("PICTURES", "")
OTHER = Author("agent", 2, "Denis Aubry", "secretaire")
READ_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
# What has the focus, how high it stands on the screen, how far the columns are pulled.
PLACE = """[document.activeElement.id, Math.round(document.activeElement.getBoundingClientRect().top),
            document.getElementById("colonnes").scrollLeft]"""


@pytest.fixture
def house(live_server):
    with time_machine.travel(NOW):
        yield build()


@pytest.fixture
def desk(house, visitor, live_server):
    """The secretary's browser, on the board of the day."""

    def come(address=BOARD, **options):
        page = visitor(**{"width": 1366, **options})
        cookie = signed_in(house.secretary).cookies["sessionid"]
        page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
        page.goto(address)
        return page

    return come


def look(page, name):
    check(page)
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}-{page.viewport_size['width']}.png"), full_page=True)


def card(page, rdv):
    return page.locator(f".ev[id$='{rdv.uuid.hex[:12]}']").first


@pytest.mark.ux
@at_the_desk
def test_an_arrival_by_the_keyboard_alone(desk, house, screen):
    """Sequence F of the design: 6 keys, 2 decisions, 4.8 s by the model (budget 5)."""
    page = desk(**screen)
    look(page, "board-today")
    hands = Hands(page)
    hands.press("F2")
    hands.think()
    hands.type("bouz")
    hands.think()
    hands.press("Enter")
    page.get_by_text("Yanis Bouzid : arrivé à 10:1").wait_for()
    settle(page)
    assert people_of(house.late).arrived_at is not None
    has_focus(page, "arq")
    assert page.locator("#arq").input_value() == ""
    assert "Yanis Bouzid" in page.locator("section[aria-labelledby=salle-h]").inner_text()
    look(page, "board-arrived")
    told = hands.report("arrival", budget_s=5)
    assert (told["pages"], told["keys"], told["klm_s"]) == (1, 6, 4.8)
    assert told["klm_s"] <= told["budget_s"]


def test_two_answer_one_is_chosen_by_the_keyboard(desk, house):
    page = desk()
    page.keyboard.press("F2")
    page.keyboard.type("jade")
    page.keyboard.press("Enter")
    page.get_by_text("2 personnes répondent. Laquelle est arrivée ?").wait_for()
    settle(page)
    look(page, "board-which")
    page.locator("#attendus button").first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Jade Roussel : arrivé à").wait_for()
    assert people_of(house.next).arrived_at is not None


def test_the_letters_of_a_card_and_the_way_back(desk, house):
    page = desk()
    card(page, house.late).focus()
    page.keyboard.press("a")
    page.get_by_text("Yanis Bouzid : arrivé à").wait_for()
    settle(page)
    has_focus(page, card(page, house.late).get_attribute("id"))
    page.keyboard.press("Escape")
    page.wait_for_selector("#choisi", state="detached")
    settle(page)
    card(page, house.pair).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#choisi")
    settle(page)
    has_focus(page, "choisi")
    look(page, "board-chosen")
    page.get_by_role("button", name="Absent : Nora Slimani").click()
    page.get_by_text("Nora Slimani : noté absent.").wait_for()
    settle(page)
    page.get_by_role("button", name="Défaire « absent » : Nora Slimani").click()
    page.get_by_text("Nora Slimani : de nouveau « à venir ».").wait_for()
    assert people_of(house.pair).status == "unknown"
    check(page)


def test_read_again_in_place(desk, house):
    """Somebody else's gesture comes in; the focus, the scroll of the columns and the address stay."""
    page = desk(width=700)
    page.evaluate("document.getElementById('colonnes').scrollLeft = 60")
    card(page, house.pair).focus()
    page.wait_for_timeout(400)  # the page comes to rest
    before = page.evaluate(PLACE)
    arrivals.mark_arrived(participation=people_of(house.late), author=OTHER, now=NOW)
    page.evaluate(READ_AGAIN)
    page.locator("section[aria-labelledby=salle-h]").get_by_text("Yanis Bouzid").wait_for()
    settle(page)
    assert page.evaluate(PLACE) == before
    assert page.url.endswith(BOARD)
    assert page.problems == []


def test_what_is_being_typed_is_left_alone(desk, house):
    page = desk()
    page.locator("#arq").fill("bou")
    settle(page)
    arrivals.mark_arrived(participation=people_of(house.next), author=OTHER, now=NOW)
    page.evaluate(READ_AGAIN)
    page.wait_for_timeout(300)
    assert page.locator("#arq").input_value() == "bou"
    assert page.locator("section[aria-labelledby=salle-h] li").count() == 0


def test_the_second_person_is_told(desk, house):
    page = desk()
    arrivals.mark_arrived(participation=people_of(house.late), author=OTHER, now=NOW)
    card(page, house.late).focus()
    page.keyboard.press("n")
    page.get_by_text("Denis Aubry a noté : la personne est arrivée").wait_for()
    settle(page)
    has_focus(page, "refus")
    look(page, "board-refused")
    assert people_of(house.late).status == "unknown"


def test_somebody_without_an_appointment_takes_a_hole(desk, house):
    person = make_usager(house.departement, first_name="Lucie", last_name="Hamel")
    page = desk()
    page.get_by_role("link", name=re.compile("11:00.*Libre 1 h 30 avec Claire Vasseur")).click()
    page.wait_for_selector("#console")
    page.wait_for_load_state()  # its keys work once its script has been loaded
    page.locator("#q").fill("hamel lu")
    page.keyboard.press("Enter")
    page.wait_for_selector("#console[data-step='motif']")
    settle(page)
    assert "sans rendez-vous" in page.locator("#console").inner_text()
    page.locator("#motifs a").first.click()
    page.wait_for_selector("#console[data-step='heure']")
    settle(page)
    page.keyboard.press("1")
    page.wait_for_selector("#console[data-step='confirmer']")
    settle(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#console[data-step='fait']")
    settle(page)
    check(page)
    booked = Participation.objects.select_related("rdv").get(usager=person)
    assert (booked.origin, booked.rdv.origin) == ("desk", "desk")
    assert booked.arrived_at is not None
    page.get_by_role("link", name="Revenir à la journée").click()
    page.wait_for_selector("#journee")
    assert "Lucie Hamel" in page.locator("section[aria-labelledby=salle-h]").inner_text()
    look(page, "board-walk-in")


def test_on_paper_it_is_one_page(desk, house):
    page = desk()
    page.emulate_media(media="print")
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    if PICTURES:
        page.set_viewport_size({"width": 1062, "height": 733})
        page.screenshot(path=str(Path(PICTURES) / "board-print.png"), full_page=True)


def test_on_a_small_phone_it_is_a_list(desk, house):
    page = desk(width=SMALLEST)
    look(page, "board-today")
    card(page, house.late).click()
    page.wait_for_selector("#choisi")
    settle(page)
    look(page, "board-chosen")


def test_without_script(desk, house):
    page = desk(javascript=False)
    page.locator("#arq").fill("bouz")
    page.keyboard.press("Enter")
    page.get_by_text("Yanis Bouzid : arrivé à").wait_for()
    page.get_by_role("button", name="Défaire l’arrivée").click()
    page.get_by_text("Yanis Bouzid : l’arrivée est défaite.").wait_for()
    page.get_by_label("En retard de").select_option("20")
    page.get_by_role("button", name="Noter le retard de Yanis Bouzid").click()
    page.get_by_text("Yanis Bouzid : en retard de 20").wait_for()
    page.locator("#equipe").select_option(label="Équipe sociale")
    page.get_by_role("button", name="Voir").click()
    assert page.locator(".board section").count() == 1
    page.locator("#jour-apres").click()
    assert "Mercredi 13\u00a0janvier 2027" in page.locator("h1").inner_text()
    check(page)


WHOLE_NAME = "name => name.querySelector('span').offsetTop === name.offsetTop"
SHORT_NAME = "name => getComputedStyle(name, '::before').content"


def test_a_narrow_card_has_the_short_name_and_says_the_whole_one(desk, house):
    """Two lines of which one is shown: the whole name, or the short one when the whole one is too long."""
    make_rdv(house.motif, house.site, [house.claire], wall(16, 30), usagers=[long_named(house)], created_at=NOW)
    page = desk()
    name = page.locator(".nm", has_text="Marie-Maximilienne Vandenbroucke")
    assert name.evaluate(WHOLE_NAME)
    page.set_viewport_size({"width": 660, "height": 768})
    assert not name.evaluate(WHOLE_NAME)
    assert "M.-M.\u00a0Vandenbroucke" in name.evaluate(SHORT_NAME)
    assert page.locator(".nm", has_text="Noa Lefebvre").evaluate(WHOLE_NAME)
    assert page.get_by_role("link", name="16:30 Marie-Maximilienne Vandenbroucke").is_visible()
    page.set_viewport_size({"width": SMALLEST, "height": 740})
    assert name.evaluate(SHORT_NAME) == "none"
    assert name.evaluate("name => name.scrollHeight <= name.clientHeight")


def long_named(house):
    return person(house, "Marie-Maximilienne", "Vandenbroucke")
