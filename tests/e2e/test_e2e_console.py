"""The secretary's call in a real browser: its states, by mouse, without script, on a small screen.

The calls counted by the keystroke-level model are in test_ux_phone.py.
"""

import datetime as dt
import os
import re
from pathlib import Path

import pytest

from rdv.models import Option, Participation, Rdv
from tests.e2e.conftest import check, has_focus, has_number, overflow, settle, violations
from tests.e2e.console_world import ACCUEIL, make_world, opener, step
from tests.factories import make_rdv, make_usager

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(live_server):
    return make_world()


@pytest.fixture
def desk(world, visitor, live_server):
    return opener(world, visitor, live_server)


# What a keyboard sends while its numeric lock is on (Playwright presses without it: an arrow).
NUMPAD_2 = """document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", {code: "Numpad2", key: "2", bubbles: true, cancelable: true}))"""


def look(page, name):
    """A picture, when somebody asks for them."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"console-{name}.png"), full_page=True)
        page.problems.clear()  # hiding the caret for the picture is refused by the content policy


def test_escape_goes_back_one_step_and_loses_nothing(desk, world):
    page = desk()
    page.goto(f"{ACCUEIL}?usager={world.samira.uuid}&pour={world.samira.uuid}&motif={world.consultation.uuid}")
    has_number(page, "1")
    page.evaluate(NUMPAD_2)
    step(page, "confirmer")
    page.fill("input[name=note]", "porte à gauche")
    page.keyboard.press("Escape")
    step(page, "heure")
    assert not Option.objects.exists()
    page.keyboard.press("1")
    step(page, "confirmer")
    assert page.input_value("input[name=note]") == "porte à gauche"
    page.keyboard.press("F4")
    page.keyboard.type("social")
    page.wait_for_selector("#motifs [data-list]")
    page.keyboard.press("Escape")
    assert page.input_value("#motif") == "Consultation nourrisson (0 à 2 ans)"
    assert page.locator("#console[data-step='confirmer']").count() == 1


def test_every_state_is_accessible_and_fits_a_small_screen(desk, world):
    """axe on each state, at 1366 and 320 px."""
    here = f"usager={world.samira.uuid}"
    chosen = f"{here}&pour={world.samira.uuid}&motif={world.consultation.uuid}"
    rdv = f"/agents/rdv/{world.upcoming.uuid}"
    file = f"/agents/usagers/{world.samira.uuid}"
    addresses = [
        ACCUEIL,
        f"{ACCUEIL}?q=benali",
        f"{ACCUEIL}?q=bennalli+samira",
        f"{ACCUEIL}?q=diallo&etape=nouveau",
        f"{ACCUEIL}?{here}",
        f"{ACCUEIL}?{here}&etape=proche",
        f"{ACCUEIL}?{here}&pour={world.samira.uuid}&m=nour",
        f"{ACCUEIL}?{chosen}",
        f"{ACCUEIL}?{chosen}&etape=forcer",
        f"{ACCUEIL}?{chosen}&depuis=2030-01-01",
        rdv + "/",
        f"/agents/rdv/{world.past.uuid}/",
        rdv + "/annuler/",
        rdv + "/deplacer/",
        "/agents/usagers/?q=benali",
        file + "/",
        file + "/modifier/",
        file + "/proches/",
    ]
    page = desk()
    for address in addresses:
        page.set_viewport_size({"width": 1366, "height": 768})
        page.goto(address)
        check(page)
        page.set_viewport_size({"width": 320, "height": 740})
        assert overflow(page) <= 0, address
        assert violations(page) == []


def test_an_hour_taken_in_between_is_said_in_place(desk, world):
    page = desk()
    page.goto(f"{ACCUEIL}?usager={world.samira.uuid}&pour={world.samira.uuid}&motif={world.consultation.uuid}")
    first = page.locator("#tenir [data-number='1']")
    seconds, site, agent = map(int, first.get_attribute("value").split("_"))
    make_rdv(
        world.consultation,
        world.secretary.affectations.get(site_id=site).site,
        [world.departement.agents.get(pk=agent)],
        dt.datetime.fromtimestamp(seconds, dt.UTC),
        usagers=[make_usager(world.departement)],
    )
    page.keyboard.press("1")
    page.wait_for_selector("#refus")
    assert "prise à l’instant" in page.inner_text("#refus")
    assert re.search(r"accueil/\?", page.url)
    has_number(page, "1")
    check(page)
    page.keyboard.press("1")
    step(page, "confirmer")


def test_without_javascript_the_whole_call_is_links_radios_and_buttons(desk, world):
    page = desk(javascript=False)
    page.fill("#q", "benali sam")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("Samira Benali")).click()
    page.get_by_label(re.compile("Ilyes")).check(force=True)
    page.get_by_role("button", name="Choisir").click()
    page.fill("#motif", "nour")
    page.get_by_role("button", name="Chercher un motif").click()
    page.get_by_role("link", name=re.compile(r"Consultation nourrisson \(0")).click()
    page.get_by_label(re.compile("proposition 3")).check(force=True)
    page.get_by_role("button", name="Tenir l’heure choisie").click()
    page.fill("input[name=note]", "sans script")
    page.get_by_role("button", name="Plus de temps").click()
    assert page.input_value("input[name=note]") == "sans script"
    page.locator("button[data-final]").click()
    assert page.locator("h2", has_text="Rendez-vous noté").count() == 1
    rdv = Rdv.objects.latest("pk")
    assert (rdv.context, rdv.participations.get().usager.first_name) == ("sans script", "Ilyes")
    page.get_by_role("button", name=re.compile("Défaire")).click()
    assert rdv.participations.get().status == "revoked"


def test_by_the_mouse(desk, world):
    page = desk()
    page.fill("#q", "benali sam")
    page.locator("#resultats a", has_text="Samira Benali").click()
    step(page, "pour")
    page.get_by_role("radio", name=re.compile("Lina")).click()
    step(page, "motif")
    page.locator("#motifs a", has_text="Consultation nourrisson (0").click()
    step(page, "heure")
    page.get_by_role("radio", name="Après-midi").click()
    page.wait_for_selector("#j-am:checked")
    settle(page)
    page.locator("#tenir input[type=radio]").first.click()
    step(page, "confirmer")
    page.get_by_role("button", name=re.compile("^Confirmer Ctrl")).click()
    step(page, "fait")
    assert Participation.objects.latest("pk").usager.first_name == "Lina"


def test_why_so_few_hours_by_the_keyboard_and_a_way_out_by_its_digit(desk, world):
    """F9 on a table, then a choice that leaves nothing: the ways out have the focus, a digit takes one."""
    page = desk()
    call = f"?usager={world.samira.uuid}&pour={world.samira.uuid}&motif={world.consultation.uuid}"
    page.goto(ACCUEIL + call)
    step(page, "heure")
    page.keyboard.press("F9")
    step(page, "pourquoi")
    check(page)
    look(page, "pourquoi")
    page.keyboard.press("Escape")
    step(page, "heure")
    page.goto(f"{ACCUEIL}{call}&agent={world.karim.pk}")  # he does not receive for this motif
    step(page, "pourquoi")
    has_focus(page, "premiere-voie")
    check(page)
    look(page, "pourquoi-rien")
    page.set_viewport_size({"width": 320, "height": 740})
    assert overflow(page) <= 0
    page.keyboard.press("1")
    step(page, "heure")
    assert page.locator("#tenir input[type=radio]").count() > 0


def test_two_children_in_one_go_by_the_keyboard(desk, world):
    """The child on the phone's mind, her sister right after: one space bar more."""
    page = desk()
    page.keyboard.type("benali sam", delay=15)
    page.keyboard.press("Enter")
    step(page, "pour")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    step(page, "motif")
    page.keyboard.type("nour", delay=15)
    page.keyboard.press("Enter")
    step(page, "heure")
    page.keyboard.press("1")
    step(page, "confirmer")
    look(page, "famille")
    check(page)
    page.focus("#conf-also_0")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    step(page, "fait")
    check(page)
    look(page, "famille-fait")
    first, second = Participation.objects.filter(created_by_kind="agent").select_related("usager").order_by("-pk")[:2]
    assert {first.usager.first_name, second.usager.first_name} == {"Ilyes", "Lina"}
    assert page.locator("text=2 rendez-vous notés").count() == 1
